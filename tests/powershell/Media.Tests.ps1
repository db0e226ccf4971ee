# Backup files without a server: the recipes of the README's chapter, on the real library and on real
# backups. These are not in the repository: PGB_CORPUS names them, or they lie beside, in ../shared/corpus.

BeforeDiscovery {
    . (Join-Path $PSScriptRoot 'Common.ps1')
    $root = Split-Path (Split-Path $PSScriptRoot)
    $corpus = if ($env:PGB_CORPUS) { $env:PGB_CORPUS } else { Join-Path $root '../shared/corpus' }
    $ready = $env:PGB_TEST_LIBRARY -and (Test-Path (Join-Path $corpus 'expected.json'))
    if ($env:PGB_LIBRARY -and -not $ready) { Write-Warning "skipped: there is no $corpus" }
    $cases = @(@{ Corpus = (Join-Path $corpus 'lab') })
}

Describe 'Files of this machine' -Skip:(-not $ready) -ForEach $cases {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Common.ps1')
        Import-TestModule -Library $env:PGB_TEST_LIBRARY
        # What is verified is remembered beside the files: not in the corpus.
        $folder = Join-Path $TestDrive 'D [1]'
        $null = New-Item -ItemType Directory (Join-Path $folder 'empty') -Force
        Copy-Item -Recurse -LiteralPath (Join-Path $Corpus 'OlaMsFilter/complex') -Destination $folder
        $stripes = Join-Path $Corpus 'sql2008-backups/RestoreTimeStripe'
        $one = Join-Path $stripes 'Stripe1/RestoreTimeStripe.bak'
        $two = Join-Path $stripes 'Stripe2/RestoreTimeStripe1.bak'
    }

    It 'are listed by pattern, folder and pipeline, each once' {
        $sets = @(Get-PGBackup -BackupFile (Join-Path $folder 'complex/**/*.*'))
        $sets.Count | Should -Be 18
        @(Get-ChildItem -LiteralPath $folder -Recurse | Get-PGBackup).Count | Should -Be 18
        @(Get-ChildItem -LiteralPath $folder -Recurse -File | Get-PGBackup).Count | Should -Be 18
        @(Get-Item -LiteralPath $folder | Get-PGBackup -Recurse).Count | Should -Be 18
        @(Get-PGBackup $folder -Recurse).Count | Should -Be 18
        $sorted = @(Get-ChildItem -LiteralPath $folder -Recurse | Get-PGBackup | Sort-Object BackupFinishDate)
        $sorted[0].BackupFinishDate | Should -BeLessThan $sorted[17].BackupFinishDate
        ($sorted | Format-Table | Out-String -Width 200) | Should -Match '1397/04/'
        $sorted[0].BackupFinishDatePersian | Should -BeLike '1397/04/11 *'
    }

    It 'tell database files and label' {
        $full = Get-ChildItem -LiteralPath (Join-Path $folder 'complex/Full') | Select-Object -First 1
        (Get-PGBackup -BackupFile $full.FullName -Files).Type | Should -Be @('D', 'L')
        @(Get-ChildItem -LiteralPath (Join-Path $folder 'complex') -Recurse -Filter Full* | Get-PGBackup -Files).Count | Should -Be 0
        $label = Get-PGBackup -BackupFile $full.FullName -Label
        $label.SoftwareName | Should -Be 'Microsoft SQL Server'
        $label.MediaSetId | Should -BeOfType guid
    }

    It 'are verified, and what is verified comes in no list' {
        $found = @(Test-PGBackup -BackupFile (Join-Path $folder 'complex/**/*.*'))
        $found.Count | Should -Be 18
        $found.Verdict | Select-Object -Unique | Should -Be 'Sound'
        @(Get-ChildItem -LiteralPath $folder -Recurse -Force | Test-PGBackup).Count | Should -Be 18
        @(Get-ChildItem -LiteralPath $folder -Recurse -Force | Get-PGBackup).Count | Should -Be 18
        Test-PGBackup -BackupFile (Join-Path $folder 'complex') -Quiet -ErrorAction SilentlyContinue | Should -BeFalse
    }

    It 'name a damaged page by file, page and offset; -Quick looks at the structure alone' {
        $path = Join-Path $TestDrive 'damaged.bak'
        $bytes = [System.IO.File]::ReadAllBytes((Get-ChildItem -LiteralPath (Join-Path $folder 'complex/Full'))[0].FullName)
        # The boot page, 1:9, by its header.
        for ($at = 0; $at -lt $bytes.Length; $at += 512) {
            if ($bytes[$at] -eq 1 -and $bytes[$at + 1] -eq 13 -and $bytes[$at + 32] -eq 9 -and $bytes[$at + 36] -eq 1) { break }
        }
        $bytes[$at + 4000] = $bytes[$at + 4000] -bxor 1
        [System.IO.File]::WriteAllBytes($path, $bytes)
        $found = Test-PGBackup -BackupFile $path
        $found.Verdict | Should -Be 'Damaged'
        $found.IsSound | Should -BeFalse
        $finding = $found.Findings[0]
        $finding.FileId, $finding.PageId, $finding.PageType, $finding.Offset | Should -Be @(1, 9, 'boot', $at)
        $finding.Proves | Should -Not -BeNullOrEmpty
        (Test-PGBackup -BackupFile $path -Position 1 -Quick).Verdict | Should -Be 'Sound'
        Test-PGBackup -BackupFile $path -Position 3 -Quick -ErrorVariable failures -ErrorAction SilentlyContinue
        $failures[0].FullyQualifiedErrorId | Should -Be 'PGB.media.set_not_found,Test-PGBackup'
    }

    It 'of a striped set are held together' {
        $copies = foreach ($file in $one, $two) { (Copy-Item -LiteralPath $file -Destination $TestDrive -PassThru).FullName }
        $found = @(Test-PGBackup -BackupFile $copies)
        $found.Verdict | Should -Be @('Sound', 'Sound')
        $found.Family | Should -Be @(1, 2)
        $found[0].MissingFamilies | Should -BeNullOrEmpty
        $alone = Test-PGBackup -BackupFile $copies[1]
        $alone.Verdict | Should -Be 'Incomplete'
        $alone.MissingFamilies | Should -Be @(1)
    }

    It 'have a digest where it is asked for' {
        $file = (Get-ChildItem -LiteralPath (Join-Path $folder 'complex/Log'))[0].FullName
        $copy = Join-Path $TestDrive 'copy.trn'
        Copy-Item -LiteralPath $file -Destination $copy
        $digests = @((Get-PGBackup $file -Digest).Sha256, (Get-PGBackup $copy -Digest).Sha256)
        $digests[0] | Should -Match '^[0-9a-f]{64}$'
        $digests[1] | Should -Be $digests[0]
        (Get-PGBackup $file).Sha256 | Should -BeNullOrEmpty
    }

    It 'that cannot be read do not stop the others' {
        $mixed = Join-Path $TestDrive 'mixed'
        $null = New-Item -ItemType Directory $mixed
        [System.IO.File]::WriteAllText((Join-Path $mixed 'notes.txt'), 'no backup at all')
        Copy-Item -LiteralPath (Join-Path $TestDrive 'copy.trn') -Destination (Join-Path $mixed 'a]b')
        $sets = @(Get-ChildItem -LiteralPath $mixed | Get-PGBackup -ErrorVariable failures -ErrorAction SilentlyContinue)
        $sets.Count | Should -Be 1
        @($failures | Where-Object FullyQualifiedErrorId -eq 'PGB.media.corrupt,Get-PGBackup').Count | Should -Be 1
        Get-PGBackup (Join-Path $mixed '*.none') -ErrorVariable failures -ErrorAction SilentlyContinue
        $failures[0].FullyQualifiedErrorId | Should -Be 'PGB.media.file_not_found,Get-PGBackup'
    }
}
