function Remove-PGBackup {
    <#
    .SYNOPSIS
    Removes backup files that no rule keeps and nothing kept needs.

    .DESCRIPTION
    Reads the headers of every file in the folders, puts the chains together by GUIDs and LSNs, and says KEEP or DELETE for each file, and why. Rules only keep: what any of them keeps stays, and so does all that it needs. With -WhatIf the table comes out and nothing else happens.

    Files that nobody verified yet are read to their end first, which takes a while the first time; it is remembered in the folder. An unverified, damaged or incomplete backup never counts as one that is kept. The last chain of a database that can be restored always stays. Files that are no backups, of other databases, pinned, open, or changed since the plan are not touched; nothing at all is removed while a folder cannot be read in full, or the clock is behind the newest backup.

    Removed files are moved into a folder .pgb-removed beside them. Undo-PGBackupRemoval puts them back until -GraceDays are over; later runs then delete them for good.

    With -ServerInstance the folders are those of the server, for files that this machine does not see. The server then reads the headers and verifies what stays, and needs a login of sysadmin to delete. It cannot move files aside, so there is no undo, and -Force is needed.

    .PARAMETER Path
    Folders of this machine, or shares, with all folders below them; with -ServerInstance folders of the server.

    .PARAMETER ServerInstance
    The SQL Server through which files are removed that only it sees: host, 'host,port' (quoted, for its comma) or host\instance.

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
    The database whose backups are meant, by the headers of the files.

    .PARAMETER BackupServer
    The server that made the backups, where several had a database of the name.

    .PARAMETER OlderThanDays
    Removes what is older, as far as no moment of these days needs it.

    .PARAMETER KeepLast
    Keeps this many fulls, the newest, with all that was made after the oldest of them.

    .PARAMETER KeepDaily
    Keeps the last state of this many days that have one.

    .PARAMETER KeepWeekly
    Keeps the last state of this many weeks that have one.

    .PARAMETER KeepMonthly
    Keeps the last state of this many months that have one.

    .PARAMETER KeepYearly
    Keeps the last state of this many years that have one.

    .PARAMETER RecoveryWindowDays
    Keeps all that is needed to restore any moment of this many last days.

    .PARAMETER MinimumFulls
    Verified fulls that always stay; 1 unless said otherwise.

    .PARAMETER Calendar
    Whose months and years count: Gregorian (the default) or Persian.

    .PARAMETER WeekStart
    The day that begins a week: Monday, or Saturday with the Persian calendar, unless said otherwise.

    .PARAMETER GraceDays
    Days for which removed files can be put back; 3 unless said otherwise. With 0 they are deleted at once.

    .PARAMETER EmptyRemoved
    Deletes for good what was removed earlier in these folders, even if its days are not over: for when the disk needs the room. Nothing else is removed; pinned sets stay.

    .PARAMETER Force
    Does not ask before files are removed. With -ServerInstance it is needed, as nothing can be put back.

    .OUTPUTS
    PGBackup.RemovalItem, with these properties:
    Verdict [string] (Keep, Delete), BackupFile [string], DatabaseName [string], BackupFinishDate [datetime] (of the newest set), BackupFinishDatePersian [string], Size [long], SetCount [int], Reason [string], ReasonCode [string], NeededBy [string], Unit [int] (files of one unit go together), State [string] (Planned, Removed, Deleted, Kept)

    With -WhatIf every file; else those that were to be removed. With -EmptyRemoved PGBackup.RemovalStep as of Undo-PGBackupRemoval.

    .EXAMPLE
    Remove-PGBackup -Path D:\Backup -Database PayamGostar2 -OlderThanDays 30 -WhatIf

    A table of every file, KEEP or DELETE, and why.

    .EXAMPLE
    Remove-PGBackup -Path D:\Backup -KeepLast 3 -KeepDaily 7 -KeepWeekly 4 -KeepMonthly 12 -Calendar Persian -Force

    Removes what none of the rules keeps, without asking, by Persian months.

    .EXAMPLE
    Remove-PGBackup @srv -Path D:\Backup -Database PayamGostar2 -OlderThanDays 30 -Force

    Deletes files in a folder that only the server sees, through the server and for good.

    .EXAMPLE
    Remove-PGBackup -Path D:\Backup -EmptyRemoved

    Makes room at once: what was removed and could still be put back is deleted for good.

    .LINK
    Undo-PGBackupRemoval

    .LINK
    about_PGBackup
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'High', PositionalBinding = $false, DefaultParameterSetName = 'Rules')]
    [OutputType('PGBackup.RemovalItem', 'PGBackup.RemovalStep')]
    param(
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipelineByPropertyName = $true)]
        [Alias('FullName')]
        [ValidateNotNullOrEmpty()]
        [string[]] $Path,

        [Parameter(ParameterSetName = 'Rules')]
        [Alias('SqlInstance', 'Server')]
        [ValidateNotNullOrEmpty()]
        [string] $ServerInstance,

        [Parameter(ParameterSetName = 'Rules')]
        [Alias('SqlCredential')]
        [pscredential]
        [System.Management.Automation.Credential()]
        $Credential = [pscredential]::Empty,

        [Parameter(ParameterSetName = 'Rules')]
        [ValidateSet('Strict', 'Mandatory', 'Optional')]
        [string] $Encrypt,

        [Parameter(ParameterSetName = 'Rules')]
        [switch] $TrustServerCertificate,

        [Parameter(ParameterSetName = 'Rules')]
        [ValidateNotNullOrEmpty()]
        [string] $CAFile,

        [Parameter(ParameterSetName = 'Rules')]
        [ValidateNotNullOrEmpty()]
        [string] $HostNameInCertificate,

        [Parameter(ParameterSetName = 'Rules')]
        [ValidateRange(1, 65535)]
        [int] $ConnectTimeoutSec,

        [Parameter(Position = 1, ParameterSetName = 'Rules')]
        [ValidateNotNullOrEmpty()]
        [string] $Database,

        [Parameter(ParameterSetName = 'Rules')]
        [ValidateNotNullOrEmpty()]
        [string] $BackupServer,

        [Parameter(ParameterSetName = 'Rules')]
        [ValidateRange(1, 36500)]
        [int] $OlderThanDays,

        [Parameter(ParameterSetName = 'Rules')]
        [ValidateRange(1, 100000)]
        [int] $KeepLast,

        [Parameter(ParameterSetName = 'Rules')]
        [ValidateRange(1, 100000)]
        [int] $KeepDaily,

        [Parameter(ParameterSetName = 'Rules')]
        [ValidateRange(1, 100000)]
        [int] $KeepWeekly,

        [Parameter(ParameterSetName = 'Rules')]
        [ValidateRange(1, 100000)]
        [int] $KeepMonthly,

        [Parameter(ParameterSetName = 'Rules')]
        [ValidateRange(1, 100000)]
        [int] $KeepYearly,

        [Parameter(ParameterSetName = 'Rules')]
        [ValidateRange(1, 36500)]
        [int] $RecoveryWindowDays,

        [Parameter(ParameterSetName = 'Rules')]
        [ValidateRange(1, 100000)]
        [int] $MinimumFulls,

        [Parameter(ParameterSetName = 'Rules')]
        [ValidateSet('Gregorian', 'Persian')]
        [string] $Calendar,

        [Parameter(ParameterSetName = 'Rules')]
        [ValidateSet('Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday')]
        [string] $WeekStart,

        [Parameter(ParameterSetName = 'Rules')]
        [ValidateRange(0, 36500)]
        [int] $GraceDays = 3,

        [Parameter(Mandatory = $true, ParameterSetName = 'Empty')]
        [switch] $EmptyRemoved,

        [switch] $Force
    )

    process {
        try {
            Import-PgbPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
            $connection = Get-PgbConnection -Cmdlet $PSCmdlet -Bound $PSBoundParameters
            if ($connection -and -not $Force -and -not $WhatIfPreference) {
                Exit-PgbCommand -Cmdlet $PSCmdlet -Code 'removal.needs_force' -Message (Get-PgbText 'RemovalNeedsForce' $ServerInstance) -Target $ServerInstance
            }
            $folders = [string[]]@(if ($connection) { $Path } else { Resolve-PgbFolder -Cmdlet $PSCmdlet -Path $Path })
            $target = $folders -join ', '
            if ($Force -and -not $PSBoundParameters.ContainsKey('Confirm')) { $ConfirmPreference = 'None' }
            if ($EmptyRemoved) {
                Clear-PgbRemoved -Cmdlet $PSCmdlet -Path $folders -Target $target
                return
            }
            $request = [ordered]@{ v = 1; kind = 'removal'; paths = $folders }
            Add-PgbScope -Request $request -Bound $PSBoundParameters
            $rules = @{
                OlderThanDays = 'older_than_days'; KeepLast = 'keep_last'; KeepDaily = 'keep_daily'; KeepWeekly = 'keep_weekly'; KeepMonthly = 'keep_monthly'
                KeepYearly = 'keep_yearly'; RecoveryWindowDays = 'recovery_window_days'; MinimumFulls = 'minimum_fulls'
            }
            foreach ($rule in $rules.Keys) { if ($PSBoundParameters.ContainsKey($rule)) { $request[$rules[$rule]] = [int]$PSBoundParameters[$rule] } }
            if ($Calendar) { $request['calendar'] = $Calendar.ToLowerInvariant() }
            if ($WeekStart) { $request['week_start'] = $WeekStart.ToLowerInvariant() }

            $plan = Get-PgbRemovalPlan -Cmdlet $PSCmdlet -Request $request -Connection $connection -Target $target
            if ($null -eq $plan) { return }
            if ($WhatIfPreference) { $plan.Items }
            if (-not $plan.Result.delete) {
                # What was removed earlier is deleted when its days are over, whether or not anything goes today.
                if (-not $connection -and -not $WhatIfPreference -and -not $plan.Result.refused) {
                    Invoke-PgbRemoval -Cmdlet $PSCmdlet -Plan $plan -GraceDays $GraceDays -Target $target
                }
                return
            }
            $all = $plan.Result.delete + $plan.Result.keep
            $action = Get-PgbText 'RemovalAction' $plan.Result.delete, $all, (Format-PgbSize $plan.Result.delete_bytes)
            if (-not $PSCmdlet.ShouldProcess($target, $action)) { return }
            Invoke-PgbRemoval -Cmdlet $PSCmdlet -Plan $plan -Connection $connection -GraceDays $GraceDays -Target $target
        }
        catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
    }
}
