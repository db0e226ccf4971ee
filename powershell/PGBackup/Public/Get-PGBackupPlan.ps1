function Get-PGBackupPlan {
    <#
    .SYNOPSIS
    Lists the backup plans of this machine.

    .DESCRIPTION
    Gives one object for each plan, with its schedule in words. A plan whose file is wrong is an error of its own, which names the field, and the others follow.

    Plans are JSON files: in %ProgramData%\PGBackup\plans on Windows, /etc/pgbackup/plans for root, and $XDG_CONFIG_HOME/pgbackup/plans for other users. They may be edited by hand; schemas/plan.schema.json tells an editor how.

    .PARAMETER Name
    Names or patterns of plans. Without it, all of them.

    .PARAMETER PlanFolder
    The folder of the plans, where it is not the usual one.

    .OUTPUTS
    PGBackup.Plan, with these properties:
    Name [string], ServerInstance [string], Database [string], Destination [string], Schedule [string], SchedulePersian [string], CreatedAt [datetime] (UTC), Path [string], Definition [object] (the plan as its file has it)

    .EXAMPLE
    Get-PGBackupPlan

    Lists all plans.

    .EXAMPLE
    (Get-PGBackupPlan PayamGostar).Definition.schedule.lines

    Shows the lines of a plan's schedule.

    .LINK
    New-PGBackupPlan

    .LINK
    about_PGBackup
    #>
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType('PGBackup.Plan')]
    param(
        [Parameter(Position = 0, ValueFromPipeline = $true, ValueFromPipelineByPropertyName = $true)]
        [ValidateNotNullOrEmpty()]
        [SupportsWildcards()]
        [ArgumentCompleter({ & (Get-Command $args[0]).Module { Complete-PgbPlan -Word $args[2] -Given $args[4] } @args })]
        [string[]] $Name = @('*'),

        [ValidateNotNullOrEmpty()]
        [string] $PlanFolder
    )

    process {
        try {
            Import-PgbPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
            foreach ($one in $Name) {
                if (-not (Test-PgbWildcard $one)) {
                    $file = Invoke-PgbPlanCall -Cmdlet $PSCmdlet -Request ([ordered]@{ kind = 'get'; name = $one }) -PlanFolder $PlanFolder -Target $one
                    if ($null -ne $file) { ConvertTo-PgbPlan $file }
                    continue
                }
                $list = Invoke-PgbPlanCall -Cmdlet $PSCmdlet -Request ([ordered]@{ kind = 'list' }) -PlanFolder $PlanFolder -Target $PlanFolder
                foreach ($file in Select-PgbDatabase -Database @(Get-PgbField $list 'plans') -Name $one) {
                    $failed = Get-PgbField $file 'error'
                    if ($failed) { Write-PgbError -Cmdlet $PSCmdlet -Failure $failed -Target $file.name -OneOfMany }
                    else { ConvertTo-PgbPlan $file }
                }
            }
        }
        catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
    }
}
