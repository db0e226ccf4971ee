# Backup files and sets given by a user, as sources of a request.

function Resolve-PgbBackupFile {
    # Files as their reader names them: a path of the server stays as written; one of this machine is
    # made absolute here, as the library knows neither drives nor the location of PowerShell, and its
    # wildcards are expanded. A file that is called just as written is meant first.
    param($Cmdlet, $Connection, [string] $BackupFile)

    if ($Connection) { return $BackupFile }
    $path = $Cmdlet.GetUnresolvedProviderPathFromPSPath($BackupFile)
    if ([System.IO.File]::Exists($path) -or -not (Test-PgbWildcard $BackupFile)) { return $path }

    $provider = $null
    $found = @()
    try { $found = @($Cmdlet.GetResolvedProviderPathFromPSPath($BackupFile, [ref]$provider) | Where-Object { [System.IO.File]::Exists($_) }) }
    catch [System.Management.Automation.ItemNotFoundException] { $found = @() }
    if ($found.Count) { return $found }
    $failure = [pscustomobject]@{ status = 22; code = 'media.no_match'; message = Get-PgbText 'NoFileMatch' $BackupFile }
    Write-PgbError -Cmdlet $Cmdlet -Failure $failure -Target $BackupFile
}

function ConvertTo-PgbSource {
    # A set that Get-PGBackup or Invoke-PGBackup gave, as the sources that hold it (one a file).
    param($Cmdlet, $Set)

    foreach ($name in 'BackupFile', 'Position') {
        if ($null -eq (Get-PgbField $Set $name)) {
            Exit-PgbCommand -Cmdlet $Cmdlet -Code 'request.no_set' -Message (Get-PgbText 'NotABackupSet' $name) -Target $Set -Status 1
        }
    }
    foreach ($file in $Set.BackupFile) {
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
