# What every command does around a job, on the stand-in library: requests and secrets, types, culture,
# errors, messages, progress, cancelling, freeing.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Common.ps1')
    $real = $env:PGB_LIBRARY
    if ($env:PGB_TEST_STUB) { Import-TestModule -Library $env:PGB_TEST_STUB }

    $set = '{"BackupName":null,"BackupType":5,"Compressed":0,"Position":3,"ServerName":"S","DatabaseName":"2026-11-20T14:30:00","BackupSize":3145728,' +
    '"FirstLSN":"4294967295000015300037","LastLSN":"21000000015300037","BackupStartDate":"2026-11-20T14:29:59.997","BackupFinishDate":"2026-11-20T14:30:00",' +
    '"HasBackupChecksums":true,"BackupSetGUID":"6f9619ff-8b86-d011-b42d-00c04fc964ff","SomethingNew":7,' +
    '"BackupFile":"D:\\B\\x.bak","BackupTypeName":"differential","BackupFinishDatePersian":"1405/08/29 14:30:00"}'
    $lost = '{"BackupFile":"D:\\B\\n.bak","error":{"v":1,"status":22,"code":"server.backup_device","message":"`D:\\B\\n.bak` cannot be opened","hint":"check the path","target":null,' +
    '"retryable":false,"causes":["first","second"],"server":[{"number":3201,"severity":16,"state":2,"line":1,"procedure":null,"message":"Cannot open backup device"},' +
    '{"number":3013,"severity":16,"state":1,"line":1,"procedure":null,"message":"terminating abnormally"}]}}'
    $backup = '{"v":1,"kind":"backup","server":"h","database":"a]b","requested_type":"differential","type":"full","promoted":{"code":"no_base","reason":"no base"},' +
    '"copy_only":false,"archive":true,"files":["D:\\B\\a.bak"],"position":1,"media_set_id":"6f9619ff-8b86-d011-b42d-00c04fc964ff",' +
    '"backup_set_guid":"7f9619ff-8b86-d011-b42d-00c04fc964ff","first_lsn":"21000000015300037","last_lsn":"21000000015300038","checkpoint_lsn":"1","database_backup_lsn":"0",' +
    '"differential_base_guid":null,"differential_base_lsn":null,"started_at":"2026-11-20T11:00:00Z","finished_at":"2026-11-20T11:00:01.5Z",' +
    '"started_at_persian":"1405/08/29 14:30:00","finished_at_persian":"1405/08/29 14:30:01","backup_size":3145728,"compressed_backup_size":null,"pages":330,"duration_ms":1500,' +
    '"mb_per_sec":2.5,"has_backup_checksums":true,"verified":null,"retries":[{"reason":"busy","number":3041}],"messages":[{"number":3014,"severity":0,"text":"done"}],"statements":["BACKUP"]}'
    $script = '{"v":1,"kind":"script","server":"h","database":"a","statements":["BACKUP"],"script":"BACKUP DATABASE [a];"}'
    $running = '{"v":1,"state":"running","phase":"Writing","percent":41.5,"bytes_done":5242880,"bytes_total":12582912,"rate_bytes_per_sec":1572864,"eta_ms":8200,"elapsed_ms":500,' +
    '"messages":[{"seq":1,"level":"warning","number":null,"text":"careful"},{"seq":2,"level":"info","number":3014,"text":"story"},{"seq":3,"level":"debug","number":null,"text":"BACKUP DATABASE"}],' +
    '"last_seq":3,"dropped":0}'
    $quiet = '{"v":1,"state":"running","phase":"","percent":null,"bytes_done":0,"bytes_total":null,"rate_bytes_per_sec":null,"eta_ms":null,"elapsed_ms":900,"messages":[],"last_seq":3,"dropped":0}'
    $database = { param($name, $state = 'ONLINE') '{"name":"' + $name + '","database_id":5,"state":"' + $state + '","user_access":"MULTI_USER","recovery_model":"SIMPLE","compatibility_level":150,' +
        '"owner":"sa","created_at":"2026-01-02T03:04:05","size_bytes":8388608,"log_size_bytes":1048576,"is_read_only":false,"last_full_at":"2026-11-20T14:30:00",' +
        '"last_differential_at":null,"last_log_at":null,"last_full_file":null}' }
    $databases = { param([string[]] $rows) 'page {"v":1,"items":[' + ($rows -join ',') + '],"done":true}' }

    # Runs a script in a runspace of its own, as Ctrl+C and progress need one; gives the shell.
    $start = {
        param([string] $text, [scriptblock] $prepare)
        $shell = [powershell]::Create()
        $null = $shell.AddScript('param($module, $library) $env:PGB_LIBRARY = $library; Import-Module $module; ' + $text).AddArgument($ModuleFolder).AddArgument($env:PGB_TEST_STUB)
        $shell
    }
    $waitForCall = {
        param([string] $name)
        for ($n = 0; $n -lt 200 -and -not (Get-StubCall | Where-Object Name -eq $name); $n++) { Start-Sleep -Milliseconds 50 }
    }
}

