# The module as it is published: built into a folder of PSModulePath, and used from there in fresh processes that have
# nothing else: no profile, no TEMP, no HOME, no console, as in a scheduled task.

BeforeDiscovery {
    # Once: its processes set their cultures themselves.
    $unix = $PSVersionTable.PSEdition -eq 'Core' -and $IsLinux -and [cultureinfo]::CurrentCulture.Name -eq 'en-US'
    $signer = $unix -and (Get-Command osslsigncode, openssl -CommandType Application -ErrorAction Ignore | Measure-Object).Count -ge 2
    $main = 'Get-PGBackup', 'Invoke-PGBackup', 'Remove-PGBackup', 'Restore-PGDatabase', 'Test-PGBackup', 'New-PGBackupPlan', 'Set-PGBackupPlan', 'Test-PGBackupPlan', 'Invoke-PGBackupPlan', 'Get-PGBackupReport' | ForEach-Object { @{ Command = $_ } }
}

BeforeAll {
    . (Join-Path $PSScriptRoot 'Common.ps1')

    $powershell = Split-Path $ModuleFolder
    $pwsh = (Get-Process -Id $PID).Path
    $library = if ($env:PGB_TEST_LIBRARY) { $env:PGB_TEST_LIBRARY } else { $env:PGB_TEST_STUB }
    # The library of a test run has its debug information: large.
    if ($library) { $built = & (Join-Path $powershell 'Build-Module.ps1') -Destination (Join-Path $TestDrive 'modules') -Library @{ 'linux-x64' = $library } -MostBytes 1GB }
    $modules = Join-Path $TestDrive 'modules'

    function Invoke-Bare {
        # What a script says in a process with nothing around it, in one culture.
        param([string] $Script, [string] $Culture = 'en-US', [string[]] $Environment = @())

        $begin = "`$c = [cultureinfo]'$Culture'; [cultureinfo]::DefaultThreadCurrentUICulture = `$c; [System.Threading.Thread]::CurrentThread.CurrentUICulture = `$c; [Console]::OutputEncoding = [System.Text.UTF8Encoding]::new(); "
        $file = Join-Path $TestDrive 'bare.ps1'
        [System.IO.File]::WriteAllText($file, $begin + $Script, $Utf8)
        $start = New-Object System.Diagnostics.ProcessStartInfo 'setsid'
        foreach ($argument in @('env', '-i', "PSModulePath=$modules") + $Environment + @($pwsh, '-NoProfile', '-NonInteractive', '-File', $file)) { $start.ArgumentList.Add($argument) }
        $start.WorkingDirectory = '/'
        $start.RedirectStandardOutput = $true
        $start.RedirectStandardError = $true
        $start.RedirectStandardInput = $true
        $start.StandardOutputEncoding = $Utf8
        $process = [System.Diagnostics.Process]::Start($start)
        $process.StandardInput.Close()
        $wrong = $process.StandardError.ReadToEndAsync()
        $said = $process.StandardOutput.ReadToEnd()
        $process.WaitForExit()
        [pscustomobject]@{ Code = $process.ExitCode; Out = $said.Trim(); Error = $wrong.Result.Trim() }
    }
}

