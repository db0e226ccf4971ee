function Get-PGBackupSchedule {
    <#
    .SYNOPSIS
    Tells when plans run next, or what should have run and did not.

    .DESCRIPTION
    Gives the next runs of each plan, Gregorian, Persian and UTC, and what each will make. With -Overdue it gives what should have run by now and did not, judged from the backups that exist: those in the plan's folder where this machine sees it, else those that the server remembers and still has the files of.

    .PARAMETER Plan
    Names or patterns of plans. Without it, all of them.

    .PARAMETER Next
    How many runs of each plan, up to 10000.

    .PARAMETER Overdue
    Gives what should have run and did not.

    .PARAMETER PlanFolder
    The folder of the plans, where it is not the usual one.

    .OUTPUTS
    PGBackup.ScheduleEntry, with these properties:
    Plan [string], Type [string] (Full, Differential, Log), At [datetime] (UTC), LocalTime [string] (ISO 8601, in the plan's zone), PersianTime [string], Text [string], PersianText [string] (for people), IsOverdue [bool], MissedSince [datetime], MissedCount [int], WaitingFor [string] (BackOff after a failure, or Window), WaitingUntil [datetime]

    .EXAMPLE
    Get-PGBackupSchedule -Plan PayamGostar -Next 10

    Tells the next ten runs of a plan.

    .EXAMPLE
    Get-PGBackupSchedule -Overdue

    Tells what is late, of all plans.

    .LINK
    Invoke-PGBackupPlan

    .LINK
    about_PGBackup
    #>
    [CmdletBinding(DefaultParameterSetName = 'Next', PositionalBinding = $false)]
    [OutputType('PGBackup.ScheduleEntry')]
    param(
        [Parameter(Position = 0, ValueFromPipeline = $true, ValueFromPipelineByPropertyName = $true)]
        [Alias('Name')]
        [ValidateNotNullOrEmpty()]
        [SupportsWildcards()]
        [ArgumentCompleter({ & (Get-Command $args[0]).Module { Complete-PgbPlan -Word $args[2] -Given $args[4] } @args })]
        [string[]] $Plan = @('*'),

        [Parameter(ParameterSetName = 'Next')]
        [ValidateRange(1, 10000)]
        [int] $Next = 1,

        [Parameter(Mandatory = $true, ParameterSetName = 'Overdue')]
        [switch] $Overdue,

        [ValidateNotNullOrEmpty()]
        [string] $PlanFolder
    )

    process {
        try {
            Import-PgbPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
            $folder = @{}
            if ($PlanFolder) { $folder['PlanFolder'] = $PlanFolder }
            foreach ($one in Get-PGBackupPlan -Name $Plan @folder) {
                $request = [ordered]@{ kind = 'schedule'; name = $one.Name; count = $Next }
                $reply = Invoke-PgbPlanCall -Cmdlet $PSCmdlet -Request $request -Target $one.Name @folder
                if ($null -eq $reply) { continue }
                if (-not $Overdue) {
                    foreach ($item in $reply.items) { ConvertTo-PgbScheduleEntry -Plan $one.Name -Item $item }
                    continue
                }
                if (-not $reply.known) {
                    $file = [pscustomobject]@{ name = $one.Name; plan = $one.Definition }
                    $reply = Invoke-PgbPlanRun -Cmdlet $PSCmdlet -Plan $file -Option @{ decide_only = $true } @folder
                    if ($null -eq $reply) { continue }
                }
                foreach ($item in @($reply.runs) + @($reply.waiting)) {
                    if ($item.overdue) { ConvertTo-PgbScheduleEntry -Plan $one.Name -Item $item }
                }
            }
        }
        catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
    }
}
