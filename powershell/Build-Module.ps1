<#
.SYNOPSIS
Makes the folder of the module as it is published and installed.

.DESCRIPTION
Merges the scripts into two files, of which an import reads one, puts the help into XML, English and Persian, adds the native libraries under native/<rid> and a list of hashes, and checks the result: the manifest, the script's syntax, that nothing of the checkout is left in it, and its size.

The folder is <Destination>/PGBackup/<version>, as a folder of PSModulePath has it. What was there is replaced. Sign it afterwards, if you do: psm1, ps1, psd1 and ps1xml, and the libraries; then make the hashes again with -HashOnly.

.PARAMETER Destination
Where to make it; target/module of the checkout unless said otherwise.

.PARAMETER Library
Native libraries by their runtime identifiers: @{ 'linux-x64' = '...'; 'win-x64' = '...' }. Unless said otherwise, what is built for release in this checkout.

.PARAMETER MostBytes
How large the whole may be; 15 MB unless said otherwise.

.PARAMETER HashOnly
Only renews the list of hashes of a folder that was made before.

.OUTPUTS
The folder: Path, Version, Libraries (the runtime identifiers), FileCount, Bytes.

.EXAMPLE
cargo build --release; ./powershell/Build-Module.ps1

Makes the module with the library for this machine.

.EXAMPLE
./powershell/Build-Module.ps1 -Library @{ 'win-x64' = 'pgbackup.dll'; 'linux-x64' = 'libpgbackup.so' } -Destination out

Makes the module with named libraries.
#>
[CmdletBinding()]
param(
    [string] $Destination,
    [System.Collections.IDictionary] $Library,
    [long] $MostBytes = 15MB,
    [switch] $HashOnly
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
. (Join-Path $PSScriptRoot 'build/Maml.ps1')
. (Join-Path $PSScriptRoot 'build/Merge.ps1')

$checkout = Split-Path $PSScriptRoot
$source = Join-Path $PSScriptRoot 'PGBackup'
$manifest = Import-PowerShellDataFile -LiteralPath (Join-Path $source 'PGBackup.psd1')
if (-not $Destination) { $Destination = Join-Path $checkout 'target/module' }
$Destination = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Destination)
if ([WildcardPattern]::ContainsWildcardCharacters($Destination)) { throw "$Destination has one of the letters * ? [ ], which PowerShell's own Test-ModuleManifest takes for a pattern. Give another -Destination; the finished module may be moved there." }
$folder = Join-Path $Destination "PGBackup/$($manifest.ModuleVersion)"
$utf8 = New-Object System.Text.UTF8Encoding $false

function Get-ReleaseBuild {
    # The libraries that this checkout has built for release.
    $places = [ordered]@{
        'linux-x64' = 'target/release/libpgbackup.so', 'target/x86_64-unknown-linux-gnu/release/libpgbackup.so'
        'win-x64' = 'target/windows/pgbackup.dll', 'target/release/pgbackup.dll', 'target/x86_64-pc-windows-gnu/release/pgbackup.dll', 'target/x86_64-pc-windows-msvc/release/pgbackup.dll'
    }
    $found = [ordered]@{}
    foreach ($rid in $places.Keys) {
        $file = $places[$rid] | ForEach-Object { Join-Path $checkout $_ } | Where-Object { [System.IO.File]::Exists($_) } | Select-Object -First 1
        if ($file) { $found[$rid] = $file }
    }
    if (-not $found.Count) { throw 'No library was built for release. Run cargo build --release, or name libraries with -Library.' }
    $found
}

function Get-HelpEntry {
    # Each command with its comment help.
    $module = Import-Module ([WildcardPattern]::Escape((Join-Path $source 'PGBackup.psd1'))) -PassThru -Force
    try {
        foreach ($name in $manifest.FunctionsToExport) {
            $tree = (Get-ParsedScript (Join-Path $source "Public/$name.ps1")).Tree
            $function = $tree.Find({ param($node) $node -is [System.Management.Automation.Language.FunctionDefinitionAst] -and $node.Name -eq $name }, $false)
            [pscustomobject]@{ Command = $module.ExportedCommands[$name]; Comment = $function.GetHelpContent() }
        }
    }
    finally { Remove-Module $module }
}

