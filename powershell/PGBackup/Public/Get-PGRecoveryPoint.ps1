function Get-PGRecoveryPoint {
    <#
    .SYNOPSIS
    Tells which moments can be restored, and why others cannot.

    .DESCRIPTION
    Reads the headers of all backups in folders of this machine, without a server, and gives the ranges of time to which a database can be restored, with the gaps between them and their cause. A range without logs is one moment. Times are those of the clock of the server that made the backups.

    .PARAMETER Path
    Folders of this machine, or shares, with all folders below them.

    .PARAMETER Database
    The database whose backups are meant, by the headers of the files.

    .PARAMETER BackupServer
    The server that made the backups, where several had a database of the name.

    .PARAMETER TimeZone
    The server's time zone by its IANA name (Asia/Tehran), for backups that do not tell their offset from UTC.

    .PARAMETER Verify
    First reads files to their end that nobody verified yet.

    .OUTPUTS
    PGBackup.RecoveryPoint, with these properties:
    DatabaseName [string], Kind [string] (Range, Gap), From [datetime], To [datetime], FromPersian [string], ToPersian [string], FromUtc [datetime], ToUtc [datetime], RecoveryFork [guid], LastSet [string] (file and position that the end of a range needs), Cause [string] (of a gap)

    .EXAMPLE
    Get-PGRecoveryPoint -Path D:\Backup -Database PayamGostar2

    The moments to which PayamGostar2 can be restored.

    .EXAMPLE
    Get-PGRecoveryPoint -Path D:\Backup | Where-Object Kind -eq Gap

    The gaps of all databases, with their cause.

    .LINK
    Get-PGRestorePlan

    .LINK
    about_PGBackup
    #>
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType('PGBackup.RecoveryPoint')]
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

        [ValidateNotNullOrEmpty()]
        [string] $TimeZone,

        [switch] $Verify
    )

    process {
        try {
            Import-PgbPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
            $folders = [string[]]@(Resolve-PgbFolder -Cmdlet $PSCmdlet -Path $Path)
            $target = $folders -join ', '
            $request = [ordered]@{ v = 1; kind = 'recovery_points'; paths = $folders }
            Add-PgbScope -Request $request -Bound $PSBoundParameters
            Invoke-PgbJob -Cmdlet $PSCmdlet -Kind chain -Request $request -Activity (Get-PgbText 'PlanningRemoval' $target) -Target $target -Paged | ConvertTo-PgbRecoveryPoint
        }
        catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
    }
}
