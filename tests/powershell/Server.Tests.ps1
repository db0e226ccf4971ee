# The commands on a server, the sandbox or a real one: what README shows an administrator doing, and
# what goes wrong there.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Common.ps1')
    if ($env:PGB_TEST_SERVER) { Import-TestModule -Library $env:PGB_TEST_LIBRARY }

    $srv = @{
        ServerInstance    = $env:PGB_TEST_SERVER
        Credential        = New-TestCredential $env:PGB_TEST_USER $env:PGB_TEST_PASSWORD
        ConnectTimeoutSec = 15
    }
    if ($env:PGB_TEST_CA) { $srv['CAFile'] = $env:PGB_TEST_CA } else { $srv['TrustServerCertificate'] = $true }
    $folder = $env:PGB_TEST_FOLDER
    $run = [guid]::NewGuid().ToString('n').Substring(0, 8)
    $persian = -join [char[]](0x067E, 0x0634, 0x062A, 0x06CC, 0x0628, 0x0627, 0x0646, 0x0020, 0x06F2)
    # Where the files of a copy of the database go, named so that copies do not meet.
    $relocation = {
        param([string] $file, [int] $position, [string] $tag)
        $map = @{}
        foreach ($one in Get-PGBackup @srv -BackupFile $file -Files -Position $position) {
            $map[$one.LogicalName] = '{0}\{1}_{2}_{3}.{4}' -f $folder, $run, $tag, $one.FileId, $(if ($one.Type -eq 'L') { 'ldf' } else { 'mdf' })
        }
        $map
    }
}

Describe 'Databases of a server' -Skip:(-not $env:PGB_TEST_SERVER) {
    It 'are listed with their facts' {
        $database = Get-PGDatabase @srv PayamGostar2
        $database.PSObject.TypeNames[0] | Should -Be 'PGBackup.Database'
        $database.ServerInstance | Should -Be $env:PGB_TEST_SERVER
        $database.State | Should -Be 'ONLINE'
        $database.Size | Should -BeGreaterThan 0
        $database.CreateDate.Kind | Should -Be 'Unspecified'
        $database.CreateDate.Year | Should -BeGreaterThan 2000
        (Get-PGDatabase @srv).Name | Should -Contain 'master'
        (Get-PGDatabase @srv -ExcludeSystem).Name | Should -Not -Contain 'master'
    }

    It 'tell what state they are in, and who is at them' {
        $state = Get-PGDatabaseState @srv PayamGostar2
        $state.PSObject.TypeNames[0] | Should -Be 'PGBackup.DatabaseState'
        $state.State | Should -Be 'ONLINE'
        $state.UserAccess | Should -Be 'MULTI_USER'
        # An empty list: nobody; $null would be unknown.
        , $state.Client | Should -BeOfType [array]
        $state.Client.Count | Should -Be 0
        $state.Unseen.Count | Should -Be 0
        $state.Summary | Should -BeLike 'ONLINE, MULTI_USER, nobody connected*'
        (Get-PGDatabaseState @srv).Name | Should -Contain 'master'
        { Get-PGDatabaseState @srv 'no such' -ErrorAction Stop } | Should -Throw -ErrorId 'PGB.database.not_found,Get-PGDatabaseState'
    }

    It 'complete on the command line' {
        $texts = & (Get-Module PGBackup) {
            param($given) Complete-PgbDatabase -Word 'Pay' -Given $given
        } $srv
        $texts.CompletionText | Should -Contain 'PayamGostar2'
    }
}

Describe 'A restore test' -Skip:(-not $env:PGB_TEST_SERVER) {
    It 'proves a backup and leaves no database' {
        $made = Invoke-PGBackup @srv -Database PayamGostar2 -BackupFile "$folder\$run proof.bak" -CopyOnly -ConnectedClients Report
        , $made.ConnectedClient | Should -BeOfType [array]
        $journals = Join-Path $TestDrive 'journals'
        $null = New-Item -ItemType Directory -Force $journals
        $proof = Test-PGRestore @srv -BackupFile $made.BackupFile -Database PayamGostar2 -JournalFolder $journals
        $proof.PSObject.TypeNames[0] | Should -Be 'PGBackup.RestoreProof'
        $proof.IsPassed | Should -BeTrue
        $proof.IsCheckPassed | Should -BeTrue
        $proof.TableCount | Should -BeGreaterThan 0
        ($proof.Table | Measure-Object -Property Rows -Sum).Sum | Should -Be $proof.RowCount
        $proof.Set[0].BackupSetGUID | Should -Be $made.BackupSetGUID
        $proof.At.Kind | Should -Be 'Utc'
        (Get-PGDatabase @srv).Name | Should -Not -Contain $proof.SideDatabase
        Test-PGRestore @srv -BackupFile $made.BackupFile -Database PayamGostar2 -JournalFolder $journals -AsScript | Should -Match 'DBCC CHECKDB'
    }
}

