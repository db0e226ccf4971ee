# The states of databases and services, and who is at them, as output types.

function ConvertTo-PgbClient {
    # Sessions that use a database; $null where the login may not see them.
    param([object[]] $Row)

    foreach ($one in $Row) {
        [pscustomobject]@{
            PSTypeName       = 'PGBackup.Client'
            SessionId        = ConvertTo-PgbValue $one.session_id 'i'
            Login            = ConvertTo-PgbText $one.login
            Host             = ConvertTo-PgbText $one.host
            Program          = ConvertTo-PgbText $one.program
            ProcessId        = ConvertTo-PgbValue $one.process_id 'i'
            Since            = ConvertTo-PgbDate $one.since
            OpenTransactions = ConvertTo-PgbValue $one.open_transactions 'i'
            Command          = ConvertTo-PgbText $one.command
        }
    }
}

function ConvertTo-PgbServiceStep {
    param([Parameter(Mandatory = $true)] $Step)

    [pscustomobject]@{
        PSTypeName  = 'PGBackup.ServiceStep'
        Name        = ConvertTo-PgbText $Step.name
        DisplayName = ConvertTo-PgbText $Step.display_name
        Action      = ConvertTo-PgbWord $Step.action
        Because     = ConvertTo-PgbText $Step.because
        Duration    = [timespan]::FromMilliseconds([double]$Step.duration_ms)
    }
}

function ConvertTo-PgbDatabaseState {
    param([Parameter(Mandatory = $true)] $Row, [Parameter(Mandatory = $true)] [string] $ServerInstance)

    $restore = $null
    if ($Row.last_restore) {
        $restore = [pscustomobject]@{
            At               = ConvertTo-PgbDate $Row.last_restore.at
            Login            = ConvertTo-PgbText $Row.last_restore.login
            Recovery         = ConvertTo-PgbValue $Row.last_restore.recovery 'b'
            Type             = ConvertTo-PgbWord $Row.last_restore.type
            SourceDatabase   = ConvertTo-PgbText $Row.last_restore.source_database
            BackupFinishedAt = ConvertTo-PgbDate $Row.last_restore.backup_finished_at
        }
    }
    $running = foreach ($one in $Row.running) {
        [pscustomobject]@{
            SessionId = ConvertTo-PgbValue $one.session_id 'i'
            Command   = ConvertTo-PgbText $one.command
            Percent   = if ($null -ne $one.percent) { [double]$one.percent } else { $null }
            StartedAt = ConvertTo-PgbDate $one.started_at
            Left      = if ($null -ne $one.eta_ms) { [timespan]::FromMilliseconds([double]$one.eta_ms) } else { $null }
            Wait      = ConvertTo-PgbText $one.wait
        }
    }
    $remarks = foreach ($one in $Row.remarks) {
        [pscustomobject]@{
            Code     = ConvertTo-PgbText $one.code
            Severity = ConvertTo-PgbWord $one.severity
            Message  = ConvertTo-PgbText $one.message
            NextStep = ConvertTo-PgbText $one.next_step
        }
    }

    [pscustomobject]@{
        PSTypeName             = 'PGBackup.DatabaseState'
        ServerInstance         = $ServerInstance
        Name                   = ConvertTo-PgbText $Row.name
        DatabaseId             = ConvertTo-PgbValue $Row.database_id 'i'
        State                  = ConvertTo-PgbText $Row.state
        UserAccess             = ConvertTo-PgbText $Row.user_access
        RecoveryModel          = ConvertTo-PgbText $Row.recovery_model
        IsReadOnly             = ConvertTo-PgbValue $Row.is_read_only 'b'
        IsInStandby            = ConvertTo-PgbValue $Row.is_in_standby 'b'
        LogReuseWait           = ConvertTo-PgbText $Row.log_reuse_wait
        LastFullBackup         = ConvertTo-PgbDate $Row.last_full_at
        LastDifferentialBackup = ConvertTo-PgbDate $Row.last_differential_at
        LastLogBackup          = ConvertTo-PgbDate $Row.last_log_at
        LastRestore            = $restore
        # Nobody is an empty list, unknown is $null.
        Client                 = if ($null -eq $Row.clients) { $null } else { , @(ConvertTo-PgbClient $Row.clients) }
        Running                = @($running)
        InAvailabilityGroup    = ConvertTo-PgbValue $Row.availability_group 'b'
        IsMirrored             = ConvertTo-PgbValue $Row.mirrored 'b'
        IsPublished            = ConvertTo-PgbValue $Row.published 'b'
        Snapshot               = ConvertTo-PgbText $Row.snapshot
        SnapshotOf             = ConvertTo-PgbText $Row.snapshot_of
        Remark                 = @($remarks)
        Summary                = ConvertTo-PgbText $Row.summary
        Unseen                 = [string[]]@($Row.unseen | ForEach-Object { ConvertTo-PgbText $_ })
        At                     = ConvertTo-PgbDate $Row.at
    }
}
