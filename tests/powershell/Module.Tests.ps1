# The module as a thing on disk: manifest, exports, parameters, help, import. No library is needed.

BeforeDiscovery {
    $moduleFolder = Join-Path (Split-Path (Split-Path $PSScriptRoot)) 'powershell/PGBackup'
    $commands = Get-ChildItem (Join-Path $moduleFolder 'Public') -Filter *.ps1 | ForEach-Object { @{ Command = $_.BaseName } }

    $connection = 'ServerInstance', 'Credential', 'Encrypt', 'TrustServerCertificate', 'CAFile', 'HostNameInCertificate', 'ConnectTimeoutSec'
    $parameters = @{
        'Get-PGLibraryInfo'  = @()
        'Get-PGErrorHelp'    = @('Number')
        'Get-PGDatabase'     = $connection + 'Database', 'ExcludeSystem'
        'Test-PGRestore'     = $connection + 'Path', 'PathOnServer', 'BackupFile', 'Database', 'PointInTime', 'DataDirectory', 'LogDirectory', 'NoProofFile', 'JournalFolder', 'AsScript'
        'Restart-PGService'  = $connection + 'Name', 'TimeoutSec', 'Database', 'WhatIf', 'Confirm'
        'Get-PGDatabaseState' = $connection + 'Database', 'JournalFolder'
        'Get-PGBackup'       = $connection + 'BackupFile', 'Recurse', 'Digest', 'Database', 'Type', 'After', 'Before', 'Last', 'Files', 'Position', 'Label'
        'Test-PGBackup'      = $connection + 'BackupFile', 'Position', 'Quick', 'Quiet'
        'Invoke-PGBackup'    = $connection + 'Database', 'InputObject', 'ExcludeDatabase', 'Type', 'Destination', 'BackupFile', 'Archive', 'FileName',
        'RolloverAfterDifferentials', 'RolloverAfterDays', 'RolloverAtSize', 'OnForeignBase', 'Stripe', 'MirrorDestination', 'CopyOnly', 'Compression', 'EncryptionCertificate', 'EncryptionAlgorithm', 'NoChecksum', 'Name', 'Description',
        'ExpirationDate', 'MaxTransferSize', 'BufferCount', 'Verify', 'ConnectedClients', 'RemoveOlderThanDays', 'AsScript', 'WhatIf', 'Confirm'
        'Remove-PGBackup'      = $connection + 'Path', 'Database', 'EmptyRemoved', 'BackupServer', 'OlderThanDays', 'KeepLast', 'KeepDaily', 'KeepWeekly', 'KeepMonthly', 'KeepYearly', 'RecoveryWindowDays',
        'MinimumFulls', 'Calendar', 'WeekStart', 'GraceDays', 'Force', 'WhatIf', 'Confirm'
        'Undo-PGBackupRemoval' = 'Path', 'BackupFile', 'WhatIf', 'Confirm'
        'Protect-PGBackup'     = 'BackupFile', 'Position', 'Reason', 'WhatIf', 'Confirm'
        'Unprotect-PGBackup'   = 'BackupFile', 'Position', 'WhatIf', 'Confirm'
        'Get-PGRecoveryPoint'  = 'Path', 'Database', 'BackupServer', 'TimeZone', 'Verify'
        'Get-PGRestorePlan'    = 'Path', 'Database', 'BackupServer', 'PointInTime', 'BackupSetGUID', 'RecoveryFork', 'TimeZone', 'Verify'
        'Test-PGBackupChain'   = 'Path', 'Database', 'BackupServer', 'Verify'
        'Restore-PGDatabase' = $connection + 'Database', 'InputObject', 'BackupFile', 'Path', 'PathOnServer', 'SourceDatabase', 'Position', 'PointInTime', 'Replace', 'AllowOtherDatabase', 'RelocateFile', 'DataDirectory', 'LogDirectory', 'NoRecovery',
        'SafetyCopy', 'SafetyDirectory', 'Check', 'MapUsers', 'StopService', 'JournalFolder', 'StandbyFile', 'Recover', 'AsScript', 'Force',
        'WhatIf', 'Confirm'
    }
    $parameters['Repair-PGDatabase'] = $connection + 'Database', 'Finish', 'Forget', 'JournalFolder', 'Force', 'WhatIf', 'Confirm'
    $parameters['New-PGBackupPlan'] = 'Name', 'ServerInstance', 'UserName', 'PasswordFile', 'CredentialFile', 'SecretName', 'Encrypt', 'TrustServerCertificate', 'Database', 'Destination', 'Mode',
    'DifferentialEveryHours', 'DifferentialCount', 'LogEveryMinutes', 'Daily', 'Weekly', 'Monthly', 'Calendar', 'EveryHours', 'Cron', 'Line', 'Archive', 'At', 'TimeZone', 'Window', 'GraceMinutes', 'Verify', 'Compression',
    'RemoveOlderThanDays', 'KeepLast', 'KeepDaily', 'KeepWeekly', 'KeepMonthly', 'KeepYearly', 'RecoveryWindowDays', 'RemovePath', 'GraceDays',
    'CopyTo', 'Before', 'After', 'OnFailure', 'CommandLimitSec', 'Heartbeat', 'Report', 'ReportLanguage', 'Force', 'PlanFolder', 'WhatIf', 'Confirm'
    # What can be made can be changed.
    $parameters['Set-PGBackupPlan'] = @($parameters['New-PGBackupPlan'] | Where-Object { $_ -ne 'Force' })
    $parameters['Test-PGBackupPlan'] = 'Name', 'PlanFolder'
    $parameters['Get-PGBackupReport'] = 'Plan', 'Path', 'Language', 'PlanFolder', 'WhatIf', 'Confirm'
    $parameters['Get-PGBackupPlan'] = 'Name', 'PlanFolder'
    $parameters['Remove-PGBackupPlan'] = 'Name', 'PlanFolder', 'WhatIf', 'Confirm'
    $parameters['Invoke-PGBackupPlan'] = 'Name', 'Force', 'WaitMinutes', 'ExitCode', 'PlanFolder', 'WhatIf', 'Confirm'
    $parameters['Get-PGBackupSchedule'] = 'Plan', 'Next', 'Overdue', 'PlanFolder'
    $parameters['Get-PGBackupHistory'] = 'Plan', 'Last', 'PlanFolder'
    $parameters['Register-PGBackupPlan'] = 'Name', 'Scheduler', 'Account', 'Wake', 'AsScript', 'PlanFolder', 'WhatIf', 'Confirm'
    $parameters['Unregister-PGBackupPlan'] = 'Name', 'Scheduler', 'WhatIf', 'Confirm'
    $lists = foreach ($name in $parameters.Keys) { @{ Command = $name; Expected = $parameters[$name] } }
    $takers = foreach ($name in $parameters.Keys) { if ('Credential' -in $parameters[$name]) { @{ Command = $name } } }
}

