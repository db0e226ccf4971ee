# Help files out of the comment help of the commands. In the built module the help stands in XML, one file a
# language, so that PowerShell finds the user's; the script stays small.

$script:MamlNamespace = @{
    maml    = 'http://schemas.microsoft.com/maml/2004/10'
    command = 'http://schemas.microsoft.com/maml/dev/command/2004/10'
    dev     = 'http://schemas.microsoft.com/maml/dev/2004/10'
}

function Write-MamlElement {
    # One element with a text.
    param([System.Xml.XmlWriter] $Writer, [string] $Name, [string] $Text)

    $prefix, $local = $Name -split ':'
    $Writer.WriteElementString($prefix, $local, $script:MamlNamespace[$prefix], $Text)
}

function Write-MamlGroup {
    # An element around others, with attributes.
    param([System.Xml.XmlWriter] $Writer, [string] $Name, [System.Collections.IDictionary] $Attribute = @{}, [scriptblock] $Inner)

    $prefix, $local = $Name -split ':'
    $Writer.WriteStartElement($prefix, $local, $script:MamlNamespace[$prefix])
    foreach ($key in $Attribute.Keys) { $Writer.WriteAttributeString($key, [string]$Attribute[$key]) }
    & $Inner
    $Writer.WriteEndElement()
}

function Write-MamlText {
    # Paragraphs: what blank lines part.
    param([System.Xml.XmlWriter] $Writer, [string] $Name, [string] $Text)

    Write-MamlGroup $Writer $Name -Inner {
        foreach ($paragraph in ($Text.Replace("`r", '').Trim() -split '\n\s*\n')) { Write-MamlElement $Writer 'maml:para' $paragraph.Trim() }
    }
}

function Write-MamlParameter {
    # A parameter, as it is in one set of parameters. Without a text it is one of a syntax line.
    param([System.Xml.XmlWriter] $Writer, $Parameter, [string] $Text, [string[]] $Value)

    $pipeline = @(if ($Parameter.ValueFromPipeline) { 'ByValue' }; if ($Parameter.ValueFromPipelineByPropertyName) { 'ByPropertyName' })
    $attribute = [ordered]@{
        required      = ([string]$Parameter.IsMandatory).ToLowerInvariant()
        variableLength = ([string]$Parameter.ParameterType.IsArray).ToLowerInvariant()
        globbing      = ([string]($null -ne ($Parameter.Attributes | Where-Object { $_ -is [System.Management.Automation.SupportsWildcardsAttribute] }))).ToLowerInvariant()
        pipelineInput = if ($pipeline) { 'True ({0})' -f ($pipeline -join ', ') } else { 'False' }
        position      = if ($Parameter.Position -ge 0) { $Parameter.Position + 1 } else { 'named' }
        aliases       = if ($Parameter.Aliases.Count) { $Parameter.Aliases -join ', ' } else { 'none' }
    }
    Write-MamlGroup $Writer 'command:parameter' $attribute {
        Write-MamlElement $Writer 'maml:name' $Parameter.Name
        if ($Text) { Write-MamlText $Writer 'maml:description' $Text }
        if ($Value -and -not $Text) {
            Write-MamlGroup $Writer 'command:parameterValueGroup' -Inner {
                foreach ($one in $Value) {
                    Write-MamlGroup $Writer 'command:parameterValue' @{ required = 'false'; variableLength = 'false' } { $Writer.WriteString($one) }
                }
            }
        }
        elseif ($Parameter.ParameterType -ne [switch]) {
            Write-MamlGroup $Writer 'command:parameterValue' @{ required = 'true'; variableLength = 'false' } { $Writer.WriteString((Get-MamlTypeName $Parameter.ParameterType)) }
        }
        # Of a syntax line only the value's type is shown.
        if ($Text) { Write-MamlGroup $Writer 'dev:type' -Inner { Write-MamlElement $Writer 'maml:name' (Get-MamlTypeName $Parameter.ParameterType) } }
    }
}

function Get-MamlTypeName {
    param([type] $Type)

    $plain = $Type
    if ($Type.IsArray) { $plain = $Type.GetElementType() }
    $name = switch ($plain.FullName) {
        'System.String' { 'string' }
        'System.Int32' { 'int' }
        'System.Management.Automation.PSCredential' { 'pscredential' }
        'System.Management.Automation.SwitchParameter' { 'switch' }
        'System.Collections.Hashtable' { 'hashtable' }
        default { $plain.Name.ToLowerInvariant() }
    }
    if ($Type.IsArray) { "$name[]" } else { $name }
}

