<#
.SYNOPSIS
Prints what the built module costs: its import over that of an empty module, and the first call of the library.

.DESCRIPTION
Each number is the median of several fresh processes. Nothing is enforced: a busy machine would fail it.

.PARAMETER Module
The folder that Build-Module.ps1 made.

.PARAMETER Runs
How many processes for each number.

.EXAMPLE
pwsh -NoProfile -File tests/bench/import.ps1

Measures the module in target/module.

.EXAMPLE
pwsh -NoProfile -File tests/bench/import.ps1 -Runs 15

The same, more exactly.
#>
param([string] $Module, [ValidateRange(1, 100)] [int] $Runs = 7)

$ErrorActionPreference = 'Stop'
if (-not $Module) {
    $all = Join-Path (Split-Path (Split-Path $PSScriptRoot)) 'target/module/PGBackup'
    if (-not (Test-Path $all)) { throw "There is no module in $all. Run powershell/Build-Module.ps1 first." }
    $Module = (Get-ChildItem $all -Directory | Sort-Object { [version]$_.Name } | Select-Object -Last 1).FullName
}
$work = Join-Path ([System.IO.Path]::GetTempPath()) ('pgb-import-' + [guid]::NewGuid().ToString('n'))
$null = New-Item -ItemType Directory $work
$shell = (Get-Process -Id $PID).Path

function Measure-Script {
    # Milliseconds that a script prints, one line each: the median of each line.
    param([string] $Script)

    $rows = foreach ($run in 1..$Runs) { , @(& $shell -NoProfile -NonInteractive -Command $Script | ForEach-Object { [double]::Parse($_, [cultureinfo]::InvariantCulture) }) }
    foreach ($at in 0..($rows[0].Count - 1)) { @($rows | ForEach-Object { $_[$at] } | Sort-Object)[[math]::Floor($Runs / 2)] }
}

try {
    $empty = Join-Path $work 'Empty.psd1'
    [System.IO.File]::WriteAllText((Join-Path $work 'Empty.psm1'), '')
    [System.IO.File]::WriteAllText($empty, "@{ RootModule = 'Empty.psm1'; ModuleVersion = '0.1.0'; FunctionsToExport = @() }")
    $say = '$clock.Elapsed.TotalMilliseconds.ToString([cultureinfo]::InvariantCulture)'
    $bare = Measure-Script "`$clock = [System.Diagnostics.Stopwatch]::StartNew(); Import-Module '$empty'; $say"
    $ours, $native, $warm = Measure-Script @"
`$clock = [System.Diagnostics.Stopwatch]::StartNew(); Import-Module '$Module/PGBackup.psd1'; $say
`$clock.Restart(); `$null = & (Get-Module PGBackup) { Get-PgbNative -Cmdlet 0 }; $say
`$clock.Restart(); `$null = Get-PGErrorHelp 3201; $say
"@
    $line = '{0,-46} {1,8:0.0} ms {2,12}'
    $invariant = [cultureinfo]::InvariantCulture
    [string]::Format($invariant, $line, 'import of an empty module', $bare, '')
    [string]::Format($invariant, $line, 'import of the module, more than that', $ours - $bare, 'limit 25 ms')
    [string]::Format($invariant, $line, 'library found, bound and asked, at first need', $native, 'limit 60 ms')
    [string]::Format($invariant, $line, 'first command after that', $warm, '')
}
finally { Remove-Item -Recurse -Force $work }