BeforeAll {
    . (Join-Path $PSScriptRoot 'Common.ps1')
    Import-TestModule
    $common = [System.Management.Automation.PSCmdlet]::CommonParameters
}

Describe 'The module' {
    It 'has a valid manifest for 5.1 and 7' {
        $manifest = Import-PowerShellDataFile (Join-Path $ModuleFolder 'PGBackup.psd1')
        $manifest.PowerShellVersion | Should -Be '5.1'
        $manifest.CompatiblePSEditions | Should -Be @('Desktop', 'Core')
        $manifest.CmdletsToExport.Count + $manifest.VariablesToExport.Count + $manifest.AliasesToExport.Count | Should -Be 0
    }

    It 'exports its public files, and nothing else' {
        $files = Get-ChildItem (Join-Path $ModuleFolder 'Public') -Filter *.ps1 | ForEach-Object BaseName | Sort-Object
        (Get-Module PGBackup).ExportedCommands.Keys | Sort-Object | Should -Be $files
        (Import-PowerShellDataFile (Join-Path $ModuleFolder 'PGBackup.psd1')).FunctionsToExport | Sort-Object | Should -Be $files
    }

    It 'uses approved verbs' {
        (Get-Module PGBackup).ExportedCommands.Values.Verb | Where-Object { $_ -notin (Get-Verb).Verb } | Should -BeNullOrEmpty
    }

    It 'does not load the library at import' {
        InModuleScope PGBackup { $script:Native } | Should -BeNullOrEmpty
    }

    It 'has a Persian twin for every text, with the same places for values' {
        $persian = Import-PowerShellDataFile (Join-Path $ModuleFolder 'fa-IR/Messages.psd1')
        $english = InModuleScope PGBackup { $script:Text }
        $persian.Keys | Sort-Object | Should -Be @($english.Keys | Sort-Object)
        foreach ($key in $english.Keys) {
            $places = { param($text) @([regex]::Matches($text, '\{\d\}') | ForEach-Object Value | Sort-Object) -join ' ' }
            & $places $persian[$key] | Should -Be (& $places $english[$key]) -Because $key
        }
    }

    It 'uses every text it has' {
        $code = (Get-ChildItem $ModuleFolder -Recurse -Filter *.ps1 | ForEach-Object { [System.IO.File]::ReadAllText($_.FullName) }) -join "`n"
        foreach ($key in (InModuleScope PGBackup { $script:Text }).Keys) { $code | Should -Match "'$key'" }
    }

    It 'costs little more at import than an empty module' {
        $empty = Join-Path $TestDrive 'Empty.psm1'
        Set-Content $empty ''
        $time = {
            param($path)
            $runs = foreach ($n in 1..5) {
                $shell = [powershell]::Create()
                try {
                    $null = $shell.AddScript('param($path) $self = { [System.Diagnostics.Process]::GetCurrentProcess().TotalProcessorTime.TotalMilliseconds }; $before = & $self; Import-Module $path; (& $self) - $before').AddArgument($path)
                    $shell.Invoke()[0]
                }
                finally { $shell.Dispose() }
            }
            ($runs | Sort-Object)[1]
        }
        $null = & $time $empty
        $bare = & $time $empty
        $ours = & $time (Join-Path $ModuleFolder 'PGBackup.psd1')
        # Processor time, so that a busy machine makes no difference: 30 to 60 ms for 18 dot-sourced files.
        $ours - $bare | Should -BeLessThan 200
    }
}