AfterAll { $env:PGB_LIBRARY = $real }

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
        $null = Invoke-PGBackup -Server h -Database 'a' -BackupFile 'E:\before update.bak' -CopyOnly
        (Get-StubCall | Where-Object Name -eq 'backup').Text | Should -BeExactly '{"v":1,"database":"a","type":"full","backup_file":"E:\\before update.bak","copy_only":true}'
    }

    It 'of a restore holds the sets piped in, in their order' {
        Set-Stub restore 'refuse 26 {"v":1,"status":26,"code":"chain.x","message":"m"}'
        $sets = foreach ($n in 1, 3) { [pscustomobject]@{ BackupFile = 'x.bak'; Position = $n; DatabaseName = 'db'; BackupSetGUID = [guid]'6f9619ff-8b86-d011-b42d-00c04fc964ff' } }
        $sets | Restore-PGDatabase h -Replace -Force -NoRecovery -RelocateFile @{ a = 'D:\a.mdf' } -ErrorAction SilentlyContinue
        (Get-StubCall | Where-Object Name -eq 'restore').Text | Should -BeExactly ('{"v":1,"database":"db","sources":[{"file":"x.bak","position":1,"backup_set_guid":"6f9619ff-8b86-d011-b42d-00c04fc964ff"},' +
            '{"file":"x.bak","position":3,"backup_set_guid":"6f9619ff-8b86-d011-b42d-00c04fc964ff"}],"replace":true,"relocate":{"a":"D:\\a.mdf"},"recovery":"norecovery"}')
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

    It 'for a file of this machine has its absolute path, and no server' {
        Set-Stub query ('page {"v":1,"items":[],"done":true}')
        Push-Location $TestDrive
        try { Get-PGBackup 'a*.bak' } finally { Pop-Location }
        (Get-StubRequest query).files | Should -Be (Join-Path (Get-Item $TestDrive).FullName 'a*.bak')
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
        $sound = '{"file":"a.bak","position":1,"database":"d","verdict":"sound","checksums":true,"messages":[]}'
        $damaged = '{"file":"b.bak","position":1,"database":"d","verdict":"damaged","checksums":true,"messages":[{"number":3189,"severity":16,"text":"bad"}]}'
        Set-Stub verify "page {`"v`":1,`"items`":[$sound,$damaged],`"done`":true}"
        $found = Test-PGBackup -ServerInstance h -BackupFile a.bak, b.bak
        $found.Verdict | Should -Be @('Sound', 'Damaged')
        $found.IsSound | Should -Be @($true, $false)
        $found[1].Messages[0].Message | Should -Be 'bad'
        Test-PGBackup -ServerInstance h -BackupFile a.bak, b.bak -Quiet | Should -BeFalse
        Set-Stub verify "page {`"v`":1,`"items`":[$sound],`"done`":true}"
        Test-PGBackup -ServerInstance h -BackupFile a.bak -Quiet | Should -BeTrue
        (Get-StubCall | Where-Object Name -eq 'verify').Text | Should -BeExactly '{"v":1,"sources":[{"file":"a.bak"}]}'
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
        { Restore-PGDatabase h a -BackupFile x, y -Position 1 } | Should -Throw -ErrorId 'PGB.request.position,Restore-PGDatabase'
        $mixed = foreach ($name in 'a', 'b') { [pscustomobject]@{ BackupFile = 'x'; Position = 1; DatabaseName = $name } }
        { $mixed | Restore-PGDatabase h } | Should -Throw -ErrorId 'PGB.request.mixed_databases,Restore-PGDatabase'
        { Invoke-PGBackup h -InputObject ([pscustomobject]@{ X = 1 }) -Destination d } | Should -Throw -ErrorId 'PGB.request.no_database,Invoke-PGBackup'
        Get-StubCall | Should -BeNullOrEmpty
    }
}

