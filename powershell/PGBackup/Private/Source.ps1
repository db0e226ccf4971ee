# Backup files and sets given by a user, as sources of a request.

function Resolve-PgbBackupFile {
    # A file as its reader names it: a path of the server stays as written; one of this machine is made
    # absolute here, as the library knows neither drives nor the location of PowerShell. Wildcards stay
    # in it: the library finds the files.
    param($Cmdlet, $Connection, [string] $BackupFile)

    if ($Connection) { return $BackupFile }
    $Cmdlet.GetUnresolvedProviderPathFromPSPath($BackupFile)
}

function Test-PgbPassedOver {
    # Whether a file or folder of this machine that came through the pipeline is none to read: one of our own
    # beside the backups, a folder without files, or what a folder before it stands for: Get-ChildItem
    # -Recurse gives a folder and then what is in it. $Folder remembers the folders so far.
    param([string] $Path, $Folder, [switch] $Recurse)

    if ([System.IO.Path]::GetFileName($Path) -clike '.pgb-*') { return $true }
    $isFolder = [System.IO.Directory]::Exists($Path)
    if ($Recurse -or -not $isFolder) {
        $parent = $Path
        do {
            $parent = [System.IO.Path]::GetDirectoryName($parent)
            if ($parent -and $Folder.Contains($parent)) { return $true }
        } while ($Recurse -and $parent)
    }
    if (-not $isFolder) { return $false }
    $null = $Folder.Add($Path)
    if ($Recurse) { return $false }
    try {
        foreach ($file in [System.IO.Directory]::EnumerateFiles($Path)) {
            if ([System.IO.Path]::GetFileName($file) -cnotlike '.pgb-*') { return $false }
        }
        return $true
    }
    catch { return $false } # The library says why it cannot be read.
}

function ConvertTo-PgbSource {
    # A set that Get-PGBackup or Invoke-PGBackup gave, as the sources that hold it (one a file).
    param($Cmdlet, $Set)

    foreach ($name in 'BackupFile', 'Position') {
        if ($null -eq (Get-PgbField $Set $name)) {
            Exit-PgbCommand -Cmdlet $Cmdlet -Code 'request.no_set' -Message (Get-PgbText 'NotABackupSet' $name) -Target $Set -Status 1
        }
    }
    # A set of the server's history has all its stripes in BackupFiles.
    $files = Get-PgbField $Set 'BackupFiles'
    if (-not $files) { $files = $Set.BackupFile }
    foreach ($file in $files) {
        $source = [ordered]@{ file = [string]$file; position = [int]$Set.Position }
        $guid = Get-PgbField $Set 'BackupSetGUID'
        if ($guid) { $source['backup_set_guid'] = ([guid]$guid).ToString('d') }
        $source
    }
}

function Get-PgbSourceDatabase {
    # The database a set was made of.
    param($Set)

    foreach ($name in 'DatabaseName', 'Database') {
        $value = Get-PgbField $Set $name
        if ($value) { return [string]$value }
    }
}
