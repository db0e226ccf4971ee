function Set-PGBackupPlan {
    <#
    .SYNOPSIS
    Changes backup plans.

    .DESCRIPTION
    Changes what is named and leaves everything else of the plan's file as it is, what was written by hand too. An empty value takes a field away: -CopyTo @(), -Heartbeat '', -RemoveOlderThanDays 0.

    A schedule is given as a whole: any of -Daily, -Weekly, -Monthly, -EveryHours, -Cron and -Line makes it anew, together with -Mode, -DifferentialEveryHours, -DifferentialCount and -LogEveryMinutes; the zone stays unless -TimeZone names another. What a new schedule would have run before is not missed.

    A plan that is registered need not be registered again, unless its new times are at other minutes of the hour.

    .PARAMETER Name
    The names of the plans.

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
    Full or Differential.

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
    The times of day, such as 02:30.

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

    .PARAMETER PlanFolder
    The folder of the plans, where it is not the usual one.

    .OUTPUTS
    PGBackup.Plan, with these properties:
    Name [string], ServerInstance [string], Database [string], Destination [string], Schedule [string], SchedulePersian [string], CreatedAt [datetime] (UTC), Path [string], Definition [object] (the plan as its file has it)

    .EXAMPLE
    Set-PGBackupPlan PayamGostar -RemoveOlderThanDays 60 -CopyTo E:\Copies

    Keeps backups longer, and copies each one to another disk.

    .EXAMPLE
    Get-PGBackupPlan | Set-PGBackupPlan -Weekly Friday -At 01:00 -Mode Differential -DifferentialEveryHours 6

    Gives all plans a new schedule.

    .LINK
    New-PGBackupPlan

    .LINK
    Test-PGBackupPlan

    .LINK
    about_PGBackup
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium', DefaultParameterSetName = 'None', PositionalBinding = $false)]
    [OutputType('PGBackup.Plan')]
    param(
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipeline = $true, ValueFromPipelineByPropertyName = $true)]
        [ValidateNotNullOrEmpty()]
        [ArgumentCompleter({ & (Get-Command $args[0]).Module { Complete-PgbPlan -Word $args[2] -Given $args[4] } @args })]
        [string[]] $Name,

        [Alias('SqlInstance', 'Server')]
        [ValidateNotNullOrEmpty()]
        [string] $ServerInstance,

        [AllowEmptyString()]
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

        [ValidateNotNullOrEmpty()]
        [string] $Database,

        [Alias('BackupDirectory')]
        [ValidateNotNullOrEmpty()]
        [string] $Destination,

        [ValidateSet('Full', 'Differential')]
        [string] $Mode,

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

        [AllowEmptyString()]
        [string] $Window,

        [ValidateRange(0, 10080)]
        [int] $GraceMinutes,

        [switch] $Verify,

        [ValidateSet('Default', 'On', 'Off')]
        [string] $Compression,

        [ValidateRange(0, 36500)]
        [int] $RemoveOlderThanDays,

        [ValidateRange(0, 100000)]
        [int] $KeepLast,

        [ValidateRange(0, 100000)]
        [int] $KeepDaily,

        [ValidateRange(0, 100000)]
        [int] $KeepWeekly,

        [ValidateRange(0, 100000)]
        [int] $KeepMonthly,

        [ValidateRange(0, 100000)]
        [int] $KeepYearly,

        [ValidateRange(0, 36500)]
        [int] $RecoveryWindowDays,

        [ValidateNotNullOrEmpty()]
        [string] $RemovePath,

        [ValidateRange(0, 36500)]
        [int] $GraceDays,

        [AllowEmptyCollection()]
        [string[]] $CopyTo,

        [AllowEmptyCollection()]
        [string[]] $Before,

        [AllowEmptyCollection()]
        [string[]] $After,

        [AllowEmptyCollection()]
        [string[]] $OnFailure,

        [ValidateRange(1, 86400)]
        [int] $CommandLimitSec,

        [AllowEmptyString()]
        [string] $Heartbeat,

        [AllowEmptyString()]
        [string] $Report,

        [ValidateSet('English', 'Persian')]
        [string] $ReportLanguage,

        [ValidateNotNullOrEmpty()]
        [string] $PlanFolder
    )

    process {
        try {
            Import-PgbPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
            foreach ($one in $Name) {
                $file = Invoke-PgbPlanCall -Cmdlet $PSCmdlet -Request ([ordered]@{ kind = 'get'; name = $one }) -PlanFolder $PlanFolder -Target $one
                if ($null -eq $file) { continue }
                $plan = [ordered]@{}
                # Where ConvertFrom-Json took a text for a date (7.0 to 7.4) it becomes text again.
                foreach ($field in @(Get-PgbProperty $file.plan)) { $plan[$field.Name] = if ($field.Value -is [datetime]) { ConvertTo-PgbText $field.Value } else { $field.Value } }
                $zone = if ($TimeZone) { $TimeZone } else { [string]$file.plan.schedule.zone }
                if ($PSCmdlet.ParameterSetName -ne 'None') {
                    $plan['schedule'] = Get-PgbPlanSchedule -Cmdlet $PSCmdlet -Bound $PSBoundParameters -Zone $zone -Target $one
                    if ($Mode -eq 'Differential' -or $Archive) { $plan['archive'] = $true } else { $plan.Remove('archive') }
                    $plan.Remove('created_at')
                }
                elseif ($Mode -or $DifferentialEveryHours -or $DifferentialCount -or $LogEveryMinutes -or $Archive) {
                    Exit-PgbCommand -Cmdlet $PSCmdlet -Code 'request.schedule' -Message (Get-PgbText 'PlanScheduleWhole') -Target $one -Status 3
                }
                elseif ($TimeZone) {
                    $schedule = [ordered]@{}
                    foreach ($field in @(Get-PgbProperty $file.plan.schedule)) { $schedule[$field.Name] = $field.Value }
                    $schedule['zone'] = $zone
                    $plan['schedule'] = $schedule
                    $plan.Remove('created_at')
                }
                Set-PgbPlanField -Cmdlet $PSCmdlet -Plan $plan -Bound $PSBoundParameters

                $kind = 'save'
                if (-not $PSCmdlet.ShouldProcess($one, (Get-PgbText 'PlanChangeAction'))) { $kind = 'check' }
                $changed = Invoke-PgbPlanCall -Cmdlet $PSCmdlet -Request ([ordered]@{ kind = $kind; plan = $plan; replace = $true }) -PlanFolder $PlanFolder -Target $one
                if ($null -ne $changed -and $kind -eq 'save') { ConvertTo-PgbPlan $changed }
            }
        }
        catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
    }
}
