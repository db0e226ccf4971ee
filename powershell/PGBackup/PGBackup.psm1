# Loads the module's functions in a checkout; Build-Module.ps1 merges them into two files instead. Nothing
# else happens at import: the native library is found and bound by the first command that needs it
# (Private/Native.ps1), texts by the first message.
Set-StrictMode -Version Latest
$script:ModuleRoot = $PSScriptRoot
# Where a library may be too: among the builds of this checkout.
$script:ElsewhereBuilt = {
    param([string] $FileName)
    $checkout = [System.IO.Path]::GetDirectoryName([System.IO.Path]::GetDirectoryName($script:ModuleRoot))
    foreach ($profileName in 'release', 'debug') { [System.IO.Path]::Combine($checkout, 'target', $profileName, $FileName) }
}

. (Join-Path $PSScriptRoot 'Private/Text.ps1')
Assert-PgbFullLanguage

foreach ($folder in 'Private', 'Public') {
    foreach ($file in [System.IO.Directory]::GetFiles([System.IO.Path]::Combine($PSScriptRoot, $folder), '*.ps1')) {
        . $file
    }
}

Export-ModuleMember -Function 'Get-PGBackup', 'Get-PGDatabase', 'Get-PGDatabaseState', 'Restart-PGService', 'Test-PGRestore', 'Get-PGErrorHelp', 'Get-PGLibraryInfo', 'Invoke-PGBackup', 'Repair-PGDatabase', 'Restore-PGDatabase', 'Test-PGBackup', 'Get-PGRecoveryPoint', 'Get-PGRestorePlan', 'Protect-PGBackup', 'Remove-PGBackup', 'Test-PGBackupChain', 'Undo-PGBackupRemoval', 'Unprotect-PGBackup', 'Get-PGBackupHistory', 'Get-PGBackupPlan', 'Get-PGBackupSchedule', 'Invoke-PGBackupPlan', 'New-PGBackupPlan', 'Register-PGBackupPlan', 'Remove-PGBackupPlan', 'Unregister-PGBackupPlan', 'Get-PGBackupReport', 'Set-PGBackupPlan', 'Test-PGBackupPlan'
