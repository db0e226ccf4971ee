# The commands on the real library, as far as that goes without a server.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Common.ps1')
    if ($env:PGB_TEST_LIBRARY) { Import-TestModule -Library $env:PGB_TEST_LIBRARY }
}

Describe 'The real library' -Skip:(-not $env:PGB_LIBRARY) {
    It 'is the one named, of this version and ABI' {
        $info = Get-PGLibraryInfo
        $info.PSObject.TypeNames[0] | Should -Be 'PGBackup.LibraryInfo'
        $info.Path | Should -Be $env:PGB_LIBRARY
        $info.AbiVersion | Should -Be 1
        $info.LibraryVersion | Should -Be $info.ModuleVersion.ToString()
    }

    It 'has functions of the types that the module takes them for' {
        # A wrong type of a parameter shows as a crash or garbage, not as an error: call each once.
        $name = 'p' + [char]0x06CC + '.bak'
        $path = Join-Path $TestDrive $name
        [System.IO.File]::WriteAllText($path, 'no backup')
        $null = Get-PGBackup $path -ErrorVariable failures -ErrorAction SilentlyContinue
        $failures[0].FullyQualifiedErrorId | Should -Be 'PGB.media.corrupt,Get-PGBackup'
        $failures[0].CategoryInfo.Category | Should -Be 'InvalidData'
        $failures[0].TargetObject | Should -BeLike "*$name"
        $failures[0].Exception.Message | Should -BeLike "*$name*"
        $nowhere = @{ ServerInstance = '127.0.0.1,1'; Credential = New-TestCredential }
        foreach ($call in { Invoke-PGBackup @nowhere a -Destination 'D:\' }, { Restore-PGDatabase @nowhere a -BackupFile 'D:\x.bak' }, { Get-PGDatabase @nowhere },
            { Test-PGBackup @nowhere -BackupFile 'D:\x.bak' }) {
            $failure = $call | Should -Throw -PassThru
            $failure.FullyQualifiedErrorId | Should -BeLike 'PGB.connect.*'
            $failure.CategoryInfo.Category | Should -Be 'ConnectionError'
        }
    }

    It 'reports a file that is not there, and reads the others' {
        $path = Join-Path $TestDrive 'gone.bak'
        Get-PGBackup $path -ErrorVariable failures -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $failures[0].FullyQualifiedErrorId | Should -Be 'PGB.media.file_not_found,Get-PGBackup'
        $failures[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
        Test-PGBackup $path -Quiet -ErrorAction SilentlyContinue | Should -BeFalse
    }

    It 'explains error numbers' {
        $help = Get-PGErrorHelp 3201
        $help.PSObject.TypeNames[0] | Should -Be 'PGBackup.ErrorHelp'
        $help.Code | Should -Be 'server.backup_device'
        $help.Next | Should -Not -BeNullOrEmpty
        $help.OperatingSystemErrors.Number | Should -Contain 5
        (18456 | Get-PGErrorHelp).LoginStates.Count | Should -BeGreaterThan 3
        ([pscustomobject]@{ Number = 2147483647 } | Get-PGErrorHelp).IsKnown | Should -BeFalse
    }

    It 'refuses options that make no sense, before it connects' {
        { Get-PGDatabase 'h,99999999' } | Should -Throw -ErrorId 'PGB.caller.*' -PassThru | ForEach-Object { $_.CategoryInfo.Category } | Should -Be 'InvalidArgument'
    }

    It 'is bound with little work' {
        $before = [System.Diagnostics.Process]::GetCurrentProcess().TotalProcessorTime
        InModuleScope PGBackup {
            $platform = Get-PgbPlatform
            $type = Initialize-PgbNativeType -Path $env:PGB_LIBRARY -TypeName 'PGBackup.Timed' -OS $platform.OS
            $type::pgb_abi_version()
        } | Should -Be 1
        # 20 to 60 ms of processor time, so that a busy machine makes no difference; four times that is too much.
        ([System.Diagnostics.Process]::GetCurrentProcess().TotalProcessorTime - $before).TotalMilliseconds | Should -BeLessThan 240
    }
}
