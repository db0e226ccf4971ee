<#
.SYNOPSIS
Prints what the built module costs: its import over that of an empty module, and what its first command does once: reads the module's other half, binds the library.

.DESCRIPTION
Each number is the median of several fresh processes, with the least beside it: what it costs where nothing else runs. Nothing is enforced: a busy machine would fail it.

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
    # Milliseconds that a script prints, one line each: the median and the least of each line.
    param([string] $Script)

    $rows = foreach ($run in 1..$Runs) { , @(& $shell -NoProfile -NonInteractive -Command $Script | ForEach-Object { [double]::Parse($_, [cultureinfo]::InvariantCulture) }) }
    foreach ($at in 0..($rows[0].Count - 1)) {
        $sorted = @($rows | ForEach-Object { $_[$at] } | Sort-Object)
        [pscustomobject]@{ Median = $sorted[[math]::Floor($Runs / 2)]; Least = $sorted[0] }
    }
}

function Write-Line {
    param([string] $What, [double] $Median, [double] $Least, [string] $Limit)

    [string]::Format([cultureinfo]::InvariantCulture, '{0,-52} {1,8:0.0} ms {2,8:0.0} {3,12}', $What, $Median, $Least, $Limit)
}

try {
    $empty = Join-Path $work 'Empty.psd1'
    [System.IO.File]::WriteAllText((Join-Path $work 'Empty.psm1'), '')
    [System.IO.File]::WriteAllText($empty, "@{ RootModule = 'Empty.psm1'; ModuleVersion = '0.1.0'; FunctionsToExport = @() }")
    $say = '$clock.Elapsed.TotalMilliseconds.ToString([cultureinfo]::InvariantCulture)'
    $bare = Measure-Script "`$clock = [System.Diagnostics.Stopwatch]::StartNew(); Import-Module '$empty'; $say"
    $ours, $half, $native, $warm, $all = Measure-Script @"
`$whole = `$clock = [System.Diagnostics.Stopwatch]::StartNew(); Import-Module '$Module/PGBackup.psd1'; $say
`$clock = [System.Diagnostics.Stopwatch]::StartNew(); & (Get-Module PGBackup) { . `$script:Enter }; $say
`$clock.Restart(); `$null = & (Get-Module PGBackup) { Get-PgbNative -Cmdlet 0 }; $say
`$clock.Restart(); `$null = Get-PGErrorHelp 3201; $say
`$clock = `$whole; $say
"@
    Write-Line 'import of an empty module' $bare.Median $bare.Least
    Write-Line 'import of the module, more than that' ($ours.Median - $bare.Median) ($ours.Least - $bare.Least) 'limit 25 ms'
    Write-Line 'its other half read, by the first command' $half.Median $half.Least
    Write-Line 'library found, bound and asked, at first need' $native.Median $native.Least 'limit 60 ms'
    Write-Line 'first command after that' $warm.Median $warm.Least
    Write-Line 'import and first command, over an empty import' ($all.Median - $bare.Median) ($all.Least - $bare.Least)
}
finally { Remove-Item -Recurse -Force $work }
