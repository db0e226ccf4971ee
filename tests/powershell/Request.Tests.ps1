# What the commands send, on the stand-in library: requests, secrets, names, -WhatIf and confirmation.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Common.ps1')
    . (Join-Path $PSScriptRoot 'stub/Replies.ps1')
    if ($env:PGB_TEST_STUB) { Import-TestModule -Library $env:PGB_TEST_STUB }
}

AfterAll { $env:PGB_LIBRARY = $env:PGB_TEST_LIBRARY }

Describe 'A request' -Skip:(-not $env:PGB_TEST_STUB) {
    It 'carries the connection parameters, and the password beside them only' {
        Set-Stub query ('page {"v":1,"items":[' + $set + '],"done":true}')
        $secret = ([char]0x067E) + 's$' + [char]0x20AC + [char]::ConvertFromUtf32(0x1F600)
        $null = Get-PGBackup -ServerInstance 'host\inst' -Credential (New-TestCredential 'sa' $secret) -Encrypt Strict -TrustServerCertificate -HostNameInCertificate 'n' -ConnectTimeoutSec 7 -BackupFile x.bak
        $options, $sent = (Get-StubCall | Where-Object Name -eq 'server_new').Text -split "`t"
        $sent | Should -BeExactly $secret
        $options | Should -Be '{"v":1,"server":"host\\inst","auth":"sql","user":"sa","encrypt":"strict","trust_server_certificate":true,"host_name_in_certificate":"n","connect_timeout_ms":7000,"app_name":"PGBackup"}'
        (Get-StubCall | Where-Object Name -ne 'server_new' | ForEach-Object Text) -join ' ' | Should -Not -BeLike "*$secret*"
    }

    It 'tells a Windows account from a SQL login, and both from none' {
        foreach ($case in @('sa', 'sql'), @('DOM\user', 'windows')) {
            Set-Stub
            $null = Get-PGDatabase h -Credential (New-TestCredential $case[0])
            (Get-StubCall)[0].Text | Should -BeLike "*`"auth`":`"$($case[1])`",`"user`":*"
        }
        Set-Stub
        $null = Get-PGDatabase h
        (Get-StubCall)[0].Text | Should -BeLike '*"auth":"integrated"*'
        (Get-StubCall)[0].Text | Should -Not -BeLike '*"user"*'
        ((Get-StubCall)[0].Text -split "`t")[1] | Should -BeExactly '<none>'
        Set-Stub
        $null = Get-PGDatabase h -Credential (New-TestCredential 'sa' '')
        ((Get-StubCall)[0].Text -split "`t")[1] | Should -BeExactly ''
    }

    It 'makes the path of a CA file absolute by the location of PowerShell' {
        Set-Stub
        Push-Location $TestDrive
        try { $null = Get-PGDatabase h -CAFile 'ca.pem' } finally { Pop-Location }
        $full = Join-Path (Get-Item $TestDrive).FullName 'ca.pem'
        (ConvertFrom-Json ((Get-StubCall)[0].Text -split "`t")[0]).ca_file | Should -Be $full
    }

    It 'of a backup holds what was given, and leaves the rest to the library' {
        Set-Stub backup "result $backup"
        $null = Invoke-PGBackup h 'a' -Destination 'D:\B'
        (Get-StubCall | Where-Object Name -eq 'backup').Text | Should -BeExactly '{"v":1,"database":"a","type":"full","destination":"D:\\B"}'

        Set-Stub backup "result $backup"
        $null = Invoke-PGBackup -SqlInstance h -Database 'a' -BackupDirectory 'D:\B' -Type Differential -Archive -FileName '{Database}.bak' -Compression On -NoChecksum -Name n -Description d -Verify
        (Get-StubCall | Where-Object Name -eq 'backup').Text | Should -BeExactly ('{"v":1,"database":"a","type":"differential","destination":"D:\\B","archive":true,"file_name":"{Database}.bak",' +
            '"compression":"on","checksum":false,"name":"n","description":"d","verify":true}')

        Set-Stub backup "result $backup"
        $null = Invoke-PGBackup h 'a' -Destination 'D:\B' -Type Differential -Archive -RolloverAfterDifferentials 6 -RolloverAtSize 10GB -OnForeignBase Stop -RemoveOlderThanDays 30
        (Get-StubCall | Where-Object Name -eq 'backup').Text | Should -BeExactly ('{"v":1,"database":"a","type":"differential","destination":"D:\\B","archive":true,' +
            '"rollover":{"differentials":6,"bytes":10737418240},"on_foreign_base":"stop","remove":{"rules":{"older_than_days":30}}}')

        Set-Stub backup "result $backup"
        $null = Invoke-PGBackup -Server h -Database 'a' -BackupFile 'E:\before update.bak' -CopyOnly
        (Get-StubCall | Where-Object Name -eq 'backup').Text | Should -BeExactly '{"v":1,"database":"a","type":"full","backup_file":"E:\\before update.bak","copy_only":true}'
    }

    It 'of a backup holds what concerns its media' {
        Set-Stub backup "result $backup"
        $null = Invoke-PGBackup h a -Destination 'D:\B' -Stripe 4 -MirrorDestination 'E:\M' -EncryptionCertificate 'c' -EncryptionAlgorithm AES_128 -ExpirationDate '2026-12-31' -MaxTransferSize 65536 -BufferCount 7
        (Get-StubCall | Where-Object Name -eq 'backup').Text | Should -BeExactly ('{"v":1,"database":"a","type":"full","destination":"D:\\B","stripes":4,"mirror":"E:\\M",' +
            '"encryption":{"certificate":"c","algorithm":"aes_128"},"expires":"2026-12-31","max_transfer_size":65536,"buffer_count":7}')

        Set-Stub backup "result $backup"
        $null = Invoke-PGBackup h a -BackupFile 'a1.bak', 'a2.bak'
        (Get-StubRequest backup).backup_file | Should -Be @('a1.bak', 'a2.bak')
    }

    It 'of a restore holds the state to leave the database in' {
        foreach ($case in @(@{ StandbyFile = 'D:\u' }, '{"v":1,"database":"a","sources":[{"file":"x"}],"recovery":"standby","standby_file":"D:\\u"}'),
            @(@{ NoRecovery = $true }, '{"v":1,"database":"a","sources":[{"file":"x"}],"recovery":"norecovery"}')) {
            Set-Stub restore 'refuse 26 {"v":1,"status":26,"code":"chain.x","message":"m"}'
            $state = $case[0]
            Restore-PGDatabase h a -BackupFile x @state -ErrorAction SilentlyContinue
            (Get-StubCall | Where-Object Name -eq 'restore').Text | Should -BeExactly $case[1]
        }
        Set-Stub restore 'refuse 26 {"v":1,"status":26,"code":"chain.x","message":"m"}'
        Restore-PGDatabase h a -Recover -ErrorAction SilentlyContinue
        (Get-StubCall | Where-Object Name -eq 'restore').Text | Should -BeExactly '{"v":1,"database":"a","sources":[]}'
    }

    It 'of a restore holds the sets piped in, in their order' {
        Set-Stub restore 'refuse 26 {"v":1,"status":26,"code":"chain.x","message":"m"}'
        $sets = foreach ($n in 1, 3) { [pscustomobject]@{ BackupFile = 'x.bak'; Position = $n; DatabaseName = 'db'; BackupSetGUID = [guid]'6f9619ff-8b86-d011-b42d-00c04fc964ff' } }
        $sets | Restore-PGDatabase h -Replace -Force -NoRecovery -RelocateFile @{ a = 'D:\a.mdf' } -ErrorAction SilentlyContinue
        (Get-StubCall | Where-Object Name -eq 'restore').Text | Should -BeExactly ('{"v":1,"database":"db","sources":[{"file":"x.bak","position":1,"backup_set_guid":"6f9619ff-8b86-d011-b42d-00c04fc964ff"},' +
            '{"file":"x.bak","position":3,"backup_set_guid":"6f9619ff-8b86-d011-b42d-00c04fc964ff"}],"replace":true,"relocate":{"a":"D:\\a.mdf"},"recovery":"norecovery"}')
    }

    It 'of a restore from files has the position in the last one, and the folders' {
        Set-Stub restore 'refuse 26 {"v":1,"status":26,"code":"chain.x","message":"m"}'
        Restore-PGDatabase h db -BackupFile a.bak, b.bak -Position 2 -Replace -AllowOtherDatabase -DataDirectory 'D:\D' -LogDirectory 'L:\L' -Force -ErrorAction SilentlyContinue
        (Get-StubCall | Where-Object Name -eq 'restore').Text | Should -BeExactly ('{"v":1,"database":"db","sources":[{"file":"a.bak"},{"file":"b.bak","position":2}],"replace":true,' +
            '"allow_other_database":true,"data_directory":"D:\\D","log_directory":"L:\\L"}')
    }

    It 'of a restore says how the old database is kept safe' {
        Set-Stub restore 'refuse 26 {"v":1,"status":26,"code":"chain.x","message":"m"}'
        Restore-PGDatabase h db -BackupFile a.bak -Replace -SafetyCopy Rename -SafetyDirectory 'D:\S' -Check -MapUsers -Force -ErrorAction SilentlyContinue
        (Get-StubCall | Where-Object Name -eq 'restore').Text | Should -BeExactly ('{"v":1,"database":"db","sources":[{"file":"a.bak"}],"replace":true,' +
            '"safety_copy":"rename","safety_directory":"D:\\S","check":true,"map_users":true}')
    }

    It 'of a repair says where it is to end, and -WhatIf only asks' {
        $result = '{"v":1,"kind":"repair","server":"h","database":"db","was_broken_off":true,"content":"before","state":"ONLINE","user_access":"MULTI_USER","notes":["n"],"disconnected":[{"session_id":51,"login":"crm","host":"H","program":null}],"statements":["s"]}'
        Set-Stub repair "result $result"
        $done = Repair-PGDatabase h db -Force
        (Get-StubCall | Where-Object Name -eq 'repair').Text | Should -BeExactly '{"v":1,"database":"db"}'
        $done.PSObject.TypeNames[0] | Should -Be 'PGBackup.RepairResult'
        "$($done.Content) $($done.UserAccess) $($done.WasBrokenOff) $($done.Disconnected[0].Login)" | Should -BeExactly 'Before MULTI_USER True crm'
        Set-Stub repair "result $result"
        $null = Repair-PGDatabase h db -Finish -Force
        (Get-StubCall | Where-Object Name -eq 'repair').Text | Should -BeExactly '{"v":1,"database":"db","wish":"finish"}'
        Set-Stub repair "result $result"
        $null = Repair-PGDatabase h db -WhatIf
        (Get-StubCall | Where-Object Name -eq 'repair').Text | Should -BeExactly '{"v":1,"database":"db","dry_run":true}'
    }

    It 'of a restore to a moment is by the server''s clock, unless the moment has a zone' {
        $sent = {
            param($moment)
            Set-Stub restore 'refuse 26 {"v":1,"status":26,"code":"chain.x","message":"m"}'
            Restore-PGDatabase h db -BackupFile a.bak -PointInTime $moment -ErrorAction SilentlyContinue
            [regex]::Match((Get-StubCall | Where-Object Name -eq 'restore').Text, '"point_in_time":"([^"]*)"').Groups[1].Value
        }
        & $sent '2026-11-20 14:30' | Should -BeExactly '2026-11-20T14:30:00'
        & $sent ([datetime]::new(2026, 11, 20, 14, 30, 0, [DateTimeKind]::Utc)) | Should -BeExactly '2026-11-20T14:30:00Z'
        $local = [datetime]::new(2026, 11, 20, 14, 30, 0, [DateTimeKind]::Local)
        & $sent $local | Should -BeExactly ($local.ToUniversalTime().ToString('s', [cultureinfo]::InvariantCulture) + 'Z')
    }

    It 'keeps every letter of a name: <_>' -ForEach @('a]b', "it's", '100%', 'a;b', 'x*', '[ab]', "a`nb") {
        Set-Stub query (& $databases (& $database ($_ -replace "`n", '\n')))
        [System.IO.File]::WriteAllText("$env:PGB_TEST_STUB.d/backup.script", "result $backup")
        $null = Invoke-PGBackup h $_ -Destination d
        (Get-StubRequest backup).database | Should -BeExactly $_
    }

    It 'keeps Persian and emoji' {
        $name = -join [char[]](0x067E, 0x06CC, 0x0627, 0x0645, 0x200C, 0x06F2) + [char]::ConvertFromUtf32(0x1F4BE)
        Set-Stub backup "result $backup"
        $null = Invoke-PGBackup h $name -BackupFile "D:\$name.bak"
        (Get-StubRequest backup).database | Should -BeExactly $name
        (Get-StubRequest backup).backup_file | Should -BeExactly "D:\$name.bak"
    }

    It 'with half a surrogate pair is refused before anything is sent' {
        Set-Stub
        { Invoke-PGBackup h ('a' + [char]0xD800) -Destination d } | Should -Throw -ErrorId 'PGB.request.text,Invoke-PGBackup'
        Get-StubCall | Should -BeNullOrEmpty
    }

    It 'for files of this machine has their absolute paths, and no server' {
        Set-Stub query ('page {"v":1,"items":[],"done":true}')
        $folder = New-Item -ItemType Directory (Join-Path $TestDrive 'local')
        Push-Location $folder.FullName
        try { Get-PGBackup 'a[1].bak', 'a?.bak', 'new.bak' -Recurse } finally { Pop-Location }
        (Get-StubRequest query).files | Should -Be @('a[1].bak', 'a?.bak', 'new.bak' | ForEach-Object { Join-Path $folder.FullName $_ })
        (Get-StubRequest query).recurse | Should -BeTrue
        Get-StubCall | Where-Object Name -eq 'server_new' | Should -BeNullOrEmpty
    }

    It 'takes the files of Get-ChildItem, many in one job' {
        Set-Stub query ('page {"v":1,"items":[],"done":true}')
        $folder = Join-Path $TestDrive 'many'
        $null = New-Item -ItemType Directory $folder
        foreach ($n in 1..70) { [System.IO.File]::WriteAllText((Join-Path $folder "f$n.bak"), '') }
        Get-ChildItem $folder | Get-PGBackup
        $requests = @(Get-StubRequest query)
        $requests.Count | Should -Be 2
        @($requests | ForEach-Object { $_.files }).Count | Should -Be 70
    }

    It 'for the history of a server holds its filters, by the server''s clock' {
        Set-Stub query 'page {"v":1,"items":[],"done":true}'
        Get-PGBackup -ServerInstance h
        (Get-StubCall | Where-Object Name -eq 'query').Text | Should -BeExactly '{"v":1,"kind":"history"}'
        Set-Stub query 'page {"v":1,"items":[],"done":true}'
        Get-PGBackup -ServerInstance h -Database a, b -Type Full, Log -After '2026-11-20' -Before ([datetime]::new(2026, 11, 21, 1, 2, 3, [DateTimeKind]::Local)) -Last 5
        (Get-StubCall | Where-Object Name -eq 'query').Text | Should -BeExactly ('{"v":1,"kind":"history","names":["a","b"],"types":["full","log"],"after":"2026-11-20T00:00:00",' +
            '"before":"2026-11-21T01:02:03","last":5}')
        Set-Stub query ('page {"v":1,"items":[' + ($set -replace '2026-11-20T14:30:00","BackupSize', 'Pay","BackupSize') + ',' + $set + '],"done":true}')
        (Get-PGBackup -ServerInstance h -Database 'P*').DatabaseName | Should -Be 'Pay'
        (Get-StubRequest query).PSObject.Properties.Name | Should -Not -Contain 'names'
    }

    It 'for files and label asks so' {
        Set-Stub query ('page {"v":1,"items":[{"LogicalName":"a","Size":5,"CreateLSN":"0","FileId":1}],"done":true}')
        $file = Get-PGBackup -ServerInstance h -BackupFile x.bak -Files -Position 2
        $file.PSObject.TypeNames[0] | Should -Be 'PGBackup.BackupFile'
        (Get-StubCall | Where-Object Name -eq 'query').Text | Should -BeExactly '{"v":1,"kind":"file_list","file":"x.bak","position":2}'
        Set-Stub query ('page {"v":1,"items":[{"MediaSetId":"6f9619ff-8b86-d011-b42d-00c04fc964ff","FamilyCount":1,"MediaDate":"2026-11-20T14:30:00","BackupFile":"x.bak"}],"done":true}')
        $label = Get-PGBackup -ServerInstance h -BackupFile x.bak -Label
        $label.PSObject.TypeNames[0] | Should -Be 'PGBackup.MediaLabel'
        $label.MediaSetId | Should -BeOfType [guid]
        (Get-StubCall | Where-Object Name -eq 'query').Text | Should -BeExactly '{"v":1,"kind":"label","files":["x.bak"]}'
    }
}

