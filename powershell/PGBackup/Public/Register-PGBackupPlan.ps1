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

    .PARAMETER Account
    Who runs the plan, where it is not SYSTEM (root). In the Task Scheduler: a managed service account (DOMAIN\name$), 'NT AUTHORITY\NETWORK SERVICE', or a user. No password is kept, so a user's task reaches this machine only, and not what DPAPI keeps for him; to have Windows keep his password, print the task with -AsScript and register it with schtasks /Create /XML ... /RU ... /RP. In systemd: a user of this machine. Cron runs what stands in the account's own crontab.

    .PARAMETER Wake
    Wakes a machine that sleeps, at the times of the plan and each quarter of the hour after; at other times it is not asked then. Cron cannot wake.

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

    .EXAMPLE
    Register-PGBackupPlan PayamGostar -Account 'CRM\backup$' -Wake

    Has a managed service account run it, on a machine that may sleep.

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
        [ArgumentCompleter({ & (Get-Command $args[0]).Module { Complete-PgbPlan -Word $args[2] -Given $args[4] } @args })]
        [string[]] $Name,

        [ValidateSet('Systemd', 'Cron', 'TaskScheduler')]
        [string] $Scheduler,

        [ValidateNotNullOrEmpty()]
        [string] $Account,

        [switch] $Wake,

        [switch] $AsScript,

        [ValidateNotNullOrEmpty()]
        [string] $PlanFolder
    )

    process {
        try {
            Import-PgbPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
            $kind = if ($Scheduler) { $Scheduler } else { Get-PgbScheduler }
            $isOwn = $kind -eq 'Cron' -or ($kind -eq 'Systemd' -and -not $AsScript -and [Environment]::UserName -ne 'root')
            if (($Account -and $isOwn) -or ($Wake -and $kind -eq 'Cron')) {
                Exit-PgbCommand -Cmdlet $PSCmdlet -Code 'request.scheduler' -Message (Get-PgbText 'SchedulerOwnOnly' $kind) -Hint (Get-PgbText 'SchedulerOwnOnlyHint') -Target $kind -Status 3
            }
            foreach ($one in $Name) {
                $request = [ordered]@{ kind = 'register'; name = $one; command = Get-PgbPlanCommand -Cmdlet $PSCmdlet -Name $one -PlanFolder $PlanFolder; wake = [bool]$Wake }
                if ($Account) { $request['account'] = $Account }
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
