# Parameters of New-PGBackupPlan and Set-PGBackupPlan as the fields of a plan file.

function ConvertTo-PgbPlanPattern {
    # Times of a schedule from what was bound or from a hashtable of -Line; $null if it names none.
    param([Parameter(Mandatory = $true)] [System.Collections.IDictionary] $From)

    # Of a parameter, of a hashtable that a person wrote, or left out.
    $at = [string[]]@(if ($From['At']) { $From['At'] } else { '00:00' })
    if ($From['Daily']) { return [ordered]@{ kind = 'daily'; at = $at } }
    if ($From['Weekly']) { return [ordered]@{ kind = 'weekly'; days = [string[]]@($From['Weekly']); at = $at } }
    if ($From['Monthly']) {
        $month = [ordered]@{ kind = 'monthly'; days = [string[]]@($From['Monthly']); at = $at }
        if ($From['Calendar']) { $month['calendar'] = ([string]$From['Calendar']).ToLowerInvariant() }
        return $month
    }
    $minutes = if ($From['EveryHours']) { [long]$From['EveryHours'] * 60 } elseif ($From['EveryMinutes']) { [long]$From['EveryMinutes'] } else { 0 }
    if ($minutes) {
        $every = [ordered]@{ kind = 'every'; minutes = $minutes }
        if ($From['Within']) { $every['window'] = [string]$From['Within'] } elseif ($From['At']) { $every['from'] = $at[0] }
        return $every
    }
    if ($From['Cron']) { return [ordered]@{ kind = 'cron'; cron = [string]$From['Cron'] } }
}

$script:LineKey = 'Type', 'Daily', 'Weekly', 'Monthly', 'Calendar', 'EveryHours', 'EveryMinutes', 'Within', 'Cron', 'At', 'RemoveOlderThanDays'

function ConvertTo-PgbPlanLine {
    # A hashtable of -Line as a line of a schedule; a key that is not known is refused.
    param([Parameter(Mandatory = $true)] $Cmdlet, [Parameter(Mandatory = $true)] [System.Collections.IDictionary] $Line, $Target)

    $unknown = @($Line.Keys | Where-Object { $script:LineKey -notcontains $_ })
    $when = ConvertTo-PgbPlanPattern -From $Line
    $type = [string]$Line['Type']
    if ($unknown.Count -or $null -eq $when -or $type -notin 'Full', 'Differential', 'Log') {
        $what = if ($unknown.Count) { $unknown -join ', ' } elseif ($null -eq $when) { "Type = $type" } else { "Type = '$type'" }
        Exit-PgbCommand -Cmdlet $Cmdlet -Code 'request.schedule' -Message (Get-PgbText 'PlanLineWrong' $what, ($script:LineKey -join ', ')) -Target $Target -Status 3
    }
    [ordered]@{ type = $type.ToLowerInvariant(); when = $when }
}

function Get-PgbPlanSchedule {
    # The schedule that the bound parameters say.
    param([Parameter(Mandatory = $true)] $Cmdlet, [Parameter(Mandatory = $true)] [System.Collections.IDictionary] $Bound, [Parameter(Mandatory = $true)] [string] $Zone, $Target)

    if ($Bound['Line']) {
        if ($Bound['DifferentialCount'] -or $Bound['DifferentialEveryHours'] -or $Bound['LogEveryMinutes']) {
            Exit-PgbCommand -Cmdlet $Cmdlet -Code 'request.schedule' -Message (Get-PgbText 'PlanLineAlone') -Target $Target -Status 3
        }
        return [ordered]@{ zone = $Zone; lines = [object[]]@(foreach ($line in $Bound['Line']) { ConvertTo-PgbPlanLine -Cmdlet $Cmdlet -Line $line -Target $Target }) }
    }
    $when = ConvertTo-PgbPlanPattern -From $Bound
    if ($null -eq $when) { $when = [ordered]@{ kind = 'none' } }
    $hours = $Bound['DifferentialEveryHours']
    if ($Bound['DifferentialCount'] -and ($Bound['LogEveryMinutes'] -or $hours)) {
        Exit-PgbCommand -Cmdlet $Cmdlet -Code 'request.schedule' -Message (Get-PgbText 'PlanCountAlone') -Target $Target -Status 3
    }
    if ([bool]($Bound['DifferentialCount'] -or $hours) -ne ($Bound['Mode'] -eq 'Differential')) {
        Exit-PgbCommand -Cmdlet $Cmdlet -Code 'request.schedule' -Message (Get-PgbText 'PlanModeDifferential') -Target $Target -Status 3
    }
    if ($Bound['DifferentialCount']) { return [ordered]@{ zone = $Zone; when = $when; differentials = $Bound['DifferentialCount'] } }
    $lines = @([ordered]@{ type = 'full'; when = $when })
    if ($hours) {
        $from = if ($Bound['At']) { @($Bound['At'])[0] } else { '00:00' }
        $lines += [ordered]@{ type = 'differential'; when = [ordered]@{ kind = 'every'; minutes = $hours * 60; from = $from } }
    }
    if ($Bound['LogEveryMinutes']) { $lines += [ordered]@{ type = 'log'; when = [ordered]@{ kind = 'every'; minutes = $Bound['LogEveryMinutes'] } } }
    [ordered]@{ zone = $Zone; lines = [object[]]$lines }
}

