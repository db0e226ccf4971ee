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
    param($CommandName, $ParameterName, $WordToComplete, $CommandAst, $FakeBoundParameters)

    $given = @{ ErrorAction = 'SilentlyContinue' }
    if ($FakeBoundParameters.Contains('PlanFolder')) { $given['PlanFolder'] = $FakeBoundParameters['PlanFolder'] }
    try { $plans = @(Get-PGBackupPlan @given) } catch { return }
    foreach ($plan in $plans) {
        $tip = [string](Get-PgbField $plan 'Schedule')
        if (-not $tip) { $tip = $plan.Name }
        ConvertTo-PgbCompletion -Value $plan.Name -Word $WordToComplete -Tip $tip
    }
}

function Complete-PgbPosition {
    # The positions in the backup files already given, with kind and date: of a server that is given too, else of this
    # machine.
    param($CommandName, $ParameterName, $WordToComplete, $CommandAst, $FakeBoundParameters)

    if (-not $FakeBoundParameters.Contains('BackupFile')) { return }
    $given = @{ ErrorAction = 'Stop'; WarningAction = 'SilentlyContinue'; Verbose = $false; Debug = $false; BackupFile = @($FakeBoundParameters['BackupFile'])[-1] }
    if ($FakeBoundParameters.Contains('ServerInstance')) {
        $given['ConnectTimeoutSec'] = 2
        foreach ($name in 'ServerInstance', 'Credential', 'Encrypt', 'TrustServerCertificate', 'CAFile', 'HostNameInCertificate') {
            if ($FakeBoundParameters.Contains($name)) { $given[$name] = $FakeBoundParameters[$name] }
        }
        if ($given.ContainsKey('Credential') -and $given['Credential'] -isnot [pscredential]) { return }
    }
    try {
        $ProgressPreference = 'SilentlyContinue'
        $sets = @(Get-PGBackup @given)
    }
    catch { return }
    foreach ($set in $sets) {
        $tip = '{0}: {1}, {2}, {3}' -f $set.Position, $set.Type, $set.BackupFinishDatePersian, $set.DatabaseName
        ConvertTo-PgbCompletion -Value ([string]$set.Position) -Word $WordToComplete -Tip $tip
    }
}

function Complete-PgbService {
    # The names of this machine's services, with their words for people.
    param($CommandName, $ParameterName, $WordToComplete, $CommandAst, $FakeBoundParameters)

    try {
        if ((Get-PgbPlatform).OS -eq 'win') {
            foreach ($service in Get-Service -ErrorAction SilentlyContinue) {
                ConvertTo-PgbCompletion -Value $service.Name -Word $WordToComplete -Tip $(if ($service.DisplayName) { $service.DisplayName } else { $service.Name })
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
                ConvertTo-PgbCompletion -Value $name -Word $WordToComplete -Tip $(if ($field.Count -eq 5) { $field[4] } else { $name })
            }
        }
    }
    catch { return }
}
