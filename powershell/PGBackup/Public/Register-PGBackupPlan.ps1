function Register-PGBackupPlan {
    <#
    .SYNOPSIS
    Has the system's scheduler ask a plan whether it is due.

    .DESCRIPTION
    Makes a systemd timer (Persistent=true), a line of the account's crontab where there is no systemd, or a task of Windows' Task Scheduler: run as SYSTEM, started when it was missed, no second instance, no battery conditions.

    No scheduler knows Persian months, or which backups exist. So the scheduler decides nothing: it calls Invoke-PGBackupPlan at every minute of the hour at which the plan has a time, and at least each quarter of an hour, and that does nothing if nothing is due. This also catches up after the machine was off, and tries again after a failure.

    The command line holds no password. It names the shell and the module of this session by their paths.

    .PARAMETER Name
    The names of the plans.

    .PARAMETER Scheduler
    Systemd, Cron or TaskScheduler; what this machine has if left out.

    .PARAMETER AsScript
    Gives the text that would be registered, and registers nothing.

    .PARAMETER PlanFolder
    The folder of the plans, where it is not the usual one.

    .OUTPUTS
    PGBackup.Registration, with these properties:
    Plan [string], Scheduler [string], Name [string] (of the task, unit or mark), Minutes [int[]] (of the hour, UTC)

    With -AsScript: the text as [string].

    .EXAMPLE
    Register-PGBackupPlan -Name PayamGostar

    Registers the plan with this machine's scheduler.

    .EXAMPLE
    Register-PGBackupPlan PayamGostar -Scheduler TaskScheduler -AsScript | Set-Content PayamGostar.xml -Encoding Unicode

    Writes the task to a file, for schtasks /Create /XML.

    .LINK
    Unregister-PGBackupPlan

    .LINK
    about_PGBackup
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium', PositionalBinding = $false)]
    [OutputType('PGBackup.Registration', [string])]
    param(
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipeline = $true, ValueFromPipelineByPropertyName = $true)]
        [ValidateNotNullOrEmpty()]
        [string[]] $Name,

        [ValidateSet('Systemd', 'Cron', 'TaskScheduler')]
        [string] $Scheduler,

        [switch] $AsScript,

        [ValidateNotNullOrEmpty()]
        [string] $PlanFolder
    )

    process {
        try {
            Import-PgbPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
            $kind = if ($Scheduler) { $Scheduler } else { Get-PgbScheduler }
            foreach ($one in $Name) {
                $request = [ordered]@{ kind = 'register'; name = $one; command = Get-PgbPlanCommand -Cmdlet $PSCmdlet -Name $one -PlanFolder $PlanFolder }
                $texts = Invoke-PgbPlanCall -Cmdlet $PSCmdlet -Request $request -PlanFolder $PlanFolder -Target $one
                if ($null -eq $texts) { continue }
                if ($AsScript) {
                    switch ($kind) {
                        'Systemd' { "# $($texts.name).service`n$($texts.service)`n# $($texts.name).timer`n$($texts.timer)" }
                        'Cron' { $texts.cron }
                        'TaskScheduler' { $texts.task }
                    }
                    continue
                }
                if (-not $PSCmdlet.ShouldProcess($one, (Get-PgbText 'PlanRegisterAction' $kind))) { continue }
                switch ($kind) {
                    'Systemd' { Install-PgbSystemd -Cmdlet $PSCmdlet -Texts $texts }
                    'Cron' { Edit-PgbCrontab -Cmdlet $PSCmdlet -Unit $texts.name -Line $texts.cron }
                    'TaskScheduler' { Install-PgbTask -Cmdlet $PSCmdlet -Texts $texts }
                }
                [pscustomobject]@{ PSTypeName = 'PGBackup.Registration'; Plan = $one; Scheduler = $kind; Name = [string]$texts.name; Minutes = [int[]]$texts.minutes }
            }
        }
        catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
    }
}