# Rules of retention: parameter and field. A rule of 0 takes the rule away.
$script:RuleField = [ordered]@{
    RemoveOlderThanDays = 'older_than_days'; RecoveryWindowDays = 'recovery_window_days'; KeepLast = 'keep_last'; KeepDaily = 'keep_daily'
    KeepWeekly = 'keep_weekly'; KeepMonthly = 'keep_monthly'; KeepYearly = 'keep_yearly'
}

function Set-PgbPlanRetention {
    # Puts the rules of retention that are bound into a plan; without any rule left it removes nothing.
    param([Parameter(Mandatory = $true)] [System.Collections.IDictionary] $Plan, [Parameter(Mandatory = $true)] [System.Collections.IDictionary] $Bound)

    $remove = [ordered]@{}
    $rules = [ordered]@{}
    $old = $Plan['remove']
    foreach ($field in @(Get-PgbProperty $old)) { if ($field.Name -cne 'rules') { $remove[$field.Name] = $field.Value } }
    foreach ($field in @(Get-PgbProperty (Get-PgbField $old 'rules'))) { $rules[$field.Name] = $field.Value }
    foreach ($name in $script:RuleField.Keys) {
        if (-not $Bound.ContainsKey($name)) { continue }
        if ($Bound[$name]) { $rules[$script:RuleField[$name]] = $Bound[$name] } else { $rules.Remove($script:RuleField[$name]) }
    }
    if ($Bound['Line']) {
        foreach ($type in 'full', 'differential', 'log') {
            $days = @(foreach ($line in $Bound['Line']) { if ([string]$line['Type'] -eq $type -and $line['RemoveOlderThanDays']) { [long]$line['RemoveOlderThanDays'] } })
            # Of two lines of a kind the longer time counts: what one of them keeps stays.
            if ($days.Count) { $rules["${type}_older_than_days"] = ($days | Measure-Object -Maximum).Maximum -as [long] } else { $rules.Remove("${type}_older_than_days") }
        }
    }
    if ($Bound.ContainsKey('Calendar') -and $rules.Count) { $rules['calendar'] = ([string]$Bound['Calendar']).ToLowerInvariant() }
    if ($Bound['RemovePath']) { $remove['path'] = $Bound['RemovePath'] }
    if ($Bound.ContainsKey('GraceDays')) { $remove['grace_days'] = $Bound['GraceDays'] }
    $remove['rules'] = $rules
    if (@($rules.Keys | Where-Object { $_ -cne 'calendar' -and $_ -cne 'minimum_fulls' }).Count) { $Plan['remove'] = $remove } else { $Plan.Remove('remove') }
}

function Get-PgbProperty {
    # The fields of an object of JSON, none of nothing.
    param($Value)

    if ($Value -is [System.Collections.IDictionary]) { foreach ($key in $Value.Keys) { [pscustomobject]@{ Name = [string]$key; Value = $Value[$key] } } }
    elseif ($null -ne $Value) { foreach ($field in $Value.PSObject.Properties) { [pscustomobject]@{ Name = $field.Name; Value = $field.Value } } }
}

