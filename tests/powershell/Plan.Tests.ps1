# Backup plans on the real library: files, schedules, exit codes and what schedulers are given. With a server
# (PGB_TEST_SERVER) a plan is run by the very command line that a crontab would have.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Common.ps1')
    if ($env:PGB_TEST_LIBRARY) { Import-TestModule -Library $env:PGB_TEST_LIBRARY }

    function New-PlanFolder { (New-Item -ItemType Directory (Join-Path $TestDrive ([guid]::NewGuid().ToString('n')))).FullName }

    function Get-TaskFault {
        # What a task breaks of the schema's facts (task.xsd).
        param([string] $Text)
        $settings = [System.Xml.XmlReaderSettings]::new()
        $settings.ValidationType = 'Schema'
        $null = $settings.Schemas.Add('http://schemas.microsoft.com/windows/2004/02/mit/task', (Join-Path $PSScriptRoot 'task.xsd'))
        $settings.ValidationFlags = 'ReportValidationWarnings, ProcessIdentityConstraints'
        $reader = [System.Xml.XmlReader]::Create([System.IO.StringReader]::new($Text), $settings)
        try { while ($reader.Read()) { continue } } catch { $_.Exception.Message } finally { $reader.Dispose() }
    }

    function New-TestPlan {
        param([hashtable] $With = @{})
        $common = @{ Name = 'Crm'; ServerInstance = '127.0.0.1,1'; Database = 'PayamGostar2'; Destination = 'D:\Backup'; TimeZone = 'Asia/Tehran'; PlanFolder = $folder }
        foreach ($key in $With.Keys) { $common[$key] = $With[$key] }
        New-PGBackupPlan @common
    }
}