Describe 'The built module' -Skip:(-not $unix -or -not ($env:PGB_LIBRARY -or $env:PGB_TEST_STUB)) {
    It 'holds what it says, and nothing of the checkout' {
        $built.Path | Should -Be (Join-Path $modules "PGBackup/$($built.Version)")
        $built.Libraries | Should -Be @('linux-x64')
        Test-Path (Join-Path $built.Path 'Private') | Should -BeFalse
        foreach ($name in 'PGBackup.psm1', 'PGBackup.Private.ps1') {
            $text = [System.IO.File]::ReadAllText((Join-Path $built.Path $name))
            $text | Should -Not -Match 'Cargo|target/'
            # Comment help of 30 commands would be half of the script.
            $text | Should -Not -Match '\.SYNOPSIS'
        }
        $text = [System.IO.File]::ReadAllText((Join-Path $built.Path 'PGBackup.psm1'))
        @([regex]::Matches($text, '\.EXTERNALHELP PGBackup-help\.xml')).Count | Should -Be (Import-PowerShellDataFile (Join-Path $built.Path 'PGBackup.psd1')).FunctionsToExport.Count
    }

    It 'runs no command at import, and enters the module in each command before all else' {
        $tree = [System.Management.Automation.Language.Parser]::ParseFile((Join-Path $built.Path 'PGBackup.psm1'), [ref]$null, [ref]$null)
        $language = 'System.Management.Automation.Language.'
        $functions = @($tree.EndBlock.Statements | Where-Object { $_ -is "${language}FunctionDefinitionAst" })
        $functions.Name | Should -Be @((Import-PowerShellDataFile (Join-Path $built.Path 'PGBackup.psd1')).FunctionsToExport)
        $others = @($tree.EndBlock.Statements | Where-Object { $_ -isnot "${language}FunctionDefinitionAst" })
        $others | ForEach-Object { $_.Right } | Where-Object { $_ -isnot "${language}CommandExpressionAst" } | Should -BeNullOrEmpty
        foreach ($function in $functions) {
            $blocks = @($function.Body.BeginBlock, $function.Body.ProcessBlock, $function.Body.EndBlock | Where-Object { $_ })
            $says = @($blocks.Statements | ForEach-Object { $_.Extent.Text })
            $says[0] | Should -Be '. $script:Enter' -Because $function.Name
            # What the command does is not read at import: its parsing would be a third of all.
            $says | Select-Object -Skip 1 | Should -Match "^\. \`$script:Step\['$($function.Name)\.(begin|process|end)'\]( \`$PSBoundParameters)?$"
        }
        # PowerShell writes every script with one of such words to the event log, whole.
        $tree.Extent.Text | Should -Not -Match 'IntPtr|InteropServices|Emit\b|Marshal|PSObject\.Properties'
    }

    It 'keeps the rules of the analyzer' {
        . (Join-Path $PSScriptRoot 'Rules.ps1')
        foreach ($name in 'PGBackup.psm1', 'PGBackup.Private.ps1') {
            $text = [System.IO.File]::ReadAllText((Join-Path $built.Path $name))
            $found = foreach ($rule in $RuleNames) { foreach ($one in Find-Violation -Rule $rule -Text $text) { "${name}: ${rule}: $one" } }
            $found -join "`n" | Should -BeNullOrEmpty
        }
    }

    It 'lists the right hash of every file' {
        $lines = [System.IO.File]::ReadAllLines((Join-Path $built.Path 'SHA256SUMS'))
        $lines.Count | Should -Be ($built.FileCount - 1)
        foreach ($line in $lines) {
            $hash, $name = $line -split '  ', 2
            (Get-FileHash (Join-Path $built.Path $name) -Algorithm SHA256).Hash | Should -Be $hash
        }
    }

    It 'has a manifest without a fault' {
        $warnings = @()
        (Test-ModuleManifest (Join-Path $built.Path 'PGBackup.psd1') -WarningVariable warnings -WarningAction SilentlyContinue).ExportedFunctions.Count | Should -BeGreaterThan 20
        $warnings | Should -BeNullOrEmpty
    }

    It 'refuses to be larger than it may be' {
        { & (Join-Path $powershell 'Build-Module.ps1') -Destination (Join-Path $TestDrive 'large') -Library @{ 'linux-x64' = $library } -MostBytes 1000 } | Should -Throw '*may have 1000*'
    }

    It 'refuses what it cannot build before it takes away what was built' {
        $build = Join-Path $powershell 'Build-Module.ps1'
        { & $build -Destination $modules -Library @{ 'linux-x64' = Join-Path $TestDrive 'none.so' } } | Should -Throw '*no library for linux-x64*none.so*-Library*'
        { & $build -Destination (Join-Path $TestDrive 'a [1]') -Library @{ 'linux-x64' = $library } } | Should -Throw '*a [[]1] has one of the letters*another -Destination*'
        Test-Path (Join-Path $built.Path 'PGBackup.psm1') | Should -BeTrue
        Test-Path -LiteralPath (Join-Path $TestDrive 'a [1]') | Should -BeFalse
    }

    It 'says in a constrained session that it cannot work there' {
        $shell = [powershell]::Create()
        try {
            $shell.Runspace.SessionStateProxy.LanguageMode = 'ConstrainedLanguage'
            $null = $shell.AddCommand('Import-Module').AddParameter('Name', (Join-Path $built.Path 'PGBackup.psd1')).AddStatement()
            $null = $shell.AddCommand('Get-PGErrorHelp').AddParameter('Number', 3201).AddParameter('ErrorAction', 'SilentlyContinue')
            { $shell.Invoke() } | Should -Throw '*runs in ConstrainedLanguage mode*let your application control policy trust*'
            $shell.Streams.Error.Count | Should -BeLessOrEqual 1
        }
        finally { $shell.Dispose() }
    }

    It 'can be signed, script by script, and works and is hashed as before' -Skip:(-not $signer) {
        $away = Join-Path $TestDrive 'signed'
        $null = New-Item -ItemType Directory $away
        Copy-Item (Join-Path $modules 'PGBackup') $away -Recurse
        $key, $certificate = 'key.pem', 'certificate.pem' | ForEach-Object { Join-Path $TestDrive $_ }
        & openssl req -x509 -newkey rsa:2048 -nodes -keyout $key -out $certificate -days 2 -subj /CN=tests -addext extendedKeyUsage=codeSigning -addext keyUsage=digitalSignature 2>$null
        # All that PowerShell takes for a script, which under AllSigned it runs with a signature only: also manifest, views, texts.
        $scripts = @(Get-ChildItem $away -Recurse -File | Where-Object Extension -in '.ps1', '.psm1', '.psd1', '.ps1xml')
        $scripts.Count | Should -Be 6
        foreach ($script in $scripts.FullName) {
            $null = & osslsigncode sign -certs $certificate -key $key -in $script -out "$script.signed"
            $LASTEXITCODE | Should -Be 0 -Because $script
            Move-Item -Force "$script.signed" $script
            $null = & osslsigncode verify -CAfile $certificate -in $script
            $LASTEXITCODE | Should -Be 0 -Because $script
        }
        $folder = (& (Join-Path $powershell 'Build-Module.ps1') -Destination $away -HashOnly -MostBytes 1GB).Path
        foreach ($line in [System.IO.File]::ReadAllLines((Join-Path $folder 'SHA256SUMS'))) {
            $hash, $name = $line -split '  ', 2
            (Get-FileHash (Join-Path $folder $name) -Algorithm SHA256).Hash | Should -Be $hash
        }
        $ran = Invoke-Bare "Import-Module '$folder/PGBackup.psd1'; Get-PGErrorHelp 3201; (Get-PGLibraryInfo).Path" -Culture fa-IR
        $ran.Error | Should -BeNullOrEmpty
        $ran.Out | Should -Match '\p{IsArabic}'
        $ran.Out.EndsWith("signed/PGBackup/$($built.Version)/native/linux-x64/libpgbackup.so") | Should -BeTrue
    }

    It 'is loaded by its first command, and finds its own library' {
        $ran = Invoke-Bare "(Get-PGLibraryInfo).Path; (Get-PGErrorHelp 3201).IsKnown; (Get-Module PGBackup).Path; Get-Location"
        $ran.Error | Should -BeNullOrEmpty
        $ran.Code | Should -Be 0
        $lines = $ran.Out -split "`n"
        $lines[0] | Should -Be (Join-Path $built.Path 'native/linux-x64/libpgbackup.so')
        $lines[1] | Should -Be 'True'
        $lines[2] | Should -Be (Join-Path $built.Path 'PGBackup.psm1')
    }

    It 'reads its other half at the first command, keeps it to itself, and holds to strict mode' {
        $ran = Invoke-Bare @'
$public = (Import-PowerShellDataFile (Get-Module PGBackup -ListAvailable).Path).FunctionsToExport -join ' '
function Test-Leak { if ((Get-Command -Module PGBackup).Name -join ' ' -ne $public) { 'exports' }; Get-Command *-Pgb* | Where-Object Name -clike '*-Pgb*' | ForEach-Object Name; Get-Variable Enter, ModuleRoot, Text -ErrorAction Ignore | ForEach-Object Name }
Import-Module PGBackup
Test-Leak
& (Get-Module PGBackup) { [bool]$script:PrivateIsRead; [bool](Get-Command Get-PgbText -ErrorAction Ignore) }
$null = 3201, 3202 | Get-PGErrorHelp
& (Get-Module PGBackup) { [bool]$script:PrivateIsRead; [bool](Get-Command Get-PgbText) }
& (Get-Module PGBackup) { function Test-It { [CmdletBinding()] param() begin { . $script:Enter } process { try { $never } catch { $_.FullyQualifiedErrorId } } }; Test-It }
Test-Leak
Import-Module PGBackup
(Get-PGErrorHelp 3201).IsKnown
Import-Module PGBackup -Force
(Get-PGErrorHelp 3201).IsKnown
Test-Leak
Remove-Module PGBackup
@(Get-Command *-Pgb* | Where-Object Name -clike '*-Pgb*').Count
(Get-PGErrorHelp 3201).IsKnown
'@
        $ran.Error | Should -BeNullOrEmpty
        $ran.Out -split "`n" -join ' ' | Should -Be 'False False True True VariableIsUndefined True True 0 True'
    }

    It 'ends each command with one error where its other half is missing' {
        $ran = Invoke-Bare @'
$folder = Split-Path (Get-Module PGBackup -ListAvailable).Path
$copy = Join-Path ([System.IO.Path]::GetTempPath()) "pgb-half [1] $PID"
try {
    Copy-Item -LiteralPath $folder $copy -Recurse
    Import-Module (Join-Path ([WildcardPattern]::Escape($copy)) 'PGBackup.psd1')
    (Get-PGErrorHelp 3201).IsKnown
    Remove-Module PGBackup
    Remove-Item -LiteralPath (Join-Path $copy 'PGBackup.Private.ps1')
    Import-Module (Join-Path ([WildcardPattern]::Escape($copy)) 'PGBackup.psd1')
    $Error.Clear()
    1, 2 | Get-PGErrorHelp -ErrorAction SilentlyContinue -ErrorVariable wrong
}
catch { "$($Error.Count) $($_.FullyQualifiedErrorId) $($_.Exception.Message -clike '*PGBackup.Private.ps1*')" }
finally { Remove-Item -LiteralPath $copy -Recurse -Force }
'@
        $ran.Error | Should -BeNullOrEmpty
        $ran.Out -split "`n" | Should -Be @('True', '1 CommandNotFoundException,Get-PGErrorHelp True')
    }

    It 'completes as the first thing that is asked of it' -Skip:(-not $env:PGB_LIBRARY) {
        $plans = Join-Path $TestDrive 'plans'
        $null = New-Item -ItemType Directory -Force $plans
        $made = Invoke-Bare "`$null = New-PGBackupPlan -Name nightly -ServerInstance h -Database a -Destination /b -Daily -At 01:00 -PlanFolder '$plans' -Confirm:`$false"
        $made.Error | Should -BeNullOrEmpty
        foreach ($before in '', 'Import-Module PGBackup; ') {
            $ran = Invoke-Bare "$before`$line = 'Test-PGBackupPlan -PlanFolder ''$plans'' -Name n'; (TabExpansion2 -inputScript `$line -cursorColumn `$line.Length).CompletionMatches.CompletionText"
            $ran.Out | Should -Be 'nightly'
        }
    }

    It 'backs up, reads the file and answers errors with nothing around it' -Skip:(-not $env:PGB_TEST_SERVER -or -not $env:PGB_TEST_ROOT) {
        $script = @'
$ErrorActionPreference = 'Stop'
$secret = New-Object securestring
foreach ($letter in $env:PGB_TEST_PASSWORD.ToCharArray()) { $secret.AppendChar($letter) }
$srv = @{ ServerInstance = $env:PGB_TEST_SERVER; Credential = New-Object pscredential $env:PGB_TEST_USER, $secret; TrustServerCertificate = $true }
$made = Invoke-PGBackup @srv -Database PayamGostar2 -Destination ($env:PGB_TEST_FOLDER + '\built') -CopyOnly
$made.Type
(Get-PGBackup @srv -BackupFile $made.BackupFile).DatabaseName
try { Invoke-PGBackup @srv -Database none_such -Destination $env:PGB_TEST_FOLDER } catch { $_.FullyQualifiedErrorId }
'@
        $given = foreach ($name in 'PGB_TEST_SERVER', 'PGB_TEST_USER', 'PGB_TEST_PASSWORD', 'PGB_TEST_FOLDER') { '{0}={1}' -f $name, [Environment]::GetEnvironmentVariable($name) }
        $ran = Invoke-Bare $script -Culture fa-IR -Environment $given
        $ran.Error | Should -BeNullOrEmpty
        $lines = $ran.Out -split "`n"
        $lines[0..1] | Should -Be @('Full', 'PayamGostar2')
        $lines[2] | Should -Match '^PGB\.\S+,Invoke-PGBackup$'
    }

    It 'finds help in English where there is none in the user''s language' {
        foreach ($culture in 'en-US', 'tr-TR') {
            $ran = Invoke-Bare "(Get-Help Invoke-PGBackup).Synopsis; @((Get-Help Invoke-PGBackup -Full).Examples.Example).Count; (Get-Help about_PGBackup_Restore).Length -gt 500" -Culture $culture
            $lines = $ran.Out -split "`n"
            $lines[0] | Should -Be 'Backs up SQL Server databases.'
            [int]$lines[1] | Should -BeGreaterThan 2
            $lines[2] | Should -Be 'True'
        }
    }

    It 'has full help of every command in its file' {
        $ran = Invoke-Bare @'
foreach ($command in Get-Command -Module PGBackup) {
    $help = Get-Help $command.Name -Full
    if (-not $help.Description -or @($help.Examples.Example).Count -lt 2) { "$($command.Name): description or examples" }
    foreach ($name in $command.Parameters.Keys) {
        if ($name -in [System.Management.Automation.PSCmdlet]::CommonParameters + 'WhatIf', 'Confirm') { continue }
        $found = $help.Parameters.Parameter | Where-Object name -eq $name
        if (-not ($found.Description | Out-String).Trim()) { "$($command.Name) -$name" }
    }
}
'ok'
'@
        $ran.Out | Should -Be 'ok'
    }
}