Describe '<Command>' -ForEach $lists {
    It 'has the parameters it is documented to have, and no others' {
        $found = (Get-Command $Command).Parameters.Keys | Where-Object { $_ -notin $common }
        $found | Sort-Object | Should -Be @($Expected | Sort-Object)
    }
}

Describe 'Connection parameters of <Command>' -ForEach $takers {
    It 'answer to the names of the SqlServer module and of dbatools' {
        (Get-Command $Command).Parameters['ServerInstance'].Aliases | Should -Be @('SqlInstance', 'Server')
        (Get-Command $Command).Parameters['Credential'].Aliases | Should -Be @('SqlCredential')
    }
}

Describe 'Help of <Command>' -ForEach $commands {
    BeforeAll {
        $help = Get-Help $Command -Full
        $source = [System.IO.File]::ReadAllText((Join-Path $ModuleFolder "Public/$Command.ps1"))
    }

    It 'has a synopsis and a description' {
        $help.Synopsis | Should -Not -Match "^\s*$Command"
        ($help.Description | Out-String).Trim().Length | Should -BeGreaterThan 80
    }

    It 'has two examples or more, with a word about each' {
        @($help.Examples.Example).Count | Should -BeGreaterOrEqual 2
        foreach ($example in $help.Examples.Example) { ($example.Remarks | Out-String).Trim() | Should -Not -BeNullOrEmpty }
    }

    It 'describes every parameter' {
        $names = (Get-Command $Command).Parameters.Keys | Where-Object { $_ -notin $common -and $_ -notin 'WhatIf', 'Confirm' }
        foreach ($name in $names) {
            $parameter = $help.Parameters.Parameter | Where-Object Name -eq $name
            ($parameter.Description | Out-String).Trim() | Should -Not -BeNullOrEmpty -Because "-$name needs a description"
        }
    }

    It 'lists the properties of its output' {
        $source | Should -Match '\.OUTPUTS\s+PGBackup\.\w+, with these properties:\s+\w+ \['
    }

    It 'ends with a link to the concept' {
        $source | Should -Match '\.LINK\s+about_PGBackup'
    }
}

Describe 'about_PGBackup' {
    It 'is found, and names every command' {
        $text = [System.IO.File]::ReadAllText((Join-Path $ModuleFolder 'en-US/about_PGBackup.help.txt'))
        foreach ($name in (Get-Module PGBackup).ExportedCommands.Keys) { $text | Should -Match $name }
    }
}

Describe 'Error numbers' {
    It 'are explained in Persian as in English, each of them' {
        $readme = [System.IO.File]::ReadAllText((Join-Path (Split-Path (Split-Path $ModuleFolder)) 'README.md'))
        $numbers = [regex]::Matches($readme, '(?m)^\| (\d+) \| [^|]+ \| [^|]+ \|$') | ForEach-Object { [int]$_.Groups[1].Value } | Where-Object { $_ -ge 100 }
        $numbers.Count | Should -BeGreaterThan 100
        $persian = Import-PowerShellDataFile (Join-Path $ModuleFolder 'fa-IR/Errors.psd1')
        @($numbers | Where-Object { -not $persian.ContainsKey($_) }) -join ', ' | Should -BeNullOrEmpty -Because 'each number of the README has a Persian twin'
        @($persian.Keys | Where-Object { $_ -notin $numbers }) -join ', ' | Should -BeNullOrEmpty
        foreach ($number in $persian.Keys) { foreach ($text in $persian[$number]) { $text | Should -Match '\p{IsArabic}' -Because $number } }
    }
}
