function Undo-PGBackupRemoval {
    <#
    .SYNOPSIS
    Puts removed backup files back where they were.

    .DESCRIPTION
    Moves files out of the folders .pgb-removed, below the folders given, back to their places, as long as their time is not over. A file whose name another one has by now stays where it is and is reported; nothing is overwritten. A removal that was broken off is put right too.

    .PARAMETER Path
    Folders of this machine, or shares, with all folders below them.

    .PARAMETER BackupFile
    Only these files, by their full paths before the removal.

    .OUTPUTS
    PGBackup.RemovalStep, with these properties:
    BackupFile [string], State [string] (Restored, Kept), Size [long], Reason [string], KeptAs [string] (where it still is)

    .EXAMPLE
    Undo-PGBackupRemoval -Path D:\Backup

    Puts back all that can be put back.

    .EXAMPLE
    Undo-PGBackupRemoval -Path D:\Backup -WhatIf

    Tells how many files would be put back.

    .LINK
    Remove-PGBackup

    .LINK
    about_PGBackup
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium', PositionalBinding = $false)]
    [OutputType('PGBackup.RemovalStep')]
    param(
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipelineByPropertyName = $true)]
        [Alias('FullName')]
        [ValidateNotNullOrEmpty()]
        [string[]] $Path,

        [ValidateNotNullOrEmpty()]
        [string[]] $BackupFile
    )

    process {
        try {
            Import-PgbPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
            $folders = [string[]]@(Resolve-PgbFolder -Cmdlet $PSCmdlet -Path $Path)
            $target = $folders -join ', '
            $request = [ordered]@{ v = 1; kind = 'undo'; paths = $folders }
            if ($BackupFile) { $request['files'] = [string[]]@(Resolve-PgbFolder -Cmdlet $PSCmdlet -Path $BackupFile) }
            $job = @{ Cmdlet = $PSCmdlet; Activity = Get-PgbText 'Undoing' $target; Target = $target; Paged = $true }
            $outcome = @{ Count = 0; Result = $null }
            $aside = @(Invoke-PgbJob @job -Kind chain -Request ([ordered]@{ v = 1; kind = 'removed'; paths = $folders }) -Problem $outcome)
            if ($null -eq $outcome.Result) { return }
            if ($BackupFile) { $aside = @($aside | Where-Object { $_.file -in $request['files'] }) }
            if (-not $PSCmdlet.ShouldProcess($target, (Get-PgbText 'AsideAction' $aside.Count))) { return }
            Invoke-PgbJob @job -Kind prune -Request $request | ConvertTo-PgbRemovalStep
        }
        catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
    }
}
