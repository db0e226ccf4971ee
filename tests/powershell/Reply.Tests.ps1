# What the commands make of replies, on the stand-in library: types, dates, culture, views, errors.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Common.ps1')
    . (Join-Path $PSScriptRoot 'stub/Replies.ps1')
    if ($env:PGB_TEST_STUB) { Import-TestModule -Library $env:PGB_TEST_STUB }
}

AfterAll { $env:PGB_LIBRARY = $env:PGB_TEST_LIBRARY }

Describe 'A reply' -Skip:(-not $env:PGB_TEST_STUB) {
    It 'of sets has .NET types, and a name that looks like a date stays one' {
        Set-Stub query ('page {"v":1,"items":[' + $set + '],"done":true}')
        $found = Get-PGBackup -ServerInstance h -BackupFile x.bak
        $found.PSObject.TypeNames[0] | Should -Be 'PGBackup.BackupSet'
        $found.DatabaseName | Should -BeOfType [string]
        $found.DatabaseName | Should -BeExactly '2026-11-20T14:30:00'
        $found.Position | Should -BeOfType [int]
        $found.BackupSize | Should -BeOfType [long]
        $found.FirstLSN | Should -BeOfType [decimal]
        $found.FirstLSN | Should -Be 4294967295000015300037d
        $found.FirstLSN -gt $found.LastLSN | Should -BeTrue
        $found.BackupSetGUID | Should -BeOfType [guid]
        $found.Compressed | Should -BeFalse
        $found.BackupName | Should -BeNullOrEmpty
        $found.Type | Should -BeExactly 'Differential'
        $found.SomethingNew | Should -Be 7
    }

    It 'has dates of the Gregorian calendar under every culture, without a zone' {
        Set-Stub query ('page {"v":1,"items":[' + $set + '],"done":true}')
        $date = (Get-PGBackup -ServerInstance h -BackupFile x.bak).BackupFinishDate
        $date.Kind | Should -Be 'Unspecified'
        $date.Ticks | Should -Be ([datetime]::new(2026, 11, 20, 14, 30, 0)).Ticks
    }

    It 'of a backup has UTC times, durations and what was promoted' {
        Set-Stub backup "result $backup"
        $made = Invoke-PGBackup h a -Destination d -Type Differential
        $made.PSObject.TypeNames[0] | Should -Be 'PGBackup.BackupResult'
        $made.StartedAt.Kind | Should -Be 'Utc'
        $made.StartedAt.Ticks | Should -Be ([datetime]::new(2026, 11, 20, 11, 0, 0)).Ticks
        $made.Duration | Should -Be ([timespan]::FromMilliseconds(1500))
        $made.Type | Should -Be 'Full'
        $made.RequestedType | Should -Be 'Differential'
        $made.PromotedReason | Should -Be 'no base'
        $made.BackupFile | Should -Be @('D:\B\a.bak')
        $made.IsVerified | Should -BeNullOrEmpty
        $made.Retries | Should -Be @('busy')
        $made.Messages[0].Number | Should -Be 3014
        $made.MBPerSec | Should -Be 2.5
    }

    It 'of a removal gives each file its state and reason, and warns of those that stayed' {
        $file = { param($name) '{"file":"' + $name + '","verdict":"delete","code":"expired","reason":"no rule keeps it","needed_by":null,"size":1,"unit":0,"modified_at":null,"database":"a","sets":1,"backup_set_guids":[],"newest_finished_at":null,"newest_finished_at_persian":null,"unreadable":null}' }
        $rows = @(& $file '/b/1.bak'; & $file '/b/2.bak') -join ','
        Set-Stub chain ('page {"v":1,"items":[' + $rows + '],"done":true}'), 'result {"v":1,"kind":"removal","keep":0,"delete":2,"delete_bytes":2,"refused":null,"unread":[],"text":"","plan":"p"}'
        $steps = '{"file":"/b/1.bak","state":"removed","reason":"no rule keeps it","size":1,"kept_as":null},{"file":"/b/2.bak","state":"kept","reason":"the disk is full","size":1,"kept_as":null}'
        [System.IO.File]::WriteAllText((Join-Path "$env:PGB_TEST_STUB.d" 'prune.script'), 'page {"v":1,"items":[' + $steps + '],"done":true}', $Utf8)
        $items = @(Remove-PGBackup -Path $TestDrive -KeepLast 1 -Force -WarningVariable said -WarningAction SilentlyContinue)
        $items.State | Should -Be @('Removed', 'Kept')
        $items.Reason | Should -Be @('no rule keeps it', 'the disk is full')
        @($said).Count | Should -Be 1
        "$said" | Should -Match '1\D+2'
    }

    It 'as a script is text' {
        Set-Stub backup "result $script"
        $text = Invoke-PGBackup h a -Destination d -AsScript -WhatIf
        $text | Should -BeOfType [string]
        $text | Should -BeExactly 'BACKUP DATABASE [a];'
        (Get-StubRequest backup).dry_run | Should -BeTrue
    }

    It 'survives Export-Clixml and ConvertTo-Json, and can be restored from then' {
        Set-Stub query ('page {"v":1,"items":[' + $set + '],"done":true}')
        $path = Join-Path $TestDrive 'set.xml'
        Get-PGBackup -ServerInstance h -BackupFile x.bak | Export-Clixml $path
        $back = Import-Clixml $path
        $back.FirstLSN | Should -Be 4294967295000015300037d
        ($back | ConvertTo-Json) | Should -BeLike '*"Position":*3*'
        Set-Stub restore 'refuse 26 {"v":1,"status":26,"code":"chain.x","message":"m"}'
        $back | Restore-PGDatabase h -Database copy -ErrorAction SilentlyContinue
        (Get-StubRequest restore).sources[0].position | Should -Be 3
    }

    It 'is shown in 100 columns with both calendars' {
        Set-Stub query ('page {"v":1,"items":[' + $set.Replace('2026-11-20T14:30:00",', 'PayamGostar2",', [StringComparison]::Ordinal).Replace('"BackupFinishDate":"PayamGostar2"', '"BackupFinishDate":"2026-11-20T14:30:00"') + '],"done":true}')
        $text = (Get-PGBackup -ServerInstance h -BackupFile x.bak | Out-String -Width 100) -split "`r?`n"
        $text -join "`n" | Should -Match 'Position\s+Backup Type\s+Backup Date\s+Persian Date\s+Backup Size\s+Database'
        $text -join "`n" | Should -Match '3\s+Differential\s+2026-11-20 14:30\s+1405/08/29 14:30\s+3,145,728\s+PayamGostar2'
    }

    It 'of a job with several pages comes out whole' {
        Set-Stub query @("page {`"v`":1,`"items`":[$set,$set],`"done`":false}", 'page {"v":1,"items":[],"done":false}', "page {`"v`":1,`"items`":[$set],`"done`":false}")
        @(Get-PGBackup -ServerInstance h -BackupFile x.bak).Count | Should -Be 3
    }

    It 'of a test is one object a set, or one answer' {
        $sound = '{"file":"a.bak","position":1,"database":"d","type":"full","backup_set_guid":null,"finished_at":"2026-11-20T14:30:00","finished_at_persian":"1405/08/29 14:30:00","verdict":"sound","checksums":true,"messages":[]}'
        $damaged = $sound.Replace('a.bak', 'b.bak').Replace('sound', 'damaged').Replace('[]', '[{"number":3189,"severity":16,"message":"bad"}]')
        Set-Stub verify "page {`"v`":1,`"items`":[$sound,$damaged],`"done`":true}"
        $found = Test-PGBackup -ServerInstance h -BackupFile a.bak, b.bak
        $found.Verdict | Should -Be @('Sound', 'Damaged')
        $found.IsSound | Should -Be @($true, $false)
        $found[1].Messages[0].Message | Should -Be 'bad'
        Test-PGBackup -ServerInstance h -BackupFile a.bak, b.bak -Quiet | Should -BeFalse
        Set-Stub verify "page {`"v`":1,`"items`":[$sound],`"done`":true}"
        Test-PGBackup -ServerInstance h -BackupFile a.bak -Quiet | Should -BeTrue
        (Get-StubCall | Where-Object Name -eq 'verify').Text | Should -BeExactly '{"v":1,"sources":[{"file":"a.bak"}]}'
        @() | Test-PGBackup -Quiet | Should -BeFalse
        Set-Stub verify "page {`"v`":1,`"items`":[$sound,$($lost.Replace('"BackupFile"', '"file"'))],`"done`":true}"
        Test-PGBackup -ServerInstance h -BackupFile a.bak -Quiet -ErrorAction SilentlyContinue | Should -BeFalse
    }

    It 'of a set piped to Test-PGBackup is tested at its position' {
        Set-Stub query ('page {"v":1,"items":[' + $set + '],"done":true}')
        $found = Get-PGBackup -ServerInstance h -BackupFile x.bak
        Set-Stub verify 'page {"v":1,"items":[],"done":true}'
        $found | Test-PGBackup -ServerInstance h
        (Get-StubCall | Where-Object Name -eq 'verify').Text | Should -BeExactly '{"v":1,"sources":[{"file":"D:\\B\\x.bak","position":3}]}'
    }
}

