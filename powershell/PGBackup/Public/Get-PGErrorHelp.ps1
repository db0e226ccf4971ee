function Get-PGErrorHelp {
    <#
    .SYNOPSIS
    Explains error numbers of SQL Server, without a server.

    .DESCRIPTION
    Tells what usually lies behind an error number in backups and restores, and what to do next. For a refused login (18456) it lists the states that stand in the server's error log, for a backup file that cannot be opened (3201 and its kin) the error numbers of the operating system.

    .PARAMETER Number
    The error numbers. From the pipeline, numbers and the server errors of an error record are taken.

    .OUTPUTS
    PGBackup.ErrorHelp, with these properties:
    Number [int], IsKnown [bool], Cause [string], Next [string] (what to do), IsRetryable [bool] (whether the same call may succeed later), Code [string] (as in the id of an error), LoginStates [object[]] (State, Cause), OperatingSystemErrors [object[]] (Number, Cause, Next)

    .EXAMPLE
    Get-PGErrorHelp 3201

    Explains one number.

    .EXAMPLE
    $Error[0].Exception.Data['PGBackup.ServerErrors'] | Get-PGErrorHelp

    Explains what SQL Server said about the last failure.

    .LINK
    about_PGBackup
    #>
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType('PGBackup.ErrorHelp')]
    param(
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipeline = $true, ValueFromPipelineByPropertyName = $true)]
        [ValidateRange(0, 2147483647)]
        [int[]] $Number
    )

    begin {
        try {
            Import-PgbPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
            $type = (Get-PgbNative -Cmdlet $PSCmdlet).Type
        }
        catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
    }

    process {
        try {
            foreach ($one in $Number) {
                $known = Get-PgbErrorExplanation -Cmdlet $PSCmdlet -Type $type -Number $one
                if ($null -ne $known) { ConvertTo-PgbErrorHelp $known }
            }
        }
        catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
    }
}
