<#
.SYNOPSIS
Runs the module's tests, under each of several cultures.

.DESCRIPTION
Each culture is a run of its own in a fresh process. What a run needs is taken from the environment
(see Common.ps1); a stand-in library is compiled where there is a C compiler. Without a server the
tests that need one are skipped, and counted as skipped.

.EXAMPLE
pwsh -NoProfile -File tests/powershell/run.ps1 -Culture en-US, fa-IR
#>
param(
    [string[]] $Culture = @('en-US', 'fa-IR', 'tr-TR', 'ar-SA'),
    [string] $Output = 'Normal',
    # The tests of one file only: 'Native'.
    [string] $File = '',
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
    Import-Module Pester

    $configuration = New-PesterConfiguration
    $configuration.Run.Path = if ($File) { Join-Path $PSScriptRoot "$File.Tests.ps1" } else { $PSScriptRoot }
    $configuration.Run.PassThru = $true
    $configuration.Output.Verbosity = $Output
    $result = Invoke-Pester -Configuration $configuration
    if ($result.PassedCount -eq 0) { Write-Output 'No test ran.'; exit 1 }
    exit $result.FailedCount
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
    if (-not $env:PGB_TEST_SERVER) { Write-Output 'skipped: tests on a server (PGB_TEST_SERVER is not set)' }

    $shell = (Get-Process -Id $PID).Path
    foreach ($one in $Culture) {
        Write-Output "culture $one"
        $rest = @('-Output', $Output) + $(if ($File) { '-File', $File })
        & $shell -NoProfile -NonInteractive -File $PSCommandPath -Inner -Culture $one @rest
        if ($LASTEXITCODE) { Write-Output "culture ${one}: failed"; $failed++ }
    }
}
finally { Remove-Item -Recurse -Force $work }
exit $failed
