# What the commands do while a job runs, on the stand-in library: messages, progress, cancelling, freeing.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Common.ps1')
    . (Join-Path $PSScriptRoot 'stub/Replies.ps1')
    if ($env:PGB_TEST_STUB) { Import-TestModule -Library $env:PGB_TEST_STUB }
}

AfterAll { $env:PGB_LIBRARY = $env:PGB_TEST_LIBRARY }

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
