function Restore-PGDatabase {
    <#
    .SYNOPSIS
    Restores a SQL Server database from backups.

    .DESCRIPTION
    Takes a database to the set piped in, to the set at a position of a file, or to a moment, and waits for it, showing percent, rate and time left. What that set builds on (a full backup, a differential, logs) is found in the files given and restored first; if it is not there, the error names the missing set. Several sets piped in are one restore.

    Over an existing database a restore is a transaction: it happens, or the database is as it was before, open to the same people. The old content is kept safe (-SafetyCopy), everybody who is connected is cut off and listed, and after a failure the database is given back at once. If this process or the server dies in the middle, Repair-PGDatabase does it.

    An existing database is never touched without -Replace, and not even then with the backup of another database, unless -AllowOtherDatabase is given too. With -Replace the command asks first; -Force or -Confirm:$false restores without asking, as scheduled jobs need.

    Paths are paths of the server: D:\Data is a folder of the machine that runs SQL Server.

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
    The database to restore to. Sets piped in go to the database they were made of, unless another one is named here.

    .PARAMETER InputObject
    Backup sets from Get-PGBackup, or results of Invoke-PGBackup. All sets of one pipeline make one restore.

    .PARAMETER BackupFile
    The server's backup files: all that the restore may need. With -Position the last one holds the set to go back to.

    .PARAMETER Path
    A folder of this machine with the backups, with all folders below it. The steps are planned here, from the headers of the files; the server then restores from just these files.

    .PARAMETER PathOnServer
    How the server writes the folder of -Path, where the two differ: D:\Backup for \\host\Backup.

    .PARAMETER SourceDatabase
    The database whose backups in -Path are meant, where it is restored under another name. Default: the name of -Database.

    .PARAMETER Position
    The position of the set in the last file. Without it, the newest state of all sets is restored.

    .PARAMETER PointInTime
    The moment to go back to, between the sets by means of log backups. A text such as '2026-11-20 14:30' is by the server's clock; a [datetime] of Kind Local or Utc means that very moment.

    .PARAMETER Replace
    Restores over an existing database, whose content is lost.

    .PARAMETER SafetyCopy
    How the old database is kept safe. File (the default): a copy-only backup, verified before anything is overwritten; it stays, and the result names it. Rename: the restore goes to another name, the two names are swapped at the end, and the old database stays under a new name. None: not at all; a restore that fails leaves the database waiting in the middle of it.

    .PARAMETER SafetyDirectory
    The server's folder for the safety copy and the tail of the log. Default: the server's folder for backups.

    .PARAMETER Check
    Checks the restored database with DBCC CHECKDB before people come in. A damaged one is taken back.

    .PARAMETER MapUsers
    Gives users of the database that have no login the login of the same name.

    .PARAMETER StopService
    Services of this machine that stand still during the restore, such as Host and Agent of the CRM: names, or names for people. All are found before anything is touched, and running services that need one of them are stopped too. Exactly those that ran are started again, whatever becomes of the restore; after a crash of this process Repair-PGDatabase starts them.

    .PARAMETER JournalFolder
    This machine's folder for the journal of the restore, where the usual one cannot be written. Give Repair-PGDatabase the same.

    .PARAMETER AllowOtherDatabase
    Lets -Replace overwrite a database with the backup of another one.

    .PARAMETER RelocateFile
    Where the database's files go: a hashtable of logical names and full paths on the server.

    .PARAMETER DataDirectory
    The server's folder for data files that -RelocateFile does not name.

    .PARAMETER LogDirectory
    The server's folder for log files that -RelocateFile does not name.

    .PARAMETER NoRecovery
    Leaves the database in the restoring state, so that further backups can follow.

    .PARAMETER StandbyFile
    Leaves the database readable between restores, with what is not committed kept in this file of the server.

    .PARAMETER Recover
    Restores nothing and brings a database that waits for further backups into use as it is.

    .PARAMETER AsScript
    Gives the T-SQL that would run, and runs nothing.

    .PARAMETER Force
    Does not ask before an existing database is replaced. It replaces nothing without -Replace.

    .OUTPUTS
    PGBackup.RestoreResult, with these properties:
    ServerInstance [string], Database [string], RestoredTo [datetime] (the moment the database went back to, on the clock of the server that made the backups), RestoredToPersian [string], Steps [object[]] (BackupFile, Position, Type, BackupSetGUID, StopAt, Reason, Recovery), Files [object[]] (LogicalName, PhysicalName), Notes [string[]], Pages [long], Duration [timespan], MBPerSec [double], Messages [object[]], Statements [string[]], SafetyCopy [string], KeptAs [string] (the old database's new name), TailFile [string], Disconnected [object[]] (SessionId, Login, Host, Program), UserAccess [string], IsChecked [bool]

    With -AsScript: the T-SQL as [string].

    .EXAMPLE
    Restore-PGDatabase @srv -BackupFile D:\Backup\PayamGostar2.bak -Position 3 -Database PayamGostar2 -Replace

    Takes the database back to the moment of the third set, after asking.

    .EXAMPLE
    Get-PGBackup @srv -BackupFile x.bak | Where-Object Position -eq 3 | Restore-PGDatabase @srv -Database Copy -RelocateFile @{ PayamGostar2 = 'D:\Data\Copy.mdf'; PayamGostar2_log = 'D:\Data\Copy.ldf' }

    Restores a set beside the original, as a database of another name with files of its own.

    .EXAMPLE
    Restore-PGDatabase @srv -BackupFile D:\Backup\full.bak, D:\Backup\log1.trn, D:\Backup\log2.trn -Database Copy -PointInTime '2026-11-20 14:30' -DataDirectory D:\Data

    Takes a copy of the database to half past two by the server's clock.

    .EXAMPLE
    Restore-PGDatabase @srv -Database Copy -Recover

    Brings a database into use that an earlier restore left waiting with -NoRecovery.

    .EXAMPLE
    Restore-PGDatabase @srv -BackupFile D:\Backup\PayamGostar2.bak -Position 3 -Database PayamGostar2 -Replace -AsScript

    Shows the T-SQL and runs nothing.

    .EXAMPLE
    Restore-PGDatabase @srv -Path D:\Backup -Database PayamGostar2 -PointInTime '2026-11-20 14:30' -Replace -AsScript

    Shows the T-SQL that takes the database to a moment, with the right files of a folder found by their headers.

    .EXAMPLE
    Restore-PGDatabase @srv -BackupFile D:\Backup\PayamGostar2.bak -Database PayamGostar2 -Replace -SafetyCopy Rename -Check

    Restores beside the database, checks the result, and swaps the names: the old database stays under another name.

    .LINK
    Repair-PGDatabase

    .LINK
    Get-PGBackup

    .LINK
    about_PGBackup
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'High', DefaultParameterSetName = 'File', PositionalBinding = $false)]
    [OutputType('PGBackup.RestoreResult', [string])]
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

        [Parameter(Mandatory = $true, Position = 1, ParameterSetName = 'File')]
        [Parameter(Mandatory = $true, Position = 1, ParameterSetName = 'Path')]
        [Parameter(Mandatory = $true, Position = 1, ParameterSetName = 'Recover')]
        [Parameter(Position = 1, ParameterSetName = 'Input')]
        [ValidateNotNullOrEmpty()]
        [ArgumentCompleter({ & (Get-Command $args[0]).Module { Complete-PgbDatabase -Word $args[2] -Given $args[4] } @args })]
        [string] $Database,

        [Parameter(Mandatory = $true, ValueFromPipeline = $true, ParameterSetName = 'Input')]
        [ValidateNotNullOrEmpty()]
        [object[]] $InputObject,

        [Parameter(Mandatory = $true, ParameterSetName = 'File')]
        [ValidateNotNullOrEmpty()]
        [string[]] $BackupFile,

        [Parameter(Mandatory = $true, ParameterSetName = 'Path')]
        [ValidateNotNullOrEmpty()]
        [string] $Path,

        [Parameter(ParameterSetName = 'Path')]
        [ValidateNotNullOrEmpty()]
        [string] $PathOnServer,

        [Parameter(ParameterSetName = 'Path')]
        [ValidateNotNullOrEmpty()]
        [string] $SourceDatabase,

        [Parameter(ParameterSetName = 'File')]
        [ValidateRange(1, 65535)]
        [ArgumentCompleter({ & (Get-Command $args[0]).Module { Complete-PgbPosition -Word $args[2] -Given $args[4] } @args })]
        [int] $Position,

        [Parameter(ParameterSetName = 'File')]
        [Parameter(ParameterSetName = 'Input')]
        [Parameter(ParameterSetName = 'Path')]
        [datetime] $PointInTime,

        [Parameter(ParameterSetName = 'File')]
        [Parameter(ParameterSetName = 'Input')]
        [Parameter(ParameterSetName = 'Path')]
        [switch] $Replace,

        [Parameter(ParameterSetName = 'File')]
        [Parameter(ParameterSetName = 'Input')]
        [Parameter(ParameterSetName = 'Path')]
        [switch] $AllowOtherDatabase,

        [Parameter(ParameterSetName = 'File')]
        [Parameter(ParameterSetName = 'Input')]
        [Parameter(ParameterSetName = 'Path')]
        [ValidateSet('File', 'Rename', 'None')]
        [string] $SafetyCopy,

        [Parameter(ParameterSetName = 'File')]
        [Parameter(ParameterSetName = 'Input')]
        [Parameter(ParameterSetName = 'Path')]
        [ValidateNotNullOrEmpty()]
        [string] $SafetyDirectory,

        [Parameter(ParameterSetName = 'File')]
        [Parameter(ParameterSetName = 'Input')]
        [Parameter(ParameterSetName = 'Path')]
        [switch] $Check,

        [Parameter(ParameterSetName = 'File')]
        [Parameter(ParameterSetName = 'Input')]
        [Parameter(ParameterSetName = 'Path')]
        [switch] $MapUsers,

        [Parameter(ParameterSetName = 'File')]
        [Parameter(ParameterSetName = 'Input')]
        [Parameter(ParameterSetName = 'Path')]
        [ValidateNotNullOrEmpty()]
        [ArgumentCompleter({ & (Get-Command $args[0]).Module { Complete-PgbService -Word $args[2] } @args })]
        [string[]] $StopService,

        [ValidateNotNullOrEmpty()]
        [string] $JournalFolder,

        [Parameter(ParameterSetName = 'File')]
        [Parameter(ParameterSetName = 'Input')]
        [Parameter(ParameterSetName = 'Path')]
        [ValidateNotNull()]
        [hashtable] $RelocateFile,

        [Parameter(ParameterSetName = 'File')]
        [Parameter(ParameterSetName = 'Input')]
        [Parameter(ParameterSetName = 'Path')]
        [ValidateNotNullOrEmpty()]
        [string] $DataDirectory,

        [Parameter(ParameterSetName = 'File')]
        [Parameter(ParameterSetName = 'Input')]
        [Parameter(ParameterSetName = 'Path')]
        [ValidateNotNullOrEmpty()]
        [string] $LogDirectory,

        [Parameter(ParameterSetName = 'File')]
        [Parameter(ParameterSetName = 'Input')]
        [Parameter(ParameterSetName = 'Path')]
        [switch] $NoRecovery,

        [Parameter(ParameterSetName = 'File')]
        [Parameter(ParameterSetName = 'Input')]
        [Parameter(ParameterSetName = 'Path')]
        [ValidateNotNullOrEmpty()]
        [string] $StandbyFile,

        [Parameter(Mandatory = $true, ParameterSetName = 'Recover')]
        [switch] $Recover,

        [switch] $AsScript,

        [switch] $Force
    )

    begin {
        try {
            Import-PgbPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
            $connection = Get-PgbConnection -Cmdlet $PSCmdlet -Bound $PSBoundParameters
            $sources = New-Object 'System.Collections.Generic.List[object]'
            $origins = New-Object 'System.Collections.Generic.HashSet[string]' ([StringComparer]::OrdinalIgnoreCase)

            $moment = if ($PSBoundParameters.ContainsKey('PointInTime')) { ConvertTo-PgbMoment $PointInTime }
            if ($Path) {
                $planned = Get-PgbPlannedFile -Cmdlet $PSCmdlet -Path $Path -PathOnServer $PathOnServer -Database $(if ($SourceDatabase) { $SourceDatabase } else { $Database }) -Moment $moment
                foreach ($file in $planned) { $sources.Add([ordered]@{ file = $file }) }
            }
            foreach ($file in $BackupFile) { $sources.Add([ordered]@{ file = $file }) }
            if ($PSBoundParameters.ContainsKey('Position')) { $sources[$sources.Count - 1]['position'] = $Position }
        }
        catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
    }

    process {
        try {
            foreach ($set in $InputObject) {
                foreach ($source in ConvertTo-PgbSource -Cmdlet $PSCmdlet -Set $set) { $sources.Add($source) }
                $origin = Get-PgbSourceDatabase -Set $set
                if ($origin) { $null = $origins.Add($origin) }
            }
        }
        catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
    }

    end {
        try {
            if (-not $sources.Count -and -not $Recover) {
                Exit-PgbCommand -Cmdlet $PSCmdlet -Code 'request.no_sets' -Message (Get-PgbText 'NoSets') -Target $Database -Status 1
            }
            $name = $Database
            if (-not $name) {
                if ($origins.Count -ne 1) {
                    Exit-PgbCommand -Cmdlet $PSCmdlet -Code 'request.mixed_databases' -Message (Get-PgbText 'MixedDatabases' (@($origins) -join ', ')) -Status 1
                }
                $name = @($origins)[0]
            }

            $request = [ordered]@{ v = 1; database = $name; sources = $sources.ToArray() }
            if ($moment) { $request['point_in_time'] = $moment }
            if ($Replace) { $request['replace'] = $true }
            if ($AllowOtherDatabase) { $request['allow_other_database'] = $true }
            if ($SafetyCopy) { $request['safety_copy'] = $SafetyCopy.ToLowerInvariant() }
            if ($SafetyDirectory) { $request['safety_directory'] = $SafetyDirectory }
            if ($Check) { $request['check'] = $true }
            if ($MapUsers) { $request['map_users'] = $true }
            if ($StopService) { $request['stop_services'] = @($StopService) }
            if ($JournalFolder) { $request['journal_directory'] = Resolve-PgbFolder -Cmdlet $PSCmdlet -Path $JournalFolder }
            if ($RelocateFile) {
                $relocate = [ordered]@{}
                foreach ($logical in @($RelocateFile.Keys)) { $relocate[[string]$logical] = [string]$RelocateFile[$logical] }
                $request['relocate'] = $relocate
            }
            if ($DataDirectory) { $request['data_directory'] = $DataDirectory }
            if ($LogDirectory) { $request['log_directory'] = $LogDirectory }
            if ($NoRecovery) { $request['recovery'] = 'norecovery' }
            if ($StandbyFile) {
                $request['recovery'] = 'standby'
                $request['standby_file'] = $StandbyFile
            }
            if ($AsScript) { $request['dry_run'] = $true }

            # Only -Replace can destroy anything; any other restore asks no sooner than a command of medium impact.
            if (-not $PSBoundParameters.ContainsKey('Confirm')) {
                if ($Force -or (-not $Replace -and $ConfirmPreference -eq 'High')) { $ConfirmPreference = 'None' }
            }
            $from = @(foreach ($source in $sources) {
                    if ($source.Contains('position')) { Get-PgbText 'PositionOfFile' $source['file'], $source['position'] } else { $source['file'] }
                }) -join '; '
            $action = Get-PgbText $(if ($Recover) { 'RecoverAction' } elseif ($Replace) { 'RestoreReplace' } else { 'RestoreAction' }) $from
            if (-not $AsScript -and -not $PSCmdlet.ShouldProcess((Get-PgbText 'DatabaseOnServer' $name, $ServerInstance), $action)) { return }

            $reply = Invoke-PgbJob -Cmdlet $PSCmdlet -Kind restore -Request $request -Connection $connection -Activity (Get-PgbText 'Restoring' $name) -Target $name
            if ($null -eq $reply) { return }
            if ($AsScript) { [string]$reply.script } else { ConvertTo-PgbRestoreResult -Reply $reply -ServerInstance $ServerInstance }
        }
        catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
    }
}