Describe 'An error' -Skip:(-not $env:PGB_TEST_STUB) {
    It 'of one file leaves the others, and tells all the server said' {
        Set-Stub query "page {`"v`":1,`"items`":[$lost,$set],`"done`":true}"
        $found = Get-PGBackup -ServerInstance h -BackupFile n.bak, x.bak -ErrorVariable failures -ErrorAction SilentlyContinue
        $found.Position | Should -Be 3
        $failures.Count | Should -Be 1
        $failure = $failures[0]
        $failure.FullyQualifiedErrorId | Should -Be 'PGB.server.backup_device,Get-PGBackup'
        $failure.CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $failure.TargetObject | Should -Be 'D:\B\n.bak'
        $failure.Exception.Data['PGBackup.Status'] | Should -Be 22
        $failure.Exception.Data['PGBackup.Code'] | Should -Be 'server.backup_device'
        $failure.Exception.Data['PGBackup.Causes'] | Should -Be @('first', 'second')
        $failure.Exception.Data['PGBackup.ServerErrors'].Number | Should -Be @(3201, 3013)
        $failure.ErrorDetails.RecommendedAction | Should -Be 'check the path'
    }

    It 'of status <Status> is <Category>, a <Type>' -ForEach @(
        @{ Status = 3; Category = 'InvalidArgument'; Type = 'System.ArgumentException'; Ends = $true }
        @{ Status = 10; Category = 'ConnectionError'; Type = 'System.InvalidOperationException'; Ends = $true }
        @{ Status = 11; Category = 'SecurityError'; Type = 'System.Security.Authentication.AuthenticationException'; Ends = $true }
        @{ Status = 12; Category = 'AuthenticationError'; Type = 'System.Security.Authentication.AuthenticationException'; Ends = $true }
        @{ Status = 13; Category = 'OperationTimeout'; Type = 'System.TimeoutException'; Ends = $true }
        @{ Status = 20; Category = 'NotSpecified'; Type = 'System.InvalidOperationException'; Ends = $false }
        @{ Status = 21; Category = 'PermissionDenied'; Type = 'System.UnauthorizedAccessException'; Ends = $false }
        @{ Status = 22; Category = 'ObjectNotFound'; Type = 'System.InvalidOperationException'; Ends = $false }
        @{ Status = 23; Category = 'ResourceExists'; Type = 'System.InvalidOperationException'; Ends = $false }
        @{ Status = 24; Category = 'WriteError'; Type = 'System.IO.IOException'; Ends = $false }
        @{ Status = 25; Category = 'InvalidData'; Type = 'System.IO.InvalidDataException'; Ends = $false }
        @{ Status = 27; Category = 'NotImplemented'; Type = 'System.NotSupportedException'; Ends = $false }
        @{ Status = 28; Category = 'ResourceBusy'; Type = 'System.InvalidOperationException'; Ends = $false }
        @{ Status = 40; Category = 'OperationStopped'; Type = 'System.OperationCanceledException'; Ends = $false }
        @{ Status = 91; Category = 'NotSpecified'; Type = 'System.InvalidOperationException'; Ends = $true }
    ) {
        Set-Stub backup "fail $Status {`"v`":1,`"status`":$Status,`"code`":`"c`",`"message`":`"it failed`",`"hint`":null,`"retryable`":true}"
        $failures = $null
        $ended = $false
        try { $null = Invoke-PGBackup h a, b -Destination d -ErrorVariable failures -ErrorAction SilentlyContinue }
        catch { $ended = $true; $failures = @($_) }
        $ended | Should -Be $Ends
        @(Get-StubRequest backup).Count | Should -Be $(if ($Ends) { 1 } else { 2 })
        $failures[0].FullyQualifiedErrorId | Should -Be 'PGB.c,Invoke-PGBackup'
        $failures[0].CategoryInfo.Category | Should -Be $Category
        $failures[0].Exception.GetType().FullName | Should -Be $Type
        $failures[0].Exception.Message | Should -Be 'it failed'
        $failures[0].TargetObject | Should -Be 'a'
        $failures[0].Exception.Data['PGBackup.Retryable'] | Should -BeTrue
        @(Get-StubCall | Where-Object Name -eq 'job_free').Count | Should -Be @(Get-StubRequest backup).Count
        @(Get-StubCall | Where-Object Name -eq 'server_free').Count | Should -Be @(Get-StubRequest backup).Count
    }

    It 'of the start or of the options is told the same way' {
        Set-Stub backup 'refuse 3 {"v":1,"status":3,"code":"request.field","message":"m"}'
        { Invoke-PGBackup h a -Destination d } | Should -Throw -ErrorId 'PGB.request.field,Invoke-PGBackup'
        (Get-StubCall).Name | Should -Be @('server_new', 'backup', 'server_free')
        Set-Stub server 'refuse 1 {"v":1,"status":1,"code":"options.server","message":"m"}'
        { Invoke-PGBackup h a -Destination d } | Should -Throw -ErrorId 'PGB.options.server,Invoke-PGBackup'
        (Get-StubCall).Name | Should -Be 'server_new'
    }

    It 'obeys the preference of the calling script' {
        Set-Stub backup 'fail 20 {"v":1,"status":20,"code":"c","message":"m"}'
        $caller = Join-Path $TestDrive 'caller.ps1'
        Set-Content $caller '$ErrorActionPreference = "Stop"; Invoke-PGBackup h a -Destination d; "went on"'
        { & $caller } | Should -Throw -ErrorId 'PGB.c,Invoke-PGBackup'
    }

    It 'of a command further down the pipeline stays what it is' {
        Set-Stub query (& $databases (& $database 'a'))
        { Get-PGDatabase h | ForEach-Object { throw 'mine' } } | Should -Throw -ExpectedMessage 'mine' -ErrorId 'mine'
    }

    It 'in a set piped to a restore names what is wrong' {
        Set-Stub
        { [pscustomobject]@{ Position = 1 } | Restore-PGDatabase h a } | Should -Throw -ErrorId 'PGB.request.no_set,Restore-PGDatabase'
        { @() | Restore-PGDatabase h a } | Should -Throw -ErrorId 'PGB.request.no_sets,Restore-PGDatabase'
        $mixed = foreach ($name in 'a', 'b') { [pscustomobject]@{ BackupFile = 'x'; Position = 1; DatabaseName = $name } }
        { $mixed | Restore-PGDatabase h } | Should -Throw -ErrorId 'PGB.request.mixed_databases,Restore-PGDatabase'
        { Invoke-PGBackup h -InputObject ([pscustomobject]@{ X = 1 }) -Destination d } | Should -Throw -ErrorId 'PGB.request.no_database,Invoke-PGBackup'
        Get-StubCall | Should -BeNullOrEmpty
    }
}
