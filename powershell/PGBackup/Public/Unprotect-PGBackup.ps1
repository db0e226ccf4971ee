function Unprotect-PGBackup {
    <#
    .SYNOPSIS
    Lets backups be removed again that were protected.

    .DESCRIPTION
    Takes pins away that Protect-PGBackup set. Nothing is removed by it; from then on the rules of Remove-PGBackup decide about the sets as about any other.

    .PARAMETER BackupFile
    Backup files of this machine, by name or pattern, or sets from Get-PGBackup.

    .PARAMETER Position
    The position of the set in the file. Without it all sets of the file are meant.

    .OUTPUTS
    PGBackup.Pin, with these properties:
    BackupFile [string], Position [int], BackupSetGUID [guid], State [string] (Pinned, Unpinned, Unchanged), Reason [string]

    .EXAMPLE
    Unprotect-PGBackup -BackupFile D:\Backup\before.bak

    Takes the pins of all sets of a file away.

    .EXAMPLE
    Get-PGBackup -BackupFile D:\Backup -Recurse | Unprotect-PGBackup

    Takes all pins of a folder away.

    .LINK
    Protect-PGBackup

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
        [int] $Position
    )

    begin {
        try { Import-PgbPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters }
        catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
    }

    process {
        try {
            $at = if ($PSBoundParameters.ContainsKey('Position')) { $Position } else { 0 }
            foreach ($source in @(Get-PgbPinSource -Cmdlet $PSCmdlet -BackupFile $BackupFile -Position $at)) {
                if (-not $PSCmdlet.ShouldProcess($source['file'], (Get-PgbText 'UnpinAction'))) { continue }
                Set-PgbPin -Cmdlet $PSCmdlet -Source @($source)
            }
        }
        catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
    }
}
