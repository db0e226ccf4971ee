# Removal, its undoing, pins and plans: on the real library, and on a copy of a folder of the lab. The
# lab is not in the repository: PGB_CORPUS names it, or it lies beside, in ../shared/corpus.

BeforeDiscovery {
    . (Join-Path $PSScriptRoot 'Common.ps1')
    $root = Split-Path (Split-Path $PSScriptRoot)
    $corpus = if ($env:PGB_CORPUS) { $env:PGB_CORPUS } else { Join-Path $root '../shared/corpus' }
    $lab = Join-Path $corpus 'lab/OlaMsFilter/complex'
    $ready = $env:PGB_TEST_LIBRARY -and (Test-Path $lab)
    if ($env:PGB_LIBRARY -and -not $ready) { Write-Warning "skipped: there is no $lab" }
    $cases = @(@{ Lab = $lab })
}

Describe 'Removal on the real library' -Skip:(-not $ready) -ForEach $cases {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Common.ps1')
        Import-TestModule -Library $env:PGB_TEST_LIBRARY
    }

    BeforeEach {
        $folder = Join-Path $TestDrive ([guid]::NewGuid().ToString('n'))
        Copy-Item -Recurse $Lab $folder
        # An hour old: nobody is writing them.
        foreach ($file in Get-ChildItem -Recurse -File $folder) { $file.LastWriteTimeUtc = [datetime]::UtcNow.AddHours(-1) }
        function Get-Left { @(Get-ChildItem -Recurse -File $folder).Count }
    }

    It 'tells every file with -WhatIf, and removes nothing' {
        $items = @(Remove-PGBackup -Path $folder -KeepLast 1 -WhatIf)
        $items.Count | Should -Be 18
        $items[0].PSObject.TypeNames[0] | Should -Be 'PGBackup.RemovalItem'
        @($items | Where-Object Verdict -eq Delete).Count | Should -Be 9
        $items | ForEach-Object { $_.Reason | Should -Not -BeNullOrEmpty }
        $items[0].BackupFinishDate | Should -BeOfType datetime
        $items[0].BackupFinishDate.Year | Should -Be 2018
        Get-Left | Should -Be 18
        ($items | Out-String -Width 200) | Should -Match 'DELETE'
    }

    It 'prints the plan that stands in the README' {
        $chains = Join-Path $TestDrive ([guid]::NewGuid().ToString('n'))
        foreach ($name in 'ft1', 'SimpleRecovery') { Copy-Item -Recurse (Join-Path $Lab "../../sql2008-backups/$name") (Join-Path $chains $name) }
        foreach ($file in Get-ChildItem -Recurse -File $chains) { $file.LastWriteTimeUtc = [datetime]::UtcNow.AddHours(-1) }
        Push-Location $chains
        try { $printed = Remove-PGBackup -Path ft1, SimpleRecovery -OlderThanDays 30 -WhatIf | Out-String -Width 150 }
        finally { Pop-Location }
        $readme = [System.IO.File]::ReadAllText((Join-Path $PSScriptRoot '../../README.md'))
        $lines = @($printed -split '\r?\n' | ForEach-Object { $_.TrimEnd() } | Where-Object { $_ })
        $lines.Count | Should -Be 10
        foreach ($line in $lines) { $readme.Contains($line) | Should -BeTrue }
    }

    It 'removes with -Force, and Undo-PGBackupRemoval puts back' {
        $gone = @(Remove-PGBackup -Path $folder -Database OlaMsFilterTest -KeepLast 1 -Force)
        $gone.Count | Should -Be 9
        $gone.State | Select-Object -Unique | Should -Be 'Removed'
        Get-Left | Should -Be 9
        @(Undo-PGBackupRemoval -Path $folder -BackupFile $gone[0].BackupFile).State | Should -Be 'Restored'
        Undo-PGBackupRemoval -Path $folder -WhatIf | Should -BeNullOrEmpty
        @(Undo-PGBackupRemoval -Path $folder).Count | Should -Be 8
        Undo-PGBackupRemoval -Path (Join-Path $folder 'gone') -ErrorVariable failures -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $failures.Count | Should -Be 1
        $failures[0].FullyQualifiedErrorId | Should -Be 'PGB.media.file_not_found,Undo-PGBackupRemoval'
        Get-Left | Should -Be 18
    }

    It 'deletes removed files for good when the disk needs the room, and only when told' {
        $null = Remove-PGBackup -Path $folder -KeepLast 1 -Force
        Remove-PGBackup -Path $folder -KeepLast 1 -Force | Should -BeNullOrEmpty
        Remove-PGBackup -Path $folder -EmptyRemoved -WhatIf | Should -BeNullOrEmpty
        { Remove-PGBackup -Path $folder -EmptyRemoved -KeepLast 1 -Force } | Should -Throw
        $steps = @(Remove-PGBackup -Path $folder -EmptyRemoved -Force)
        $steps.Count | Should -Be 9
        $steps.State | Select-Object -Unique | Should -Be 'Deleted'
        Undo-PGBackupRemoval -Path $folder | Should -BeNullOrEmpty
        Get-Left | Should -Be 9
        Remove-PGBackup -Path $folder -EmptyRemoved -Force | Should -BeNullOrEmpty
    }

    It 'keeps what is protected, and what that needs' {
        $pins = @(Get-PGBackup (Join-Path $folder 'Diff/test_DIFF_20160629_141600.bak') | Protect-PGBackup -Reason 'before upgrade')
        $pins[0].State | Should -Be 'Pinned'
        $items = @(Remove-PGBackup -Path $folder -KeepLast 1 -WhatIf)
        ($items | Where-Object ReasonCode -eq pinned).Reason | Should -Be 'pinned: before upgrade'
        ($items | Where-Object ReasonCode -eq needed_by).BackupFile | Should -Match 'test_FULL_20160629_141300'
        @(Unprotect-PGBackup (Join-Path $folder 'Diff/*.bak')).State | Sort-Object -Unique | Should -Be @('Unchanged', 'Unpinned')
        @(Remove-PGBackup -Path $folder -KeepLast 1 -WhatIf | Where-Object Verdict -eq Delete).Count | Should -Be 9
    }

    It 'protects a whole folder by the pipeline' {
        $null = Remove-PGBackup -Path $folder -KeepLast 1 -WhatIf
        $pins = @(Get-PGBackup -Path $folder -Recurse | Protect-PGBackup -Reason 'before upgrade' -ErrorAction Stop)
        $pins.Count | Should -Be 18
        @(Remove-PGBackup -Path $folder -KeepLast 1 -WhatIf).ReasonCode | Sort-Object -Unique | Should -Be 'pinned'
        @(Get-PGBackup -Path $folder -Recurse -ErrorAction Stop | Unprotect-PGBackup).State | Sort-Object -Unique | Should -Be 'Unpinned'
        @(Remove-PGBackup -Path $folder -KeepLast 1 -WhatIf | Where-Object Verdict -eq Delete).Count | Should -Be 9
    }

    It 'refuses rules that cannot be meant' {
        { Remove-PGBackup -Path $folder -Force } | Should -Throw -ErrorId 'PGB.caller.request,Remove-PGBackup'
        { Remove-PGBackup -Path $folder -OlderThanDays 0 -Force } | Should -Throw
        Remove-PGBackup -Path (Join-Path $folder 'gone') -KeepLast 1 -Force -ErrorVariable failures -ErrorAction SilentlyContinue
        $failures[0].FullyQualifiedErrorId | Should -Be 'PGB.media.file_not_found,Remove-PGBackup'
    }

    It 'tells moments and steps' {
        $points = @(Get-PGRecoveryPoint -Path $folder -Database OlaMsFilterTest)
        $points[0].PSObject.TypeNames[0] | Should -Be 'PGBackup.RecoveryPoint'
        $points[0].Kind | Should -Be 'Range'
        $points[0].From.Year | Should -Be 2018
        $steps = @(Get-PGRestorePlan -Path $folder -Database OlaMsFilterTest)
        $steps[0].Type | Should -Be 'Full'
        $steps[0].BackupFile | Should -Match 'test_FULL_20160629_142200'
        @(Get-PGRestorePlan -Path $folder -PointInTime $points[0].From)[-1].Reason | Should -Not -BeNullOrEmpty
        # Nobody wrote after the last differential: the logs only show it.
        $points.Count | Should -Be 1
        $steps.IsApplied | Should -Be @($true, $true, $false)
        $steps[2].Reason | Should -Match 'nothing was written'
        Get-PGRestorePlan -Path $folder -PointInTime '2030-01-01' -ErrorVariable failures -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $failures[0].FullyQualifiedErrorId | Should -Be 'PGB.chain.missing_set,Get-PGRestorePlan'
    }

    It 'tells what is wrong, a line each' {
        @(Test-PGBackupChain -Path $folder -Verify) | Should -BeNullOrEmpty
        @(Test-PGBackupChain -Path $folder -Database Misspelled).Code | Should -Be 'no_backups'
        Remove-PGBackup -Path $folder -Database Misspelled -KeepLast 1 -Force -WarningVariable said -WarningAction SilentlyContinue | Should -BeNullOrEmpty
        $said[0] | Should -Match 'Misspelled.*there are backups of OlaMsFilterTest'
        Remove-Item -Force (Join-Path $folder 'Full/test_FULL_20160629_141300.bak')
        $problems = @(Test-PGBackupChain -Path $folder)
        $problems[0].PSObject.TypeNames[0] | Should -Be 'PGBackup.ChainProblem'
        $problems.Code | Should -Contain 'orphan'
        $problems.NextStep | Should -Not -BeNullOrEmpty
    }
}
