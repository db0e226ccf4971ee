function Get-PGBackupHistory {
    <#
    .SYNOPSIS
    Lists what the runs of backup plans did.

    .DESCRIPTION
    Gives one object for each run that had something to do, the oldest first: its backups, copies and steps. Runs with nothing to do leave no trace. The history is a file of JSON lines on this machine; when it has grown to 1 MiB it is put aside, and five of those are kept.

    .PARAMETER Plan
    Names or patterns of plans. Without it, all of them.

    .PARAMETER Last
    The newest so many runs of each plan; 100 if left out.

    .PARAMETER PlanFolder
    The folder of the plans, where it is not the usual one.

    .OUTPUTS
    PGBackup.PlanRun, with these properties:
    Plan [string], Database [string], Outcome [string] (Done, Warnings, Failed), ExitCode [int], StartedAt [datetime], FinishedAt [datetime] (UTC), Backups [object[]], Copies [string[]], Steps [object[]], IsOverdue [bool], Next [object]

    .EXAMPLE
    Get-PGBackupHistory -Plan PayamGostar -Last 10

    Lists the last ten runs of a plan.

    .EXAMPLE
    Get-PGBackupHistory | Where-Object Outcome -eq Failed | Select-Object Plan, StartedAt -ExpandProperty Steps

    Shows the steps of all runs that failed.

    .LINK
    Invoke-PGBackupPlan

    .LINK
    about_PGBackup
    #>
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType('PGBackup.PlanRun')]
    param(
        [Parameter(Position = 0, ValueFromPipeline = $true, ValueFromPipelineByPropertyName = $true)]
        [Alias('Name')]
        [ValidateNotNullOrEmpty()]
        [SupportsWildcards()]
        [ArgumentCompleter({ & (Get-Command $args[0]).Module { Complete-PgbPlan -Word $args[2] -Given $args[4] } @args })]
        [string[]] $Plan = @('*'),

        [ValidateRange(1, 1000000)]
        [int] $Last = 100,

        [ValidateNotNullOrEmpty()]
        [string] $PlanFolder
    )

    process {
        try {
            Import-PgbPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
            $folder = @{}
            if ($PlanFolder) { $folder['PlanFolder'] = $PlanFolder }
            foreach ($one in Get-PGBackupPlan -Name $Plan @folder) {
                $reply = Invoke-PgbPlanCall -Cmdlet $PSCmdlet -Request ([ordered]@{ kind = 'history'; name = $one.Name; count = $Last }) -Target $one.Name @folder
                if ($null -eq $reply) { continue }
                if ($reply.unreadable) { Write-Warning (Get-PgbText 'PlanHistoryTorn' $one.Name, $reply.unreadable) }
                foreach ($item in $reply.items) { ConvertTo-PgbPlanRun $item }
            }
        }
        catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
    }
}
