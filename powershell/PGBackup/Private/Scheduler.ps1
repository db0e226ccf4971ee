# Schedulers of the system: systemd, cron, Windows' Task Scheduler. Each program is called by its path
# with a list of arguments.

function Get-PgbScheduler {
    # The scheduler of this machine.
    if ((Get-PgbPlatform).OS -eq 'win') { return 'TaskScheduler' }
    if ([System.IO.Directory]::Exists('/run/systemd/system')) { return 'Systemd' }
    'Cron'
}

function Invoke-PgbProgram {
    # Runs a program of the system and gives what it says; its failure ends the command.
    param([Parameter(Mandatory = $true)] $Cmdlet, [Parameter(Mandatory = $true)] [string] $Program, [string[]] $Argument, [string[]] $Text)

    $found = $Cmdlet.InvokeCommand.GetCommand($Program, 'Application')
    if (-not $found) { Exit-PgbCommand -Cmdlet $Cmdlet -Code 'scheduler.missing' -Message (Get-PgbText 'SchedulerMissing' $Program) -Hint (Get-PgbText 'SchedulerMissingHint') -Target $Program -Status 22 }
    # What a program says on its error output is no error of PowerShell; its exit code tells.
    $ErrorActionPreference = 'Continue'
    $said = if ($null -ne $Text) { $Text | & $found.Path $Argument 2>&1 } else { & $found.Path $Argument 2>&1 }
    $lines = @(foreach ($line in $said) { [string]$line })
    if ($LASTEXITCODE) {
        Exit-PgbCommand -Cmdlet $Cmdlet -Code 'scheduler.refused' -Message (Get-PgbText 'SchedulerRefused' $Program, $LASTEXITCODE, ($lines -join ' ')) -Target $Program -Status 20
    }
    $lines
}

function Get-PgbUnitFolder {
    # Where systemd looks for units of this account, and the arguments that say whose they are.
    if ([Environment]::UserName -eq 'root') { return '/etc/systemd/system', @('--system') }
    $config = if ($env:XDG_CONFIG_HOME) { $env:XDG_CONFIG_HOME } else { [System.IO.Path]::Combine($env:HOME, '.config') }
    [System.IO.Path]::Combine($config, 'systemd', 'user'), @('--user')
}

function Install-PgbSystemd {
    param([Parameter(Mandatory = $true)] $Cmdlet, [Parameter(Mandatory = $true)] $Texts)

    $folder, $whose = Get-PgbUnitFolder
    $null = [System.IO.Directory]::CreateDirectory($folder)
    foreach ($kind in 'service', 'timer') { [System.IO.File]::WriteAllText([System.IO.Path]::Combine($folder, "$($Texts.name).$kind"), $Texts.$kind, $script:Utf8) }
    $null = Invoke-PgbProgram -Cmdlet $Cmdlet -Program systemctl -Argument ($whose + 'daemon-reload')
    $null = Invoke-PgbProgram -Cmdlet $Cmdlet -Program systemctl -Argument ($whose + 'enable', '--now', "$($Texts.name).timer")
}

function Uninstall-PgbSystemd {
    param([Parameter(Mandatory = $true)] $Cmdlet, [Parameter(Mandatory = $true)] [string] $Unit)

    $folder, $whose = Get-PgbUnitFolder
    $null = Invoke-PgbProgram -Cmdlet $Cmdlet -Program systemctl -Argument ($whose + 'disable', '--now', "$Unit.timer")
    foreach ($kind in 'service', 'timer') { [System.IO.File]::Delete([System.IO.Path]::Combine($folder, "$Unit.$kind")) }
    $null = Invoke-PgbProgram -Cmdlet $Cmdlet -Program systemctl -Argument ($whose + 'daemon-reload')
}

function Edit-PgbCrontab {
    # The account's crontab without the lines of a unit, and with others in their place. A mark above
    # each line tells whose it is.
    param([Parameter(Mandatory = $true)] $Cmdlet, [Parameter(Mandatory = $true)] [string] $Unit, [string] $Line)

    # An account without a crontab is told so by an exit code.
    $program = $Cmdlet.InvokeCommand.GetCommand('crontab', 'Application')
    $old = @(if ($program) { & $program.Path -l 2>$null })
    $mark = "# PGBackup: $Unit"
    $skip = $false
    $new = @(foreach ($one in $old) {
            if ($skip) { $skip = $false; continue }
            if ($one -ceq $mark) { $skip = $true; continue }
            $one
        })
    if ($Line) { $new += $mark, $Line }
    $null = Invoke-PgbProgram -Cmdlet $Cmdlet -Program crontab -Argument '-' -Text $new
}

function Install-PgbTask {
    # The Task Scheduler reads its XML as UTF-16.
    param([Parameter(Mandatory = $true)] $Cmdlet, [Parameter(Mandatory = $true)] $Texts)

    $file = [System.IO.Path]::GetTempFileName()
    try {
        [System.IO.File]::WriteAllText($file, $Texts.task, [System.Text.Encoding]::Unicode)
        $null = Invoke-PgbProgram -Cmdlet $Cmdlet -Program schtasks.exe -Argument '/Create', '/TN', "PGBackup\$($Texts.name)", '/XML', $file, '/F'
    }
    finally { [System.IO.File]::Delete($file) }
}
