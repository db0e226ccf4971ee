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

function ConvertTo-PgbRestoreProof {
    param([Parameter(Mandatory = $true)] $Reply, [object[]] $Table, [Parameter(Mandatory = $true)] [string] $ServerInstance)

    $proof = $Reply.proof
    $sets = foreach ($set in $proof.sets) {
        [pscustomobject]@{
            BackupFile    = [string[]]@($set.files | ForEach-Object { ConvertTo-PgbText $_ })
            Position      = ConvertTo-PgbValue $set.position 'i'
            Type          = ConvertTo-PgbWord $set.type
            BackupSetGUID = ConvertTo-PgbValue $set.backup_set_guid 'g'
        }
    }
    $counted = foreach ($one in $Table) {
        [pscustomobject]@{ Schema = ConvertTo-PgbText $one.schema; Table = ConvertTo-PgbText $one.table; Rows = ConvertTo-PgbValue $one.rows 'l' }
    }

    [pscustomobject]@{
        PSTypeName      = 'PGBackup.RestoreProof'
        ServerInstance  = $ServerInstance
        Database        = ConvertTo-PgbText $proof.database
        IsPassed        = ConvertTo-PgbValue $proof.passed 'b'
        At              = ConvertTo-PgbDate $proof.at
        Server          = ConvertTo-PgbText $proof.server
        ServerVersion   = ConvertTo-PgbText $proof.server_version
        Machine         = ConvertTo-PgbText $proof.machine
        Set             = @($sets)
        RestoredTo      = ConvertTo-PgbDate $proof.restored_to
        RestoreDuration = [timespan]::FromMilliseconds([double]$proof.restore_ms)
        CheckDuration   = [timespan]::FromMilliseconds([double]$proof.check_ms)
        Size            = ConvertTo-PgbValue $proof.bytes 'l'
        TableCount      = ConvertTo-PgbValue $proof.tables 'l'
        RowCount        = ConvertTo-PgbValue $proof.rows 'l'
        Table           = @($counted)
        IsCheckPassed   = ConvertTo-PgbValue $proof.check_passed 'b'
        SideDatabase    = ConvertTo-PgbText $proof.side_database
        ProofFile       = ConvertTo-PgbText $Reply.kept_in
        Note            = [string[]]@($Reply.notes | ForEach-Object { ConvertTo-PgbText $_ })
        Statements      = [string[]]@($Reply.statements | ForEach-Object { ConvertTo-PgbText $_ })
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
