@{
    RootModule           = 'PGBackup.psm1'
    ModuleVersion        = '0.1.0'
    GUID                 = '3f0f4f1e-6c0b-4d0e-9a53-6f6a1c1f7b52'
    Author               = 'The PGBackup founders'
    CompanyName          = 'PGBackup'
    Copyright            = '(c) The PGBackup founders. MIT licence.'
    Description          = 'Backs up, lists, tests and restores SQL Server databases. Native, with no managed assemblies of its own, so it lives beside SqlServer and dbatools in one session.'
    PowerShellVersion    = '5.1'
    CompatiblePSEditions = @('Desktop', 'Core')
    FormatsToProcess     = @('PGBackup.Format.ps1xml')
    FunctionsToExport    = @(
        'Get-PGBackup'
        'Get-PGBackupHistory'
        'Get-PGBackupPlan'
        'Get-PGBackupReport'
        'Get-PGBackupSchedule'
        'Get-PGDatabase'
        'Get-PGDatabaseState'
        'Get-PGErrorHelp'
        'Get-PGLibraryInfo'
        'Get-PGRecoveryPoint'
        'Get-PGRestorePlan'
        'Invoke-PGBackup'
        'Invoke-PGBackupPlan'
        'New-PGBackupPlan'
        'Protect-PGBackup'
        'Register-PGBackupPlan'
        'Remove-PGBackup'
        'Remove-PGBackupPlan'
        'Repair-PGDatabase'
        'Restart-PGService'
        'Restore-PGDatabase'
        'Set-PGBackupPlan'
        'Test-PGBackup'
        'Test-PGBackupChain'
        'Test-PGBackupPlan'
        'Test-PGRestore'
        'Undo-PGBackupRemoval'
        'Unprotect-PGBackup'
        'Unregister-PGBackupPlan'
    )
    CmdletsToExport      = @()
    VariablesToExport    = @()
    AliasesToExport      = @()
    PrivateData          = @{
        PSData = @{
            Tags       = @('SQLServer', 'MSSQL', 'Backup', 'Restore', 'Database', 'PayamGostar', 'PSEdition_Desktop', 'PSEdition_Core', 'Windows', 'Linux')
            LicenseUri = 'https://opensource.org/licenses/MIT'
        }
    }
}
