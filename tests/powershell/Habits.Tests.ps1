# What a PowerShell user expects of any module: views that fit, objects that survive files, pipelines that stop,
# streams that tell the story, completion.

BeforeDiscovery {
    $server = [bool]$env:PGB_TEST_SERVER -and [bool]$env:PGB_LIBRARY
    $library = [bool]$env:PGB_LIBRARY
}

BeforeAll {
    . (Join-Path $PSScriptRoot 'Common.ps1')
    if ($env:PGB_TEST_LIBRARY) { Import-TestModule $env:PGB_TEST_LIBRARY } else { Import-TestModule }
    if ($env:PGB_TEST_SERVER) {
        $srv = @{ ServerInstance = $env:PGB_TEST_SERVER; Credential = New-TestCredential $env:PGB_TEST_USER $env:PGB_TEST_PASSWORD; TrustServerCertificate = $true }
        $place = $env:PGB_TEST_FOLDER + '\habits-' + [cultureinfo]::CurrentCulture.Name
    }

    function Get-Completion {
        param([string] $Line)

        (TabExpansion2 -inputScript $Line -cursorColumn $Line.Length).CompletionMatches
    }
}

Describe 'Completion of services' -Skip:($env:OS -eq 'Windows_NT') {
    BeforeAll {
        # A stand-in, as no systemd may run here.
        $bin = Join-Path $TestDrive 'bin'
        $null = New-Item -ItemType Directory -Force $bin
        $stand = Join-Path $bin 'systemctl'
        [System.IO.File]::WriteAllText($stand, "#!/bin/sh`necho 'mssql-server.service loaded active running Microsoft SQL Server Database Engine'`necho 'cron.service loaded active running'`necho 'swap.target loaded active active Swap'`n")
        chmod 755 $stand
        $path = $env:PATH
        $env:PATH = $bin + [System.IO.Path]::PathSeparator + $path
    }

    AfterAll { $env:PATH = $path }

    It 'offers those of this machine, with what they are' {
        foreach ($line in 'Restart-PGService -Name mss', 'Restore-PGDatabase -StopService mss') {
            $found = @(Get-Completion $line | Where-Object CompletionText -eq 'mssql-server')
            $found.Count | Should -Be 1 -Because $line
            $found[0].ToolTip | Should -Be 'Microsoft SQL Server Database Engine'
        }
        (Get-Completion 'Restart-PGService -Name cro').CompletionText | Should -Be 'cron'
        Get-Completion 'Restart-PGService -Name swap' | Where-Object CompletionText -like 'swap*' | Should -BeNullOrEmpty
    }
}

Describe 'Views' {
    It 'fit into 100 columns' {
        $view = [xml][System.IO.File]::ReadAllText((Join-Path $ModuleFolder 'PGBackup.Format.ps1xml'))
        foreach ($one in $view.Configuration.ViewDefinitions.View) {
            $headers = @($one.SelectNodes('TableControl/TableHeaders/TableColumnHeader'))
            if (-not $headers.Count) { continue }
            # A column without a width, such as a path, takes what is left; 10 is the least that is readable.
            $widths = foreach ($header in $headers) { if ($header.SelectSingleNode('Width')) { [int]$header.Width } else { 10 } }
            ($widths | Measure-Object -Sum).Sum + $headers.Count - 1 | Should -BeLessOrEqual 100 -Because $one.Name
        }
    }

    It 'serve what came through a file or another session too' {
        $view = [xml][System.IO.File]::ReadAllText((Join-Path $ModuleFolder 'PGBackup.Format.ps1xml'))
        foreach ($one in $view.Configuration.ViewDefinitions.View) {
            foreach ($type in @($one.ViewSelectedBy.TypeName | Where-Object { $_ -notlike 'Deserialized.*' })) {
                $one.ViewSelectedBy.TypeName | Should -Contain "Deserialized.$type" -Because $one.Name
            }
        }
    }
}

Describe 'Objects' -Skip:(-not $server) {
    BeforeAll {
        $made = Invoke-PGBackup @srv -Database PayamGostar2 -BackupFile "$place-objects.bak" -CopyOnly
        $objects = @($made) + @(Get-PGBackup @srv -BackupFile $made.BackupFile) + @(Test-PGBackup @srv -BackupFile $made.BackupFile) +
        @(Get-PGDatabase @srv -Database PayamGostar2) + @(Get-PGErrorHelp 3201) + @(Get-PGLibraryInfo)
    }

    It 'survive Export-Clixml, with their views' {
        $file = Join-Path $TestDrive 'objects.xml'
        $objects | Export-Clixml $file -Depth 4
        $back = @(Import-Clixml $file)
        $back.Count | Should -Be $objects.Count
        for ($at = 0; $at -lt $objects.Count; $at++) {
            $back[$at].PSObject.TypeNames[0] | Should -Be "Deserialized.$($objects[$at].PSObject.TypeNames[0])"
            foreach ($property in $objects[$at].PSObject.Properties) {
                if ($property.Value -is [array] -or $null -eq $property.Value -or $property.Value -is [pscustomobject]) { continue }
                [string]$back[$at].($property.Name) | Should -Be ([string]$property.Value) -Because $property.Name
            }
        }
        ($back[1] | Out-String -Width 120) | Should -Be ($objects[1] | Out-String -Width 120)
    }

    It 'survive ConvertTo-Json, alike under every culture' {
        foreach ($object in $objects) {
            $json = ConvertTo-Json $object -Depth 6 -WarningVariable cut -WarningAction SilentlyContinue
            $cut | Should -BeNullOrEmpty -Because $object.PSObject.TypeNames[0]
            $json | Should -Not -Match '[\u06f0-\u06f9\u0660-\u0669]'
        }
        $back = ConvertFrom-Json (ConvertTo-Json $made -Depth 6)
        $back.Position | Should -Be $made.Position
        $back.BackupFile[0] | Should -Be $made.BackupFile[0]
        ([datetime]$back.FinishedAt).ToUniversalTime() | Should -Be $made.FinishedAt
        # An LSN has up to 25 digits: the text keeps them all, whatever its reader makes of them.
        ConvertTo-Json $made -Depth 6 | Should -Match ('"FirstLSN":\s*{0}\b' -f $made.FirstLSN.ToString([cultureinfo]::InvariantCulture))
    }
}

