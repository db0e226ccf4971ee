function Restart-PGService {
    <#
    .SYNOPSIS
    Restarts services of this machine in the right order, and waits until each is really up.

    .DESCRIPTION
    The remedy of PayamGostar's manual as one command: stops the services in the order in which they depend on each other (else in the order of their names), starts them in the opposite order, and waits for each; for SQL Server until it answers and its databases are up.

    All services are found before the first is stopped, so a wrong name changes nothing. Running services that need one of them, such as the Agent of SQL Server, are stopped and started too. If one does not stop, those before it are started again.

    Services are those of Windows, or on Linux the units of systemd. Run it as administrator or root.

    .PARAMETER Name
    Names of the services, or their names for people ('SQL Server (PAYAMGOSTAR2)'). No patterns: a service is never guessed. Quote names with a dollar sign in single quotes.

    .PARAMETER TimeoutSec
    The longest that each service gets to stop and to start, from 1 to 3600 seconds; 90 without it.

    .PARAMETER Database
    A database that has to be ONLINE before the SQL Server counts as up. Without it no database may be on its way up.

    .PARAMETER ServerInstance
    The SQL Server to ask whether it is up: host, 'host,port' (quoted, for its comma) or host\instance. Without it the instance of the service's name is asked by the account of this process.

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

    .OUTPUTS
    PGBackup.ServiceStep, with these properties:
    Name [string], DisplayName [string], Action [string] (Stopped, Started, Unchanged), Because [string], Duration [timespan]

    One object for each step: a restarted service has two.

    .EXAMPLE
    Restart-PGService -Name Host, Agent, 'MSSQL$PAYAMGOSTAR2'

    Restarts the services of the CRM and its SQL Server.

    .EXAMPLE
    Restart-PGService Host, Agent -WhatIf

    Shows what would be stopped and started.

    .EXAMPLE
    Restart-PGService 'MSSQL$PAYAMGOSTAR2' -Database PayamGostar2 @srv

    Restarts SQL Server and waits until the CRM's database can be used.

    .LINK
    Get-PGDatabaseState

    .LINK
    about_PGBackup
    #>
    [CmdletBinding(PositionalBinding = $false, SupportsShouldProcess = $true, ConfirmImpact = 'High')]
    [OutputType('PGBackup.ServiceStep')]
    param(
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipeline = $true, ValueFromPipelineByPropertyName = $true)]
        [ValidateNotNullOrEmpty()]
        [ArgumentCompleter({ & (Get-Command $args[0]).Module { Complete-PgbService -Word $args[2] } @args })]
        [string[]] $Name,

        [ValidateRange(1, 3600)]
        [int] $TimeoutSec,

        [ValidateNotNullOrEmpty()]
        [string] $Database,

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
        [int] $ConnectTimeoutSec
    )

    begin {
        try {
            Import-PgbPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
            $connection = Get-PgbConnection -Cmdlet $PSCmdlet -Bound $PSBoundParameters
            $wanted = New-Object 'System.Collections.Generic.List[string]'
        }
        catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
    }

    process {
        foreach ($one in $Name) { $wanted.Add($one) }
    }

    end {
        try {
            if ($wanted.Count -eq 0) { return }
            $request = [ordered]@{ v = 1; action = 'restart'; names = @($wanted) }
            if ($PSBoundParameters.ContainsKey('TimeoutSec')) { $request['timeout_ms'] = [long]$TimeoutSec * 1000 }
            if ($PSBoundParameters.ContainsKey('Database')) { $request['database'] = $Database }
            $target = @($wanted) -join ', '
            $activity = Get-PgbText 'RestartingServices' $target

            # The plan first: a wrong name ends here, and what is asked about is what will be done.
            $plan = Invoke-PgbJob -Cmdlet $PSCmdlet -Kind service -Request ($request + @{ dry_run = $true }) -Activity $activity -Target $target
            if (-not $plan) { return }
            $order = { param($action) @($plan.steps | Where-Object { $_.action -ceq $action } | ForEach-Object { $_.name }) -join ', ' }
            $doing = Get-PgbText 'RestartAction' (& $order 'would_stop'), (& $order 'would_start')
            if (-not $PSCmdlet.ShouldProcess($target, $doing)) { return }

            $result = Invoke-PgbJob -Cmdlet $PSCmdlet -Kind service -Request $request -Connection $connection -Activity $activity -Target $target
            foreach ($step in $result.steps) { ConvertTo-PgbServiceStep $step }
        }
        catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
    }
}
