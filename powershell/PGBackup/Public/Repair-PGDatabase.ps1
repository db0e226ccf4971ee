function Repair-PGDatabase {
    <#
    .SYNOPSIS
    Gives back a database whose restore was broken off.

    .DESCRIPTION
    A restore over a database gives it back by itself. When its process was killed, the machine went down or the server could not be reached any more, this command does: it reads the journal that the restore left on this machine, looks at the server, says what state the database is in, and takes the old content back or finishes the restore. On another machine than the one that began, the server's own history of backups names the safety copy.

    Without -Finish the old content comes back where it can be had; without a safety copy the restore is finished. -WhatIf tells what was found and changes nothing. Where nothing was broken off, nothing is done.

    .PARAMETER ServerInstance
    The SQL Server: host, 'host,port' (quoted, for its comma) or host\instance.

    .PARAMETER Credential
    The login. A name with a backslash (DOMAIN\user) is a Windows account, any other a SQL Server login. Without it the account of this process is used.

    .PARAMETER Encrypt
    How the connection is encrypted: Strict (TLS before anything else), Mandatory (the default) or Optional.

    .PARAMETER TrustServerCertificate
    Accepts any certificate of the server. Only for servers reached over a network that is itself trusted.

    .PARAMETER CAFile
    A PEM or DER file on this machine with the authority that signed the server's certificate.

    .PARAMETER HostNameInCertificate
    The name the server's certificate must bear, where it is not the name used to connect.

    .PARAMETER ConnectTimeoutSec
    Seconds to wait for the connection, from 1 to 65535.

    .PARAMETER Database
    The database to give back.

    .PARAMETER Finish
    Ends with the restored content: the steps of the restore are run again.

    .PARAMETER Forget
    Only removes the journal, because somebody has put the database right by hand.

    .PARAMETER JournalFolder
    The folder that was given to Restore-PGDatabase, if one was.

    .PARAMETER Force
    Does not ask first.

    .OUTPUTS
    PGBackup.RepairResult, with these properties:
    ServerInstance [string], Database [string], WasBrokenOff [bool], Content [string] (Before, Wanted; empty when nothing was done), State [string], UserAccess [string], Notes [string[]], Disconnected [object[]] (SessionId, Login, Host, Program), Statements [string[]]

    .EXAMPLE
    Repair-PGDatabase @srv -Database PayamGostar2 -WhatIf

    Tells what a broken-off restore left, and what would be done first.

    .EXAMPLE
    Repair-PGDatabase @srv -Database PayamGostar2

    Gives the database back with its content of before the restore.

    .EXAMPLE
    Repair-PGDatabase @srv -Database PayamGostar2 -Finish

    Runs the steps of the restore again, to its end.

    .LINK
    Restore-PGDatabase

    .LINK
    about_PGBackup
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'High', DefaultParameterSetName = 'Repair', PositionalBinding = $false)]
    [OutputType('PGBackup.RepairResult')]
    param(
        [Parameter(Mandatory = $true, Position = 0)]
        [Alias('SqlInstance', 'Server')]
        [ValidateNotNullOrEmpty()]
        [string] $ServerInstance,

        [Alias('SqlCredential')]
        [pscredential]
        [System.Management.Automation.Credential()]
        $Credential = [pscredential]::Empty,

        [ValidateSet('Strict', 'Mandatory', 'Optional')]
        [string] $Encrypt,

        [switch] $TrustServerCertificate,

        [ValidateNotNullOrEmpty()]
        [string] $CAFile,

        [ValidateNotNullOrEmpty()]
        [string] $HostNameInCertificate,

        [ValidateRange(1, 65535)]
        [int] $ConnectTimeoutSec,

        [Parameter(Mandatory = $true, Position = 1)]
        [ValidateNotNullOrEmpty()]
        [string] $Database,

        [Parameter(ParameterSetName = 'Repair')]
        [switch] $Finish,

        [Parameter(Mandatory = $true, ParameterSetName = 'Forget')]
        [switch] $Forget,

        [ValidateNotNullOrEmpty()]
        [string] $JournalFolder,

        [switch] $Force
    )

    end {
        try {
            Import-PgbPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
            $connection = Get-PgbConnection -Cmdlet $PSCmdlet -Bound $PSBoundParameters
            $request = [ordered]@{ v = 1; database = $Database }
            if ($Finish) { $request['wish'] = 'finish' }
            if ($Forget) { $request['forget'] = $true }
            if ($JournalFolder) { $request['journal_directory'] = Resolve-PgbFolder -Cmdlet $PSCmdlet -Path $JournalFolder }
            if ($Force -and -not $PSBoundParameters.ContainsKey('Confirm')) { $ConfirmPreference = 'None' }
            $job = @{ Cmdlet = $PSCmdlet; Kind = 'repair'; Connection = $connection; Activity = Get-PgbText 'Repairing' $Database; Target = $Database }
            if ($WhatIfPreference) {
                # What was found is worth more than that something would be done.
                $request['dry_run'] = $true
            }
            $action = Get-PgbText $(if ($Forget) { 'RepairForgetAction' } else { 'RepairAction' })
            $agreed = $PSCmdlet.ShouldProcess((Get-PgbText 'DatabaseOnServer' $Database, $ServerInstance), $action)
            if (-not $agreed -and -not $WhatIfPreference) { return }
            $reply = Invoke-PgbJob @job -Request $request
            if ($null -ne $reply) { ConvertTo-PgbRepairResult -Reply $reply -ServerInstance $ServerInstance }
        }
        catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
    }
}
