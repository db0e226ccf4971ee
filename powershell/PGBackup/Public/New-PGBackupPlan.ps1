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
    Whose months: Gregorian (the default) or Persian.

    .PARAMETER EveryHours
    Runs every so many hours, from the first time of -At or midnight; 1 to 24.

    .PARAMETER Cron
    Runs by a cron expression of five fields, such as '30 2 * * SAT'.

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

    .PARAMETER Force
    Takes the place of a plan of that name.

    .PARAMETER PlanFolder
    The folder of the plans, where it is not the usual one.

    .OUTPUTS
    PGBackup.Plan, with these properties:
    Name [string], ServerInstance [string], Database [string], Destination [string], Schedule [string], SchedulePersian [string], CreatedAt [datetime] (UTC), Path [string], Definition [object] (the plan as its file has it)

    .EXAMPLE
    New-PGBackupPlan -Name PayamGostar -ServerInstance .\PAYAMGOSTAR2 -Database PayamGostar2 -Destination D:\Backup -Mode Differential -DifferentialEveryHours 4 -Weekly Saturday -At 02:30

    A full each Saturday opens a new file; differentials are appended every four hours.

    .EXAMPLE
    New-PGBackupPlan -Name Night -ServerInstance . -Database PayamGostar2 -Destination D:\Backup -Monthly Last -Calendar Persian -At 23:00 -CopyTo E:\Copies

    A full on the last day of each Persian month, with a copy on another disk.

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

        [Parameter(ParameterSetName = 'Monthly')]
        [ValidateSet('Gregorian', 'Persian')]
        [string] $Calendar,

        [Parameter(Mandatory = $true, ParameterSetName = 'EveryHours')]
        [ValidateRange(1, 24)]
        [int] $EveryHours,

        [Parameter(Mandatory = $true, ParameterSetName = 'Cron')]
        [ValidateNotNullOrEmpty()]
        [string] $Cron,

        [Parameter(ParameterSetName = 'Daily')]
        [Parameter(ParameterSetName = 'Weekly')]
        [Parameter(ParameterSetName = 'Monthly')]
        [Parameter(ParameterSetName = 'EveryHours')]
        [ValidateNotNullOrEmpty()]
        [string[]] $At = @('00:00'),

        [ValidateNotNullOrEmpty()]
        [string] $TimeZone,

        [ValidateNotNullOrEmpty()]
        [string] $Window,

        [ValidateRange(0, 10080)]
        [int] $GraceMinutes,

        [switch] $Verify,

        [ValidateSet('Default', 'On', 'Off')]
        [string] $Compression,

        [ValidateNotNullOrEmpty()]
        [string[]] $CopyTo,

        [ValidateNotNullOrEmpty()]
        [string[]] $Before,

        [ValidateNotNullOrEmpty()]
        [string[]] $After,

        [ValidateNotNullOrEmpty()]
        [string[]] $OnFailure,

        [ValidateRange(1, 86400)]
        [int] $CommandLimitSec = 3600,

        [ValidateNotNullOrEmpty()]
        [string] $Heartbeat,

        [switch] $Force,

        [ValidateNotNullOrEmpty()]
        [string] $PlanFolder
    )

    try {
        Import-PgbPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
        $path = { param($text) $PSCmdlet.GetUnresolvedProviderPathFromPSPath($text) }

        $server = [ordered]@{ server = $ServerInstance }
        $plan = [ordered]@{ version = 1; name = $Name; server = $server }
        if ($UserName) {
            # A SQL login cannot hold a backslash, so DOMAIN\user is a Windows account.
            $server['auth'] = if ($UserName.IndexOf('\') -ge 0) { 'windows' } else { 'sql' }
            $server['user'] = $UserName
        }
        if ($Encrypt) { $server['encrypt'] = $Encrypt.ToLowerInvariant() }
        if ($TrustServerCertificate) { $server['trust_server_certificate'] = $true }
        if ($PasswordFile) { $plan['password_from'] = @{ file = & $path $PasswordFile } }
        elseif ($CredentialFile) { $plan['password_from'] = @{ clixml = & $path $CredentialFile } }
        elseif ($SecretName) { $plan['password_from'] = @{ secret_management = $SecretName } }

        $when = switch ($PSCmdlet.ParameterSetName) {
            'Daily' { [ordered]@{ kind = 'daily'; at = $At } }
            'Weekly' { [ordered]@{ kind = 'weekly'; days = $Weekly; at = $At } }
            'Monthly' {
                $month = [ordered]@{ kind = 'monthly'; days = $Monthly; at = $At }
                if ($Calendar) { $month['calendar'] = $Calendar.ToLowerInvariant() }
                $month
            }
            'EveryHours' { [ordered]@{ kind = 'every'; minutes = $EveryHours * 60; from = $At[0] } }
            'Cron' { [ordered]@{ kind = 'cron'; cron = $Cron } }
            default { [ordered]@{ kind = 'none' } }
        }
        $zone = if ($TimeZone) { $TimeZone } else { [System.TimeZoneInfo]::Local.Id }
        if ($DifferentialCount -and ($LogEveryMinutes -or $DifferentialEveryHours)) {
            Exit-PgbCommand -Cmdlet $PSCmdlet -Code 'request.schedule' -Message (Get-PgbText 'PlanCountAlone') -Target $Name -Status 3
        }
        if (($DifferentialCount -or $DifferentialEveryHours) -ne ($Mode -eq 'Differential')) {
            Exit-PgbCommand -Cmdlet $PSCmdlet -Code 'request.schedule' -Message (Get-PgbText 'PlanModeDifferential') -Target $Name -Status 3
        }
        if ($DifferentialCount) { $schedule = [ordered]@{ zone = $zone; when = $when; differentials = $DifferentialCount } }
        else {
            $lines = @([ordered]@{ type = 'full'; when = $when })
            if ($DifferentialEveryHours) { $lines += [ordered]@{ type = 'differential'; when = [ordered]@{ kind = 'every'; minutes = $DifferentialEveryHours * 60; from = $At[0] } } }
            if ($LogEveryMinutes) { $lines += [ordered]@{ type = 'log'; when = [ordered]@{ kind = 'every'; minutes = $LogEveryMinutes } } }
            $schedule = [ordered]@{ zone = $zone; lines = $lines }
        }

        $plan['database'] = $Database
        $plan['destination'] = $Destination
        if ($Mode -eq 'Differential') { $plan['archive'] = $true }
        if ($Compression) { $plan['compression'] = $Compression.ToLowerInvariant() }
        if ($Verify) { $plan['verify'] = $true }
        $plan['schedule'] = $schedule
        if ($Window) { $plan['window'] = $Window }
        if ($PSBoundParameters.ContainsKey('GraceMinutes')) { $plan['grace_minutes'] = $GraceMinutes }
        if ($CopyTo) { $plan['copy_to'] = @(foreach ($one in $CopyTo) { & $path $one }) }
        if ($Before) { $plan['before'] = [ordered]@{ command = $Before; time_limit_seconds = $CommandLimitSec } }
        if ($After) { $plan['after'] = [ordered]@{ command = $After; time_limit_seconds = $CommandLimitSec } }
        if ($OnFailure) { $plan['on_failure'] = [ordered]@{ command = $OnFailure; time_limit_seconds = $CommandLimitSec } }
        if ($Heartbeat) { $plan['heartbeat'] = & $path $Heartbeat }

        $kind = 'save'
        if (-not $PSCmdlet.ShouldProcess($Name, (Get-PgbText 'PlanSaveAction'))) { $kind = 'check' }
        $request = [ordered]@{ kind = $kind; plan = $plan; replace = [bool]$Force }
        $file = Invoke-PgbPlanCall -Cmdlet $PSCmdlet -Request $request -PlanFolder $PlanFolder -Target $Name
        if ($null -ne $file -and $kind -eq 'save') { ConvertTo-PgbPlan $file }
    }
    catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
}
