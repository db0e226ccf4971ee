function Test-PGBackupChain {
    <#
    .SYNOPSIS
    Tells what is wrong with the backups of a folder.

    .DESCRIPTION
    Reads the headers of all backups in folders of this machine, without a server, and gives one line for each thing that is wrong, with the next step: sets whose base or log is missing, missing stripes, damaged and incomplete sets, files that are no backups or cannot be read, databases of which nothing can be restored or nothing was ever verified. Nothing comes out where all is well.

    .PARAMETER Path
    Folders of this machine, or shares, with all folders below them.

    .PARAMETER Database
    The database whose backups are meant, by the headers of the files.

    .PARAMETER BackupServer
    The server that made the backups, where several had a database of the name.

    .PARAMETER Verify
    First reads files to their end that nobody verified yet.

    .OUTPUTS
    PGBackup.ChainProblem, with these properties:
    Severity [string] (Error, Warning), Code [string], DatabaseName [string], BackupFile [string], Position [int], Message [string], NextStep [string]

    .EXAMPLE
    Test-PGBackupChain -Path D:\Backup

    What is wrong, a line each.

    .EXAMPLE
    Test-PGBackupChain -Path D:\Backup -Verify | Where-Object Severity -eq Error

    Only what endangers a restore, after all files were read to their end.

    .LINK
    Test-PGBackup

    .LINK
    about_PGBackup
    #>
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType('PGBackup.ChainProblem')]
    param(
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipelineByPropertyName = $true)]
        [Alias('FullName')]
        [ValidateNotNullOrEmpty()]
        [string[]] $Path,

        [Parameter(Position = 1)]
        [ValidateNotNullOrEmpty()]
        [string] $Database,

        [ValidateNotNullOrEmpty()]
        [string] $BackupServer,

        [switch] $Verify
    )

    process {
        try {
            Import-PgbPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
            $folders = [string[]]@(Resolve-PgbFolder -Cmdlet $PSCmdlet -Path $Path)
            $target = $folders -join ', '
            $request = [ordered]@{ v = 1; kind = 'chains'; paths = $folders }
            Add-PgbScope -Request $request -Bound $PSBoundParameters
            Invoke-PgbJob -Cmdlet $PSCmdlet -Kind chain -Request $request -Activity (Get-PgbText 'PlanningRemoval' $target) -Target $target -Paged | ConvertTo-PgbChainProblem
        }
        catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
    }
}
