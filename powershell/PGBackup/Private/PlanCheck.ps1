# Whether plans can do what they say, and whether a scheduler asks them.

function New-PgbPlanCheck {
    param([Parameter(Mandatory = $true)] [string] $Plan, [Parameter(Mandatory = $true)] [string] $Check, [bool] $Ok, $Message, $NextStep)

    [pscustomobject]@{
        PSTypeName = 'PGBackup.PlanCheck'
        Plan       = $Plan
        Check      = $Check
        Result     = if ($Ok) { 'OK' } else { 'FAILED' }
        Message    = ConvertTo-PgbText $Message
        NextStep   = if ($NextStep) { ConvertTo-PgbText $NextStep } else { $null }
    }
}

function Test-PgbPlan {
    # The lines of one plan: what the library finds, and the scheduler.
    param([Parameter(Mandatory = $true)] $Cmdlet, [Parameter(Mandatory = $true)] $File, [string] $PlanFolder)

    $name = [string]$File.name
    $failed = Get-PgbField $File 'error'
    if ($failed) {
        New-PgbPlanCheck -Plan $name -Check 'Plan' -Ok $false -Message $failed.message -NextStep $failed.hint
        return
    }
    $reply = $null
    # What keeps the library from looking at all is a line too: a password that cannot be read, say.
    try { $reply = Invoke-PgbPlanRun -Cmdlet $Cmdlet -Plan $File -PlanFolder $PlanFolder -Option @{ check_only = $true } }
    catch { New-PgbPlanCheck -Plan $name -Check 'Password' -Ok $false -Message $_.Exception.Message -NextStep (Get-PgbText 'PlanCheckPassword') }
    if ($null -ne $reply) {
        foreach ($one in $reply.items) { New-PgbPlanCheck -Plan $name -Check (ConvertTo-PgbWord $one.check) -Ok $one.ok -Message $one.message -NextStep $one.next_step }
    }
    $unit = Invoke-PgbPlanCall -Cmdlet $Cmdlet -Request ([ordered]@{ kind = 'unit'; name = $name }) -PlanFolder $PlanFolder -Target $name
    if ($null -eq $unit) { return }
    $scheduler = Get-PgbScheduler
    if (Test-PgbRegistered -Cmdlet $Cmdlet -Scheduler $scheduler -Unit ([string]$unit.name)) {
        New-PgbPlanCheck -Plan $name -Check 'Scheduler' -Ok $true -Message (Get-PgbText 'PlanCheckRegistered' $scheduler, $unit.name)
    }
    else { New-PgbPlanCheck -Plan $name -Check 'Scheduler' -Ok $false -Message (Get-PgbText 'PlanCheckUnregistered' $scheduler) -NextStep (Get-PgbText 'PlanCheckRegister' $name) }
}

function Test-PgbRegistered {
    # Whether the scheduler of this machine asks a plan. A scheduler that is not there asks none.
    param([Parameter(Mandatory = $true)] $Cmdlet, [Parameter(Mandatory = $true)] [string] $Scheduler, [Parameter(Mandatory = $true)] [string] $Unit)

    $program = switch ($Scheduler) { 'Systemd' { 'systemctl' } 'Cron' { 'crontab' } default { 'schtasks.exe' } }
    $found = $Cmdlet.InvokeCommand.GetCommand($program, 'Application')
    if (-not $found) { return $false }
    # What a program says on its error output is no error of PowerShell; its exit code tells.
    $ErrorActionPreference = 'Continue'
    switch ($Scheduler) {
        'Systemd' {
            $null, $whose = Get-PgbUnitFolder
            $null = & $found.Path $whose is-enabled "$Unit.timer" 2>&1
            $LASTEXITCODE -eq 0
        }
        'Cron' { @(& $found.Path -l 2>$null) -ccontains "# PGBackup: $Unit" }
        default {
            $null = & $found.Path '/Query' '/TN' "PGBackup\$Unit" 2>&1
            $LASTEXITCODE -eq 0
        }
    }
}