function Write-HashList {
    # SHA-256 of each file, as sha256sum reads it.
    $list = Join-Path $folder 'SHA256SUMS'
    [System.IO.File]::Delete($list)
    $lines = foreach ($file in Get-ChildItem -LiteralPath $folder -Recurse -File | Sort-Object FullName) {
        $name = $file.FullName.Substring($folder.Length + 1).Replace('\', '/')
        '{0}  {1}' -f (Get-FileHash -LiteralPath $file.FullName -Algorithm SHA256).Hash.ToLowerInvariant(), $name
    }
    [System.IO.File]::WriteAllText($list, ($lines -join "`n") + "`n", $utf8)
}

function Assert-Module {
    # What is published must be right.
    $found = Test-ModuleManifest (Join-Path $folder 'PGBackup.psd1') -WarningVariable warnings -WarningAction SilentlyContinue
    if ($warnings) { throw "The manifest: $warnings" }
    if ($found.Version -ne $manifest.ModuleVersion) { throw "The manifest says $($found.Version)." }
    $leftovers = Get-ChildItem -LiteralPath $folder -Recurse -File | Where-Object {
        $_.Extension -notin '.psm1', '.psd1', '.ps1xml', '.xml', '.txt', '.dll', '.so', '.dylib' -and $_.Name -notin 'PGBackup.Private.ps1', 'LICENSE', 'SHA256SUMS'
    }
    if ($leftovers) { throw "What does $($leftovers[0].FullName) do in the module?" }
    foreach ($name in 'PGBackup.psm1', 'PGBackup.Private.ps1') {
        $script = Get-ParsedScript (Join-Path $folder $name)
        foreach ($word in 'Cargo.toml', '.SYNOPSIS') {
            if ($script.Text.Contains($word)) { throw "$name still speaks of $word." }
        }
    }
    $bytes = (Get-ChildItem -LiteralPath $folder -Recurse -File | Measure-Object Length -Sum).Sum
    if ($bytes -gt $MostBytes) { throw "The module has $bytes bytes, and may have $MostBytes." }
}

if (-not $HashOnly) {
    if (-not $Library) { $Library = Get-ReleaseBuild }
    # Before the folder that was there is taken away.
    foreach ($rid in $Library.Keys) {
        if (-not (Test-Path -LiteralPath $Library[$rid] -PathType Leaf)) { throw "There is no library for $rid at $($Library[$rid]). Build it, or name another one with -Library." }
    }
    if ([System.IO.Directory]::Exists($folder)) { Remove-Item -LiteralPath $folder -Recurse -Force }
    foreach ($one in '', 'en-US', 'fa-IR') { $null = New-Item -ItemType Directory -Force (Join-Path $folder $one) }

    $scripts = Get-MergedScript -Source $source -Version $manifest.ModuleVersion
    foreach ($name in $scripts.Keys) { [System.IO.File]::WriteAllText((Join-Path $folder $name), $scripts[$name], $utf8) }
    Copy-Item -LiteralPath (Join-Path $source 'PGBackup.psd1'), (Join-Path $source 'PGBackup.Format.ps1xml'), (Join-Path $checkout 'LICENSE') -Destination $folder
    foreach ($language in 'en-US', 'fa-IR') { Get-ChildItem -LiteralPath (Join-Path $source $language) | Copy-Item -Destination (Join-Path $folder $language) }
    $entries = @(Get-HelpEntry)
    Export-MamlHelp (Join-Path $folder 'en-US/PGBackup-help.xml') $entries
    Export-MamlHelp (Join-Path $folder 'fa-IR/PGBackup-help.xml') $entries (Import-PowerShellDataFile -LiteralPath (Join-Path $PSScriptRoot 'build/PersianHelp.psd1'))
    foreach ($rid in $Library.Keys) {
        $name = if ($rid -like 'win-*') { 'pgbackup.dll' } elseif ($rid -like 'osx-*') { 'libpgbackup.dylib' } else { 'libpgbackup.so' }
        $place = Join-Path $folder "native/$rid"
        $null = New-Item -ItemType Directory -Force $place
        Copy-Item -LiteralPath $Library[$rid] (Join-Path $place $name)
    }
}
Write-HashList
Assert-Module
$files = Get-ChildItem -LiteralPath $folder -Recurse -File
[pscustomobject]@{
    Path      = $folder
    Version   = $manifest.ModuleVersion
    Libraries = @(Get-ChildItem -LiteralPath (Join-Path $folder 'native') -Directory | ForEach-Object Name)
    FileCount = @($files).Count
    Bytes     = ($files | Measure-Object Length -Sum).Sum
}