function Write-MamlCommand {
    # The help of one command. Words are what a translation gives in place of the comments: Synopsis,
    # Description, Parameters by name, Examples in order.
    param([System.Xml.XmlWriter] $Writer, [System.Management.Automation.CommandInfo] $Command, $Comment, [System.Collections.IDictionary] $Word)

    $own = { param($parameter) $parameter.Name -notin [System.Management.Automation.PSCmdlet]::CommonParameters }
    $text = {
        param($name)
        if ($Word -and $Word.Parameters.Contains($name)) { return $Word.Parameters[$name] }
        $Comment.Parameters[$name.ToUpperInvariant()]
    }
    $verb, $noun = $Command.Name -split '-'
    Write-MamlGroup $Writer 'command:command' -Inner {
        # Here, once: said again by each element they would be half of the file.
        foreach ($prefix in 'maml', 'dev') { $Writer.WriteAttributeString('xmlns', $prefix, $null, $script:MamlNamespace[$prefix]) }
        Write-MamlGroup $Writer 'command:details' -Inner {
            Write-MamlElement $Writer 'command:name' $Command.Name
            Write-MamlElement $Writer 'command:verb' $verb
            Write-MamlElement $Writer 'command:noun' $noun
            Write-MamlText $Writer 'maml:description' $(if ($Word) { $Word.Synopsis } else { $Comment.Synopsis })
        }
        Write-MamlText $Writer 'maml:description' $(if ($Word) { $Word.Description } else { $Comment.Description })
        Write-MamlGroup $Writer 'command:syntax' -Inner {
            foreach ($set in $Command.ParameterSets) {
                Write-MamlGroup $Writer 'command:syntaxItem' -Inner {
                    Write-MamlElement $Writer 'maml:name' $Command.Name
                    foreach ($parameter in $set.Parameters | Where-Object { & $own $_ }) {
                        $values = @($parameter.Attributes | Where-Object { $_ -is [System.Management.Automation.ValidateSetAttribute] } | ForEach-Object ValidValues)
                        Write-MamlParameter $Writer $parameter -Value $values
                    }
                }
            }
        }
        Write-MamlGroup $Writer 'command:parameters' -Inner {
            $seen = @{}
            foreach ($parameter in $Command.ParameterSets.Parameters | Where-Object { & $own $_ }) {
                if ($seen.ContainsKey($parameter.Name)) { continue }
                $seen[$parameter.Name] = $true
                Write-MamlParameter $Writer $parameter -Text (& $text $parameter.Name)
            }
        }
        Write-MamlGroup $Writer 'command:returnValues' -Inner {
            foreach ($output in $Comment.Outputs) {
                Write-MamlGroup $Writer 'command:returnValue' -Inner {
                    Write-MamlGroup $Writer 'dev:type' -Inner { Write-MamlElement $Writer 'maml:name' $output.Trim() }
                }
            }
        }
        Write-MamlGroup $Writer 'command:examples' -Inner {
            $number = 0
            foreach ($example in $Comment.Examples) {
                $code, $remark = $example.Replace("`r", '').Trim() -split '\n\s*\n', 2
                if ($Word -and $number -lt $Word.Examples.Count) { $remark = $Word.Examples[$number] }
                $number++
                Write-MamlGroup $Writer 'command:example' -Inner {
                    Write-MamlElement $Writer 'maml:title' "-------------------------- $number --------------------------"
                    Write-MamlElement $Writer 'dev:code' $code
                    Write-MamlText $Writer 'dev:remarks' $remark
                }
            }
        }
        Write-MamlGroup $Writer 'command:relatedLinks' -Inner {
            foreach ($link in $Comment.Links) {
                Write-MamlGroup $Writer 'maml:navigationLink' -Inner { Write-MamlElement $Writer 'maml:linkText' $link.Trim() }
            }
        }
    }
}

function Export-MamlHelp {
    # Writes the help of commands in one language. Translation is keyed by command; the others stay English.
    param([string] $Path, [object[]] $Entry, [System.Collections.IDictionary] $Translation = @{})

    $setting = New-Object System.Xml.XmlWriterSettings
    $setting.Indent = $true
    $setting.IndentChars = ' '
    $setting.NewLineChars = "`n"
    $setting.Encoding = New-Object System.Text.UTF8Encoding $true
    $writer = [System.Xml.XmlWriter]::Create($Path, $setting)
    try {
        $writer.WriteStartElement('helpItems', 'http://msh')
        $writer.WriteAttributeString('schema', 'maml')
        foreach ($one in $Entry) {
            $word = $null
            if ($Translation.Contains($one.Command.Name)) {
                $word = @{} + $Translation[$one.Command.Name]
                $word.Parameters = @{} + $word.Parameters
                foreach ($name in $Translation.Shared.Keys) { if (-not $word.Parameters.Contains($name)) { $word.Parameters[$name] = $Translation.Shared[$name] } }
            }
            Write-MamlCommand $writer $one.Command $one.Comment $word
        }
        $writer.WriteEndElement()
    }
    finally { $writer.Dispose() }
}
