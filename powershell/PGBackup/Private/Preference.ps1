function Import-PgbPreference {
    # Gives a command the preferences of its caller. A module sees only global ones, so that
    # $ErrorActionPreference = 'Stop' in a script would not reach it.
    param([Parameter(Mandatory = $true)] $Cmdlet, [Parameter(Mandatory = $true)] [System.Collections.IDictionary] $Bound)

    $names = @{
        ErrorActionPreference = 'ErrorAction'; WarningPreference = 'WarningAction'; InformationPreference = 'InformationAction'; VerbosePreference = 'Verbose'
        DebugPreference = 'Debug'; ProgressPreference = 'ProgressAction'; ConfirmPreference = 'Confirm'; WhatIfPreference = 'WhatIf'
    }
    foreach ($name in $names.Keys) {
        if ($Bound.ContainsKey($names[$name])) { continue }
        $value = $Cmdlet.SessionState.PSVariable.GetValue($name)
        if ($null -ne $value) { Set-Variable -Name $name -Value $value -Scope 1 -WhatIf:$false -Confirm:$false }
    }
}