Describe 'A running job' -Skip:(-not $env:PGB_TEST_STUB) {
    It 'passes its messages on, each once' {
        Set-Stub backup @("status $running", "status $quiet", 'run 1200', "result $backup")
        $all = Invoke-PGBackup h a -Destination d -Verbose -Debug 3>&1 4>&1 5>&1
        @($all | Where-Object { $_ -is [System.Management.Automation.WarningRecord] }).Message | Should -Be 'careful'
        @($all | Where-Object { $_ -is [System.Management.Automation.VerboseRecord] }).Message | Should -Contain 'story'
        @($all | Where-Object { $_ -is [System.Management.Automation.DebugRecord] }).Message | Should -Be 'BACKUP DATABASE'
        @(Get-StubCall | Where-Object Name -eq 'status').Text[1] | Should -Be '3'
    }

    It 'shows percent, rate and time left, at most four times a second, and completes once' {
        Set-Stub backup @("status $running", 'run 1600', "result $backup")
        $shell = & $start 'Invoke-PGBackup h a -Destination d'
        $null = $shell.Invoke()
        $records = @($shell.Streams.Progress | Where-Object Activity -ne 'Preparing modules for first use.')
        $shell.Dispose()
        $records[0].PercentComplete | Should -Be 41
        $records[0].SecondsRemaining | Should -Be 9
        $records[0].StatusDescription | Should -BeLike '*5.0 MB*12.0 MB*1.5 MB*'
        @($records | Where-Object RecordType -eq 'Completed').Count | Should -Be 1
        $records[-1].RecordType | Should -Be 'Completed'
        $records.Count | Should -BeLessOrEqual 8
    }

    It 'that is short shows no progress' {
        Set-Stub backup "result $backup"
        $shell = & $start 'Invoke-PGBackup h a -Destination d'
        $null = $shell.Invoke()
        @($shell.Streams.Progress | Where-Object Activity -like '*a*backup*').Count | Should -Be 0
        $shell.Dispose()
    }

    It 'is cancelled and freed by Ctrl+C' {
        Set-Stub backup @("status $running", 'run -1')
        $shell = & $start 'Invoke-PGBackup h a -Destination d; [System.IO.File]::WriteAllText("$env:PGB_LIBRARY.d/went_on", "")'
        $null = $shell.BeginInvoke()
        & $waitForCall 'status'
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        $shell.Stop()
        $clock.ElapsedMilliseconds | Should -BeLessThan 3000
        $shell.Dispose()
        (Get-StubCall | Where-Object Name -ne 'status').Name | Should -Be @('server_new', 'backup', 'cancel', 'job_free', 'server_free')
        Test-Path "$env:PGB_TEST_STUB.d/went_on" | Should -BeFalse
    }

    It 'is cancelled when the pipeline has enough' {
        Set-Stub query @("page {`"v`":1,`"items`":[$set,$set],`"done`":false}", 'run -1')
        (Get-PGBackup -ServerInstance h -BackupFile x.bak | Select-Object -First 1).Position | Should -Be 3
        (Get-StubCall).Name | Should -Be @('server_new', 'query', 'cancel', 'job_free', 'server_free')
    }

    It 'gives its items before it ends' {
        Set-Stub query @("page {`"v`":1,`"items`":[$set],`"done`":false}", 'run -1')
        $seen = 0
        # Only Select-Object's stop ends this job: an item that waited for the end would hang.
        Get-PGBackup -ServerInstance h -BackupFile x.bak | ForEach-Object { $seen++; $_ } | Select-Object -First 1 | Out-Null
        $seen | Should -Be 1
    }
}
