function Get-PGDatabase {
    <#
    .SYNOPSIS
    Lists the databases of a SQL Server with their last backups.

    .DESCRIPTION
    Gives one object for each database the login may see. Its size and recovery model tell what a backup will be like, the dates of its last backups whether one is due.

    A name may hold the wildcards * ? [ ]. A database that is called exactly as written is always meant first, so names with brackets need no escaping.

    .PARAMETER ServerInstance
    The SQL Server: host, 'host,port' (quoted, for its comma) or host\instance.

    .PARAMETER Credential
    The login. A name with a backslash (DOMAIN\user) is a Windows account, any other a SQL Server login. Without it the account of this process is used.

    .PARAMETER Encrypt
    How the connection is encrypted: Strict (TLS before anything else), Mandatory (the default) or Optional.

    .PARAMETER TrustServerCertificate
    Accepts any certificate of the server. Only for servers reached over a network that is itself trusted.

    .PARAMETER CAFile
    A PEM or DER file on this machine with the authority that signed the server's certificate.

    .PARAMETER HostNameInCertificate
    The name the server's certificate must bear, where it is not the name used to connect.

    .PARAMETER ConnectTimeoutSec
    Seconds to wait for the connection, from 1 to 65535.

    .PARAMETER Database
    Names or patterns of databases. Without it, all are listed. A plain name that does not exist is an error.

    .PARAMETER ExcludeSystem
    Leaves out master, model, msdb and tempdb.

    .OUTPUTS
    PGBackup.Database, with these properties:
    ServerInstance [string], Name [string], DatabaseId [int], State [string], UserAccess [string], RecoveryModel [string], CompatibilityLevel [int], Owner [string], CreateDate [datetime], Size [long] (bytes of data), LogSize [long] (bytes of log), IsReadOnly [bool], IsInStandby [bool], LastFullBackup [datetime], LastDifferentialBackup [datetime], LastLogBackup [datetime]

    Dates are on the server's clock, without a zone. A backup that was never made is $null.

    .EXAMPLE
    Get-PGDatabase -ServerInstance 'localhost,1433' -Credential sa

    Lists all databases, asking for the password.

    .EXAMPLE
    Get-PGDatabase @srv -ExcludeSystem | Where-Object { -not $_.LastFullBackup } | Invoke-PGBackup @srv -Destination D:\Backup

    Backs up every database that never had a full backup.

    .LINK
    Invoke-PGBackup

    .LINK
    about_PGBackup
    #>
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType('PGBackup.Database')]
    param(
        [Parameter(Mandatory = $true, Position = 0)]
        [Alias('SqlInstance', 'Server')]
        [ValidateNotNullOrEmpty()]
        [string] $ServerInstance,

        [Alias('SqlCredential')]
        [pscredential]
        [System.Management.Automation.Credential()]
        $Credential = [pscredential]::Empty,

        [ValidateSet('Strict', 'Mandatory', 'Optional')]
        [string] $Encrypt,

        [switch] $TrustServerCertificate,

        [ValidateNotNullOrEmpty()]
        [string] $CAFile,

        [ValidateNotNullOrEmpty()]
        [string] $HostNameInCertificate,

        [ValidateRange(1, 65535)]
        [int] $ConnectTimeoutSec,

        [Parameter(Position = 1, ValueFromPipeline = $true)]
        [ValidateNotNullOrEmpty()]
        [SupportsWildcards()]
        [ArgumentCompleter({ & (Get-Command $args[0]).Module { Complete-PgbDatabase -Word $args[2] -Given $args[4] } @args })]
        [string[]] $Database,

        [switch] $ExcludeSystem
    )

    begin {
        try {
            Import-PgbPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
            $connection = Get-PgbConnection -Cmdlet $PSCmdlet -Bound $PSBoundParameters
            $wanted = New-Object 'System.Collections.Generic.List[string]'
            $all = -not $PSBoundParameters.ContainsKey('Database') -and -not $MyInvocation.ExpectingInput
        }
        catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
    }

    process {
        foreach ($name in $Database) { $wanted.Add($name) }
    }

    end {
        try {
            if (-not $all -and $wanted.Count -eq 0) { return }

            # One question to the server, whatever was asked for; the names are matched here.
            $known = @(Read-PgbDatabase -Cmdlet $PSCmdlet -Connection $connection)
            if ($ExcludeSystem) { $known = @($known | Where-Object { $_.Name -notin 'master', 'model', 'msdb', 'tempdb' }) }
            if ($all) { return $known }

            Select-PgbWanted -Cmdlet $PSCmdlet -Database $known -Name $wanted -ServerInstance $ServerInstance
        }
        catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
    }
}