Describe 'Databases' -Skip:(-not $env:PGB_TEST_STUB) {
    BeforeEach {
        Set-Stub query (& $databases (& $database 'tempdb'), (& $database 'PayamGostar2'), (& $database 'a[b]'), (& $database 'ab'), (& $database 'Pay_off' 'OFFLINE'))
        [System.IO.File]::WriteAllText("$env:PGB_TEST_STUB.d/backup.script", "result $backup")
    }

    It 'are matched by pattern, a name written just so first' {
        (Get-PGDatabase h 'p*').Name | Should -Be @('PayamGostar2', 'Pay_off')
        (Get-PGDatabase h 'a[b]').Name | Should -Be 'a[b]'
        (Get-PGDatabase h 'PAYAMGOSTAR2').Name | Should -Be 'PayamGostar2'
        (Get-PGDatabase h -ExcludeSystem).Name | Should -Not -Contain 'tempdb'
        'ab', 'a*' | Get-PGDatabase h | ForEach-Object Name | Should -Be @('ab', 'a[b]')
    }

    It 'that do not exist are an error each, and the others come' {
        $found = Get-PGDatabase h 'nope', 'ab' -ErrorVariable failures -ErrorAction SilentlyContinue
        $found.Name | Should -Be 'ab'
        $failures.Count | Should -Be 1
        $failures[0].FullyQualifiedErrorId | Should -Be 'PGB.database.not_found,Get-PGDatabase'
        $failures[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $failures[0].TargetObject | Should -Be 'nope'
        $failures[0].ErrorDetails.RecommendedAction | Should -Match 'Get-PGDatabase'
    }

    It 'are backed up by pattern without tempdb, and without those that are not online, with a warning' {
        $null = Invoke-PGBackup h '*' -Destination d -ExcludeDatabase 'ab' -WarningVariable warned -WarningAction SilentlyContinue
        (Get-StubRequest backup).database | Should -Be @('PayamGostar2', 'a[b]')
        "$warned" | Should -BeLike '*Pay_off*OFFLINE*'
    }

    It 'are backed up from the pipeline, as objects and as names' {
        $null = Get-PGDatabase h 'p*2', 'ab' | Invoke-PGBackup -ServerInstance h -Destination d
        (Get-StubRequest backup).database | Should -Be @('ab', 'PayamGostar2')[1, 0]
        $null = 'x', 'y' | Invoke-PGBackup -ServerInstance h -Destination d
        (Get-StubRequest backup).database | Select-Object -Last 2 | Should -Be @('x', 'y')
    }

    It 'complete on the command line, quoted where needed, and a server that fails gives nothing' {
        $line = 'Invoke-PGBackup -ServerInstance h -Database '
        $texts = (TabExpansion2 -inputScript $line -cursorColumn $line.Length).CompletionMatches.CompletionText
        $texts | Should -Contain 'PayamGostar2'
        $texts | Should -Contain "'a[b]'"
        Set-Stub query 'fail 10 {"v":1,"status":10,"code":"connect.refused","message":"m"}'
        $line = 'Get-PGDatabase -ServerInstance other -Database '
        (TabExpansion2 -inputScript $line -cursorColumn $line.Length).CompletionMatches | Where-Object CompletionText -eq 'PayamGostar2' | Should -BeNullOrEmpty
    }
}

Describe '-WhatIf' -Skip:(-not $env:PGB_TEST_STUB) {
    It 'sends nothing' {
        Set-Stub
        Invoke-PGBackup h a -Destination d -WhatIf
        Restore-PGDatabase h a -BackupFile x.bak -Replace -WhatIf
        Get-StubCall | Should -BeNullOrEmpty
    }
}

Describe 'Confirmation of a restore' -Skip:(-not $env:PGB_TEST_STUB) {
    BeforeEach { Set-Stub restore 'refuse 26 {"v":1,"status":26,"code":"chain.x","message":"m"}' }

    It 'is asked with -Replace, and a prompt that cannot be shown stops the restore' {
        # The host of a runspace made here cannot prompt, as that of SQL Agent.
        $shell = & $start 'Restore-PGDatabase h a -BackupFile x.bak -Replace'
        { $shell.Invoke() } | Should -Throw
        $shell.Dispose()
        Get-StubCall | Should -BeNullOrEmpty
    }

    It 'is not asked without -Replace, with -Force or with -Confirm:$false' {
        foreach ($rest in '', '-Replace -Force', '-Replace -Confirm:$false') {
            Set-Stub restore 'refuse 26 {"v":1,"status":26,"code":"chain.x","message":"m"}'
            $shell = & $start "Restore-PGDatabase h a -BackupFile x.bak $rest"
            $null = $shell.Invoke()
            $shell.Streams.Error[0].FullyQualifiedErrorId | Should -Be 'PGB.chain.x,Restore-PGDatabase' -Because "of $rest"
            $shell.Dispose()
        }
    }

    It 'is asked by -Confirm, and by a preference, in every case' {
        foreach ($line in 'Restore-PGDatabase h a -BackupFile x.bak -Confirm', '$ConfirmPreference = "Low"; Restore-PGDatabase h a -BackupFile x.bak', 'Invoke-PGBackup h a -Destination d -Confirm') {
            $shell = & $start $line
            { $shell.Invoke() } | Should -Throw -Because $line
            $shell.Dispose()
        }
        Get-StubCall | Should -BeNullOrEmpty
    }
}
