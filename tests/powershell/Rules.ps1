# Rules of PSScriptAnalyzer's default set, by their names there, as far as a script's tree tells. Used by Rules.Tests.ps1.

$RuleAst = 'System.Management.Automation.Language.'
# The verbs that change something, by the rule.
$StateVerbs = 'New', 'Set', 'Remove', 'Start', 'Stop', 'Restart', 'Reset', 'Update'
# Functions of ours that only make an object or are inner parts of a command that asks.
$StateExempt = '^(New-Maml|Start-Pgb|Stop-Pgb|Set-Pgb|New-Pgb|Remove-Pgb|Update-Pgb|Restart-Pgb|Reset-Pgb)'
$Automatic = 'input', 'args', 'matches', 'this', 'home', 'pid', 'host', 'error', 'event', 'profile', 'sender', 'psitem', 'true', 'false', 'PSCmdlet', 'PSScriptRoot', 'PSCommandPath', 'MyInvocation', 'ExecutionContext', 'IsWindows', 'IsLinux', 'IsMacOS', 'foreach', 'switch'
# Singular all the same.
$Singular = 'Alias|Access|Process|Status|Address|Class|Series|This|Pass|Progress|Does'
$AliasNames = (Get-Alias).Name

function Find-Node {
    # The nodes of a kind in a tree.
    param($Tree, [string] $Kind)

    $type = [type]"$RuleAst$Kind"
    $Tree.FindAll({ param($node) $type.IsInstanceOfType($node) }.GetNewClosure(), $true)
}

function Get-FunctionParameter {
    # The parameters of a function, in either form.
    param($Function)

    if ($Function.Parameters) { return $Function.Parameters }
    if ($Function.Body.ParamBlock) { return $Function.Body.ParamBlock.Parameters }
}

function Find-Attribute {
    # The attributes of a parameter or block, by name.
    param($Node, [string] $Name)

    $Node.Attributes | Where-Object { $_ -is [System.Management.Automation.Language.AttributeAst] -and $_.TypeName.Name -in $Name, "${Name}Attribute" }
}

function Get-Argument {
    # The text of a named argument of an attribute; $null without it.
    param($Attribute, [string] $Name)

    foreach ($one in $Attribute.NamedArguments) { if ($one.ArgumentName -eq $Name) { return $one.Argument.Extent.Text } }
}

