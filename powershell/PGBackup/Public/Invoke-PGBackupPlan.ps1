function Invoke-PGBackupPlan {
    <#
    .SYNOPSIS
    Runs backup plans that are due.

    .DESCRIPTION
    Decides from the backups that exist whether a plan is due, and does what it says: check, backup, verification, copies. Nothing is done if nothing is due; where the plan's folder tells that, no server is asked. A run that failed is tried again after 1, 2, 4 ... up to 60 minutes, as often as the command is called then.

    One run at a time works on a database; another one waits up to -WaitMinutes.

    With -ExitCode the command gives a number only, for the scheduler that called it: 0 done, or nothing was due; 1 done with warnings; 2 failed; 3 another run holds the database; 4 the plan is bad. A module that cannot be loaded ends PowerShell itself with 1.

    .PARAMETER Name
    The names of the plans.

    .PARAMETER Force
    Runs even if nothing is due: what waits, or else what comes next.

    .PARAMETER WaitMinutes
    How long to wait for another run of the database, up to 1440 minutes.

    .PARAMETER ExitCode
    Gives the exit code and nothing else.

    .PARAMETER PlanFolder
    The folder of the plans, where it is not the usual one.

    .OUTPUTS
    PGBackup.PlanRun, with these properties:
    Plan [string], Database [string], Outcome [string] (NothingDue, Done, Warnings, Failed), ExitCode [int], StartedAt [datetime], FinishedAt [datetime] (UTC), Backups [object[]] (as Invoke-PGBackup gives them), Copies [string[]], Steps [object[]] (Step, Outcome, Message, Error, Next), IsOverdue [bool], Next [object] (as Get-PGBackupSchedule gives it)

    With -ExitCode: [int].

    .EXAMPLE
    Invoke-PGBackupPlan -Name PayamGostar

    Runs the plan if it is due.

    .EXAMPLE
    exit (Invoke-PGBackupPlan -Name PayamGostar -ExitCode -WaitMinutes 10)

    The last line of a script that a scheduler calls.

    .EXAMPLE
    (Invoke-PGBackupPlan PayamGostar -Force).Steps

    Runs the plan now, and lists its steps.

    .LINK
    Register-PGBackupPlan

    .LINK
    about_PGBackup
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Low', PositionalBinding = $false)]
    [OutputType('PGBackup.PlanRun', [int])]
    param(
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipeline = $true, ValueFromPipelineByPropertyName = $true)]
        [ValidateNotNullOrEmpty()]
        [ArgumentCompleter({ & (Get-Command $args[0]).Module { Complete-PgbPlan -Word $args[2] -Given $args[4] } @args })]
        [string[]] $Name,

        [switch] $Force,

        [ValidateRange(0, 1440)]
        [int] $WaitMinutes,

        [switch] $ExitCode,

        [ValidateNotNullOrEmpty()]
        [string] $PlanFolder
    )

    begin {
        $worst = 0
        $isReady = $false
        # Where the user is to be asked, or told, that comes first.
        $isAsked = $Force -or $PSBoundParameters.ContainsKey('WhatIf') -or $PSBoundParameters.ContainsKey('Confirm')
    }

    process {
        try {
            foreach ($one in $Name) {
                $idle = if (-not $isAsked) { Get-PgbIdleRun -Cmdlet $PSCmdlet -Name $one -PlanFolder $PlanFolder -ForCode:$ExitCode }
                if ($idle) {
                    if (-not $ExitCode) { ConvertTo-PgbPlanRun (ConvertFrom-PgbJson $idle).run }
                    continue
                }
                if (-not $isReady) {
                    $isReady = $true
                    Import-PgbPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
                    $option = @{ WaitMinutes = $WaitMinutes; Force = $Force }
                    if ($PlanFolder) { $option['PlanFolder'] = $PlanFolder }
                }
                if (-not $PSCmdlet.ShouldProcess($one, (Get-PgbText 'PlanRunAction'))) { continue }
                if ($ExitCode) {
                    $worst = Select-PgbExitCode $worst (Invoke-PgbPlanForCode -Cmdlet $PSCmdlet -Name $one -Option $option)
                    continue
                }
                $file = Invoke-PgbPlanCall -Cmdlet $PSCmdlet -Request ([ordered]@{ kind = 'get'; name = $one }) -PlanFolder $PlanFolder -Target $one
                if ($null -eq $file) { continue }
                $request = @{ wait_ms = $WaitMinutes * 60000; force = [bool]$Force }
                $reply = Invoke-PgbPlanRun -Cmdlet $PSCmdlet -Plan $file -PlanFolder $PlanFolder -Option $request
                if ($null -ne $reply) { ConvertTo-PgbPlanRun $reply }
            }
        }
        catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
    }

    end { if ($ExitCode) { $worst } }
}
