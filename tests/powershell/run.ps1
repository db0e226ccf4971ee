<#
.SYNOPSIS
Runs the module's tests, under each of several cultures.

.DESCRIPTION
Each culture is a run of its own in a fresh process. What a run needs is taken from the environment
(see Common.ps1). What is not named there is looked for: the library and the sandbox among the builds
of this checkout (cargo build --workspace), a C compiler for the stand-in library. Tests for which
something is missing are skipped, and counted as skipped.

.EXAMPLE
pwsh -NoProfile -File tests/powershell/run.ps1 -Culture en-US, fa-IR

.EXAMPLE
pwsh -NoProfile -File tests/powershell/run.ps1 -Built
#>
param(
    [string[]] $Culture = @('en-US', 'fa-IR', 'tr-TR', 'ar-SA'),
    [string] $Output = 'Normal',
    # The tests of one file only: 'Native'.
    [string] $File = '',
    # Tests what Build-Module.ps1 makes of the sources, as it is published.
    [switch] $Built,
    # Set in the process that runs the tests of one culture.
    [switch] $Inner
)

$ErrorActionPreference = 'Stop'
if ($Inner) {
    $info = New-Object System.Globalization.CultureInfo $Culture[0]
    [System.Globalization.CultureInfo]::DefaultThreadCurrentCulture = $info
    [System.Globalization.CultureInfo]::DefaultThreadCurrentUICulture = $info
    [System.Threading.Thread]::CurrentThread.CurrentCulture = $info
    [System.Threading.Thread]::CurrentThread.CurrentUICulture = $info
    # Version 5, or the stand-in for it that calls itself 0.5; Windows brings version 3 along.
    Get-Module Pester -ListAvailable | Where-Object { $_.Version.Major -ge 5 -or $_.Version -eq '0.5.0' } |
        Sort-Object Version -Descending | Select-Object -First 1 | Import-Module

    $configuration = New-PesterConfiguration
    $configuration.Run.Path = if ($File) { Join-Path $PSScriptRoot "$File.Tests.ps1" } else { $PSScriptRoot }
    $configuration.Run.PassThru = $true
    $configuration.Output.Verbosity = $Output
    $result = Invoke-Pester -Configuration $configuration
    if ($result.PassedCount -eq 0) { Write-Output 'No test ran.'; exit 1 }
    exit $result.FailedCount
}

function Find-Build {
    # The newest build of a file of this checkout.
    param([string] $Name)

    $target = Join-Path (Split-Path (Split-Path $PSScriptRoot)) 'target'
    'debug', 'release' | ForEach-Object { Join-Path $target "$_/$Name" } | Where-Object { Test-Path $_ } |
        Sort-Object { (Get-Item $_).LastWriteTimeUtc } | Select-Object -Last 1
}

function Start-Sandbox {
    # A sandbox of its own folder; it ends with its standard input, so it cannot outlive this process.
    param([string] $Program, [string] $Root, [int] $PaceMs)

    $null = New-Item -ItemType Directory -Force (Join-Path $Root 'D/Backup')
    $start = New-Object System.Diagnostics.ProcessStartInfo $Program, "--root `"$Root`" --rows 1000 --pace-ms $PaceMs --until-eof"
    $start.UseShellExecute = $false
    $start.RedirectStandardInput = $true
    $start.RedirectStandardOutput = $true
    $process = [System.Diagnostics.Process]::Start($start)
    $ready = $process.StandardOutput.ReadLine()
    if (-not $ready) { throw "The sandbox did not start: $Program" }
    $facts = ConvertFrom-Json $ready
    [pscustomobject]@{ Process = $process; ServerInstance = $facts.server_instance; CAFile = $facts.ca_file; Root = $Root }
}

# 'a,b' arrives as one text from -File.
$Culture = @($Culture | ForEach-Object { $_ -split ',' } | ForEach-Object Trim | Where-Object { $_ })
$work = Join-Path ([System.IO.Path]::GetTempPath()) ('pgb-ps-' + [guid]::NewGuid().ToString('n'))
$null = New-Item -ItemType Directory $work
$failed = 0
try {
    $compiler = Get-Command cc -CommandType Application -ErrorAction Ignore | Select-Object -First 1
    if (-not $env:PGB_TEST_STUB -and $compiler -and $PSVersionTable.PSEdition -eq 'Core' -and $IsLinux) {
        $stub = Join-Path $work 'stub.so'
        & $compiler.Source -shared -fPIC -O1 -Wall -Wextra -Werror -o $stub (Join-Path $PSScriptRoot 'stub/stub.c')
        if ($LASTEXITCODE) { throw 'The stand-in library does not compile.' }
        $env:PGB_TEST_STUB = $stub
    }
    if (-not $env:PGB_TEST_STUB) { Write-Output 'skipped: tests on the stand-in library (no C compiler, or not Linux)' }

    $windows = $PSVersionTable.PSEdition -ne 'Core' -or $IsWindows
    if (-not $env:PGB_LIBRARY) { $env:PGB_LIBRARY = Find-Build $(if ($windows) { 'pgbackup.dll' } else { 'libpgbackup.so' }) }
    if (-not $env:PGB_LIBRARY) { Write-Output 'skipped: tests on the library (it is not built)' }
    $sandbox = if (-not $env:PGB_TEST_SERVER -and $env:PGB_LIBRARY) { Find-Build $(if ($windows) { 'pgbackup-sandbox.exe' } else { 'pgbackup-sandbox' }) }
    if (-not $env:PGB_TEST_SERVER -and -not $sandbox) { Write-Output 'skipped: tests on a server (no sandbox is built, and PGB_TEST_SERVER is not set)' }

    if ($Built) {
        $library = if ($env:PGB_LIBRARY) { $env:PGB_LIBRARY } else { $env:PGB_TEST_STUB }
        $made = & (Join-Path (Split-Path (Split-Path $PSScriptRoot)) 'powershell/Build-Module.ps1') -Destination (Join-Path $work 'built') -Library @{ $(if ($windows) { 'win-x64' } else { 'linux-x64' }) = $library } -MostBytes 1GB
        $env:PGB_TEST_MODULE = $made.Path
    }

    $shell = (Get-Process -Id $PID).Path
    foreach ($one in $Culture) {
        Write-Output "culture $one"
        $rest = @('-Output', $Output) + $(if ($File) { '-File', $File })
        $servers = @()
        try {
            if ($sandbox) {
                $servers = @(Start-Sandbox $sandbox (Join-Path $work "$one-quick") 0) + @(Start-Sandbox $sandbox (Join-Path $work "$one-slow") 500)
                $env:PGB_TEST_SERVER, $env:PGB_TEST_SLOW_SERVER = $servers.ServerInstance
                $env:PGB_TEST_ROOT, $env:PGB_TEST_CA = $servers[0].Root, $servers[0].CAFile
                $env:PGB_TEST_USER, $env:PGB_TEST_PASSWORD, $env:PGB_TEST_FOLDER = 'sa', 'Sandbox!1', 'D:\Backup'
            }
            & $shell -NoProfile -NonInteractive -File $PSCommandPath -Inner -Culture $one @rest
            if ($LASTEXITCODE) { Write-Output "culture ${one}: failed"; $failed++ }
        }
        finally {
            foreach ($server in $servers) {
                $server.Process.StandardInput.Close()
                if (-not $server.Process.WaitForExit(5000)) { $server.Process.Kill() }
            }
        }
    }
}
finally { Remove-Item -Recurse -Force $work }
exit $failed
