# Shared by the test files; dot-sourced in their BeforeAll blocks. run.ps1 sets the environment:
#   PGB_LIBRARY                                        the real library, where there is one
#   PGB_TEST_STUB                                      the stand-in library (stub/stub.c), where there is a C compiler
#   PGB_TEST_SERVER, PGB_TEST_USER, PGB_TEST_PASSWORD  a server to test on: the sandbox, or a real one
#   PGB_TEST_FOLDER                                    a folder of that server for backup files
#   PGB_TEST_CA                                        the authority of its certificate; without it any is trusted
#   PGB_TEST_ROOT                                      where the sandbox's files lie on this machine
#   PGB_TEST_MODULE                                    the built module's folder, where that is tested (run.ps1 -Built)
#   PGB_TEST_SLOW_SERVER                               a second sandbox whose backups take seconds

# Tests set PGB_LIBRARY to other things; this stays what it was.
if (-not $env:PGB_TEST_LIBRARY) { $env:PGB_TEST_LIBRARY = $env:PGB_LIBRARY }

$ModuleFolder = Join-Path (Split-Path (Split-Path $PSScriptRoot)) 'powershell/PGBackup'
# What is imported: the sources, or what the build made of them.
$TestModule = Join-Path $(if ($env:PGB_TEST_MODULE) { $env:PGB_TEST_MODULE } else { $ModuleFolder }) 'PGBackup.psd1'
$Utf8 = New-Object System.Text.UTF8Encoding $false

function Import-TestModule {
    # The module afresh, bound to no library yet.
    param([string] $Library)

    Remove-Module PGBackup -ErrorAction Ignore
    $env:PGB_LIBRARY = $Library
    Import-Module $TestModule -Force
    # The built one reads its other half, of which tests ask, at its first command.
    if ($env:PGB_TEST_MODULE) { & (Get-Module PGBackup) { . $script:Enter } }
}

function Set-Stub {
    # Tells the stand-in what jobs of a kind do, and forgets earlier calls.
    param([string] $Kind, [string[]] $Script)

    $folder = "$env:PGB_TEST_STUB.d"
    Remove-Item (Join-Path $folder '*') -ErrorAction Ignore
    $null = New-Item -ItemType Directory -Force $folder
    if ($Kind) { [System.IO.File]::WriteAllText((Join-Path $folder "$Kind.script"), ($Script -join "`n"), $Utf8) }
}

function Get-StubCall {
    # The calls the stand-in saw: objects with Name and Text.
    $path = Join-Path "$env:PGB_TEST_STUB.d" 'calls'
    if (-not (Test-Path $path)) { return }
    foreach ($line in [System.IO.File]::ReadAllLines($path, $Utf8)) {
        $name, $text = $line -split "`t", 2
        [pscustomobject]@{ Name = $name; Text = $text }
    }
}

function Get-StubRequest {
    # The requests of a kind that the stand-in was given, parsed.
    param([string] $Kind)

    Get-StubCall | Where-Object Name -eq $Kind | ForEach-Object { ConvertFrom-Json $_.Text }
}

function New-TestCredential {
    param([string] $User = 'sa', [string] $Password = 'p')

    $secret = New-Object securestring
    foreach ($letter in $Password.ToCharArray()) { $secret.AppendChar($letter) }
    New-Object pscredential $User, $secret
}
