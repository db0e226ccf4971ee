function Remove-PGBackupPlan {
    <#
    .SYNOPSIS
    Removes backup plans.

    .DESCRIPTION
    Removes the file of each plan. The backups it made and its history stay. A plan that is registered with a scheduler is taken out there with Unregister-PGBackupPlan; until then the scheduler asks for a plan that is gone, and gets the exit code 4.

    .PARAMETER Name
    The names of the plans.

    .PARAMETER PlanFolder
    The folder of the plans, where it is not the usual one.

    .OUTPUTS
    PGBackup.RemovedPlan, with these properties:
    Name [string], Path [string]

    .EXAMPLE
    Remove-PGBackupPlan -Name Night

    Removes a plan, after a question.

    .EXAMPLE
    Get-PGBackupPlan Old* | Remove-PGBackupPlan -Confirm:$false

    Removes several plans, without one.

    .LINK
    Unregister-PGBackupPlan

    .LINK
    about_PGBackup
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'High', PositionalBinding = $false)]
    [OutputType('PGBackup.RemovedPlan')]
    param(
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipeline = $true, ValueFromPipelineByPropertyName = $true)]
        [ValidateNotNullOrEmpty()]
        [ArgumentCompleter({ & (Get-Command $args[0]).Module { Complete-PgbPlan -Word $args[2] -Given $args[4] } @args })]
        [string[]] $Name,

        [ValidateNotNullOrEmpty()]
        [string] $PlanFolder
    )

    process {
        try {
            Import-PgbPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
            foreach ($one in $Name) {
                if (-not $PSCmdlet.ShouldProcess($one, (Get-PgbText 'PlanRemoveAction'))) { continue }
                $reply = Invoke-PgbPlanCall -Cmdlet $PSCmdlet -Request ([ordered]@{ kind = 'remove'; name = $one }) -PlanFolder $PlanFolder -Target $one
                if ($null -ne $reply) { [pscustomobject]@{ PSTypeName = 'PGBackup.RemovedPlan'; Name = $one; Path = ConvertTo-PgbText $reply.file } }
            }
        }
        catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
    }
}
