# Removal after a backup, and restores from a folder: on a server, the sandbox or a real one.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Common.ps1')
    if ($env:PGB_TEST_SERVER) { Import-TestModule -Library $env:PGB_TEST_LIBRARY }

    $srv = @{
        ServerInstance    = $env:PGB_TEST_SERVER
        Credential        = New-TestCredential $env:PGB_TEST_USER $env:PGB_TEST_PASSWORD
        ConnectTimeoutSec = 15
    }
    if ($env:PGB_TEST_CA) { $srv['CAFile'] = $env:PGB_TEST_CA } else { $srv['TrustServerCertificate'] = $true }
    $run = [guid]::NewGuid().ToString('n').Substring(0, 8)
}

Describe 'Removal after a backup' -Skip:(-not $env:PGB_TEST_ROOT) {
    It 'removes nothing from a folder that only the server sees, and says what to do' {
        $made = Invoke-PGBackup @srv PayamGostar2 -Destination $env:PGB_TEST_FOLDER -CopyOnly -RemoveOlderThanDays 30 -ErrorVariable failures -ErrorAction SilentlyContinue
        $made.IsVerified | Should -BeTrue
        $failures[0].FullyQualifiedErrorId | Should -Be 'PGB.removal.not_visible,Invoke-PGBackup'
        $failures[0].ErrorDetails.RecommendedAction | Should -Match 'Remove-PGBackup'
        @(Get-PGBackup @srv -BackupFile $made.BackupFile).Count | Should -Be 1
    }
}

Describe 'Removal through the server' -Skip:(-not $env:PGB_TEST_ROOT) {
    It 'deletes what only the server sees when it is wished expressly, and keeps the rest' {
        $folder = '{0}\through_{1}' -f $env:PGB_TEST_FOLDER, $run
        $made = foreach ($number in 1, 2) { Invoke-PGBackup @srv PayamGostar2 -Destination $folder; Start-Sleep -Milliseconds 1100 }
        { Remove-PGBackup @srv -Path $folder -KeepLast 1 } | Should -Throw -ErrorId 'PGB.removal.needs_force,Remove-PGBackup'
        $items = @(Remove-PGBackup @srv -Path $folder -KeepLast 1 -WhatIf)
        $items.Verdict | Sort-Object | Should -Be @('Delete', 'Keep')
        $gone = @(Remove-PGBackup @srv -Path $folder -KeepLast 1 -Force)
        $gone.State | Should -Be @('Deleted')
        $gone.BackupFile | Should -Be $made[0].BackupFile
        @(Get-PGBackup @srv -BackupFile $made[1].BackupFile).Count | Should -Be 1
        { Get-PGBackup @srv -BackupFile $made[0].BackupFile -ErrorAction Stop } | Should -Throw
    }
}

Describe 'A restore from a folder' -Skip:(-not $env:PGB_TEST_ROOT) {
    BeforeAll {
        $seen = Join-Path $env:PGB_TEST_ROOT "D/Backup/$run"
        $null = New-Item -ItemType Directory $seen
        $names = foreach ($type in 'Full', 'Differential') {
            $file = '{0}\{1}\{2}.bak' -f $env:PGB_TEST_FOLDER, $run, $type
            $null = Invoke-PGBackup @srv PayamGostar2 -BackupFile $file -Type $type
            $file
        }
        $from = @{ Path = $seen; PathOnServer = '{0}\{1}' -f $env:PGB_TEST_FOLDER, $run; SourceDatabase = 'PayamGostar2' }
        $to = @{ DataDirectory = $env:PGB_TEST_FOLDER; LogDirectory = $env:PGB_TEST_FOLDER }
    }

    It 'takes the files that the plan names, under the names of the server' {
        $script = Restore-PGDatabase @srv @from @to -Database "Copy_$run" -AsScript
        foreach ($name in $names) { $script | Should -Match ([regex]::Escape($name)) }
        $result = Restore-PGDatabase @srv @from @to -Database "Copy_$run"
        @($result.Steps).Count | Should -Be 2
        (Get-PGDatabase @srv "Copy_$run").State | Should -Be 'ONLINE'
    }

    It 'restores nothing from a folder without the database' {
        { Restore-PGDatabase @srv -Path $seen -Database Other -ErrorAction Stop } | Should -Throw -ErrorId 'PGB.media.set_not_found,Restore-PGDatabase'
    }
}