Describe 'Plans' -Skip:(-not $env:PGB_LIBRARY) {
    BeforeEach { $folder = New-PlanFolder }

    It 'are made, listed and removed' {
        $plan = New-TestPlan @{ Mode = 'Differential'; DifferentialEveryHours = 4; Weekly = 'Saturday'; At = '02:30' }
        $plan.PSObject.TypeNames[0] | Should -Be 'PGBackup.Plan'
        $plan.Schedule | Should -BeLike '*every Saturday at 02:30 (Asia/Tehran)*every 4 hours*'
        $plan.Definition.archive | Should -BeTrue
        $plan.CreatedAt.Kind | Should -Be 'Utc'
        (Get-PGBackupPlan -PlanFolder $folder).Name | Should -Be 'Crm'
        (Get-PGBackupPlan C* -PlanFolder $folder).Path | Should -Be $plan.Path
        Get-PGBackupPlan X* -PlanFolder $folder | Should -BeNullOrEmpty
        New-TestPlan @{ Daily = $true; ErrorAction = 'SilentlyContinue'; ErrorVariable = 'failures' } | Should -BeNullOrEmpty
        (New-TestPlan @{ Daily = $true; Force = $true }).Schedule | Should -BeLike '*every day at 00:00*'
        (Remove-PGBackupPlan Crm -PlanFolder $folder -Confirm:$false).Name | Should -Be 'Crm'
        $failure = { Get-PGBackupPlan Crm -PlanFolder $folder -ErrorAction Stop } | Should -Throw -PassThru
        $failure.FullyQualifiedErrorId | Should -BeLike 'PGB.media.file_not_found*'
    }

    It 'are only checked with -WhatIf' {
        New-TestPlan @{ Daily = $true; WhatIf = $true } | Should -BeNullOrEmpty
        Get-ChildItem $folder | Should -BeNullOrEmpty
        { New-TestPlan @{ Daily = $true; At = '25:61'; WhatIf = $true } } | Should -Throw '*25:61*'
    }

    It 'say which field is wrong and show a right one: <Wrong>' -ForEach @(
        @{ Wrong = '25:61'; With = @{ Daily = $true; At = '25:61' }; Field = 'schedule.lines`[0`].when.at`[0`]' }
        @{ Wrong = 'Satuday'; With = @{ Weekly = 'Satuday' }; Field = 'schedule.lines`[0`].when.days`[0`]' }
        @{ Wrong = '32'; With = @{ Monthly = '32' }; Field = 'schedule.lines`[0`].when.days`[0`]' }
        @{ Wrong = 'six fields'; With = @{ Cron = '0 30 2 * * SAT' }; Field = 'schedule.lines`[0`].when.cron' }
        @{ Wrong = 'Mars/Base'; With = @{ Daily = $true; TimeZone = 'Mars/Base' }; Field = 'schedule.zone' }
        @{ Wrong = '22-6'; With = @{ Daily = $true; Window = '22-6' }; Field = 'window' }
    ) {
        $failure = { New-TestPlan $With } | Should -Throw -PassThru
        $failure.TargetObject | Should -BeLike $Field
        $failure.FullyQualifiedErrorId | Should -BeLike 'PGB.caller.request,*'
        $failure.Exception.Data['PGBackup.Hint'] | Should -BeLike '*write it like*'
    }

    It 'keep rules of retention, for all and by kind' {
        $plan = New-TestPlan @{ Daily = $true; RemoveOlderThanDays = 30; KeepMonthly = 12; Calendar = 'Persian'; GraceDays = 5 }
        $plan.Definition.remove.rules.older_than_days | Should -Be 30
        $plan.Definition.remove.rules.keep_monthly | Should -Be 12
        $plan.Definition.remove.rules.calendar | Should -Be 'persian'
        $plan.Definition.remove.grace_days | Should -Be 5
        $lines = @{ Type = 'Full'; Weekly = 'Friday'; At = '01:00'; RemoveOlderThanDays = 60 }, @{ Type = 'Differential'; Daily = $true; At = '02:30'; RemoveOlderThanDays = 14 },
        @{ Type = 'Log'; EveryMinutes = 15; Within = '06:00-22:00'; RemoveOlderThanDays = 7 }
        $plan = New-TestPlan @{ Name = 'Lines'; Line = $lines; TimeZone = 'UTC' }
        $plan.Schedule | Should -BeLike '*full: every Friday at 01:00*differential: every day at 02:30*log: every 15 minutes from 06:00 to 22:00*'
        $plan.Definition.remove.rules.full_older_than_days | Should -Be 60
        $plan.Definition.remove.rules.differential_older_than_days | Should -Be 14
        $plan.Definition.remove.rules.log_older_than_days | Should -Be 7
        { New-TestPlan @{ Name = 'X'; Line = @{ Type = 'Full'; Dayly = $true } } } | Should -Throw '*Dayly*Weekly*'
        { New-TestPlan @{ Name = 'X'; Line = @{ Type = 'Ful'; Daily = $true } } } | Should -Throw '*Ful*'
        { New-TestPlan @{ Name = 'X'; Line = @{ Type = 'Full' } } } | Should -Throw '*Full*'
    }

    It 'are changed where something is named, and nowhere else' {
        $made = New-TestPlan @{ Daily = $true; At = '02:30'; CopyTo = $folder; Heartbeat = (Join-Path $folder 'beat'); RemoveOlderThanDays = 30 }
        $text = [System.IO.File]::ReadAllText($made.Path) -replace '"version": 1,', '"$schema": "plan.schema.json", "version": 1,'
        [System.IO.File]::WriteAllText($made.Path, $text, $Utf8)
        $changed = Set-PGBackupPlan Crm -Verify -RemoveOlderThanDays 60 -KeepLast 3 -CopyTo @() -PlanFolder $folder
        $changed.Definition.verify | Should -BeTrue
        $changed.Definition.remove.rules.older_than_days | Should -Be 60
        $changed.Definition.remove.rules.keep_last | Should -Be 3
        $changed.Definition.PSObject.Properties['copy_to'] | Should -BeNullOrEmpty
        $changed.Definition.heartbeat | Should -Be $made.Definition.heartbeat
        $changed.Definition.'$schema' | Should -Be 'plan.schema.json'
        $paged = Set-PGBackupPlan Crm -Report (Join-Path $folder 'crm.html') -ReportLanguage Persian -PlanFolder $folder
        $paged.Definition.report.file | Should -Be (Join-Path $folder 'crm.html')
        (Set-PGBackupPlan Crm -ReportLanguage English -PlanFolder $folder).Definition.report.language | Should -Be 'english'
        (Set-PGBackupPlan Crm -Report '' -PlanFolder $folder).Definition.PSObject.Properties['report'] | Should -BeNullOrEmpty
        { Set-PGBackupPlan Crm -ReportLanguage English -PlanFolder $folder } | Should -Throw '*file*'
        $changed.Schedule | Should -Be $made.Schedule
        $changed.CreatedAt | Should -Be $made.CreatedAt
        $changed = Get-PGBackupPlan -PlanFolder $folder | Set-PGBackupPlan -Weekly Saturday -At 03:00 -Mode Differential -DifferentialCount 6 -RemoveOlderThanDays 0 -KeepLast 0 -PlanFolder $folder
        $changed.Schedule | Should -BeLike 'full, then 6 differentials*every Saturday at 03:00 (Asia/Tehran)'
        $changed.Definition.PSObject.Properties['remove'] | Should -BeNullOrEmpty
        { Set-PGBackupPlan Crm -LogEveryMinutes 15 -PlanFolder $folder } | Should -Throw -ErrorId 'PGB.request.schedule,Set-PGBackupPlan'
        { Set-PGBackupPlan Crm -Daily -At 25:61 -PlanFolder $folder } | Should -Throw '*25:61*'
        Set-PGBackupPlan Crm -Daily -WhatIf -PlanFolder $folder | Should -BeNullOrEmpty
        (Get-PGBackupPlan Crm -PlanFolder $folder).Schedule | Should -Be $changed.Schedule
        $failure = { Set-PGBackupPlan Gone -Verify -PlanFolder $folder -ErrorAction Stop } | Should -Throw -PassThru
        $failure.FullyQualifiedErrorId | Should -BeLike 'PGB.media.file_not_found*'
    }

    It 'are reported on one page' -Skip:($env:OS -eq 'Windows_NT') {
        $null = New-TestPlan @{ Daily = $true; Destination = $folder }
        [System.IO.File]::WriteAllText((Join-Path $folder 'Bad.json'), '{ "version": 9 }')
        $page = Join-Path $folder 'report.html'
        $report = Get-PGBackupReport -Path $page -Language Persian -PlanFolder $folder
        $report.State | Should -Be 'Danger'
        $report.Plans.Name | Should -Be 'Bad', 'Crm'
        [System.IO.File]::ReadAllText($page) | Should -BeLike '<!DOCTYPE html><html lang="fa" dir="rtl">*PayamGostar2*</html>'
        $one = Get-PGBackupReport Crm -Language English -PlanFolder $folder
        $one.Html | Should -BeLike '*Nothing can be restored*'
        $one.Path | Should -BeNullOrEmpty
        Get-PGBackupReport -Path (Join-Path $folder 'no.html') -WhatIf -PlanFolder $folder | Should -BeNullOrEmpty
        Test-Path (Join-Path $folder 'no.html') | Should -BeFalse
        Get-PGBackupReport Gone -PlanFolder $folder -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
    }

    It 'are checked line by line, with the next step where something is wrong' {
        $null = New-TestPlan @{ Daily = $true }
        [System.IO.File]::WriteAllText((Join-Path $folder 'Bad.json'), '{ "version": 9 }')
        $lines = @(Test-PGBackupPlan -PlanFolder $folder -WarningAction SilentlyContinue)
        $bad = @($lines | Where-Object Plan -eq 'Bad')
        $bad.Count | Should -Be 1
        $bad[0].Result | Should -BeExactly 'FAILED'
        $bad[0].Message | Should -BeLike '*version 9*'
        $bad[0].NextStep | Should -Not -BeNullOrEmpty
        $crm = @($lines | Where-Object Plan -eq 'Crm')
        ($crm | Where-Object Check -eq 'Plan').Result | Should -BeExactly 'OK'
        ($crm | Where-Object Check -eq 'Server').Result | Should -BeExactly 'FAILED'
        ($crm | Where-Object Check -eq 'LastRun').Result | Should -BeExactly 'OK'
        ($crm | Where-Object Check -eq 'Scheduler').NextStep | Should -BeLike '*Register-PGBackupPlan*Crm*'
        foreach ($line in $lines | Where-Object Result -ne 'OK') { $line.NextStep | Should -Not -BeNullOrEmpty }
        Test-PGBackupPlan Gone -PlanFolder $folder -ErrorAction SilentlyContinue -ErrorVariable failures | Should -BeNullOrEmpty
        $failures[0].FullyQualifiedErrorId | Should -BeLike 'PGB.media.file_not_found*'
    }

    It 'never share an archive' {
        $null = New-TestPlan @{ Daily = $true; Mode = 'Differential'; DifferentialCount = 3 }
        New-TestPlan @{ Name = 'Second'; Weekly = 'Friday'; ErrorAction = 'SilentlyContinue'; ErrorVariable = 'failures' } | Should -BeNullOrEmpty
        [System.IO.File]::Copy((Join-Path $folder 'Crm.json'), (Join-Path $folder 'Third.json'))
        $text = [System.IO.File]::ReadAllText((Join-Path $folder 'Third.json')) -replace '"Crm"', '"Third"'
        [System.IO.File]::WriteAllText((Join-Path $folder 'Third.json'), $text, $Utf8)
        Invoke-PGBackupPlan Third -ExitCode -PlanFolder $folder -ErrorAction SilentlyContinue | Should -Be 4
    }

    It 'tell their next times in both calendars, alike under every culture' {
        $null = New-TestPlan @{ Monthly = 'Last'; Calendar = 'Persian'; At = '23:00' }
        $next = @(Get-PGBackupSchedule -Plan Crm -Next 3 -PlanFolder $folder)
        $next.Count | Should -Be 3
        foreach ($one in $next) {
            $one.Type | Should -Be 'Full'
            $one.At.Kind | Should -Be 'Utc'
            $one.PersianTime | Should -Match '^14\d\d/\d\d/(29|30|31) 23:00:00$'
            $one.LocalTime | Should -Match '^20\d\d-\d\d-\d\dT23:00:00\+03:30$'
        }
    }

    It 'are overdue when their folder holds nothing' -Skip:($env:OS -eq 'Windows_NT') {
        $made = New-TestPlan @{ Daily = $true; TimeZone = 'UTC'; Destination = $folder }
        $definition = $made.Definition
        $definition.created_at = '2026-01-01T00:00:00Z'
        [System.IO.File]::WriteAllText($made.Path, (ConvertTo-Json $definition -Depth 8), $Utf8)
        $late = Get-PGBackupSchedule -Overdue -PlanFolder $folder
        $late.Type | Should -Be 'Full'
        $late.MissedSince | Should -Be ([datetime]::new(2026, 1, 1, 0, 0, 0, [DateTimeKind]::Utc))
        $late.IsOverdue | Should -BeTrue
    }

    It 'give a scheduler their exit code' {
        $secret = Join-Path $folder 'crm.xml'
        New-TestCredential | Export-Clixml $secret
        $null = New-TestPlan @{ Daily = $true; UserName = 'sa'; CredentialFile = $secret }
        Invoke-PGBackupPlan Crm -Force -ExitCode -PlanFolder $folder -WarningAction SilentlyContinue -ErrorAction SilentlyContinue | Should -Be 2
        Invoke-PGBackupPlan Nix -ExitCode -PlanFolder $folder -ErrorAction SilentlyContinue | Should -Be 4
        [System.IO.File]::WriteAllText((Join-Path $folder 'Bad.json'), '{ "version": 9 }')
        Invoke-PGBackupPlan Bad -ExitCode -PlanFolder $folder -ErrorAction SilentlyContinue | Should -Be 4
        $run = Get-PGBackupHistory -Plan Crm -PlanFolder $folder
        $run.Outcome | Should -Be 'Failed'
        $run.Steps[0].Error | Should -BeLike '*cannot be reached*'
        $run.Steps[0].Next | Should -Not -BeNullOrEmpty
    }

    It 'read a password by the way the plan says, and keep none' {
        $secret = Join-Path $folder 'crm.xml'
        New-TestCredential -User backup -Password 'hunter2' | Export-Clixml $secret
        $plan = New-TestPlan @{ Daily = $true; UserName = 'backup'; CredentialFile = $secret }
        [System.IO.File]::ReadAllText($plan.Path) | Should -Not -Match 'hunter2'
        # The login is tried: the server is what fails, not the password.
        $run = Invoke-PGBackupPlan Crm -Force -PlanFolder $folder -WarningAction SilentlyContinue
        $run.Steps[0].Error | Should -BeLike '*cannot be reached*'
        { New-TestPlan @{ Name = 'None'; Daily = $true; UserName = 'backup' } } | Should -Throw '*password_from*'
    }

    It 'are registered by a command that every scheduler reads as it is' {
        $null = New-TestPlan @{ Name = 'CRM 1'; Daily = $true; At = '02:37' }
        $cron = Register-PGBackupPlan 'CRM 1' -Scheduler Cron -AsScript -PlanFolder $folder
        $cron | Should -Match '^7-59/15 \* \* \* \* '
        $cron | Should -BeLike '*Invoke-PGBackupPlan -Name *CRM 1*-ExitCode*'
        $units = Register-PGBackupPlan 'CRM 1' -Scheduler Systemd -AsScript -PlanFolder $folder
        $units | Should -BeLike '*OnCalendar=*Persistent=true*'
        $task = [xml](Register-PGBackupPlan 'CRM 1' -Scheduler TaskScheduler -AsScript -PlanFolder $folder)
        $task.Task.Settings.StartWhenAvailable | Should -Be 'true'
        @($task.Task.Triggers.TimeTrigger).Count | Should -Be 1
        $task.Task.Actions.Exec.Arguments | Should -BeLike '*-NoProfile -NonInteractive -Command "*"'
    }

    It 'are tasks that keep to the schema of the Task Scheduler: <Name>' -ForEach @(
        @{ Name = 'each minute'; Plan = @{ EveryHours = 4; LogEveryMinutes = 1 }; With = @{} }
        @{ Name = 'uneven'; Plan = @{ Daily = $true; At = '02:30', '14:37' }; With = @{ Account = 'CRM\ali' } }
        @{ Name = 'woken'; Plan = @{ Monthly = 'Last'; Calendar = 'Persian'; At = '23:00' }; With = @{ Account = 'CRM\backup$'; Wake = $true } }
        @{ Name = 'never'; Plan = @{}; With = @{ Wake = $true } }
        @{ Name = 'odd'; Plan = @{ Daily = $true; Name = 'a b.c' }; With = @{ Account = 'NT AUTHORITY\NETWORK SERVICE' } }
    ) {
        $made = New-TestPlan $Plan
        Get-TaskFault (Register-PGBackupPlan $made.Name -Scheduler TaskScheduler -AsScript -PlanFolder $folder @With) | Should -BeNullOrEmpty
    }

    It 'are tasks whose golden texts keep to the schema too, and the check sees what does not' {
        $golden = @(Get-ChildItem (Join-Path (Split-Path $PSScriptRoot) 'register') -Filter '*.xml')
        $golden.Count | Should -BeGreaterThan 2
        foreach ($file in $golden) { Get-TaskFault ([System.IO.File]::ReadAllText($file.FullName)) | Should -BeNullOrEmpty -Because $file.Name }
        $text = [System.IO.File]::ReadAllText($golden[0].FullName)
        Get-TaskFault $text.Replace('IgnoreNew', 'Ignore') | Should -BeLike '*MultipleInstancesPolicy*'
        Get-TaskFault $text.Replace('WakeToRun', 'Wake') | Should -BeLike '*Wake*'
        Get-TaskFault $text.Replace('Context="Author"', 'Context="Nobody"') | Should -BeLike '*Nobody*'
        $trigger = $text.Substring($text.IndexOf('<TimeTrigger>'), $text.IndexOf('</TimeTrigger>') + 14 - $text.IndexOf('<TimeTrigger>'))
        Get-TaskFault $text.Replace('</Triggers>', ($trigger * 48) + '</Triggers>') | Should -BeLike '*TimeTrigger*'
    }

    It 'are registered for an account, and woken for, where the scheduler can' {
        $null = New-TestPlan @{ Daily = $true; At = '02:37' }
        $units = Register-PGBackupPlan Crm -Scheduler Systemd -Account mssql -Wake -AsScript -PlanFolder $folder
        $units | Should -BeLike '*User=mssql*OnCalendar=*WakeSystem=true*'
        { Register-PGBackupPlan Crm -Scheduler Cron -Account mssql -AsScript -PlanFolder $folder } | Should -Throw -ErrorId 'PGB.request.scheduler,Register-PGBackupPlan'
        { Register-PGBackupPlan Crm -Scheduler Cron -Wake -AsScript -PlanFolder $folder } | Should -Throw -ErrorId 'PGB.request.scheduler,Register-PGBackupPlan'
    }

    It 'that have nothing to do say so at once, from their files, as an object too' -Skip:($env:OS -eq 'Windows_NT') {
        $null = New-TestPlan @{ Monthly = 'Last'; Calendar = 'Persian'; Destination = $folder }
        # Its server does not exist: nobody asks it.
        $run = Invoke-PGBackupPlan Crm -PlanFolder $folder
        $run.Outcome | Should -Be 'NothingDue'
        $run.Database | Should -Be 'PayamGostar2'
        $run.Next.Type | Should -Be 'Full'
        $run.StartedAt.Kind | Should -Be 'Utc'
        Invoke-PGBackupPlan Crm -ExitCode -PlanFolder $folder | Should -Be 0
        Invoke-PGBackupPlan Crm -ExitCode -WhatIf -PlanFolder $folder | Should -Be 0
        Get-PGBackupHistory Crm -PlanFolder $folder | Should -BeNullOrEmpty
        # The fast answer and the long way say the same.
        $long = & (Get-Module PGBackup) { param($folder) Invoke-PgbPlanRun -Cmdlet $ExecutionContext.SessionState.Module -Plan ([pscustomobject]@{ name = 'Crm'; plan = [pscustomobject]@{} }) -PlanFolder $null -Option @{ folder = $folder } } $folder
        $long.outcome | Should -Be 'nothing_due'
        $long.next.at | Should -Be $run.Next.At.ToString('yyyy-MM-ddTHH:mm:ssZ', [cultureinfo]::InvariantCulture)
    }

    It 'run from a crontab line under an empty environment' -Skip:($env:OS -eq 'Windows_NT') {
        $null = New-TestPlan @{ Daily = $true }
        $line = Register-PGBackupPlan Crm -Scheduler Cron -AsScript -PlanFolder $folder
        $command = ($line -split ' ', 6)[5] -replace '\\%', '%'
        # Only what cron sets, and the library that this test is about. Nothing is due yet, or the server is away.
        $null = & /usr/bin/env -i HOME=$TestDrive PATH=/usr/bin:/bin SHELL=/bin/sh "PGB_LIBRARY=$env:PGB_LIBRARY" /bin/sh -c $command 2>&1
        $LASTEXITCODE | Should -BeIn 0, 2
        $gone = $command -replace 'Crm', 'Gone'
        $null = & /usr/bin/env -i HOME=$TestDrive PATH=/usr/bin:/bin "PGB_LIBRARY=$env:PGB_LIBRARY" /bin/sh -c $gone 2>&1
        $LASTEXITCODE | Should -Be 4
    }
}

