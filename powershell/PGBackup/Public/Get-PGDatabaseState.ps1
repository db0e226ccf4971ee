function Get-PGDatabaseState {
    <#
    .SYNOPSIS
    Tells what state databases are in, who is at them, and what to do next.

    .DESCRIPTION
    Gets one object for each database the login may see: its state and access mode, who is connected, which backup, restore or check is running and how far it is, what restore was left unfinished and since when, why its log cannot be reused, and its last backups. Remarks say in plain words what is wrong or under way, each with the next step.

    The server is asked three questions, however many databases there are. Who is connected and what is running is shown to logins with VIEW SERVER STATE; of others Client is $null, and Unseen names the missing right.

    A name may hold the wildcards * ? [ ]. A database that is called exactly as written is always meant first, so names with brackets need no escaping.

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
    Names or patterns of databases. Without it, all are told of. A plain name that does not exist is an error.

    .PARAMETER JournalFolder
    This machine's folder for the journals of restores, if one was given to Restore-PGDatabase. A restore that this machine began and that was broken off is named in Remark, with the command that gives the database back.

    .OUTPUTS
    PGBackup.DatabaseState, with these properties:
    ServerInstance [string], Name [string], DatabaseId [int], State [string], UserAccess [string], RecoveryModel [string], IsReadOnly [bool], IsInStandby [bool], LogReuseWait [string], LastFullBackup [datetime], LastDifferentialBackup [datetime], LastLogBackup [datetime], LastRestore [object] (At, Login, Recovery, Type, SourceDatabase, BackupFinishedAt), Client [object[]] (SessionId, Login, Host, Program, ProcessId, Since, OpenTransactions, Command), Running [object[]] (SessionId, Command, Percent, StartedAt, Left, Wait), InAvailabilityGroup [bool], IsMirrored [bool], IsPublished [bool], Snapshot [string], SnapshotOf [string], Remark [object[]] (Code, Severity, Message, NextStep), Summary [string], Unseen [string[]], At [datetime]

    Dates are on the server's clock, without a zone.

    .EXAMPLE
    Get-PGDatabaseState @srv -Database PayamGostar2

    Shows in one line what state the database is in.

    .EXAMPLE
    (Get-PGDatabaseState @srv -Database PayamGostar2).Remark | Format-List

    Shows what is wrong or under way, and what to do next.

    .EXAMPLE
    (Get-PGDatabaseState @srv -Database PayamGostar2).Client | Format-Table Login, Host, Program, Since

    Lists who is connected, to see who keeps a restore out.

    .EXAMPLE
    Get-PGDatabaseState @srv | Where-Object { $_.Remark.Severity -contains 'Error' }

    Finds the databases that cannot be used.

    .LINK
    Get-PGDatabase

    .LINK
    Restore-PGDatabase

    .LINK
    about_PGBackup
    #>
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType('PGBackup.DatabaseState')]
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

        [Parameter(Position = 1, ValueFromPipeline = $true)]
        [ValidateNotNullOrEmpty()]
        [SupportsWildcards()]
        [ArgumentCompleter({ & (Get-Command $args[0]).Module { Complete-PgbDatabase -Word $args[2] -Given $args[4] } @args })]
        [string[]] $Database,

        [ValidateNotNullOrEmpty()]
        [string] $JournalFolder
    )

    begin {
        try {
            Import-PgbPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
            $connection = Get-PgbConnection -Cmdlet $PSCmdlet -Bound $PSBoundParameters
            $wanted = New-Object 'System.Collections.Generic.List[string]'
            $all = -not $PSBoundParameters.ContainsKey('Database') -and -not $MyInvocation.ExpectingInput
        }
        catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
    }

    process {
        foreach ($name in $Database) { $wanted.Add($name) }
    }

    end {
        try {
            if (-not $all -and $wanted.Count -eq 0) { return }

            # Three questions to the server, whatever was asked for; the names are matched here.
            $activity = Get-PgbText 'ReadingStates' $ServerInstance
            $request = [ordered]@{ v = 1; kind = 'database_states' }
            if ($JournalFolder) { $request['journal_directory'] = Resolve-PgbFolder -Cmdlet $PSCmdlet -Path $JournalFolder }
            $known = @(Invoke-PgbJob -Cmdlet $PSCmdlet -Kind query -Request $request -Connection $connection -Activity $activity -Target $ServerInstance -Paged |
                    ForEach-Object { ConvertTo-PgbDatabaseState -Row $_ -ServerInstance $ServerInstance })
            if ($all) { return $known }
            Select-PgbWanted -Cmdlet $PSCmdlet -Database $known -Name $wanted -ServerInstance $ServerInstance
        }
        catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
    }
}
