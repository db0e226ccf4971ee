# The scripts of the module as the two files that are published: what Import-Module reads, and what the first command
# reads. Changes are made where the parser says that something stands, never by the look of a line.

function Get-ParsedScript {
    # A script's tree; it must have no error.
    param([string] $Path)

    $tokens = $null; $errors = $null
    $tree = [System.Management.Automation.Language.Parser]::ParseFile($Path, [ref]$tokens, [ref]$errors)
    if ($errors) { throw "$Path : $($errors[0].Message)" }
    [pscustomobject]@{ Path = $Path; Tree = $tree; Tokens = $tokens; Text = [System.IO.File]::ReadAllText($Path) }
}

function Get-Replacement {
    # A text that takes the place of some letters.
    param([int] $At, [int] $Length, [string] $Text)

    [pscustomobject]@{ At = $At; Length = $Length; Text = $Text }
}

function Get-HelpEdit {
    # The help of a command is in XML, which the comment names.
    param($Script)

    foreach ($token in $Script.Tokens) {
        if ($token.Kind -ne 'Comment' -or -not $token.Text.StartsWith('<#') -or -not $token.Text.Contains('.SYNOPSIS')) { continue }
        Get-Replacement $token.Extent.StartOffset $token.Text.Length "<#`n    .EXTERNALHELP PGBackup-help.xml`n    #>"
    }
}

function Get-TypeEdit {
    # Types by their full names. A short one that is no accelerator, such as object or IntPtr, PowerShell looks for in
    # every assembly of the process: 6 ms for the first.
    param($Script)

    $accelerators = [psobject].Assembly.GetType('System.Management.Automation.TypeAccelerators')::Get
    $nodes = $Script.Tree.FindAll({ param($node) $node.PSObject.Properties['TypeName'] }, $true)
    foreach ($node in $nodes) {
        $name = $node.TypeName
        while ($name -is [System.Management.Automation.Language.ArrayTypeName]) { $name = $name.ElementType }
        if ($name -isnot [System.Management.Automation.Language.TypeName] -or $name.FullName.Contains('.') -or $accelerators.ContainsKey($name.FullName)) { continue }
        $type = $name.GetReflectionType()
        if ($type) { Get-Replacement $name.Extent.StartOffset $name.Extent.Text.Length $type.FullName }
    }
}

function Get-ScopeEdit {
    # Functions of the module, though it is a command in whose scope the file is read.
    param($Script)

    foreach ($statement in $Script.Tree.EndBlock.Statements) {
        if ($statement -is [System.Management.Automation.Language.FunctionDefinitionAst]) {
            $at = $statement.Extent.StartOffset + $statement.Extent.Text.IndexOf($statement.Name)
            Get-Replacement $at 0 'script:'
        }
        elseif ($statement -isnot [System.Management.Automation.Language.AssignmentStatementAst] -or -not $statement.Left.VariablePath.IsScript) {
            throw "$($Script.Path): beside functions only `$script: variables can stand here, not: $($statement.Extent.Text)"
        }
    }
}

function Get-EnterEdit {
    # What a command and a completer do first: see Get-MergedScript.
    param($Script)

    $body = $Script.Tree.EndBlock.Statements[0].Body
    if ($body.DynamicParamBlock) { throw "$($Script.Path): dynamic parameters are not provided for." }
    $first = @($body.BeginBlock, $body.ProcessBlock, $body.EndBlock | Where-Object { $_ })[0]
    if ($first.Unnamed -or $first -eq $body.BeginBlock) { Get-Replacement $first.Statements[0].Extent.StartOffset 0 '. $script:Enter; ' }
    else { Get-Replacement $first.Extent.StartOffset 0 "begin { . `$script:Enter }`n`n    " }

    $marks = $body.ParamBlock.FindAll({ param($node) $node -is [System.Management.Automation.Language.AttributeAst] -and $node.TypeName.Name -eq 'ArgumentCompleter' }, $true)
    foreach ($mark in $marks) {
        # The inner one runs in the module.
        $blocks = @($mark.FindAll({ param($node) $node -is [System.Management.Automation.Language.ScriptBlockExpressionAst] }, $true))
        Get-Replacement $blocks[-1].ScriptBlock.EndBlock.Statements[0].Extent.StartOffset 0 '. $script:Enter; '
    }
}

function Edit-Script {
    # The text of a script with changes made.
    param($Script, [object[]] $Edit)

    $text = $Script.Text
    foreach ($one in $Edit | Sort-Object At -Descending) { $text = $text.Remove($one.At, $one.Length).Insert($one.At, $one.Text) }
    $text.Trim() + "`n"
}

function Get-MergedScript {
    # The two files by their names. An import reads the first: variables and commands, nothing that would run. Half of
    # all else is read by the first command or completer, in which also strict mode begins: it holds for what they call.
    param([string] $Source, [string] $Version)

    $private = '# PGBackup {0}, merged by Build-Module.ps1: what commands are made of. The first one reads it.' -f $Version
    # What says that a session is constrained comes before all that could not run in it.
    $first = Join-Path $Source 'Private/Text.ps1'
    $parts = foreach ($file in [System.IO.Directory]::GetFiles((Join-Path $Source 'Private'), '*.ps1') | Sort-Object { $_ -ne $first }, { $_ }) {
        $script = Get-ParsedScript $file
        Edit-Script $script (@(Get-TypeEdit $script) + @(Get-ScopeEdit $script))
        if ($file -eq $first) { "Assert-PgbFullLanguage`n" }
    }
    $private = (@("$private`n") + $parts + "`$script:PrivateIsRead = `$true`n") -join "`n"

    $head = @'
# PGBackup {0}, merged by Build-Module.ps1. Nothing runs at import, which would cost as much as all else.
$script:ModuleRoot = $PSScriptRoot
$script:ElsewhereBuilt = $null
$script:PrivateIsRead = $false
$script:Enter = {{
    Set-StrictMode -Version Latest
    if (-not $script:PrivateIsRead) {{
        try {{ . "$PSScriptRoot/PGBackup.Private.ps1" }} catch {{ $PSCmdlet.ThrowTerminatingError($_) }}
    }}
}}
# What only full language may do; where it cannot, the file says that the module cannot work. To ask for the language
# mode itself would cost 5 ms: that is PowerShell's first reading of a property.
try {{ [System.Text.StringBuilder] $script:Probe = 1 }} catch {{ . "$PSScriptRoot/PGBackup.Private.ps1" }}
'@.Replace("`r", '') -f $Version
    $parts = foreach ($file in [System.IO.Directory]::GetFiles((Join-Path $Source 'Public'), '*.ps1') | Sort-Object) {
        $script = Get-ParsedScript $file
        Edit-Script $script (@(Get-HelpEdit $script) + @(Get-TypeEdit $script) + @(Get-EnterEdit $script))
    }
    [ordered]@{ 'PGBackup.psm1' = (@("$head`n") + $parts) -join "`n"; 'PGBackup.Private.ps1' = $private }
}