function Set-PgbPlanField {
    # Puts the bound parameters into a plan. What is bound and empty takes its field away.
    param([Parameter(Mandatory = $true)] $Cmdlet, [Parameter(Mandatory = $true)] [System.Collections.IDictionary] $Plan, [Parameter(Mandatory = $true)] [System.Collections.IDictionary] $Bound)

    $path = { param($text) $Cmdlet.GetUnresolvedProviderPathFromPSPath($text) }
    $server = [ordered]@{}
    foreach ($field in @(Get-PgbProperty $Plan['server'])) { $server[$field.Name] = $field.Value }
    if ($Bound.ContainsKey('ServerInstance')) { $server['server'] = $Bound['ServerInstance'] }
    if ($Bound.ContainsKey('UserName')) {
        if ($Bound['UserName']) {
            # A SQL login cannot hold a backslash, so DOMAIN\user is a Windows account.
            $server['auth'] = if ($Bound['UserName'].IndexOf('\') -ge 0) { 'windows' } else { 'sql' }
            $server['user'] = $Bound['UserName']
        }
        else {
            foreach ($field in 'auth', 'user') { $server.Remove($field) }
            $Plan.Remove('password_from')
        }
    }
    if ($Bound['Encrypt']) { $server['encrypt'] = $Bound['Encrypt'].ToLowerInvariant() }
    if ($Bound.ContainsKey('TrustServerCertificate')) { $server['trust_server_certificate'] = [bool]$Bound['TrustServerCertificate'] }
    $Plan['server'] = $server
    if ($Bound['PasswordFile']) { $Plan['password_from'] = @{ file = & $path $Bound['PasswordFile'] } }
    elseif ($Bound['CredentialFile']) { $Plan['password_from'] = @{ clixml = & $path $Bound['CredentialFile'] } }
    elseif ($Bound['SecretName']) { $Plan['password_from'] = @{ secret_management = $Bound['SecretName'] } }

    foreach ($pair in @('Database', 'database'), @('Destination', 'destination'), @('Window', 'window')) {
        if (-not $Bound.ContainsKey($pair[0])) { continue }
        if ($Bound[$pair[0]]) { $Plan[$pair[1]] = $Bound[$pair[0]] } else { $Plan.Remove($pair[1]) }
    }
    if ($Bound['Compression']) { $Plan['compression'] = $Bound['Compression'].ToLowerInvariant() }
    if ($Bound.ContainsKey('Verify')) { $Plan['verify'] = [bool]$Bound['Verify'] }
    if ($Bound.ContainsKey('GraceMinutes')) { $Plan['grace_minutes'] = $Bound['GraceMinutes'] }
    if ($Bound.ContainsKey('Heartbeat')) { if ($Bound['Heartbeat']) { $Plan['heartbeat'] = & $path $Bound['Heartbeat'] } else { $Plan.Remove('heartbeat') } }
    if ($Bound.ContainsKey('Report') -or $Bound.ContainsKey('ReportLanguage')) {
        # Of the two each can be changed alone.
        $page = [ordered]@{}
        foreach ($field in @(Get-PgbProperty $Plan['report'])) { $page[$field.Name] = $field.Value }
        if ($Bound['Report']) { $page['file'] = & $path $Bound['Report'] }
        if ($Bound['ReportLanguage']) { $page['language'] = $Bound['ReportLanguage'].ToLowerInvariant() }
        if ($Bound.ContainsKey('Report') -and -not $Bound['Report']) { $Plan.Remove('report') } else { $Plan['report'] = $page }
    }
    if ($Bound.ContainsKey('CopyTo')) {
        if ($Bound['CopyTo']) { $Plan['copy_to'] = [string[]]@(foreach ($one in $Bound['CopyTo']) { & $path $one }) } else { $Plan.Remove('copy_to') }
    }
    $limit = if ($Bound['CommandLimitSec']) { $Bound['CommandLimitSec'] } else { 3600 }
    foreach ($pair in @('Before', 'before'), @('After', 'after'), @('OnFailure', 'on_failure')) {
        if (-not $Bound.ContainsKey($pair[0])) { continue }
        if ($Bound[$pair[0]]) { $Plan[$pair[1]] = [ordered]@{ command = [string[]]@($Bound[$pair[0]]); time_limit_seconds = $limit } } else { $Plan.Remove($pair[1]) }
    }
    Set-PgbPlanRetention -Plan $Plan -Bound $Bound
}
