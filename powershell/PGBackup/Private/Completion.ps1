# Completion of plans, positions and services. (That of databases is in Database.ps1, with what it shares.) Quiet: where nothing
# can be found out, nothing is offered.

function ConvertTo-PgbCompletion {
    # A value as it is typed: quoted where it has to be.
    param([string] $Value, [string] $Word, [string] $Tip)

    if (-not $Value.StartsWith($Word.Trim("'", '"'), [StringComparison]::OrdinalIgnoreCase)) { return }
    $text = $Value
    if ($Value -notmatch '^[\p{L}\p{Nd}_][\p{L}\p{Nd}_.-]*$') {
        $text = "'" + [System.Management.Automation.Language.CodeGeneration]::EscapeSingleQuotedStringContent($Value) + "'"
    }
    New-Object System.Management.Automation.CompletionResult $text, $Value, 'ParameterValue', $Tip
}

function Complete-PgbPlan {
    # The names of plans, with their schedules in words.
    param([string] $Word, [System.Collections.IDictionary] $Given)

    $with = @{ ErrorAction = 'SilentlyContinue' }
    if ($Given.Contains('PlanFolder')) { $with['PlanFolder'] = $Given['PlanFolder'] }
    try { $plans = @(Get-PGBackupPlan @with) } catch { return }
    foreach ($plan in $plans) {
        $tip = [string](Get-PgbField $plan 'Schedule')
        if (-not $tip) { $tip = $plan.Name }
        ConvertTo-PgbCompletion -Value $plan.Name -Word $Word -Tip $tip
    }
}

function Complete-PgbPosition {
    # The positions in the backup files already given, with kind and date: of a server that is given too, else of this
    # machine.
    param([string] $Word, [System.Collections.IDictionary] $Given)

    if (-not $Given.Contains('BackupFile')) { return }
    $with = @{ ErrorAction = 'Stop'; WarningAction = 'SilentlyContinue'; Verbose = $false; Debug = $false; BackupFile = @($Given['BackupFile'])[-1] }
    if ($Given.Contains('ServerInstance')) {
        $with['ConnectTimeoutSec'] = 2
        foreach ($name in 'ServerInstance', 'Credential', 'Encrypt', 'TrustServerCertificate', 'CAFile', 'HostNameInCertificate') {
            if ($Given.Contains($name)) { $with[$name] = $Given[$name] }
        }
        if ($with.ContainsKey('Credential') -and $with['Credential'] -isnot [pscredential]) { return }
    }
    try {
        $ProgressPreference = 'SilentlyContinue'
        $sets = @(Get-PGBackup @with)
    }
    catch { return }
    foreach ($set in $sets) {
        $tip = '{0}: {1}, {2}, {3}' -f $set.Position, $set.Type, $set.BackupFinishDatePersian, $set.DatabaseName
        ConvertTo-PgbCompletion -Value ([string]$set.Position) -Word $Word -Tip $tip
    }
}

function Complete-PgbService {
    # The names of this machine's services, with their words for people.
    param([string] $Word)

    try {
        if ((Get-PgbPlatform).OS -eq 'win') {
            foreach ($service in Get-Service -ErrorAction SilentlyContinue) {
                ConvertTo-PgbCompletion -Value $service.Name -Word $Word -Tip $(if ($service.DisplayName) { $service.DisplayName } else { $service.Name })
            }
        }
        else {
            $tool = Get-Command systemctl -CommandType Application -ErrorAction SilentlyContinue | Select-Object -First 1
            if (-not $tool) { return }
            # A unit, whether it is loaded, active and running, and what it is.
            foreach ($line in @(& $tool list-units --type=service --all --plain --no-legend --no-pager 2>$null)) {
                $field = @(([string]$line).Trim() -split '\s+', 5)
                if (-not $field[0].EndsWith('.service', [StringComparison]::Ordinal)) { continue }
                $name = $field[0].Substring(0, $field[0].Length - '.service'.Length)
                ConvertTo-PgbCompletion -Value $name -Word $Word -Tip $(if ($field.Count -eq 5) { $field[4] } else { $name })
            }
        }
    }
    catch { return }
}