Describe 'A full backup' -Skip:(-not $env:PGB_TEST_SERVER) {
    It 'goes into a new file, named by the Gregorian date, and its result tells all of it' {
        $made = Invoke-PGBackup @srv -Database PayamGostar2 -Destination $folder
        $made.Type | Should -Be 'Full'
        $made.Position | Should -Be 1
        $made.IsCopyOnly | Should -BeFalse
        $made.HasBackupChecksums | Should -BeTrue
        $made.BackupFile[0] | Should -BeLike "$($folder.Replace('[', '`['))*"
        $made.BackupFile[0] | Should -Match "$([datetime]::UtcNow.ToString('yyyy', [cultureinfo]::InvariantCulture)).*\.bak$"
        $made.LastLSN | Should -BeGreaterThan $made.FirstLSN
        $made.Pages | Should -BeGreaterThan 0
        [math]::Abs(($made.FinishedAt - [datetime]::UtcNow).TotalMinutes) | Should -BeLessThan 10
        $made.FinishedAtPersian | Should -Match '^14\d\d'
        $again = Invoke-PGBackup @srv -Database PayamGostar2 -Destination $folder
        $again.BackupFile[0] | Should -Not -Be $made.BackupFile[0]
    }

    It 'with any name at any path, verified, is refused where the file exists' {
        $file = "$folder\$run before 'update' [1] 100% $persian.bak"
        $made = Invoke-PGBackup @srv -Database PayamGostar2 -BackupFile $file -CopyOnly -Verify -Name 'n' -Description $persian
        $made.IsCopyOnly | Should -BeTrue
        $made.IsVerified | Should -BeTrue
        $made.BackupFile | Should -BeExactly @($file)
        $set = Get-PGBackup @srv -BackupFile $file
        $set.BackupDescription | Should -BeExactly $persian
        $set.IsCopyOnly | Should -BeTrue
        Invoke-PGBackup @srv -Database PayamGostar2 -BackupFile $file -ErrorVariable failures -ErrorAction SilentlyContinue
        $failures[0].FullyQualifiedErrorId | Should -Be 'PGB.conflict.exists,Invoke-PGBackup'
        $failures[0].CategoryInfo.Category | Should -Be 'ResourceExists'
        $failures[0].ErrorDetails.RecommendedAction | Should -BeLike '*-Archive*'
    }

    It 'of every database in a pipeline is one result each' {
        $made = Get-PGDatabase @srv PayamGostar2 | Invoke-PGBackup @srv -Destination $folder
        $made.Database | Should -Be 'PayamGostar2'
    }

    It 'is not made by -WhatIf or -AsScript' {
        $file = "$folder\$run never.bak"
        Invoke-PGBackup @srv -Database PayamGostar2 -BackupFile $file -WhatIf
        $text = Invoke-PGBackup @srv -Database PayamGostar2 -BackupFile $file -AsScript
        $text | Should -BeLike '*BACKUP DATABASE *PayamGostar2*never.bak*'
        Get-PGBackup @srv -BackupFile $file -ErrorVariable failures -ErrorAction SilentlyContinue
        $failures.Count | Should -Be 1
    }

    It 'tells its story, and its T-SQL' {
        $all = Invoke-PGBackup @srv -Database PayamGostar2 -BackupFile "$folder\$run story.bak" -Verbose -Debug 4>&1 5>&1
        @($all | Where-Object { $_ -is [System.Management.Automation.DebugRecord] }).Message -join "`n" | Should -BeLike '*BACKUP DATABASE*'
        @($all | Where-Object { $_ -is [System.Management.Automation.VerboseRecord] }).Count | Should -BeGreaterThan 1
    }
}

