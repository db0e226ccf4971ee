function Test-PGRestore {
    <#
    .SYNOPSIS
    Proves that backups can be restored: to a side name, checked, counted, and dropped again.

    .DESCRIPTION
    Restores the newest state of a database (or that of a moment) to a database with a new name and files of its own, runs DBCC CHECKDB on it, counts tables and rows, and drops it. No existing database is touched. The proof is an object with the sets, the durations, the counts and the server; with -Path it is also added, as one line of JSON, to the file .pgb-restore-tests.jsonl in the first folder.

    A test that failed, was cancelled or lost its server drops its database all the same. One whose process was killed leaves it: Get-PGDatabaseState says so, and the next test drops it.

    The server needs room for the database a second time. A test of another server than the one in use proves more, and disturbs nobody.

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

    .PARAMETER Path
    Folders of this machine with backups, with all folders below them; what is restored is planned from them.

    .PARAMETER PathOnServer
    The first folder of -Path as the server sees it, where that differs: a share, a mapped drive, a container.

    .PARAMETER BackupFile
    Backup files as the server sees them, in place of -Path.

    .PARAMETER Database
    The database whose backups are tested.

    .PARAMETER PointInTime
    The moment to restore, on the server's clock. With a zone ('2026-11-20 14:30Z') it is exact. Without it, the newest state.

    .PARAMETER DataDirectory
    The server's folder for the data files of the side database.

    .PARAMETER LogDirectory
    The server's folder for its log file.

    .PARAMETER NoProofFile
    Keeps no proof beside the backups.

    .PARAMETER JournalFolder
    The folder of this machine for the journal of the restore, as for Restore-PGDatabase.

    .PARAMETER AsScript
    Returns the T-SQL and runs nothing.

    .OUTPUTS
    PGBackup.RestoreProof, with these properties:
    ServerInstance [string], Database [string], IsPassed [bool], At [datetime] (UTC), Server [string], ServerVersion [string], Machine [string], Set [object[]] (BackupFile, Position, Type, BackupSetGUID), RestoredTo [datetime], RestoreDuration [timespan], CheckDuration [timespan], Size [long], TableCount [long], RowCount [long], Table [object[]] (Schema, Table, Rows), IsCheckPassed [bool], SideDatabase [string], ProofFile [string], Note [string[]], Statements [string[]]

    A test that does not pass is an error.

    .EXAMPLE
    Test-PGRestore @srv -Path D:\Backup -Database PayamGostar2

    Proves the newest state of the CRM's database.

    .EXAMPLE
    Test-PGRestore @srv -Path D:\Backup -Database PayamGostar2 | Select-Object At, RestoreDuration, TableCount, RowCount, IsCheckPassed

    Shows how long a restore takes, and what it brings back.

    .EXAMPLE
    (Test-PGRestore @srv -BackupFile D:\Backup\PayamGostar2.bak -Database PayamGostar2).Table | Sort-Object Rows -Descending

    Lists the tables that came back, the largest first.

    .LINK
    Restore-PGDatabase

    .LINK
    Test-PGBackup

    .LINK
    about_PGBackup
    #>
    [CmdletBinding(PositionalBinding = $false, DefaultParameterSetName = 'Path')]
    [OutputType('PGBackup.RestoreProof')]
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

        [Parameter(Mandatory = $true, ParameterSetName = 'Path')]
        [ValidateNotNullOrEmpty()]
        [string] $Path,

        [Parameter(ParameterSetName = 'Path')]
        [ValidateNotNullOrEmpty()]
        [string] $PathOnServer,

        [Parameter(Mandatory = $true, ParameterSetName = 'File')]
        [ValidateNotNullOrEmpty()]
        [string[]] $BackupFile,

        [Parameter(Mandatory = $true, Position = 1)]
        [ValidateNotNullOrEmpty()]
        [string] $Database,

        [ValidateNotNull()]
        [object] $PointInTime,

        [ValidateNotNullOrEmpty()]
        [string] $DataDirectory,

        [ValidateNotNullOrEmpty()]
        [string] $LogDirectory,

        [Parameter(ParameterSetName = 'Path')]
        [switch] $NoProofFile,

        [ValidateNotNullOrEmpty()]
        [string] $JournalFolder,

        [switch] $AsScript
    )

    process {
        try {
            Import-PgbPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
            $connection = Get-PgbConnection -Cmdlet $PSCmdlet -Bound $PSBoundParameters
            $moment = if ($PSBoundParameters.ContainsKey('PointInTime')) { ConvertTo-PgbMoment $PointInTime }
            $files = if ($Path) {
                Get-PgbPlannedFile -Cmdlet $PSCmdlet -Path $Path -PathOnServer $PathOnServer -Database $Database -Moment $moment
            }
            else { $BackupFile }
            $request = [ordered]@{ v = 1; database = $Database; sources = @(foreach ($file in $files) { [ordered]@{ file = $file } }) }
            if ($moment) { $request['point_in_time'] = $moment }
            if ($DataDirectory) { $request['data_directory'] = $DataDirectory }
            if ($LogDirectory) { $request['log_directory'] = $LogDirectory }
            if ($Path -and -not $NoProofFile) { $request['proof_folder'] = $PSCmdlet.GetUnresolvedProviderPathFromPSPath($Path) }
            if ($JournalFolder) { $request['journal_directory'] = Resolve-PgbFolder -Cmdlet $PSCmdlet -Path $JournalFolder }
            if ($AsScript) { $request['dry_run'] = $true }

            $end = @{ Count = 0 }
            $tables = @(Invoke-PgbJob -Cmdlet $PSCmdlet -Kind restore_test -Request $request -Connection $connection -Activity (Get-PgbText 'TestingRestore' $Database) -Target $Database -Paged -Problem $end)
            if (-not $end.ContainsKey('Result')) { return }
            if ($AsScript) { [string]$end.Result.script } else { ConvertTo-PgbRestoreProof -Reply $end.Result -Table $tables -ServerInstance $ServerInstance }
        }
        catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
    }
}
