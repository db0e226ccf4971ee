# Backup files and sets given by a user, as sources of a request.

function Resolve-PgbBackupFile {
    # A file as its reader names it: a path of the server stays as written; one of this machine is made
    # absolute here, as the library knows neither drives nor the location of PowerShell. Wildcards stay
    # in it: the library finds the files.
    param($Cmdlet, $Connection, [string] $BackupFile)

    if ($Connection) { return $BackupFile }
    $Cmdlet.GetUnresolvedProviderPathFromPSPath($BackupFile)
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