Describe 'The Persian help' -Skip:(-not $unix) {
    It 'has a twin for every text of the main commands' {
        Import-TestModule    # the build took it away
        $words = Import-PowerShellDataFile (Join-Path $powershell 'build/PersianHelp.psd1')
        # All that plans are kept with, not only some of it.
        $plans = @((Get-Command -Module PGBackup).Name -clike '*-PGBackupPlan') + 'Get-PGBackupSchedule' + 'Get-PGBackupHistory' + 'Get-PGBackupReport'
        @($plans | Where-Object { -not $words.ContainsKey($_) }) -join ', ' | Should -BeNullOrEmpty
        $missing = foreach ($command in $words.Keys | Where-Object { $_ -ne 'Shared' }) {
            $parameters = (Get-Command $command).Parameters.Keys | Where-Object { $_ -notin [System.Management.Automation.PSCmdlet]::CommonParameters + 'WhatIf', 'Confirm' }
            $known = @($words[$command].Parameters.Keys) + @($words.Shared.Keys)
            foreach ($name in $parameters) { if ($name -notin $known) { "$command -$name" } }
            foreach ($name in $words[$command].Parameters.Keys) { if ($name -notin $parameters) { "$command has no -$name" } }
            $examples = @((Get-Help $command -Full).Examples.Example).Count
            if ($examples -ne $words[$command].Examples.Count) { "$command has $examples examples, $($words[$command].Examples.Count) in Persian" }
        }
        $missing -join "`n" | Should -BeNullOrEmpty
    }

    It 'has a twin for every concept' {
        $names = { param($language) (Get-ChildItem (Join-Path $ModuleFolder $language) -Filter about_*.help.txt).Name | Sort-Object }
        & $names 'fa-IR' | Should -Be (& $names 'en-US')
        foreach ($file in Get-ChildItem (Join-Path $ModuleFolder 'fa-IR') -Filter about_*.help.txt) { [System.IO.File]::ReadAllText($file.FullName) | Should -Match '\p{IsArabic}{3}' }
    }
}

Describe 'Persian help of <Command>' -ForEach $main -Skip:(-not $unix -or -not ($env:PGB_LIBRARY -or $env:PGB_TEST_STUB)) {
    It 'is what PowerShell finds under fa-IR' {
        $ran = Invoke-Bare "`$h = Get-Help $Command -Full; `$h.Synopsis; foreach (`$p in `$h.Parameters.Parameter) { if (`$p.name -notin 'WhatIf', 'Confirm') { '{0}: {1}' -f `$p.name, (`$p.description | Out-String).Trim() } }; foreach (`$e in `$h.Examples.Example) { 'example: ' + (`$e.remarks | Out-String).Trim() }" -Culture fa-IR
        foreach ($line in $ran.Out -split "`n") { $line | Should -Match '\p{IsArabic}' }
        $ran.Out | Should -Match 'example: '
    }
}
