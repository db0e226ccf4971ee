# The scripts of the module as the two files that are published: what Import-Module reads, and what the first command
# reads. Changes are made where the parser says that something stands, never by the look of a line.

function Get-ParsedScript {
    # A script's tree; it must have no error. Its text, where that is not what the file holds any more.
    param([string] $Path, [string] $Text = [System.IO.File]::ReadAllText($Path))

    $tokens = $null; $errors = $null
    $tree = [System.Management.Automation.Language.Parser]::ParseInput($Text, $Path, [ref]$tokens, [ref]$errors)
    if ($errors) { throw "$Path : $($errors[0].Message)" }
    [pscustomobject]@{ Path = $Path; Tree = $tree; Tokens = $tokens; Text = $Text }
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

function Get-CompleterEdit {
    # What a completer does first: see Get-MergedScript.
    param($Script)

    $marks = $Script.Tree.FindAll({ param($node) $node -is [System.Management.Automation.Language.AttributeAst] -and $node.TypeName.Name -eq 'ArgumentCompleter' }, $true)
    foreach ($mark in $marks) {
        # The inner one runs in the module.
        $blocks = @($mark.FindAll({ param($node) $node -is [System.Management.Automation.Language.ScriptBlockExpressionAst] }, $true))
        Get-Replacement $blocks[-1].ScriptBlock.EndBlock.Statements[0].Extent.StartOffset 0 '. $script:Enter; '
    }
}

function Get-StepEdit {
    # What a step of a command says otherwise: as a block of its own, though the command runs it as its own lines, it has
    # automatic variables of its own.
    param($Block)

    $words = @{ PSBoundParameters = 'PgbBound'; MyInvocation = 'PSCmdlet.MyInvocation' }
    foreach ($variable in $Block.FindAll({ param($node) $node -is [System.Management.Automation.Language.VariableExpressionAst] }, $true)) {
        $name = $variable.VariablePath.UserPath
        if ($words.ContainsKey($name)) { Get-Replacement ($variable.Extent.StartOffset + 1) $name.Length $words[$name] }
        elseif ($name -in 'args', 'input', 'PSScriptRoot', 'PSCommandPath') { throw "What `$$name would be in a step is not provided for: $($variable.Parent.Extent.Text)" }
    }
}

function Get-AnalyzerEdit {
    # What PSScriptAnalyzer cannot see: that the steps of a command ask. Once for the whole file would need a param block,
    # which is 3 ms of an import.
    param($Script)

    $marks = $Script.Tree.FindAll({ param($node) $node -is [System.Management.Automation.Language.AttributeAst] -and $node.TypeName.Name -eq 'CmdletBinding' }, $true)
    foreach ($mark in $marks | Where-Object { @($_.NamedArguments | ForEach-Object ArgumentName) -contains 'SupportsShouldProcess' }) {
        Get-Replacement $mark.Extent.StartOffset 0 "[System.Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSShouldProcess', '')]`n    "
    }
}

function Split-Command {
    # A command's script as what an import reads, its parameters, and its steps, which the first command reads.
    param($Script)

    $function = $Script.Tree.EndBlock.Statements[0]
    $body = $function.Body
    if ($body.DynamicParamBlock) { throw "$($Script.Path): dynamic parameters are not provided for." }
    $blocks = @($body.BeginBlock, $body.ProcessBlock, $body.EndBlock | Where-Object { $_ })
    $edits = @(Get-HelpEdit $Script) + @(Get-CompleterEdit $Script) + @(Get-AnalyzerEdit $Script)
    $enter = '. $script:Enter; '
    if ($blocks[0].BlockKind -eq 'Process') {
        $edits += Get-Replacement $blocks[0].Extent.StartOffset 0 "begin { . `$script:Enter }`n`n    "
        $enter = ''
    }

    $steps = foreach ($block in $blocks) {
        $name = '{0}.{1}' -f $function.Name, $block.BlockKind.ToString().ToLowerInvariant()
        $from = $block.Statements[0].Extent.StartOffset
        $to = $block.Statements[$block.Statements.Count - 1].Extent.EndOffset
        $changes = foreach ($one in Get-StepEdit $block) { Get-Replacement ($one.At - $from) $one.Length $one.Text }
        $text = ' ' * ($block.Statements[0].Extent.StartColumnNumber - 1) + (Edit-Text $Script.Text.Substring($from, $to - $from) $changes)
        if ($block -eq $blocks[0]) { $head = "    param(`$PgbBound)`n`n"; $given = ' $PSBoundParameters' } else { $head = $given = '' }
        "`$script:Step['$name'] = {`n$head$text`n}`n"
        $edits += Get-Replacement $from ($to - $from) "$enter. `$script:Step['$name']$given"
        $enter = ''
    }
    [pscustomobject]@{ Import = (Edit-Text $Script.Text $edits).Trim() + "`n"; Steps = $steps -join "`n" }
}

function Edit-Text {
    # A text with changes made.
    param([string] $Text, [object[]] $Edit)

    foreach ($one in $Edit | Sort-Object At -Descending) { $Text = $Text.Remove($one.At, $one.Length).Insert($one.At, $one.Text) }
    $Text
}

function Get-MergedScript {
    # The two files by their names. An import reads the first: variables, and of each command its parameters; nothing
    # runs. All else, the commands' steps among it, is read by the first command or completer, in which also strict mode
    # begins: it holds for what they call.
    param([string] $Source, [string] $Version)

    # What says that a session is constrained comes before all that could not run in it.
    $first = Join-Path $Source 'Private/Text.ps1'
    $private = foreach ($file in [System.IO.Directory]::GetFiles((Join-Path $Source 'Private'), '*.ps1') | Sort-Object { $_ -ne $first }, { $_ }) {
        $script = Get-ParsedScript $file
        (Edit-Text $script.Text (@(Get-TypeEdit $script) + @(Get-ScopeEdit $script))).Trim() + "`n"
        if ($file -eq $first) { "Assert-PgbFullLanguage`n" }
    }
    $commands = foreach ($file in [System.IO.Directory]::GetFiles((Join-Path $Source 'Public'), '*.ps1') | Sort-Object) {
        $script = Get-ParsedScript $file
        Split-Command (Get-ParsedScript $file (Edit-Text $script.Text @(Get-TypeEdit $script)))
    }

    $import = @'
# PGBackup {0}, merged by Build-Module.ps1. Nothing runs at import, which would cost as much as all else; what commands do
# stands in the other file, which the first one reads.
$script:PrivateIsRead = $false
$script:Enter = {{
    Set-StrictMode -Version Latest
    if (-not $script:PrivateIsRead) {{
        try {{ . "$PSScriptRoot/PGBackup.Private.ps1" }}
        catch {{
            # A constrained session, of which the file says that the module cannot work there, allows no such call.
            if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') {{ Write-Error -ErrorRecord $_ -ErrorAction Stop }}
            $PSCmdlet.ThrowTerminatingError($_)
        }}
    }}
}}

'@.Replace("`r", '') -f $Version
    $head = @'
# PGBackup {0}, merged by Build-Module.ps1: what commands do and are made of. The first one reads it.
[System.Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseDeclaredVarsMoreThanAssignments', '', Justification = 'What a step of a command sets, its next one uses.')]
param()

$script:ModuleRoot = $PSScriptRoot
$script:ElsewhereBuilt = $null
$script:Step = @{{}}
'@.Replace("`r", '') -f $Version
    [ordered]@{
        'PGBackup.psm1'        = (@($import) + $commands.Import) -join "`n"
        'PGBackup.Private.ps1' = (@("$head`n") + $private + $commands.Steps + "`$script:PrivateIsRead = `$true`n") -join "`n"
    }
}