# Each gives one line for each violation.
$RuleCheck = [ordered]@{
    AvoidUsingCmdletAliases = { foreach ($one in Find-Node $tree 'CommandAst') { if ($one.GetCommandName() -in $AliasNames) { $one.GetCommandName() } } }
    # Three or more arguments without a name, of a command that is not one of the script's own.
    AvoidUsingPositionalParameters = {
        $own = @((Find-Node $tree 'FunctionDefinitionAst').Name)
        foreach ($one in Find-Node $tree 'CommandAst') {
            $name = $one.GetCommandName()
            if (-not $name -or $name -in $own -or $name -notmatch '^\w+-\w+$' -or $name -match '-(Pgb|Maml)') { continue }
            $bare = 0
            $afterName = $false
            foreach ($part in $one.CommandElements | Select-Object -Skip 1) {
                if ($part -is [System.Management.Automation.Language.CommandParameterAst]) { $afterName = $null -eq $part.Argument; continue }
                if (-not $afterName) { $bare++ }
                $afterName = $false
            }
            if ($bare -ge 3) { $one.Extent.Text }
        }
    }
    AvoidUsingEmptyCatchBlock = { foreach ($one in Find-Node $tree 'CatchClauseAst') { if (-not $one.Body.Statements.Count) { $one.Extent.Text } } }
    AvoidUsingWriteHost = { & $commandNamed 'Write-Host' }
    AvoidUsingInvokeExpression = { & $commandNamed 'Invoke-Expression' }
    AvoidUsingPlainTextForPassword = {
        foreach ($one in Find-Node $tree 'ParameterAst') {
            $name = $one.Name.VariablePath.UserPath
            if ($name -match '^(Password|Passphrase|Pwd|Pass|Credentials?)$' -and $one.StaticType -eq [string]) { $name }
        }
    }
    AvoidUsingConvertToSecureStringWithPlainText = { foreach ($one in & $commandNamed 'ConvertTo-SecureString') { if ($one -match '-AsPlainText') { $one } } }
    AvoidUsingUsernameAndPasswordParams = {
        foreach ($one in Find-Node $tree 'FunctionDefinitionAst') {
            $names = @(Get-FunctionParameter $one | ForEach-Object { $_.Name.VariablePath.UserPath })
            if (($names -match '^User(Name)?$') -and ($names -match '^Password$')) { $one.Name }
        }
    }
    AvoidGlobalVars = { foreach ($one in Find-Node $tree 'VariableExpressionAst') { if ($one.VariablePath.IsGlobal) { $one.Extent.Text } } }
    AvoidDefaultValueForMandatoryParameter = {
        foreach ($one in Find-Node $tree 'ParameterAst') {
            $marks = @(Find-Attribute $one 'Parameter')
            if ($one.DefaultValue -and $marks -and -not @($marks | Where-Object { (Get-Argument $_ 'Mandatory') -notin '$true' })) { $one.Extent.Text }
        }
    }
    AvoidDefaultValueSwitchParameter = { foreach ($one in Find-Node $tree 'ParameterAst') { if ($one.StaticType -eq [switch] -and $one.DefaultValue) { $one.Extent.Text } } }
    AvoidNullOrEmptyHelpMessageAttribute = { foreach ($one in Find-Node $tree 'ParameterAst') { foreach ($mark in Find-Attribute $one 'Parameter') { if ((Get-Argument $mark 'HelpMessage') -in "''", '""', '$null') { $one.Extent.Text } } } }
    AvoidAssignmentToAutomaticVariable = {
        foreach ($one in Find-Node $tree 'AssignmentStatementAst') {
            if ($one.Left -is [System.Management.Automation.Language.VariableExpressionAst] -and $one.Left.VariablePath.UserPath -in $Automatic) { $one.Extent.Text }
        }
        foreach ($one in Find-Node $tree 'ParameterAst') { if ($one.Name.VariablePath.UserPath -in $Automatic) { $one.Extent.Text } }
    }
    AvoidTrailingWhitespace = { foreach ($line in $Text -split "`n") { if ($line -match '[ \t]+$') { $line } } }
    AvoidUsingWMICmdlet = { foreach ($name in 'Get-WmiObject', 'Invoke-WmiMethod', 'Register-WmiEvent', 'Remove-WmiObject', 'Set-WmiInstance') { & $commandNamed $name } }
    AvoidUsingComputerNameHardcoded = { foreach ($one in Find-Node $tree 'CommandAst') { if ($one.Extent.Text -match '-ComputerName\s+[''"\w]') { $one.Extent.Text } } }
    AvoidShouldContinueWithoutForce = {
        foreach ($one in Find-Node $tree 'FunctionDefinitionAst') {
            if ($one.Extent.Text -match '\.ShouldContinue\(' -and 'Force' -notin (Get-FunctionParameter $one | ForEach-Object { $_.Name.VariablePath.UserPath })) { $one.Name }
        }
    }
    AvoidUsingBrokenHashAlgorithms = { foreach ($one in & $commandNamed 'Get-FileHash') { if ($one -match 'MD5|SHA1\b') { $one } } }
    PossibleIncorrectComparisonWithNull = { foreach ($one in Find-Node $tree 'BinaryExpressionAst') { if ($one.Right.Extent.Text -eq '$null' -and [string]$one.Operator -match '^[IC]?(eq|ne)$') { $one.Extent.Text } } }
    PossibleIncorrectUsageOfAssignmentOperator = {
        foreach ($one in Find-Node $tree 'IfStatementAst') {
            foreach ($clause in $one.Clauses) { if ($clause.Item1 -is [System.Management.Automation.Language.AssignmentStatementAst] -and $clause.Item1.Right -isnot [System.Management.Automation.Language.PipelineAst]) { $clause.Item1.Extent.Text } }
        }
    }
    PossibleIncorrectUsageOfRedirectionOperator = {
        foreach ($one in Find-Node $tree 'IfStatementAst') { foreach ($clause in $one.Clauses) { if ($clause.Item1.Find({ param($node) $node -is [System.Management.Automation.Language.FileRedirectionAst] }, $false)) { $clause.Item1.Extent.Text } } }
    }
    # A parameter of a completer, or one that $PSBoundParameters or a splatted whole passes on, is used.
    ReviewUnusedParameter = {
        foreach ($one in Find-Node $tree 'FunctionDefinitionAst') {
            $body = $one.Body.Extent.Text
            if ($body -match '\$PSBoundParameters') { continue }
            foreach ($parameter in Get-FunctionParameter $one) {
                $name = $parameter.Name.VariablePath.UserPath
                $used = @(Find-Node $one 'VariableExpressionAst' | Where-Object { $_.VariablePath.UserPath -eq $name -and $_.Parent -ne $parameter })
                if (-not $used) { "$($one.Name) -$name" }
            }
        }
    }
    ShouldProcess = {
        foreach ($one in Find-Node $tree 'FunctionDefinitionAst') {
            $binding = if ($one.Body.ParamBlock) { Find-Attribute $one.Body.ParamBlock 'CmdletBinding' }
            $declared = [bool]($binding -and (Get-Argument $binding 'SupportsShouldProcess') -in '$true', 'SupportsShouldProcess')
            # Handed to a helper as $PSCmdlet, it is called there.
            $called = $one.Extent.Text -match '\.ShouldProcess\(' -or $one.Extent.Text -match '-Cmdlet \$PSCmdlet'
            # As the analyzer takes it.
            $suppressed = $one.Body.ParamBlock -and ($one.Body.ParamBlock.Attributes | Where-Object { $_.TypeName.Name -like '*SuppressMessageAttribute' -and $_.PositionalArguments[0].Value -eq 'PSShouldProcess' })
            if ($declared -and -not $called -and -not $suppressed) { "$($one.Name) never asks" }
            if (-not $declared -and $one.Extent.Text -match '\$PSCmdlet\.ShouldProcess\(') { "$($one.Name) does not declare it" }
        }
    }
    UseApprovedVerbs = { $verbs = (Get-Verb).Verb; foreach ($one in Find-Node $tree 'FunctionDefinitionAst') { if ($one.Name -match '^(\w+)-' -and $Matches[1] -notin $verbs -and $Matches[1] -ne 'Complete') { $one.Name } } }
    UseSingularNouns = { foreach ($one in Find-Node $tree 'FunctionDefinitionAst') { if ($one.Name -match '-\w*[^s]s$' -and $one.Name -notmatch "($Singular)$") { $one.Name } } }
    UseCmdletCorrectly = { foreach ($one in Find-Node $tree 'CommandAst') { if ($one.CommandElements.Count -eq 1 -and $one.GetCommandName() -in 'Write-Verbose', 'Write-Warning', 'Write-Debug', 'Write-Error', 'Set-Variable') { $one.Extent.Text } } }
    # An assignment to a local variable that nothing in its function reads.
    UseDeclaredVarsMoreThanAssignments = {
        foreach ($one in Find-Node $tree 'FunctionDefinitionAst') {
            $reads = @{}
            foreach ($use in Find-Node $one 'VariableExpressionAst') {
                $parent = $use.Parent
                if ($parent -is [System.Management.Automation.Language.AssignmentStatementAst] -and $parent.Left -eq $use -and [string]$parent.Operator -eq 'Equals') { continue }
                $reads[$use.VariablePath.UserPath] = $true
            }
            foreach ($assignment in Find-Node $one 'AssignmentStatementAst') {
                if ($assignment.Left -isnot [System.Management.Automation.Language.VariableExpressionAst]) { continue }
                $path = $assignment.Left.VariablePath
                # Preferences are read by PowerShell itself.
                if ($path.IsUnqualified -and $path.UserPath -notmatch 'Preference$|^null$' -and -not $reads.ContainsKey($path.UserPath)) { "$($one.Name) `$$($path.UserPath)" }
            }
        }
    }
    UseShouldProcessForStateChangingFunctions = {
        foreach ($one in Find-Node $tree 'FunctionDefinitionAst') {
            if ($one.Name -match '^(\w+)-' -and $Matches[1] -in $StateVerbs -and $one.Name -notmatch $StateExempt) {
                $binding = if ($one.Body.ParamBlock) { Find-Attribute $one.Body.ParamBlock 'CmdletBinding' }
                if (-not $binding -or -not (Get-Argument $binding 'SupportsShouldProcess')) { $one.Name }
            }
        }
    }
    UseProcessBlockForPipelineCommand = {
        foreach ($one in Find-Node $tree 'FunctionDefinitionAst') {
            $takes = Get-FunctionParameter $one | Where-Object { Find-Attribute $_ 'Parameter' | Where-Object { (Get-Argument $_ 'ValueFromPipeline') -in '$true', 'ValueFromPipeline' -or (Get-Argument $_ 'ValueFromPipelineByPropertyName') -in '$true', 'ValueFromPipelineByPropertyName' } }
            if ($takes -and -not $one.Body.ProcessBlock) { $one.Name }
        }
    }
    UseLiteralInitializerForHashtable = { foreach ($one in & $commandNamed 'New-Object') { if ($one -match '(?i)New-Object\s+(-TypeName\s+)?(hashtable|System\.Collections\.Hashtable)\b') { $one } } }
    UseOutputTypeCorrectly = { foreach ($one in Find-Node $tree 'ParamBlockAst') { foreach ($mark in Find-Attribute $one 'OutputType') { if (-not $mark.PositionalArguments.Count) { $mark.Extent.Text } } } }
    ProvideCommentHelp = {
        $exported = @(foreach ($one in & $commandNamed 'Export-ModuleMember') { [regex]::Matches($one, "[\w-]+-\w+") | ForEach-Object Value })
        foreach ($one in Find-Node $tree 'FunctionDefinitionAst') { if (($one.Name -in $exported -or $one.Name -cmatch '-PG[A-Z]') -and -not $one.GetHelpContent()) { $one.Name } }
    }
}
$RuleNames = @($RuleCheck.Keys)

function Find-Violation {
    # What in a script breaks a rule.
    param([string] $Rule, [string] $Text)

    $tokens = $null; $errors = $null
    $tree = [System.Management.Automation.Language.Parser]::ParseInput($Text, [ref]$tokens, [ref]$errors)
    $commandNamed = { param($name) foreach ($one in Find-Node $tree 'CommandAst') { if ($one.GetCommandName() -eq $name) { $one.Extent.Text } } }
    & $RuleCheck[$Rule]
}