Describe 'Streams' -Skip:(-not $server) {
    It 'tell the story with -Verbose, and the T-SQL with -Debug' {
        $all = Invoke-PGBackup @srv -Database PayamGostar2 -BackupFile "$place-streams.bak" -CopyOnly -Verbose -Debug 4>&1 5>&1
        $story = @($all | Where-Object { $_ -is [System.Management.Automation.VerboseRecord] } | ForEach-Object Message)
        $sql = @($all | Where-Object { $_ -is [System.Management.Automation.DebugRecord] } | ForEach-Object Message)
        $story.Count | Should -BeGreaterThan 0
        $sql -join "`n" | Should -Match 'BACKUP DATABASE \[PayamGostar2\]'
        ($story + $sql) -join "`n" | Should -Not -Match ([regex]::Escape($env:PGB_TEST_PASSWORD))
        @(Invoke-PGBackup @srv -Database PayamGostar2 -BackupFile "$place-quiet.bak" -CopyOnly 2>&1 3>&1 4>&1 5>&1).Count | Should -Be 1
    }

    It 'give errors to -ErrorVariable, and stop where -ErrorAction says so' {
        $found = Get-PGBackup @srv -BackupFile "$place-none.bak", "$place-quiet.bak" -ErrorAction SilentlyContinue -ErrorVariable wrong
        @($found).Count | Should -Be 1
        $wrong[-1].FullyQualifiedErrorId | Should -Match '^PGB\..+,Get-PGBackup$'
        { Get-PGBackup @srv -BackupFile "$place-none.bak" -ErrorAction Stop } | Should -Throw
    }
}

Describe 'Pipelines' -Skip:(-not $library) {
    It 'stop at once with Select-Object -First' {
        # The job is cancelled, not read to its end: with 400 files the rest would be errors, one a file.
        $folder = Join-Path $TestDrive 'many'
        $null = New-Item -ItemType Directory -Force $folder
        foreach ($number in 1..400) { [System.IO.File]::WriteAllText((Join-Path $folder ('{0:000}.bak' -f $number)), 'no backup') }
        $Error.Clear()
        $seen = 0
        Get-PGBackup -BackupFile (Join-Path $folder '*.bak') -ErrorAction Continue 2>&1 | ForEach-Object { $seen++; $_ } | Select-Object -First 1 | Should -Not -BeNullOrEmpty
        $seen | Should -Be 1
        # Nothing of it goes on: the next command answers.
        (Get-PGErrorHelp 3201).IsKnown | Should -BeTrue
    }
}

Describe 'Completion' {
    It 'offers the positions of a file, with kind and date' -Skip:(-not $server -or -not $env:PGB_TEST_ROOT) {
        $file = "$place-positions.bak"
        foreach ($number in 1..2) { $null = Invoke-PGBackup @srv -Database PayamGostar2 -BackupFile $file -Archive -CopyOnly }
        $here = Join-Path $env:PGB_TEST_ROOT ($file.Replace('D:\', 'D/').Replace('\', '/'))
        $offered = Get-Completion "Test-PGBackup -BackupFile '$here' -Position "
        $offered.CompletionText | Should -Be @('1', '2')
        $offered[1].ToolTip | Should -Match '^2: \w+, 14\d\d/\d\d/\d\d .*, PayamGostar2$'
        (Get-Completion "Restore-PGDatabase -BackupFile '$here' -Position 2").CompletionText | Should -Contain '2'
    }

    It 'offers plans by name' -Skip:(-not $library) {
        $folder = Join-Path $TestDrive 'plans'
        foreach ($name in 'Nightly', 'Noon') { $null = New-PGBackupPlan -Name $name -ServerInstance . -Database PayamGostar2 -Destination D:\Backup -Daily -At 02:30 -PlanFolder $folder }
        (Get-Completion "Invoke-PGBackupPlan -PlanFolder '$folder' -Name N").CompletionText | Should -Be @('Nightly', 'Noon')
        (Get-Completion "Get-PGBackupSchedule -PlanFolder '$folder' -Plan Ni").CompletionText | Should -Be 'Nightly'
        Get-Completion "Invoke-PGBackupPlan -PlanFolder '$TestDrive/none' -Name " | Where-Object ResultType -eq 'ParameterValue' | Should -BeNullOrEmpty
    }
}
