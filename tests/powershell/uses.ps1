<#
.SYNOPSIS
Tells what scripts use: commands with their parameters, types, members, variables, operators, syntax.

.DESCRIPTION
Read by PowerShell's own parser, one fact a line: kind, name and file, separated by tabs. tests/ps_files.rs
compares them with what Windows PowerShell 5.1 on .NET Framework 4.7.2 has.

.EXAMPLE
pwsh -NoProfile -File tests/powershell/uses.ps1 powershell/PGBackup
#>
param([Parameter(Mandatory = $true)] [string] $Folder)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

function Write-Fact {
    param([string] $Kind, [string] $Name)

    $null = $facts.Add("$Kind`t$Name`t$short")
}

function Get-TypeName {
    # The names in a type: that of an array is its element's, that of a generic one all of its parts.
    param($TypeName)

    switch ($TypeName.GetType().Name) {
        'ArrayTypeName' { Get-TypeName $TypeName.ElementType }
        'GenericTypeName' { Get-TypeName $TypeName.TypeName; foreach ($part in $TypeName.GenericArguments) { Get-TypeName $part } }
        default { $TypeName.FullName }
    }
}

function Write-Use {
    param($Ast)

    $kind = $Ast.GetType().Name
    switch ($kind) {
        'CommandAst' {
            $command = $Ast.GetCommandName()
            if (-not $command) { $command = '(by value)' }
            Write-Fact 'command' $command
            foreach ($element in $Ast.CommandElements) {
                if ($element.GetType().Name -eq 'CommandParameterAst') { Write-Fact 'parameter' "$command -$($element.ParameterName)" }
                elseif ($element.GetType().Name -eq 'VariableExpressionAst' -and $element.Splatted -and $element.VariablePath.UserPath -ne 'args') { Write-Fact 'splat' $command }
            }
            if ($command -eq 'New-Object') {
                $name = $Ast.CommandElements | Where-Object { $_.GetType().Name -eq 'StringConstantExpressionAst' } | Select-Object -Skip 1 -First 1
                if ($name) { Write-Fact 'type' $name.Value }
            }
        }
        'FunctionDefinitionAst' { Write-Fact 'function' $Ast.Name }
        'TypeExpressionAst' { foreach ($name in Get-TypeName $Ast.TypeName) { Write-Fact 'type' $name } }
        'TypeConstraintAst' { foreach ($name in Get-TypeName $Ast.TypeName) { Write-Fact 'type' $name } }
        'AttributeAst' {
            Write-Fact 'attribute' $Ast.TypeName.FullName
            foreach ($argument in $Ast.NamedArguments) { Write-Fact 'attribute' "$($Ast.TypeName.FullName).$($argument.ArgumentName)" }
        }
        { $_ -in 'MemberExpressionAst', 'InvokeMemberExpressionAst' } {
            $name = if ($Ast.Member.GetType().Name -eq 'StringConstantExpressionAst') { $Ast.Member.Value } else { '(by value)' }
            $of = if ($Ast.Static -and $Ast.Expression.GetType().Name -eq 'TypeExpressionAst') { $Ast.Expression.TypeName.FullName + '::' } elseif ($Ast.Static) { '(variable)::' } else { '.' }
            if ($kind -eq 'MemberExpressionAst') { Write-Fact $(if ($Ast.Static) { 'static' } else { 'property' }) "$of$name" }
            else {
                $count = if ($Ast.Arguments) { $Ast.Arguments.Count } else { 0 }
                Write-Fact $(if ($Ast.Static) { 'static' } else { 'method' }) "$of$name/$count"
            }
            # Not in 5.1's parser, so not in its tree either.
            if ($Ast.NullConditional) { Write-Fact 'syntax' 'NullConditional' }
        }
        'VariableExpressionAst' { Write-Fact 'variable' $Ast.VariablePath.UserPath }
        'AssignmentStatementAst' {
            Write-Fact 'operator' $Ast.Operator
            $target = $Ast.Left
            while ($target.GetType().Name -in 'ConvertExpressionAst', 'AttributedExpressionAst') { $target = $target.Child }
            $targets = if ($target.GetType().Name -eq 'ArrayLiteralAst') { $target.Elements } else { $target }
            foreach ($one in $targets) { if ($one.GetType().Name -eq 'VariableExpressionAst') { Write-Fact 'assigned' $one.VariablePath.UserPath } }
        }
        'ForEachStatementAst' { Write-Fact 'assigned' $Ast.Variable.VariablePath.UserPath }
        'ParameterAst' { Write-Fact 'assigned' $Ast.Name.VariablePath.UserPath }
        { $_ -in 'BinaryExpressionAst' } { Write-Fact 'operator' $Ast.Operator }
        'UnaryExpressionAst' { Write-Fact 'operator' $Ast.TokenKind }
        'ConstantExpressionAst' { Write-Fact 'number' $Ast.Extent.Text }
        'NamedBlockAst' { Write-Fact 'block' $Ast.BlockKind }
        'HashtableAst' {
            foreach ($pair in $Ast.KeyValuePairs) { if ($pair.Item1.GetType().Name -eq 'StringConstantExpressionAst') { Write-Fact 'key' $pair.Item1.Value } }
        }
    }
}

$Folder = (Resolve-Path -LiteralPath $Folder).ProviderPath
$facts = New-Object System.Collections.Generic.HashSet[string]
foreach ($file in Get-ChildItem -LiteralPath $Folder -Recurse -File | Where-Object { $_.Extension -in '.ps1', '.psm1' }) {
    $short = $file.FullName.Substring($Folder.Length).TrimStart('\', '/')
    $tokens = $errors = $null
    $tree = [System.Management.Automation.Language.Parser]::ParseFile($file.FullName, [ref]$tokens, [ref]$errors)
    foreach ($wrong in $errors) { throw "$($file.FullName): $($wrong.Message)" }
    foreach ($token in $tokens) {
        if ($token.Kind.ToString() -notin 'StringExpandable', 'HereStringExpandable') { continue }
        foreach ($match in [regex]::Matches($token.Text, '(?s)`(.)')) {
            $letter = $match.Groups[1].Value
            $null = $facts.Add("escape`t$(if ($letter -eq "`n") { 'newline' } else { $letter })`t$short")
        }
    }
    foreach ($ast in $tree.FindAll({ $true }, $true)) {
        $null = $facts.Add("syntax`t$($ast.GetType().Name)`t$short")
        Write-Use $ast
    }
}
[Console]::OutputEncoding = New-Object System.Text.UTF8Encoding $false
[Console]::Out.Write(($facts -join "`n") + "`n")