Describe 'A plan on a server' -Skip:(-not $env:PGB_LIBRARY -or -not $env:PGB_TEST_SERVER) {
    It 'makes what is due, once' {
        $folder = New-PlanFolder
        $secret = Join-Path $folder 'login.xml'
        New-TestCredential -User $env:PGB_TEST_USER -Password $env:PGB_TEST_PASSWORD | Export-Clixml $secret
        $null = New-TestPlan @{ ServerInstance = $env:PGB_TEST_SERVER; UserName = $env:PGB_TEST_USER; CredentialFile = $secret; TrustServerCertificate = $true
            Destination = $env:PGB_TEST_FOLDER; Mode = 'Differential'; DifferentialCount = 3; Daily = $true; Verify = $true
        }
        $first = Invoke-PGBackupPlan Crm -Force -PlanFolder $folder
        $first.Outcome | Should -Be 'Done'
        $first.Backups[0].Type | Should -BeIn 'Full', 'Differential'
        $first.Backups[0].IsVerified | Should -BeTrue
        (Invoke-PGBackupPlan Crm -PlanFolder $folder).Outcome | Should -Be 'NothingDue'
        Invoke-PGBackupPlan Crm -PlanFolder $folder -ExitCode | Should -Be 0
        @(Get-PGBackupHistory Crm -PlanFolder $folder).Count | Should -Be 1
    }
}
