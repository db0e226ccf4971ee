# Names of databases: what a user's -Database stands for, and completion of it.

function Test-PgbWildcard {
    # A lone ] is an ordinary letter in a name.
    param([string] $Text)

    $Text.IndexOfAny([char[]]'*?[') -ge 0
}

function Select-PgbDatabase {
    # The databases a name or pattern means: the one that is called just so, or else all that match.
    # Nothing is passed for a name of which there is none.
    param([object[]] $Database, [string] $Name)

    $same = @($Database | Where-Object { [string]::Equals($_.Name, $Name, [StringComparison]::OrdinalIgnoreCase) })
    if ($same.Count -or -not (Test-PgbWildcard $Name)) { return $same }
    $pattern = New-Object System.Management.Automation.WildcardPattern $Name, 'IgnoreCase, CultureInvariant'
    $Database | Where-Object { $pattern.IsMatch($_.Name) }
}

function Select-PgbWanted {
    # The databases that names and patterns mean, each once; a plain name of which there is none is an error.
    param($Cmdlet, [object[]] $Database, [string[]] $Name, [string] $ServerInstance)

    $seen = New-Object 'System.Collections.Generic.HashSet[string]' ([StringComparer]::OrdinalIgnoreCase)
    foreach ($one in $Name) {
        $found = @(Select-PgbDatabase -Database $Database -Name $one)
        if (-not $found.Count -and -not (Test-PgbWildcard $one)) {
            $failure = [pscustomobject]@{ status = 22; code = 'database.not_found'; message = Get-PgbText 'DatabaseMissing' $one, $ServerInstance; hint = Get-PgbText 'DatabaseMissingNext' }
            Write-PgbError -Cmdlet $Cmdlet -Failure $failure -Target $one
        }
        # Not $database: that is the parameter.
        foreach ($hit in $found) { if ($seen.Add($hit.Name)) { $hit } }
    }
}

function Read-PgbDatabase {
    # The databases of a server, one object each.
    param($Cmdlet, $Connection, [string[]] $Name)

    $request = [ordered]@{ v = 1; kind = 'databases' }
    if ($Name) { $request['names'] = $Name }
    $activity = Get-PgbText 'ListingDatabases' $Connection.ServerInstance
    Invoke-PgbJob -Cmdlet $Cmdlet -Kind query -Request $request -Connection $Connection -Activity $activity -Target $Connection.ServerInstance -Paged |
        ForEach-Object { ConvertTo-PgbDatabase -Row $_ -ServerInstance $Connection.ServerInstance }
}

function Resolve-PgbDatabase {
    # Names to back up. The server is asked only where a wildcard stands; then tempdb is never meant,
    # and what cannot be read now is left out with a warning.
    param($Cmdlet, $Connection, [string[]] $Name, [string[]] $Exclude)

    $known = $null
    $seen = New-Object 'System.Collections.Generic.HashSet[string]' ([StringComparer]::OrdinalIgnoreCase)
    foreach ($one in $Name) {
        $found = $one
        if (Test-PgbWildcard $one) {
            if ($null -eq $known) { $known = @(Read-PgbDatabase -Cmdlet $Cmdlet -Connection $Connection) }
            $found = foreach ($database in Select-PgbDatabase -Database $known -Name $one) {
                if ($database.Name -eq 'tempdb') { continue }
                if ($database.State -ne 'ONLINE' -and $database.Name -ne $one) {
                    Write-Warning (Get-PgbText 'DatabaseSkipped' $database.Name, $database.State)
                    continue
                }
                $database.Name
            }
            if (-not $found) {
                $failure = [pscustomobject]@{ status = 22; code = 'database.no_match'; message = Get-PgbText 'NoDatabaseMatch' $Connection.ServerInstance, $one }
                Write-PgbError -Cmdlet $Cmdlet -Failure $failure -Target $one
            }
        }
        foreach ($database in Select-PgbIncluded -Name $found -Exclude $Exclude) { if ($seen.Add($database)) { $database } }
    }
}

function Select-PgbIncluded {
    # The names that no exclusion, a name or pattern, means.
    param([string[]] $Name, [string[]] $Exclude)

    foreach ($one in $Name) {
        if (-not (Test-PgbMeant -Name $one -Pattern $Exclude)) { $one }
    }
}

function Test-PgbMeant {
    # Whether a database is meant by one of some names and patterns.
    param([string] $Name, [string[]] $Pattern)

    $self = @([pscustomobject]@{ Name = $Name })
    foreach ($one in $Pattern) { if (Select-PgbDatabase -Database $self -Name $one) { return $true } }
    $false
}

function Get-PgbDatabaseName {
    # The name in a piped object: a string, or what Get-PGDatabase gives.
    param($Cmdlet, $InputObject)

    if ($InputObject -is [string]) { return [string]$InputObject }
    $name = Get-PgbField $InputObject 'Name'
    if (-not $name) { Exit-PgbCommand -Cmdlet $Cmdlet -Code 'request.no_database' -Message (Get-PgbText 'NotADatabase') -Target $InputObject -Status 1 }
    [string]$name
}

function Complete-PgbDatabase {
    # Completes -Database from the server already given on the command line. Quiet and quick: a server
    # that does not answer within two seconds gives nothing, and an answer is kept for a minute.
    param([string] $Word, [System.Collections.IDictionary] $Given)

    $with = @{ ErrorAction = 'Stop'; WarningAction = 'SilentlyContinue'; Verbose = $false; Debug = $false; ConnectTimeoutSec = 2 }
    foreach ($name in 'ServerInstance', 'Credential', 'Encrypt', 'TrustServerCertificate', 'CAFile', 'HostNameInCertificate') {
        if ($Given.Contains($name)) { $with[$name] = $Given[$name] }
    }
    if (-not $with.ContainsKey('ServerInstance') -or ($with.ContainsKey('Credential') -and $with['Credential'] -isnot [pscredential])) { return }

    $key = [string]$with['ServerInstance']
    if ($with.ContainsKey('Credential')) { $key += '|' + $with['Credential'].UserName }
    $now = [datetime]::UtcNow
    if (-not $script:Completion.ContainsKey($key) -or $script:Completion[$key].Until -lt $now) {
        try {
            $ProgressPreference = 'SilentlyContinue'
            $names = [string[]]@(Get-PGDatabase @with | ForEach-Object { $_.Name })
        }
        catch { return }
        $script:Completion[$key] = @{ Until = $now.AddMinutes(1); Names = $names }
    }

    $begun = $Word.Trim("'", '"')
    foreach ($name in $script:Completion[$key].Names) {
        if (-not $name.StartsWith($begun, [StringComparison]::OrdinalIgnoreCase)) { continue }
        $text = $name
        if ($name -notmatch '^[\p{L}_][\p{L}\p{Nd}_]*$') {
            $text = "'" + [System.Management.Automation.Language.CodeGeneration]::EscapeSingleQuotedStringContent($name) + "'"
        }
        New-Object System.Management.Automation.CompletionResult $text, $name, 'ParameterValue', $name
    }
}
$script:Completion = @{}
