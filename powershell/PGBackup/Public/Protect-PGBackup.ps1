function Protect-PGBackup {
    <#
    .SYNOPSIS
    Keeps backups from being removed.

    .DESCRIPTION
    Pins backup sets: Remove-PGBackup keeps their files, in every copy and under any name, with all that a restore of them needs, until Unprotect-PGBackup takes the pin away. Pins are in a small file .pgb-pins.json beside the backups.

    .PARAMETER BackupFile
    Backup files of this machine, by name or pattern, or sets from Get-PGBackup.

    .PARAMETER Position
    The position of the set in the file. Without it all sets of the file are meant.

    .PARAMETER Reason
    Why, for those who ask later.

    .OUTPUTS
    PGBackup.Pin, with these properties:
    BackupFile [string], Position [int], BackupSetGUID [guid], State [string] (Pinned, Unpinned, Unchanged), Reason [string]

    .EXAMPLE
    Get-PGBackup -BackupFile D:\Backup\before.bak | Protect-PGBackup -Reason 'before upgrade'

    Pins every set of a file.

    .EXAMPLE
    Protect-PGBackup -BackupFile D:\Backup\PayamGostar2.bak -Position 1 -Reason 'audit 1405'

    Pins one set; its file stays whole.

    .LINK
    Unprotect-PGBackup

    .LINK
    about_PGBackup
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Low', PositionalBinding = $false)]
    [OutputType('PGBackup.Pin')]
    param(
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipelineByPropertyName = $true)]
        [Alias('FullName')]
        [ValidateNotNullOrEmpty()]
        [SupportsWildcards()]
        [string[]] $BackupFile,

        [Parameter(ValueFromPipelineByPropertyName = $true)]
        [ValidateRange(1, 65535)]
        [ArgumentCompleter({ & (Get-Command $args[0]).Module { Complete-PgbPosition -Word $args[2] -Given $args[4] } @args })]
        [int] $Position,

        [Parameter(Mandatory = $true)]
        [ValidateNotNullOrEmpty()]
        [string] $Reason
    )

    begin {
        try { Import-PgbPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters }
        catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
    }

    process {
        try {
            $at = if ($PSBoundParameters.ContainsKey('Position')) { $Position } else { 0 }
            foreach ($source in @(Get-PgbPinSource -Cmdlet $PSCmdlet -BackupFile $BackupFile -Position $at)) {
                if (-not $PSCmdlet.ShouldProcess($source['file'], (Get-PgbText 'PinAction' $Reason))) { continue }
                Set-PgbPin -Cmdlet $PSCmdlet -Source @($source) -Reason $Reason
            }
        }
        catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
    }
}