Describe 'An archive' -Skip:(-not $env:PGB_TEST_SERVER) {
    BeforeAll {
        if ($env:PGB_TEST_SERVER) {
            $file = "$folder\$run archive.bak"
            $first = Invoke-PGBackup @srv -Database PayamGostar2 -BackupFile $file -Type Differential -Archive -WarningVariable warned -WarningAction SilentlyContinue
            $second = Invoke-PGBackup @srv -Database PayamGostar2 -BackupFile $file -Type Differential -Archive
            $sets = @(Get-PGBackup @srv -BackupFile $file)
        }
    }

    It 'begins with a full backup, and says why' {
        $first.Type | Should -Be 'Full'
        $first.RequestedType | Should -Be 'Differential'
        $first.PromotedReason | Should -Not -BeNullOrEmpty
        $second.Type | Should -Be 'Differential'
        $second.Position | Should -Be 2
        $second.DifferentialBaseGUID | Should -Be $first.BackupSetGUID
    }

    It 'is listed as on the page of the CRM, and more' {
        $sets.Position | Should -Be @(1, 2)
        $sets.Type | Should -Be @('Full', 'Differential')
        $sets[0].BackupSetGUID | Should -Be $first.BackupSetGUID
        $sets[0].BackupFinishDate.Kind | Should -Be 'Unspecified'
        $sets[0].BackupFinishDatePersian | Should -Match '^14\d\d/\d\d/\d\d \d\d:\d\d:\d\d$'
        $sets[0].FirstLSN | Should -Be $first.FirstLSN
        ($sets | Sort-Object LastLSN -Descending)[0].Position | Should -Be 2
        (Get-PGBackup @srv -BackupFile $file -Files).Type | Should -Be @('D', 'L')
        (Get-PGBackup @srv -BackupFile $file -Label).MediaSetId | Should -Be $first.MediaSetId
    }

    It 'is tested set by set' {
        $found = @(Test-PGBackup @srv -BackupFile $file)
        $found.Verdict | Should -Be @('Sound', 'Sound')
        $sets | Select-Object -Last 1 | Test-PGBackup @srv -Quiet | Should -BeTrue
        Test-PGBackup @srv -BackupFile $file -Position 9 -ErrorVariable failures -ErrorAction SilentlyContinue
        $failures[0].FullyQualifiedErrorId | Should -Be 'PGB.media.set_not_found,Test-PGBackup'
    }

    It 'is restored by position over the database, only with -Replace' {
        Restore-PGDatabase @srv -BackupFile $file -Position 2 -Database PayamGostar2 -ErrorVariable failures -ErrorAction SilentlyContinue
        $failures[0].FullyQualifiedErrorId | Should -Be 'PGB.conflict.exists,Restore-PGDatabase'
        $done = Restore-PGDatabase @srv -BackupFile $file -Position 2 -Database PayamGostar2 -Replace -Force
        $done.PSObject.TypeNames[0] | Should -Be 'PGBackup.RestoreResult'
        $done.Steps.Position | Should -Be @(1, 2)
        $done.RestoredTo | Should -Be $sets[1].BackupFinishDate
        (Get-PGDatabase @srv PayamGostar2).State | Should -Be 'ONLINE'
    }

    It 'is restored from the pipeline to a database of another name: <_>' -ForEach @('Copy', 'a]b', "it's 100%") {
        $name = "$run $_"
        $map = & $relocation $file 2 ('n' + $_.Length)
        $done = Get-PGBackup @srv -BackupFile $file | Where-Object Position -eq 2 | Restore-PGDatabase @srv -Database $name -RelocateFile $map
        $done.Database | Should -BeExactly $name
        $done.Files.Count | Should -Be $map.Count
        (Get-PGDatabase @srv $name).Name | Should -BeExactly $name
        (Invoke-PGBackup @srv -Database $name -Destination $folder).Database | Should -BeExactly $name
    }

    It 'is restored to a database with a Persian name' {
        $name = "$run $persian"
        $done = $sets[0] | Restore-PGDatabase @srv -Database $name -RelocateFile (& $relocation $file 1 'fa')
        $done.Database | Should -BeExactly $name
        (Get-PGDatabase @srv $name).Name | Should -BeExactly $name
        $made = Invoke-PGBackup @srv -Database $name -Destination $folder
        (Get-PGBackup @srv -BackupFile $made.BackupFile).DatabaseName | Should -BeExactly $name
    }

    It 'shows the T-SQL of a restore and runs nothing' {
        $text = $sets[1] | Restore-PGDatabase @srv -Database "$run script" -AsScript -RelocateFile (& $relocation $file 2 'sc')
        $text | Should -BeLike '*RESTORE DATABASE*NORECOVERY*RESTORE DATABASE*'
        Get-PGDatabase @srv "$run script" -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
    }

    It 'reads the same on this machine, without a server' -Skip:(-not $env:PGB_TEST_ROOT) {
        $local = Get-ChildItem $env:PGB_TEST_ROOT -Recurse -File -Filter "$run archive.bak"
        $here = @($local | Get-PGBackup)
        $here.Count | Should -Be 2
        foreach ($column in 'Position', 'Type', 'DatabaseName', 'BackupSize', 'FirstLSN', 'LastLSN', 'CheckpointLSN', 'DatabaseBackupLSN', 'BackupStartDate', 'BackupFinishDate',
            'BackupFinishDatePersian', 'BackupSetGUID', 'DifferentialBaseGUID', 'HasBackupChecksums', 'IsCopyOnly') {
            $here.$column | Should -Be @($sets.$column) -Because $column
        }
        ($local | Test-PGBackup).Verdict | Should -Be @('Sound', 'Sound')
    }
}

