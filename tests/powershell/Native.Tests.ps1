# Finding and binding the library, and every way in which that fails. Where a C compiler is at hand,
# the stand-in library plays a wrong one.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Common.ps1')
}

AfterAll { $env:PGB_LIBRARY = $env:PGB_TEST_LIBRARY }

Describe 'The native library' {
    It 'named by PGB_LIBRARY and absent is an error that names the path' {
        $gone = Join-Path $TestDrive 'nowhere/libpgbackup.so'
        Import-TestModule -Library $gone
        $failure = { Get-PGLibraryInfo } | Should -Throw -ErrorId 'PGB.library.missing,Get-PGLibraryInfo' -PassThru
        $failure.Exception.Message | Should -BeLike "*$gone*"
        $failure.TargetObject | Should -Be $gone
    }

    It 'must be named by a full path' {
        Import-TestModule -Library 'libpgbackup.so'
        { Get-PGLibraryInfo } | Should -Throw -ErrorId 'PGB.library.missing,Get-PGLibraryInfo'
    }

    It 'is looked for under the module, by platform' {
        Import-TestModule
        InModuleScope PGBackup -Parameters @{ Folder = "$TestDrive" } {
            param($Folder)
            $script:ModuleRoot = Join-Path $Folder 'a/b/PGBackup'
            $null = New-Item -ItemType Directory -Force (Join-Path $script:ModuleRoot 'native/linux-x64')
            $platform = [pscustomobject]@{ OS = 'linux'; Rid = 'linux-x64'; FileName = 'libpgbackup.so'; Is64Bit = $true }
            function Test-Find { [CmdletBinding()] param() Find-PgbLibrary -Cmdlet $PSCmdlet -Platform $platform }

            $failure = $null
            try { Test-Find } catch { $failure = $_ }
            $failure.FullyQualifiedErrorId | Should -Be 'PGB.library.missing,Test-Find'
            $failure.Exception.Message | Should -BeLike '*native*linux-x64*libpgbackup.so*'
            $failure.Exception.Data['PGBackup.Hint'] | Should -BeLike '*PGB_LIBRARY*'

            $shipped = Join-Path $script:ModuleRoot 'native/linux-x64/libpgbackup.so'
            Set-Content $shipped ''
            Test-Find | Should -Be ([System.IO.Path]::GetFullPath($shipped))
        }
    }

    It 'of a development checkout is the build made last' -Skip:([bool]$env:PGB_TEST_MODULE) {
        Import-TestModule
        InModuleScope PGBackup -Parameters @{ Folder = "$TestDrive" } {
            param($Folder)
            $checkout = Join-Path $Folder 'checkout'
            $script:ModuleRoot = Join-Path $checkout 'powershell/PGBackup'
            $null = New-Item -ItemType Directory -Force $script:ModuleRoot, (Join-Path $checkout 'target/debug'), (Join-Path $checkout 'target/release')
            Set-Content (Join-Path $checkout 'Cargo.toml') ''
            $platform = [pscustomobject]@{ OS = 'win'; Rid = 'win-x64'; FileName = 'pgbackup.dll'; Is64Bit = $true }
            function Test-Find { [CmdletBinding()] param() Find-PgbLibrary -Cmdlet $PSCmdlet -Platform $platform }

            foreach ($newest in 'debug', 'release') {
                foreach ($build in 'debug', 'release') {
                    $file = Join-Path $checkout "target/$build/pgbackup.dll"
                    Set-Content $file ''
                    [System.IO.File]::SetLastWriteTimeUtc($file, [datetime]::UtcNow.AddHours($(if ($build -eq $newest) { 0 } else { -1 })))
                }
                Test-Find | Should -BeLike "*$newest*pgbackup.dll"
            }
        }
    }

    It 'that is no library is an error that names the path and Unblock-File' {
        $text = Join-Path $TestDrive 'text.so'
        Set-Content $text 'not a library'
        Import-TestModule -Library $text
        $failure = { Get-PGLibraryInfo } | Should -Throw -ErrorId 'PGB.library.load,Get-PGLibraryInfo' -PassThru
        $failure.Exception.Message | Should -BeLike "*$text*Unblock-File*"
    }

    It 'is refused by a 32-bit process, with the path of the 64-bit one' {
        Import-TestModule
        Mock -ModuleName PGBackup Get-PgbPlatform { [pscustomobject]@{ OS = 'win'; Rid = 'win-x86'; FileName = 'pgbackup.dll'; Is64Bit = $false } }
        $failure = { Get-PGLibraryInfo } | Should -Throw -ErrorId 'PGB.library.bitness,Get-PGLibraryInfo' -PassThru
        $failure.Exception.Message | Should -BeLike '*win-x64*pgbackup.dll*'
    }

    It 'cannot be had in a constrained session, which the import says plainly' {
        $shell = [powershell]::Create()
        try {
            $shell.Runspace.SessionStateProxy.LanguageMode = 'ConstrainedLanguage'
            $null = $shell.AddCommand('Import-Module').AddParameter('Name', (Join-Path $ModuleFolder 'PGBackup.psd1'))
            { $shell.Invoke() } | Should -Throw '*ConstrainedLanguage*'
        }
        finally { $shell.Dispose() }
    }

    It 'ends every command that needs it, before anything is sent' {
        Import-TestModule -Library (Join-Path $TestDrive 'gone.so')
        foreach ($call in { Get-PGDatabase h }, { Get-PGBackup x.bak -ServerInstance h }, { Test-PGBackup x.bak }, { Invoke-PGBackup h a -Destination d },
            { Restore-PGDatabase h a -BackupFile x.bak }) {
            $call | Should -Throw -ExpectedMessage '*gone.so*'
        }
    }
}

Describe 'A library of another release' -Skip:(-not $env:PGB_TEST_STUB) {
    It 'with another ABI version is refused, and both versions are named' {
        Set-Stub
        [System.IO.File]::WriteAllText("$env:PGB_TEST_STUB.d/abi", '2')
        Import-TestModule -Library $env:PGB_TEST_STUB
        $failure = { Get-PGLibraryInfo } | Should -Throw -ErrorId 'PGB.library.abi,Get-PGLibraryInfo' -PassThru
        $failure.Exception.Message | Should -BeLike "*$env:PGB_TEST_STUB*2*1*"
        # A refused library must not be kept: the right one works later in the same process.
        Set-Stub
        (Get-PGLibraryInfo).LibraryVersion | Should -Be '0.0.0-stub'
    }

    It 'without the functions of the ABI is refused' {
        $other = [psobject].Assembly.Location | Split-Path | Get-ChildItem -Filter 'libSystem.Native.so' | Select-Object -First 1
        if (-not $other) { Set-ItResult -Skipped -Because 'no foreign library is at hand'; return }
        Import-TestModule -Library $other.FullName
        { Get-PGLibraryInfo } | Should -Throw -ErrorId 'PGB.library.symbol,Get-PGLibraryInfo'
    }
}
