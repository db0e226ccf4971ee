function Test-PGBackupPlan {
    <#
    .SYNOPSIS
    Tells whether backup plans can do what they say.

    .DESCRIPTION
    Looks at everything that a run needs, and gives one line for each: the plan itself, the clocks, server, database, rights, folder, room on its drive, folders for copies, commands, heartbeat, the newest backup, the last run, and whether a scheduler asks the plan. Each line is OK, or FAILED with the next step. Nothing is changed.

    Run it as the account that runs the plan: passwords and folders are looked at with the rights of whoever asks.

    .PARAMETER Name
    Names or patterns of plans. Without it, all of them.

    .PARAMETER PlanFolder
    The folder of the plans, where it is not the usual one.

    .OUTPUTS
    PGBackup.PlanCheck, with these properties:
    Plan [string], Check [string], Result [string] (OK, FAILED), Message [string], NextStep [string]

    .EXAMPLE
    Test-PGBackupPlan PayamGostar

    Lists what the plan needs, and how it stands.

    .EXAMPLE
    Test-PGBackupPlan | Where-Object Result -eq FAILED | Format-List

    Shows what is wrong with any plan, with the next step.

    .LINK
    Get-PGBackupSchedule

    .LINK
    Register-PGBackupPlan

    .LINK
    about_PGBackup
    #>
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType('PGBackup.PlanCheck')]
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
            $list = Invoke-PgbPlanCall -Cmdlet $PSCmdlet -Request ([ordered]@{ kind = 'list' }) -PlanFolder $PlanFolder -Target $PlanFolder
            if ($null -eq $list) { return }
            foreach ($one in $Name) {
                $files = @(Select-PgbDatabase -Database @(Get-PgbField $list 'plans') -Name $one)
                if (-not $files.Count -and -not (Test-PgbWildcard $one)) {
                    # Says that there is no such plan, and where it was looked for.
                    $null = Invoke-PgbPlanCall -Cmdlet $PSCmdlet -Request ([ordered]@{ kind = 'get'; name = $one }) -PlanFolder $PlanFolder -Target $one
                    continue
                }
                foreach ($file in $files) { Test-PgbPlan -Cmdlet $PSCmdlet -File $file -PlanFolder $PlanFolder }
            }
        }
        catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
    }
}
