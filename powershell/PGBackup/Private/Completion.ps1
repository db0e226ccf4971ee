# Completion of plans and positions. (That of databases is in Database.ps1, with what it shares.) Quiet: where nothing
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

Register-ArgumentCompleter -CommandName 'Get-PGBackupPlan', 'Invoke-PGBackupPlan', 'Register-PGBackupPlan', 'Remove-PGBackupPlan', 'Set-PGBackupPlan', 'Test-PGBackupPlan', 'Unregister-PGBackupPlan' -ParameterName 'Name' -ScriptBlock ${function:Complete-PgbPlan}
Register-ArgumentCompleter -CommandName 'Get-PGBackupHistory', 'Get-PGBackupReport', 'Get-PGBackupSchedule' -ParameterName 'Plan' -ScriptBlock ${function:Complete-PgbPlan}
Register-ArgumentCompleter -CommandName 'Get-PGBackup', 'Protect-PGBackup', 'Restore-PGDatabase', 'Test-PGBackup', 'Unprotect-PGBackup' -ParameterName 'Position' -ScriptBlock ${function:Complete-PgbPosition}
