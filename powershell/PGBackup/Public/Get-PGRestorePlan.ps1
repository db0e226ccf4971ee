function Get-PGRestorePlan {
    <#
    .SYNOPSIS
    Tells the steps of a restore and why these, without a server.

    .DESCRIPTION
    Reads the headers of all backups in folders of this machine and gives the sets to restore, in their order. Of all ways the one is taken that comes to the moment asked for, or furthest without one; then the one with the fewest unverified sets; then the shortest. Why the newest full is not used, and on which of several futures of a database the plan lies, is told with -Verbose and in the steps' Notes.

    A moment that cannot be restored is an error that names the nearest ones before and after.

    .PARAMETER Path
    Folders of this machine, or shares, with all folders below them.

    .PARAMETER Database
    The database whose backups are meant, by the headers of the files.

    .PARAMETER BackupServer
    The server that made the backups, where several had a database of the name.

    .PARAMETER PointInTime
    The moment to go back to. A text such as '2026-11-20 14:30' is by the server's clock; a [datetime] of Kind Local or Utc means that very moment.

    .PARAMETER BackupSetGUID
    The set to end with, in place of a moment.

    .PARAMETER RecoveryFork
    The future that is meant, of a database that was restored to an earlier state.

    .PARAMETER TimeZone
    The server's time zone by its IANA name (Asia/Tehran), for backups that do not tell their offset from UTC.

    .PARAMETER Verify
    First reads files to their end that nobody verified yet.

    .OUTPUTS
    PGBackup.PlannedStep, with these properties:
    Step [int], BackupFile [string[]] (one a stripe), Position [int], Type [string], IsCopyOnly [bool], BackupSetGUID [guid], DatabaseName [string], BackupFinishDate [datetime], BackupFinishDatePersian [string], IsApplied [bool] (false for the log backup of an idle database, which is not restored: it only shows up to when the state before holds), StopAt [datetime], Size [long], IsVerified [bool], Reason [string], Notes [string[]] (of the plan as a whole)

    .EXAMPLE
    Get-PGRestorePlan -Path D:\Backup -Database PayamGostar2

    The way to the newest state.

    .EXAMPLE
    Get-PGRestorePlan -Path D:\Backup -Database PayamGostar2 -PointInTime '2026-11-20 14:30' -Verbose

    The way to a moment, with what is worth knowing about the choice.

    .LINK
    Restore-PGDatabase

    .LINK
    about_PGBackup
    #>
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType('PGBackup.PlannedStep')]
    param(
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipelineByPropertyName = $true)]
        [Alias('FullName')]
        [ValidateNotNullOrEmpty()]
        [string[]] $Path,

        [Parameter(Position = 1)]
        [ValidateNotNullOrEmpty()]
        [string] $Database,

        [ValidateNotNullOrEmpty()]
        [string] $BackupServer,

        [datetime] $PointInTime,

        [guid] $BackupSetGUID,

        [guid] $RecoveryFork,

        [ValidateNotNullOrEmpty()]
        [string] $TimeZone,

        [switch] $Verify
    )

    process {
        try {
            Import-PgbPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
            $folders = [string[]]@(Resolve-PgbFolder -Cmdlet $PSCmdlet -Path $Path)
            $target = $folders -join ', '
            $request = [ordered]@{ v = 1; kind = 'restore'; paths = $folders }
            Add-PgbScope -Request $request -Bound $PSBoundParameters
            if ($PSBoundParameters.ContainsKey('PointInTime')) { $request['point_in_time'] = ConvertTo-PgbMoment $PointInTime }
            if ($PSBoundParameters.ContainsKey('BackupSetGUID')) { $request['backup_set_guid'] = $BackupSetGUID.ToString('d') }
            if ($PSBoundParameters.ContainsKey('RecoveryFork')) { $request['recovery_fork'] = $RecoveryFork.ToString('d') }
            $outcome = @{ Count = 0; Result = $null }
            $steps = @(Invoke-PgbJob -Cmdlet $PSCmdlet -Kind chain -Request $request -Activity (Get-PgbText 'PlanningRemoval' $target) -Target $target -Paged -Problem $outcome | ConvertTo-PgbPlannedStep)
            $notes = [string[]]@(if ($outcome.Result) { foreach ($note in $outcome.Result.notes) { ConvertTo-PgbText $note } })
            foreach ($note in $notes) { Write-Verbose $note }
            foreach ($step in $steps) { $step.Notes = $notes; $step }
        }
        catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
    }
}