Describe 'Every kind of backup' -Skip:(-not $env:PGB_TEST_SERVER) {
    It 'of all databases but some, striped, verified, compressed, with a Persian date in the name' {
        $wish = @{ Destination = $folder; Compression = 'On'; Verify = $true; Stripe = 2; Description = 'before update'; CopyOnly = $true }
        $made = @(Invoke-PGBackup @srv -Database Payam*, m* -ExcludeDatabase ms*, model @wish -FileName "$run {Database}_{Type}_{PersianDate}_{Utc}")
        $made.Database | Sort-Object | Should -Be @('master', 'PayamGostar2')
        $made.IsVerified | Should -Be @($true, $true)
        $made.BackupFile.Count | Should -Be 4
        ($made | Where-Object Database -eq 'PayamGostar2').BackupFile[0] | Should -Match '_14\d{6}_'
    }

    It 'a full, two logs, and what was between them' {
        $full = Invoke-PGBackup @srv -Database PayamGostar2 -Destination $folder
        Start-Sleep -Milliseconds 1100
        $first = Invoke-PGBackup @srv -Database PayamGostar2 -Type Log -Destination $folder
        Start-Sleep -Milliseconds 1100
        $second = Invoke-PGBackup @srv -Database PayamGostar2 -Type Log -Destination $folder
        $second.Type | Should -Be 'Log'
        $recent = @(Get-PGBackup @srv -Database PayamGostar2 -Last 2)
        $recent.Type | Should -Be @('Log', 'Log')
        $chain = $full.BackupFile + $first.BackupFile + $second.BackupFile
        $null = Restore-PGDatabase @srv -BackupFile $chain -Database "$run chain" -NoRecovery
        (Get-PGDatabase @srv "$run chain").State | Should -Be 'RESTORING'
        $null = Restore-PGDatabase @srv -Database "$run chain" -Recover
        (Get-PGDatabase @srv "$run chain").State | Should -Be 'ONLINE'
        $script = { Restore-PGDatabase @srv -BackupFile $chain -Database "$run data" -DataDirectory 'D:\Data' -LogDirectory 'E:\Log' -AsScript }
        $text = & $script
        $text | Should -BeLike "*N'D:\Data\*N'E:\Log\*"
        & $script | Should -BeExactly $text
    }
}

