function Unregister-PGBackupPlan {
    <#
    .SYNOPSIS
    Takes a plan out of the system's scheduler.

    .DESCRIPTION
    Undoes Register-PGBackupPlan: the timer, the line of the crontab or the task is removed. The plan, its backups and its history stay. A plan that was removed before can be taken out too.

    .PARAMETER Name
    The names of the plans.

    .PARAMETER Scheduler
    Systemd, Cron or TaskScheduler; what this machine has if left out.

    .OUTPUTS
    PGBackup.Registration, with these properties:
    Plan [string], Scheduler [string], Name [string] (of the task, unit or mark), Minutes [int[]] (empty)

    .EXAMPLE
    Unregister-PGBackupPlan -Name PayamGostar

    The plan is no longer run by itself.

    .EXAMPLE
    Unregister-PGBackupPlan PayamGostar -Scheduler Cron -WhatIf

    Tells what would be done.

    .LINK
    Register-PGBackupPlan

    .LINK
    about_PGBackup
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium', PositionalBinding = $false)]
    [OutputType('PGBackup.Registration')]
    param(
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipeline = $true, ValueFromPipelineByPropertyName = $true)]
        [ValidateNotNullOrEmpty()]
        [ArgumentCompleter({ & (Get-Command $args[0]).Module { Complete-PgbPlan -Word $args[2] -Given $args[4] } @args })]
        [string[]] $Name,

        [ValidateSet('Systemd', 'Cron', 'TaskScheduler')]
        [string] $Scheduler
    )

    process {
        try {
            Import-PgbPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
            $kind = if ($Scheduler) { $Scheduler } else { Get-PgbScheduler }
            foreach ($one in $Name) {
                $named = Invoke-PgbPlanCall -Cmdlet $PSCmdlet -Request ([ordered]@{ kind = 'unit'; name = $one }) -Target $one
                if ($null -eq $named -or -not $PSCmdlet.ShouldProcess($one, (Get-PgbText 'PlanUnregisterAction' $kind))) { continue }
                $unit = [string]$named.name
                switch ($kind) {
                    'Systemd' { Uninstall-PgbSystemd -Cmdlet $PSCmdlet -Unit $unit }
                    'Cron' { Edit-PgbCrontab -Cmdlet $PSCmdlet -Unit $unit }
                    'TaskScheduler' { $null = Invoke-PgbProgram -Cmdlet $PSCmdlet -Program schtasks.exe -Argument '/Delete', '/TN', "PGBackup\$unit", '/F' }
                }
                [pscustomobject]@{ PSTypeName = 'PGBackup.Registration'; Plan = $one; Scheduler = $kind; Name = $unit; Minutes = [int[]]@() }
            }
        }
        catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
    }
}
