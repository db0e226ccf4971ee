# From the connection parameters of a command to a server handle of the library. No network here:
# the job connects.

function Get-PgbConnection {
    # The connection parameters among the bound ones as { Options, Credential }; $null without -ServerInstance.
    param([Parameter(Mandatory = $true)] $Cmdlet, [Parameter(Mandatory = $true)] [System.Collections.IDictionary] $Bound)

    if (-not $Bound.ContainsKey('ServerInstance')) { return $null }
    $credential = $null
    if ($Bound.ContainsKey('Credential') -and $Bound['Credential'] -ne [pscredential]::Empty) { $credential = $Bound['Credential'] }

    $options = [ordered]@{ v = 1; server = [string]$Bound['ServerInstance'] }
    if ($credential) {
        # A SQL login cannot hold a backslash, so DOMAIN\user is a Windows account.
        $options['auth'] = if ($credential.UserName.IndexOf('\') -ge 0) { 'windows' } else { 'sql' }
        $options['user'] = [string]$credential.UserName
    }
    else { $options['auth'] = 'integrated' }
    if ($Bound.ContainsKey('Encrypt')) { $options['encrypt'] = ([string]$Bound['Encrypt']).ToLowerInvariant() }
    if ($Bound.ContainsKey('TrustServerCertificate')) { $options['trust_server_certificate'] = [bool]$Bound['TrustServerCertificate'] }
    if ($Bound.ContainsKey('CAFile')) { $options['ca_file'] = $Cmdlet.GetUnresolvedProviderPathFromPSPath([string]$Bound['CAFile']) }
    if ($Bound.ContainsKey('HostNameInCertificate')) { $options['host_name_in_certificate'] = [string]$Bound['HostNameInCertificate'] }
    if ($Bound.ContainsKey('ConnectTimeoutSec')) { $options['connect_timeout_ms'] = [long]$Bound['ConnectTimeoutSec'] * 1000 }
    $options['app_name'] = 'PGBackup'

    [pscustomobject]@{ ServerInstance = [string]$Bound['ServerInstance']; Options = $options; Credential = $credential }
}

function Use-PgbSecret {
    # Calls Code with a password as UTF-8 bytes, and wipes every copy of it made here. No string is
    # made (GetNetworkCredential would: strings cannot be wiped), and pinning keeps the collector from
    # leaving copies behind.
    param([securestring] $Secret, [Parameter(Mandatory = $true)] [scriptblock] $Code)

    # NULL is no password; an empty one is a password too.
    if ($null -eq $Secret) { return & $Code $null 0 }
    if ($Secret.Length -eq 0) { return & $Code ([byte[]]::new(0)) 0 }
    $marshal = [System.Runtime.InteropServices.Marshal]
    $length = $Secret.Length
    $chars = [char[]]::new($length)
    $bytes = [byte[]]::new($length * 3)
    $charsPin = [System.Runtime.InteropServices.GCHandle]::Alloc($chars, 'Pinned')
    $bytesPin = [System.Runtime.InteropServices.GCHandle]::Alloc($bytes, 'Pinned')
    $clear = [IntPtr]::Zero
    try {
        $clear = $marshal::SecureStringToGlobalAllocUnicode($Secret)
        $marshal::Copy($clear, $chars, 0, $length)
        $count = $script:Utf8.GetBytes($chars, 0, $length, $bytes, 0)
        & $Code $bytes $count
    }
    finally {
        if ($clear -ne [IntPtr]::Zero) { $marshal::ZeroFreeGlobalAllocUnicode($clear) }
        [array]::Clear($chars, 0, $chars.Length)
        [array]::Clear($bytes, 0, $bytes.Length)
        $charsPin.Free()
        $bytesPin.Free()
    }
}

function Open-PgbServer {
    # A server handle, to be freed with pgb_server_free.
    param([Parameter(Mandatory = $true)] $Cmdlet, [Parameter(Mandatory = $true)] $Native, [Parameter(Mandatory = $true)] $Connection)

    $type = $Native.Type
    $options = ConvertTo-PgbJsonByte $Connection.Options
    $reply = @{ Server = [IntPtr]::Zero; Error = [IntPtr]::Zero; Status = 0 }
    $secret = if ($Connection.Credential) { $Connection.Credential.Password } else { $null }
    Use-PgbSecret -Secret $secret -Code {
        param([byte[]] $bytes, [int] $count)
        $server = [IntPtr]::Zero; $failure = [IntPtr]::Zero
        $reply.Status = $type::pgb_server_new($options, [UIntPtr][uint64]$options.Length, $bytes, [UIntPtr][uint64]$count, [ref]$server, [ref]$failure)
        $reply.Server = $server; $reply.Error = $failure
    }
    if ($reply.Status -ne 0) {
        Write-PgbError -Cmdlet $Cmdlet -Failure (Receive-PgbFailure -Type $type -Pointer $reply.Error -Status $reply.Status) -Target $Connection.ServerInstance
    }
    $reply.Server
}

function Receive-PgbText {
    # The text of an out-parameter, which is freed.
    param([Parameter(Mandatory = $true)] [type] $Type, [Parameter(Mandatory = $true)] [IntPtr] $Pointer)

    try { Read-PgbText -Type $Type -Pointer $Pointer }
    finally { $Type::pgb_string_free($Pointer) }
}

function Receive-PgbFailure {
    # The error object of an out-parameter, which is freed; one made of the bare status where there is no text.
    param([Parameter(Mandatory = $true)] [type] $Type, [Parameter(Mandatory = $true)] [IntPtr] $Pointer, [int] $Status)

    $text = Receive-PgbText -Type $Type -Pointer $Pointer
    if ($text) {
        try { return ConvertFrom-PgbJson $text }
        catch { return [pscustomobject]@{ status = 90; code = 'internal'; message = Get-PgbText 'CannotReadReply' $text } }
    }
    [pscustomobject]@{ status = $Status; code = 'internal'; message = Get-PgbText 'BareStatus' $Status }
}
