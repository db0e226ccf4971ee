# The rules of PSScriptAnalyzer's default set that a parser can check, held by every script of the module and its build.
# The analyzer itself cannot be had here. Each rule is one function, which finds what breaks it, and is shown to find it.

BeforeDiscovery {
    # Once: a script's tree is the same in every culture.
    $here = [cultureinfo]::CurrentCulture.Name -eq 'en-US'
    $powershell = Join-Path (Split-Path (Split-Path $PSScriptRoot)) 'powershell'
    $scripts = Get-ChildItem $powershell -Recurse -File -Include *.ps1, *.psm1 | ForEach-Object { @{ Name = $_.FullName.Substring($powershell.Length + 1); Path = $_.FullName } }

    # A rule, and code that breaks it.
    $rules = @(
        @{ Rule = 'AvoidUsingCmdletAliases'; Bad = 'gci | % { $_ }' }
        @{ Rule = 'AvoidUsingPositionalParameters'; Bad = 'Move-Item a b c' }
        @{ Rule = 'AvoidUsingEmptyCatchBlock'; Bad = 'try { 1 } catch { }' }
        @{ Rule = 'AvoidUsingWriteHost'; Bad = 'Write-Host x' }
        @{ Rule = 'AvoidUsingInvokeExpression'; Bad = 'Invoke-Expression $x' }
        @{ Rule = 'AvoidUsingPlainTextForPassword'; Bad = 'function f { param([string] $Password) $Password }' }
        @{ Rule = 'AvoidUsingConvertToSecureStringWithPlainText'; Bad = 'ConvertTo-SecureString x -AsPlainText -Force' }
        @{ Rule = 'AvoidUsingUsernameAndPasswordParams'; Bad = 'function f { param($UserName, $Password) $UserName + $Password }' }
        @{ Rule = 'AvoidGlobalVars'; Bad = '$global:x = 1' }
        @{ Rule = 'AvoidDefaultValueForMandatoryParameter'; Bad = 'function f { param([Parameter(Mandatory = $true)] $a = 1) $a }' }
        @{ Rule = 'AvoidDefaultValueSwitchParameter'; Bad = 'function f { param([switch] $a = $true) $a }' }
        @{ Rule = 'AvoidNullOrEmptyHelpMessageAttribute'; Bad = 'function f { param([Parameter(HelpMessage = '''')] $a) $a }' }
        @{ Rule = 'AvoidAssignmentToAutomaticVariable'; Bad = 'function f { $input = 1; $input }' }
        @{ Rule = 'AvoidTrailingWhitespace'; Bad = "1 `n" }
        @{ Rule = 'AvoidUsingWMICmdlet'; Bad = 'Get-WmiObject x' }
        @{ Rule = 'AvoidUsingComputerNameHardcoded'; Bad = 'Get-Service -ComputerName "server1"' }
        @{ Rule = 'AvoidShouldContinueWithoutForce'; Bad = 'function f { param($a) $PSCmdlet.ShouldContinue($a, 1) }' }
        @{ Rule = 'AvoidUsingBrokenHashAlgorithms'; Bad = 'Get-FileHash x -Algorithm MD5' }
        @{ Rule = 'PossibleIncorrectComparisonWithNull'; Bad = 'if ($a -eq $null) { 1 }' }
        @{ Rule = 'PossibleIncorrectUsageOfAssignmentOperator'; Bad = 'if ($a = 1) { 1 }' }
        @{ Rule = 'PossibleIncorrectUsageOfRedirectionOperator'; Bad = 'if ($a > 1) { 1 }' }
        @{ Rule = 'ReviewUnusedParameter'; Bad = 'function f { param($a, $b) $a }' }
        @{ Rule = 'ShouldProcess'; Bad = 'function Remove-It { [CmdletBinding(SupportsShouldProcess = $true)] param($a) $a }' }
        @{ Rule = 'UseApprovedVerbs'; Bad = 'function Frob-It { 1 }' }
        @{ Rule = 'UseSingularNouns'; Bad = 'function Get-Things { 1 }' }
        @{ Rule = 'UseCmdletCorrectly'; Bad = 'Write-Verbose' }
        @{ Rule = 'UseDeclaredVarsMoreThanAssignments'; Bad = 'function f { $never = 1; 2 }' }
        @{ Rule = 'UseShouldProcessForStateChangingFunctions'; Bad = 'function Remove-It { param($a) $a }' }
        @{ Rule = 'UseProcessBlockForPipelineCommand'; Bad = 'function f { param([Parameter(ValueFromPipeline = $true)] $a) $a }' }
        @{ Rule = 'UseLiteralInitializerForHashtable'; Bad = '$a = New-Object hashtable' }
        @{ Rule = 'UseOutputTypeCorrectly'; Bad = 'function f { [CmdletBinding()] [OutputType()] param() 1 }' }
        @{ Rule = 'ProvideCommentHelp'; Bad = 'function Get-It { 1 }; Export-ModuleMember -Function Get-It' }
    )
}

BeforeAll {
    . (Join-Path $PSScriptRoot 'Common.ps1')
    . (Join-Path $PSScriptRoot 'Rules.ps1')
}

Describe 'The rule <Rule>' -ForEach $rules -Skip:(-not $here) {
    It 'finds what breaks it' {
        Find-Violation -Rule $Rule -Text $Bad | Should -Not -BeNullOrEmpty
    }
}

Describe 'The script <Name>' -ForEach $scripts -Skip:(-not $here) {
    It 'keeps every rule' {
        $text = [System.IO.File]::ReadAllText($Path)
        $found = foreach ($rule in $RuleNames) { foreach ($one in Find-Violation -Rule $rule -Text $text) { "${rule}: $one" } }
        $found -join "`n" | Should -BeNullOrEmpty
    }
}
