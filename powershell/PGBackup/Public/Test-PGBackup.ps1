function Test-PGBackup {
    <#
    .SYNOPSIS
    Checks whether backups can be read whole.

    .DESCRIPTION
    Reads each backup set to its end and checks it, without restoring anything. With -ServerInstance the server does so (RESTORE VERIFYONLY); without it the files are read on this machine, down to the checksum of every page, and no SQL Server is needed. Then the result also says which share of the set is protected by checksums, and lists each damaged place: file id, page id, kind of page, offset.

    Gives one object for each set. Its Verdict is Sound, Unprotected (readable, but made without checksums, so that damage inside pages would not be seen), Damaged or Incomplete. An object is always true in a condition, so write: if (Test-PGBackup ... -Quiet).

    .PARAMETER ServerInstance
    The SQL Server to ask: host, 'host,port' (quoted, for its comma) or host\instance. Without it the files are read on this machine, with no server at all.

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

    .PARAMETER BackupFile
    The backup files; without -ServerInstance also folders and patterns. The files of a striped set are given together. From the pipeline, paths, the files of Get-ChildItem and the sets of Get-PGBackup are taken.

    .PARAMETER Position
    The set to check; without it, every set of the file.

    .PARAMETER Quick
    Checks the structure only, not the pages. Not with -ServerInstance.

    .PARAMETER Quiet
    Gives a single [bool] instead: true if at least one set was checked, nothing wrong was found in any and no file gave an error.

    .OUTPUTS
    PGBackup.VerifyResult, with these properties:
    BackupFile [string], Position [int], DatabaseName [string], Type [string], BackupSetGUID [guid], BackupFinishDate [datetime], BackupFinishDatePersian [string], Verdict [string], IsSound [bool] (true for Sound and Unprotected: nothing wrong was found), HasBackupChecksums [bool], Messages [object[]] (of the server); and read without a server: ProtectedShare [double] (0 to 1), Findings [object[]] (Severity, What, Proves, FileId, PageId, PageType, Offset; at most 1000), FindingsLeftOut [int], FirstLogBlock [decimal], LastLogBlock [decimal], Counts [object], and of stripes Family [int], FamilyCount [int], MissingFamilies [int[]], FindingsBetweenFamilies [object[]]. Position is $null for what is wrong outside any set.

    With -Quiet: [bool].

    .EXAMPLE
    Test-PGBackup @srv -BackupFile D:\Backup\PayamGostar2.bak

    Has the server check all sets of a file.

    .EXAMPLE
    Get-PGBackup @srv -BackupFile D:\Backup\PayamGostar2.bak | Select-Object -Last 1 | Test-PGBackup @srv

    Checks the newest set only.

    .EXAMPLE
    if (-not (Test-PGBackup -BackupFile E:\copy.bak -Quiet)) { throw 'The copy is not good.' }

    Checks a copied file on this machine in a script.

    .EXAMPLE
    Get-ChildItem E:\Copies -Filter *.bak | Test-PGBackup | Where-Object { -not $_.IsSound } | Select-Object -ExpandProperty Findings

    Lists every damaged page of a folder of copies.

    .LINK
    Get-PGBackup

    .LINK
    about_PGBackup
    #>
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType('PGBackup.VerifyResult', [bool])]
    param(
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipeline = $true, ValueFromPipelineByPropertyName = $true)]
        [Alias('FullName')]
        [ValidateNotNullOrEmpty()]
        [SupportsWildcards()]
        [string[]] $BackupFile,

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

        [Parameter(ValueFromPipelineByPropertyName = $true)]
        [ValidateRange(1, 65535)]
        [ArgumentCompleter({ & (Get-Command $args[0]).Module { Complete-PgbPosition -Word $args[2] -Given $args[4] } @args })]
        [int] $Position,

        [switch] $Quick,

        [switch] $Quiet
    )

    begin {
        try {
            Import-PgbPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
            $connection = Get-PgbConnection -Cmdlet $PSCmdlet -Bound $PSBoundParameters
            $activity = Get-PgbText 'Testing'
            $problems = @{ Count = 0 }
            $folders = New-Object 'System.Collections.Generic.HashSet[string]'
            $piped = $MyInvocation.ExpectingInput -and -not $connection
            $sound = $true
            $tested = 0
        }
        catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
    }

    process {
        try {
            $sources = @(foreach ($given in $BackupFile) {
                    $file = Resolve-PgbBackupFile -Cmdlet $PSCmdlet -Connection $connection -BackupFile $given
                    if ($piped -and (Test-PgbPassedOver $file $folders)) { continue }
                    $source = [ordered]@{ file = $file }
                    if ($PSBoundParameters.ContainsKey('Position')) { $source['position'] = $Position }
                    $source
                })
            if (-not $sources) { return }
            $request = [ordered]@{ v = 1; sources = $sources }
            if ($Quick) { $request['quick'] = $true }
            Invoke-PgbJob -Cmdlet $PSCmdlet -Kind verify -Request $request -Connection $connection -Activity $activity -Target $BackupFile[0] -Paged -Problem $problems |
                ConvertTo-PgbVerifyResult |
                ForEach-Object {
                    $tested++
                    if (-not $_.IsSound) { $sound = $false }
                    if (-not $Quiet) { $_ }
                }
        }
        catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
    }

    end {
        try {
            # A folder that turned out empty is no proof of sound backups.
            if ($Quiet) { $tested -gt 0 -and $sound -and $problems.Count -eq 0 }
        }
        catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
    }
}