Describe 'What goes wrong on a server' -Skip:(-not $env:PGB_TEST_SERVER) {
    It 'a pattern that no database has: said by its own error, and nothing is made' {
        $made = Invoke-PGBackup @srv -Database "$run nobody*" -Destination $folder -ErrorVariable failures -ErrorAction SilentlyContinue
        $made | Should -BeNullOrEmpty
        $failures.Count | Should -Be 1
        $failures[0].FullyQualifiedErrorId | Should -Be 'PGB.database.no_match,Invoke-PGBackup'
        "$($failures[0])" | Should -BeLike "*$run nobody*"
    }

    It 'wrong password: ends the command' {
        $bad = $srv.Clone()
        $bad['Credential'] = New-TestCredential $env:PGB_TEST_USER 'surely wrong'
        $failure = { Get-PGDatabase @bad } | Should -Throw -ErrorId 'PGB.connect.login,Get-PGDatabase' -PassThru
        $failure.CategoryInfo.Category | Should -Be 'AuthenticationError'
        $failure.Exception.Data['PGBackup.ServerErrors'][0].Number | Should -Be 18456
        "$failure $($failure.ErrorDetails) $($failure.Exception)" | Should -Not -BeLike '*surely wrong*'
    }

    It 'unknown database: an error of its own, and the next one is backed up' {
        $made = Invoke-PGBackup @srv -Database "$run nope", PayamGostar2 -Destination $folder -ErrorVariable failures -ErrorAction SilentlyContinue
        $made.Database | Should -Be 'PayamGostar2'
        $failures[0].FullyQualifiedErrorId | Should -Be 'PGB.server.database_not_found,Invoke-PGBackup'
        $failures[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $failures[0].TargetObject | Should -Be "$run nope"
    }

    It 'a drive that is not there: the folder is named, and what to do' {
        Invoke-PGBackup @srv -Database PayamGostar2 -BackupFile "Q:\$run none\x.bak" -ErrorVariable failures -ErrorAction SilentlyContinue
        $failures.Count | Should -Be 1
        $failures[0].CategoryInfo.Category | Should -BeIn 'WriteError', 'ObjectNotFound'
        $failures[0].TargetObject | Should -BeLike "*$run none*"
        $failures[0].ErrorDetails.RecommendedAction | Should -BeLike '*server*'
        $failures[0].Exception.Data['PGBackup.ServerErrors'].Count | Should -BeGreaterThan 0
    }

    It 'a differential whose base is missing: the set is named' {
        $full = Invoke-PGBackup @srv -Database PayamGostar2 -BackupFile "$folder\$run base.bak"
        $null = Invoke-PGBackup @srv -Database PayamGostar2 -BackupFile "$folder\$run alone.bak" -Type Differential
        Restore-PGDatabase @srv -BackupFile "$folder\$run alone.bak" -Database "$run chain" -RelocateFile @{} -ErrorVariable failures -ErrorAction SilentlyContinue
        $failures[0].FullyQualifiedErrorId | Should -Be 'PGB.chain.missing_set,Restore-PGDatabase'
        "$($failures[0]) $($failures[0].ErrorDetails.RecommendedAction)" | Should -BeLike "*$($full.BackupSetGUID)*"
    }

    It 'a file that is no backup, or is not there' {
        Get-PGBackup @srv -BackupFile "$folder\$run gone.bak" -ErrorVariable failures -ErrorAction SilentlyContinue
        $failures[0].Exception.Data['PGBackup.ServerErrors'].Number | Should -Contain 3201
        $failures[0].TargetObject | Should -BeLike "*$run gone.bak"
    }
}

Describe 'A slow backup' -Skip:(-not $env:PGB_TEST_SLOW_SERVER) {
    BeforeAll {
        # In a runspace of its own, which can be stopped as Ctrl+C does it.
        $slow = {
            $shell = [powershell]::Create()
            $null = $shell.AddScript({
                    param($module, $library, $server, $credential, $file, $mark)
                    $env:PGB_LIBRARY = $library
                    Import-Module $module
                    Invoke-PGBackup -ServerInstance $server -Credential $credential -TrustServerCertificate -Database PayamGostar2 -BackupFile $file -CopyOnly
                    Set-Content $mark 'went on'
                }.ToString())
            $mark = Join-Path $TestDrive "$([guid]::NewGuid()).txt"
            foreach ($argument in $ModuleFolder, $env:PGB_LIBRARY, $env:PGB_TEST_SLOW_SERVER, $srv.Credential, "$folder\$([guid]::NewGuid()).bak", $mark) { $null = $shell.AddArgument($argument) }
            @{ Shell = $shell; Mark = $mark; Running = $shell.BeginInvoke() }
        }
        # By index: enumerating a stream of a shell that still runs waits for its end.
        $percents = {
            param($shell)
            $records = $shell.Streams.Progress
            for ($n = 0; $n -lt $records.Count; $n++) { if ($records[$n].PercentComplete -gt 0) { $records[$n] } }
        }
    }

    It 'shows how far it is, and is stopped by Ctrl+C' {
        $one = & $slow
        for ($n = 0; $n -lt 300 -and -not $one.Running.IsCompleted -and @(& $percents $one.Shell).Count -lt 2; $n++) { Start-Sleep -Milliseconds 100 }
        $seen = @(& $percents $one.Shell)
        $seen.Count | Should -BeGreaterOrEqual 2
        $seen[1].PercentComplete | Should -BeGreaterOrEqual $seen[0].PercentComplete
        $seen[0].Activity | Should -BeLike '*PayamGostar2*'

        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        $one.Shell.Stop()
        $clock.ElapsedMilliseconds | Should -BeLessThan 5000
        $one.Shell.InvocationStateInfo.State | Should -Be 'Stopped'
        $one.Shell.Dispose()
        Test-Path $one.Mark | Should -BeFalse

        # The server is free for the next one.
        $next = & $slow
        for ($n = 0; $n -lt 300 -and -not $next.Running.IsCompleted -and @(& $percents $next.Shell).Count -lt 1; $n++) { Start-Sleep -Milliseconds 100 }
        @(& $percents $next.Shell).Count | Should -BeGreaterOrEqual 1
        $next.Shell.Stop()
        $next.Shell.Dispose()
    }
}
