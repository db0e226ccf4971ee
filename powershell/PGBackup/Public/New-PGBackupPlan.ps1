function New-PGBackupPlan {
    <#
    .SYNOPSIS
    Makes a backup plan: what, where to, and when.

    .DESCRIPTION
    Writes a plan for one database of one server. Invoke-PGBackupPlan runs it when it is due; Register-PGBackupPlan has a scheduler ask.

    With -Mode Full each time of the schedule makes a full backup in a file of its own. With -Mode Differential it makes a full that opens a new archive file, and differentials are appended to it: every -DifferentialEveryHours hours in between, or, with -DifferentialCount, at the times of the schedule itself, so many between two fulls. -LogEveryMinutes adds log backups.

    The plan holds no password. Without -UserName the plan's account logs in with its Windows login; else -PasswordFile (a file of mode 0600, not on Windows), -CredentialFile (written by Export-Clixml; on Windows kept by DPAPI for the account that wrote it) or -SecretName (SecretManagement) tells where the password is.

    .PARAMETER Name
    The name of the plan: up to 64 letters, digits, blanks and . _ -

    .PARAMETER ServerInstance
    The SQL Server: host, 'host,port' (quoted, for its comma) or host\instance.

    .PARAMETER UserName
    The login, where it is not that of the plan's account.

    .PARAMETER PasswordFile
    The file that holds the password, readable for its owner alone.

    .PARAMETER CredentialFile
    A credential that Export-Clixml has written, by the account that will run the plan.

    .PARAMETER SecretName
    The name of a secret of the SecretManagement module.

    .PARAMETER Encrypt
    How the connection is encrypted: Strict (TLS before anything else), Mandatory (the default) or Optional.

    .PARAMETER TrustServerCertificate
    Accepts any certificate of the server. Only for servers reached over a network that is itself trusted.

    .PARAMETER Database
    The database.

    .PARAMETER Destination
    The server's folder for backup files.

    .PARAMETER Mode
    Full (the default) or Differential.

    .PARAMETER DifferentialEveryHours
    A differential every so many hours between the fulls, counted from the first time of -At; 1 to 24.

    .PARAMETER DifferentialCount
    So many differentials between two fulls, each at a time of the schedule; 1 to 1000.

    .PARAMETER LogEveryMinutes
    A log backup every so many minutes; 1 to 1440.

    .PARAMETER Daily
    Runs each day.

    .PARAMETER Weekly
    Runs on these days of the week: Saturday, Sat, or their Persian names.

    .PARAMETER Monthly
    Runs on these days of the month: 1 to 31, Last, 'First Friday'. A month that lacks a day takes the last one it has.

    .PARAMETER Calendar
    Whose months, of -Monthly and of the rules: Gregorian (the default) or Persian.

    .PARAMETER EveryHours
    Runs every so many hours, from the first time of -At or midnight; 1 to 24.

    .PARAMETER Cron
    Runs by a cron expression of five fields, such as '30 2 * * SAT'.

    .PARAMETER Line
    Several lines side by side, each a hashtable with Type (Full, Differential, Log), its times (Daily, Weekly, Monthly and Calendar, EveryHours, EveryMinutes, Cron; At, Within), and RemoveOlderThanDays.

    .PARAMETER Archive
    With -Line: differentials go into the file of their full.

    .PARAMETER At
    The times of day, such as 02:30; 00:00 if left out.

    .PARAMETER TimeZone
    The zone of the plan's times, by its IANA or Windows name; that of this machine if left out. The plan keeps it, so that it means the same elsewhere.

    .PARAMETER Window
    Missed runs are caught up only in these hours, such as 22:00-06:00; at once if left out.

    .PARAMETER GraceMinutes
    How late a run may begin and still be on time; 15 if left out.

    .PARAMETER Verify
    Has the server read each backup again and check it.

    .PARAMETER Compression
    On, Off, or Default (what the server is set to).

    .PARAMETER RemoveOlderThanDays
    Removes backups older than so many days, once the new one is made and verified; never what a newer one needs. The plan then verifies its backups.

    .PARAMETER KeepLast
    Keeps so many of the newest fulls, with what was made after the oldest of them.

    .PARAMETER KeepDaily
    Keeps the last backup of so many days.

    .PARAMETER KeepWeekly
    Keeps the last backup of so many weeks.

    .PARAMETER KeepMonthly
    Keeps the last backup of so many months, by -Calendar.

    .PARAMETER KeepYearly
    Keeps the last backup of so many years.

    .PARAMETER RecoveryWindowDays
    Keeps what is needed to restore to any moment of so many last days.

    .PARAMETER RemovePath
    The folder of the backups as this machine sees it, where that is another path than -Destination.

    .PARAMETER GraceDays
    So many days removed files can be put back with Undo-PGBackupRemoval; 3 if left out.

    .PARAMETER CopyTo
    Folders of this machine for second copies. Each copy is read back and compared. A disk that is away is a warning.

    .PARAMETER Before
    A program and its arguments, run before a backup; if it fails, no backup is made. No shell is between.

    .PARAMETER After
    A program and its arguments, run after each run that had something to do. PGB_PLAN, PGB_DATABASE, PGB_OUTCOME, PGB_EXIT_CODE, PGB_TYPES, PGB_FILES and PGB_ERRORS in its environment tell what came of it.

    .PARAMETER OnFailure
    A program and its arguments, run after a run that failed.

    .PARAMETER CommandLimitSec
    After so many seconds these programs are ended; 3600 if left out.

    .PARAMETER Heartbeat
    A file of this machine that is written at each success, for programs that watch its age.

    .PARAMETER Report
    A file of this machine that the plan's page is written to after each run that had something to do, as Get-PGBackupReport makes it.

    .PARAMETER ReportLanguage
    The language of that page: English (the default) or Persian.

    .PARAMETER Force
    Takes the place of a plan of that name.

    .PARAMETER PlanFolder
    The folder of the plans, where it is not the usual one.

    .OUTPUTS
    PGBackup.Plan, with these properties:
    Name [string], ServerInstance [string], Database [string], Destination [string], Schedule [string], SchedulePersian [string], CreatedAt [datetime] (UTC), Path [string], Definition [object] (the plan as its file has it)

    .EXAMPLE
    New-PGBackupPlan -Name PayamGostar -ServerInstance .\PAYAMGOSTAR2 -Database PayamGostar2 -Destination D:\Backup -Mode Differential -DifferentialEveryHours 4 -Weekly Saturday -At 02:30 -RemoveOlderThanDays 30

    A full each Saturday opens a new file; differentials are appended every four hours; what is older than 30 days goes.

    .EXAMPLE
    New-PGBackupPlan -Name Night -ServerInstance . -Database PayamGostar2 -Destination D:\Backup -Monthly Last -Calendar Persian -At 23:00 -CopyTo E:\Copies

    A full on the last day of each Persian month, with a copy on another disk.

    .EXAMPLE
    New-PGBackupPlan -Name Lines -ServerInstance . -Database PayamGostar2 -Destination D:\Backup -Line @{ Type = 'Full'; Weekly = 'Friday'; At = '01:00'; RemoveOlderThanDays = 60 }, @{ Type = 'Differential'; Daily = $true; At = '02:30'; RemoveOlderThanDays = 14 }, @{ Type = 'Log'; EveryMinutes = 15; RemoveOlderThanDays = 7 }

    A full each week, a differential each day, logs each quarter of an hour, each kept for a time of its own.

    .EXAMPLE
    New-PGBackupPlan -Name Crm -ServerInstance 'db,1433' -UserName backup -PasswordFile /etc/pgbackup/crm.secret -Database PayamGostar2 -Destination /var/backups -Daily -At 02:30 -LogEveryMinutes 15

    A full each night and a log backup each quarter of an hour, by a SQL login.

    .LINK
    Invoke-PGBackupPlan

    .LINK
    Register-PGBackupPlan

    .LINK
    about_PGBackup
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Low', DefaultParameterSetName = 'None', PositionalBinding = $false)]
    [OutputType('PGBackup.Plan')]
    param(
        [Parameter(Mandatory = $true, Position = 0)]
        [ValidateNotNullOrEmpty()]
        [string] $Name,

        [Parameter(Mandatory = $true)]
        [Alias('SqlInstance', 'Server')]
        [ValidateNotNullOrEmpty()]
        [string] $ServerInstance,

        [ValidateNotNullOrEmpty()]
        [string] $UserName,

        [ValidateNotNullOrEmpty()]
        [string] $PasswordFile,

        [ValidateNotNullOrEmpty()]
        [string] $CredentialFile,

        [ValidateNotNullOrEmpty()]
        [string] $SecretName,

        [ValidateSet('Strict', 'Mandatory', 'Optional')]
        [string] $Encrypt,

        [switch] $TrustServerCertificate,

        [Parameter(Mandatory = $true)]
        [ValidateNotNullOrEmpty()]
        [string] $Database,

        [Parameter(Mandatory = $true)]
        [Alias('BackupDirectory')]
        [ValidateNotNullOrEmpty()]
        [string] $Destination,

        [ValidateSet('Full', 'Differential')]
        [string] $Mode = 'Full',

        [ValidateRange(1, 24)]
        [int] $DifferentialEveryHours,

        [ValidateRange(1, 1000)]
        [int] $DifferentialCount,

        [ValidateRange(1, 1440)]
        [int] $LogEveryMinutes,

        [Parameter(Mandatory = $true, ParameterSetName = 'Daily')]
        [switch] $Daily,

        [Parameter(Mandatory = $true, ParameterSetName = 'Weekly')]
        [ValidateNotNullOrEmpty()]
        [string[]] $Weekly,

        [Parameter(Mandatory = $true, ParameterSetName = 'Monthly')]
        [ValidateNotNullOrEmpty()]
        [string[]] $Monthly,

        [ValidateSet('Gregorian', 'Persian')]
        [string] $Calendar,

        [Parameter(Mandatory = $true, ParameterSetName = 'EveryHours')]
        [ValidateRange(1, 24)]
        [int] $EveryHours,

        [Parameter(Mandatory = $true, ParameterSetName = 'Cron')]
        [ValidateNotNullOrEmpty()]
        [string] $Cron,

        [Parameter(Mandatory = $true, ParameterSetName = 'Line')]
        [ValidateNotNullOrEmpty()]
        [hashtable[]] $Line,

        [Parameter(ParameterSetName = 'Line')]
        [switch] $Archive,

        [Parameter(ParameterSetName = 'Daily')]
        [Parameter(ParameterSetName = 'Weekly')]
        [Parameter(ParameterSetName = 'Monthly')]
        [Parameter(ParameterSetName = 'EveryHours')]
        [ValidateNotNullOrEmpty()]
        [string[]] $At,

        [ValidateNotNullOrEmpty()]
        [string] $TimeZone,

        [ValidateNotNullOrEmpty()]
        [string] $Window,

        [ValidateRange(0, 10080)]
        [int] $GraceMinutes,

        [switch] $Verify,

        [ValidateSet('Default', 'On', 'Off')]
        [string] $Compression,

        [ValidateRange(1, 36500)]
        [int] $RemoveOlderThanDays,

        [ValidateRange(1, 100000)]
        [int] $KeepLast,

        [ValidateRange(1, 100000)]
        [int] $KeepDaily,

        [ValidateRange(1, 100000)]
        [int] $KeepWeekly,

        [ValidateRange(1, 100000)]
        [int] $KeepMonthly,

        [ValidateRange(1, 100000)]
        [int] $KeepYearly,

        [ValidateRange(1, 36500)]
        [int] $RecoveryWindowDays,

        [ValidateNotNullOrEmpty()]
        [string] $RemovePath,

        [ValidateRange(0, 36500)]
        [int] $GraceDays,

        [ValidateNotNullOrEmpty()]
        [string[]] $CopyTo,

        [ValidateNotNullOrEmpty()]
        [string[]] $Before,

        [ValidateNotNullOrEmpty()]
        [string[]] $After,

        [ValidateNotNullOrEmpty()]
        [string[]] $OnFailure,

        [ValidateRange(1, 86400)]
        [int] $CommandLimitSec,

        [ValidateNotNullOrEmpty()]
        [string] $Heartbeat,

        [ValidateNotNullOrEmpty()]
        [string] $Report,

        [ValidateSet('English', 'Persian')]
        [string] $ReportLanguage,

        [switch] $Force,

        [ValidateNotNullOrEmpty()]
        [string] $PlanFolder
    )

    try {
        Import-PgbPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
        $zone = if ($TimeZone) { $TimeZone } else { [System.TimeZoneInfo]::Local.Id }
        $plan = [ordered]@{ version = 1; name = $Name; server = $null; database = $null; destination = $null }
        if ($Mode -eq 'Differential' -or $Archive) { $plan['archive'] = $true }
        $plan['schedule'] = Get-PgbPlanSchedule -Cmdlet $PSCmdlet -Bound $PSBoundParameters -Zone $zone -Target $Name
        Set-PgbPlanField -Cmdlet $PSCmdlet -Plan $plan -Bound $PSBoundParameters

        $kind = 'save'
        if (-not $PSCmdlet.ShouldProcess($Name, (Get-PgbText 'PlanSaveAction'))) { $kind = 'check' }
        $request = [ordered]@{ kind = $kind; plan = $plan; replace = [bool]$Force }
        $file = Invoke-PgbPlanCall -Cmdlet $PSCmdlet -Request $request -PlanFolder $PlanFolder -Target $Name
        if ($null -ne $file -and $kind -eq 'save') { ConvertTo-PgbPlan $file }
    }
    catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
}
