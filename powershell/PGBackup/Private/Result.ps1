# Replies of the library as the module's output types. Columns that RESTORE HEADERONLY and its kin
# know keep SQL Server's own names, order and meaning; unknown columns pass through as they are.

$script:SetShape = @{
    BackupName = 't'; BackupDescription = 't'; BackupType = 'i'; ExpirationDate = 'd'; Compressed = 'b'; Position = 'i'; DeviceType = 'i'
    UserName = 't'; ServerName = 't'; DatabaseName = 't'; DatabaseVersion = 'i'; DatabaseCreationDate = 'd'; BackupSize = 'l'
    FirstLSN = 'n'; LastLSN = 'n'; CheckpointLSN = 'n'; DatabaseBackupLSN = 'n'; BackupStartDate = 'd'; BackupFinishDate = 'd'
    SortOrder = 'i'; CodePage = 'i'; UnicodeLocaleId = 'i'; UnicodeComparisonStyle = 'i'; CompatibilityLevel = 'i'; SoftwareVendorId = 'i'
    SoftwareVersionMajor = 'i'; SoftwareVersionMinor = 'i'; SoftwareVersionBuild = 'i'; MachineName = 't'; Flags = 'i'
    BindingID = 'g'; RecoveryForkID = 'g'; Collation = 't'; FamilyGUID = 'g'; HasBulkLoggedData = 'b'; IsSnapshot = 'b'; IsReadOnly = 'b'
    IsSingleUser = 'b'; HasBackupChecksums = 'b'; IsDamaged = 'b'; BeginsLogChain = 'b'; HasIncompleteMetaData = 'b'; IsForceOffline = 'b'
    IsCopyOnly = 'b'; FirstRecoveryForkID = 'g'; ForkPointLSN = 'n'; RecoveryModel = 't'; DifferentialBaseLSN = 'n'; DifferentialBaseGUID = 'g'
    BackupTypeDescription = 't'; BackupSetGUID = 'g'; CompressedBackupSize = 'l'; Containment = 'i'; KeyAlgorithm = 't'
    EncryptorThumbprint = 't'; EncryptorType = 't'; LastValidRestoreTime = 'd'; TimeZone = 'i'; CompressionAlgorithm = 't'
    BackupFile = 't'; BackupTypeName = 'w'; BackupStartDatePersian = 't'; BackupFinishDatePersian = 't'
    Status = 'w'; StatusReason = 't'; Container = 't'; FamilyCount = 'i'; FamilySequenceNumber = 'i'; Offset = 'l'; Length = 'l'
    CanCutAfter = 'b'; UtcOffsetMinutes = 'i'; Sha256 = 't'
}
$script:FileShape = @{
    LogicalName = 't'; PhysicalName = 't'; Type = 't'; FileGroupName = 't'; Size = 'l'; MaxSize = 'l'; FileId = 'l'; CreateLSN = 'n'; DropLSN = 'n'
    UniqueId = 'g'; ReadOnlyLSN = 'n'; ReadWriteLSN = 'n'; BackupSizeInBytes = 'l'; SourceBlockSize = 'i'; FileGroupId = 'i'; LogGroupGUID = 'g'
    DifferentialBaseLSN = 'n'; DifferentialBaseGUID = 'g'; IsReadOnly = 'b'; IsPresent = 'b'; TDEThumbprint = 't'; SnapshotUrl = 't'
}
$script:LabelShape = @{
    MediaName = 't'; MediaSetId = 'g'; FamilyCount = 'i'; FamilySequenceNumber = 'i'; MediaFamilyId = 'g'; MediaSequenceNumber = 'i'
    MediaLabelPresent = 'b'; MediaDescription = 't'; SoftwareName = 't'; SoftwareVendorId = 'i'; MediaDate = 'd'; Mirror_Count = 'i'
    IsCompressed = 'b'; BackupFile = 't'
}

function Format-PgbRow {
    # Gives the columns of a row their .NET types, in place, and the row its type name. Written out
    # instead of calling ConvertTo-PgbValue: a set has sixty columns and a folder thousands of sets.
    param([Parameter(Mandatory = $true)] $Row, [Parameter(Mandatory = $true)] [hashtable] $Shape, [Parameter(Mandatory = $true)] [string] $TypeName)

    $invariant = $script:Invariant
    foreach ($column in $Row.PSObject.Properties) {
        $value = $column.Value
        if ($null -eq $value) { continue }
        $letter = $Shape[$column.Name]
        if ($letter -ceq 'i') { $column.Value = [int]$value }
        elseif ($letter -ceq 't') { if ($value -isnot [string]) { $column.Value = ConvertTo-PgbText $value } }
        elseif ($letter -ceq 'b') { $column.Value = [bool]$value }
        elseif ($letter -ceq 'n') { $column.Value = [decimal]::Parse($value, [System.Globalization.NumberStyles]::None, $invariant) }
        elseif ($letter -ceq 'g') { $column.Value = [guid]$value }
        elseif ($letter -ceq 'l') { $column.Value = [long]$value }
        elseif ($letter -ceq 'd' -and $value -is [string]) { $column.Value = [datetime]::Parse($value, $invariant, [System.Globalization.DateTimeStyles]::RoundtripKind) }
        elseif ($letter) { $column.Value = ConvertTo-PgbValue $value $letter }
    }
    $Row.PSObject.TypeNames.Insert(0, $TypeName)
    $Row
}

filter ConvertTo-PgbBackupSet {
    $set = Format-PgbRow -Row $_ -Shape $script:SetShape -TypeName 'PGBackup.BackupSet'
    # One word for the kind of a backup in every output: Type, with the values of -Type.
    $kind = $set.PSObject.Properties['BackupTypeName']
    if ($kind) {
        $set.PSObject.Properties.Add((New-Object System.Management.Automation.PSNoteProperty 'Type', $kind.Value))
        $set.PSObject.Properties.Remove('BackupTypeName')
    }
    $set
}

filter ConvertTo-PgbBackupFile { Format-PgbRow -Row $_ -Shape $script:FileShape -TypeName 'PGBackup.BackupFile' }

filter ConvertTo-PgbMediaLabel { Format-PgbRow -Row $_ -Shape $script:LabelShape -TypeName 'PGBackup.MediaLabel' }

function ConvertTo-PgbServerMessage {
    # SQL Server's errors or messages, in their order.
    param($Message)

    foreach ($one in @($Message)) {
        if ($null -eq $one) { continue }
        [pscustomobject]@{
            PSTypeName = 'PGBackup.ServerMessage'
            Number     = ConvertTo-PgbValue (Get-PgbField $one 'number') 'i'
            Severity   = ConvertTo-PgbValue (Get-PgbField $one 'severity') 'i'
            State      = ConvertTo-PgbValue (Get-PgbField $one 'state') 'i'
            Line       = ConvertTo-PgbValue (Get-PgbField $one 'line') 'i'
            Procedure  = ConvertTo-PgbText (Get-PgbField $one 'procedure')
            Message    = ConvertTo-PgbText $(if (Get-PgbField $one 'message') { $one.message } else { Get-PgbField $one 'text' })
        }
    }
}

function ConvertTo-PgbDuration {
    # Milliseconds as [timespan].
    param($Milliseconds)

    if ($null -eq $Milliseconds) { return $null }
    [timespan]::FromTicks([long]$Milliseconds * [timespan]::TicksPerMillisecond)
}

function ConvertTo-PgbForeignBase {
    # The full backup that is not ours, $null for none.
    param($Base)

    if ($null -eq $Base) { return }
    [pscustomobject]@{
        PSTypeName    = 'PGBackup.ForeignBase'
        Reason        = ConvertTo-PgbText $Base.reason
        User          = ConvertTo-PgbText $Base.user
        Machine       = ConvertTo-PgbText $Base.machine
        Program       = ConvertTo-PgbText $Base.program
        SetName       = ConvertTo-PgbText $Base.set_name
        BackupFile    = [string[]]@(foreach ($file in $Base.files) { ConvertTo-PgbText $file })
        IsSnapshot    = [bool]$Base.snapshot
        FinishedAt    = ConvertTo-PgbDate $Base.finished_at
        BackupSetGUID = ConvertTo-PgbValue $Base.backup_set_guid 'g'
    }
}

function ConvertTo-PgbArchiveState {
    # How an archive grows, $null for none.
    param($State)

    if ($null -eq $State) { return }
    [pscustomobject]@{
        PSTypeName        = 'PGBackup.ArchiveState'
        SetCount          = [int]$State.sets
        DifferentialCount = [int]$State.differentials
        Size              = [long]$State.bytes
        GrowthPerDay      = ConvertTo-PgbValue $State.bytes_per_day 'l'
        FreeSpace         = ConvertTo-PgbValue $State.free_bytes 'l'
        DiskFullAt        = ConvertTo-PgbDate $State.full_at
    }
}

function ConvertTo-PgbClosedArchive {
    # The archive that had enough, $null for none.
    param($Closed)

    if ($null -eq $Closed) { return }
    [pscustomobject]@{
        PSTypeName = 'PGBackup.ClosedArchive'
        BackupFile = [string[]]@(foreach ($file in $Closed.files) { ConvertTo-PgbText $file })
        SetCount   = [int]$Closed.sets
        Reason     = ConvertTo-PgbText $Closed.reason
        IsVerified = ConvertTo-PgbValue $Closed.verified 'b'
        Finding    = ConvertTo-PgbText (Get-PgbField $Closed.error 'message')
    }
}

function ConvertTo-PgbBackupResult {
    param([Parameter(Mandatory = $true)] $Reply, [Parameter(Mandatory = $true)] [string] $ServerInstance)

    $promoted = Get-PgbField $Reply 'promoted'
    $clients = Get-PgbField $Reply 'clients'
    [pscustomobject]@{
        PSTypeName           = 'PGBackup.BackupResult'
        ServerInstance       = $ServerInstance
        Database             = ConvertTo-PgbText $Reply.database
        Type                 = ConvertTo-PgbWord $Reply.type
        RequestedType        = ConvertTo-PgbWord $Reply.requested_type
        PromotedReason       = ConvertTo-PgbText (Get-PgbField $promoted 'reason')
        ForeignBase          = ConvertTo-PgbForeignBase (Get-PgbField $Reply 'foreign_base')
        IsCopyOnly           = [bool]$Reply.copy_only
        IsArchive            = [bool]$Reply.archive
        Archive              = ConvertTo-PgbArchiveState (Get-PgbField $Reply 'archive_state')
        ClosedArchive        = ConvertTo-PgbClosedArchive (Get-PgbField $Reply 'closed_archive')
        BackupFile           = [string[]]@(foreach ($file in $Reply.files) { ConvertTo-PgbText $file })
        MirrorFile           = [string[]]@(foreach ($file in $Reply.mirror) { ConvertTo-PgbText $file })
        ReplacedArchive      = ConvertTo-PgbText (Get-PgbField (Get-PgbField $Reply 'replaced_archive') 'file')
        ReplacedReason       = ConvertTo-PgbText (Get-PgbField (Get-PgbField $Reply 'replaced_archive') 'reason')
        Position             = ConvertTo-PgbValue $Reply.position 'i'
        BackupSize           = ConvertTo-PgbValue $Reply.backup_size 'l'
        CompressedBackupSize = ConvertTo-PgbValue $Reply.compressed_backup_size 'l'
        IsCompressed         = ConvertTo-PgbValue $Reply.compressed 'b'
        Pages                = ConvertTo-PgbValue $Reply.pages 'l'
        StartedAt            = ConvertTo-PgbDate $Reply.started_at
        FinishedAt           = ConvertTo-PgbDate $Reply.finished_at
        StartedAtPersian     = ConvertTo-PgbText $Reply.started_at_persian
        FinishedAtPersian    = ConvertTo-PgbText $Reply.finished_at_persian
        Duration             = ConvertTo-PgbDuration $Reply.duration_ms
        MBPerSec             = $Reply.mb_per_sec
        HasBackupChecksums   = [bool]$Reply.has_backup_checksums
        IsVerified           = ConvertTo-PgbValue $Reply.verified 'b'
        RemovedFile          = [object[]]@(Get-PgbField (Get-PgbField $Reply 'removal') 'files' | Where-Object { $null -ne $_ } | ConvertTo-PgbRemovalStep)
        MediaSetId           = ConvertTo-PgbValue $Reply.media_set_id 'g'
        BackupSetGUID        = ConvertTo-PgbValue $Reply.backup_set_guid 'g'
        FirstLSN             = ConvertTo-PgbValue $Reply.first_lsn 'n'
        LastLSN              = ConvertTo-PgbValue $Reply.last_lsn 'n'
        CheckpointLSN        = ConvertTo-PgbValue $Reply.checkpoint_lsn 'n'
        DatabaseBackupLSN    = ConvertTo-PgbValue $Reply.database_backup_lsn 'n'
        DifferentialBaseGUID = ConvertTo-PgbValue $Reply.differential_base_guid 'g'
        DifferentialBaseLSN  = ConvertTo-PgbValue $Reply.differential_base_lsn 'n'
        ConnectedClient      = if ($null -eq $clients -or $null -eq $clients.connected) { $null } else { , @(ConvertTo-PgbClient $clients.connected) }
        DisconnectedClient   = @(if ($clients) { ConvertTo-PgbClient $clients.disconnected })
        Retries              = [string[]]@(foreach ($retry in $Reply.retries) { ConvertTo-PgbText $retry.reason })
        Messages             = [object[]]@(ConvertTo-PgbServerMessage $Reply.messages)
        Statements           = [string[]]@(foreach ($statement in $Reply.statements) { $statement })
    }
}

function ConvertTo-PgbRestoreResult {
    param([Parameter(Mandatory = $true)] $Reply, [Parameter(Mandatory = $true)] [string] $ServerInstance)

    $steps = foreach ($step in $Reply.steps) {
        [pscustomobject]@{
            PSTypeName    = 'PGBackup.RestoreStep'
            BackupFile    = [string[]]@(foreach ($file in $step.files) { ConvertTo-PgbText $file })
            Position      = ConvertTo-PgbValue $step.position 'i'
            Type          = ConvertTo-PgbWord $step.type
            BackupSetGUID = ConvertTo-PgbValue $step.backup_set_guid 'g'
            StopAt        = ConvertTo-PgbDate $step.stop_at
            Reason        = ConvertTo-PgbText $step.reason
            Recovery      = ConvertTo-PgbWord $step.recovery
        }
    }
    $files = foreach ($file in $Reply.files) {
        [pscustomobject]@{
            PSTypeName   = 'PGBackup.RestoredFile'
            LogicalName  = ConvertTo-PgbText $file.logical_name
            PhysicalName = ConvertTo-PgbText $file.physical_name
        }
    }
    [pscustomobject]@{
        PSTypeName        = 'PGBackup.RestoreResult'
        ServerInstance    = $ServerInstance
        Database          = ConvertTo-PgbText $Reply.database
        RestoredTo        = ConvertTo-PgbDate $Reply.restored_to
        RestoredToPersian = ConvertTo-PgbText $Reply.restored_to_persian
        Steps             = [object[]]@($steps)
        Files             = [object[]]@($files)
        Notes             = [string[]]@(foreach ($note in $Reply.notes) { ConvertTo-PgbText $note })
        Pages             = ConvertTo-PgbValue $Reply.pages 'l'
        Duration          = ConvertTo-PgbDuration $Reply.duration_ms
        MBPerSec          = $Reply.mb_per_sec
        Messages          = [object[]]@(ConvertTo-PgbServerMessage $Reply.messages)
        Statements        = [string[]]@(foreach ($statement in $Reply.statements) { $statement })
        SafetyCopy        = ConvertTo-PgbText (Get-PgbField $Reply 'safety_copy')
        KeptAs            = ConvertTo-PgbText (Get-PgbField $Reply 'kept_as')
        TailFile          = ConvertTo-PgbText (Get-PgbField $Reply 'tail')
        Disconnected      = [object[]]@(ConvertTo-PgbConnectedSession (Get-PgbField $Reply 'disconnected'))
        UserAccess        = ConvertTo-PgbText (Get-PgbField $Reply 'user_access')
        IsChecked         = [bool](Get-PgbField $Reply 'checked')
    }
}

function ConvertTo-PgbConnectedSession {
    # Who was cut off from a database.
    param($Session)

    foreach ($one in @($Session)) {
        if ($null -eq $one) { continue }
        [pscustomobject]@{
            PSTypeName = 'PGBackup.DisconnectedSession'
            SessionId  = ConvertTo-PgbValue $one.session_id 'i'
            Login      = ConvertTo-PgbText $one.login
            Host       = ConvertTo-PgbText $one.host
            Program    = ConvertTo-PgbText $one.program
        }
    }
}

function ConvertTo-PgbRepairResult {
    param([Parameter(Mandatory = $true)] $Reply, [Parameter(Mandatory = $true)] [string] $ServerInstance)

    [pscustomobject]@{
        PSTypeName     = 'PGBackup.RepairResult'
        ServerInstance = $ServerInstance
        Database       = ConvertTo-PgbText $Reply.database
        WasBrokenOff   = [bool]$Reply.was_broken_off
        Content        = ConvertTo-PgbWord $Reply.content
        State          = ConvertTo-PgbText $Reply.state
        UserAccess     = ConvertTo-PgbText $Reply.user_access
        Notes          = [string[]]@(foreach ($note in $Reply.notes) { ConvertTo-PgbText $note })
        Disconnected   = [object[]]@(ConvertTo-PgbConnectedSession $Reply.disconnected)
        Statements     = [string[]]@(foreach ($statement in $Reply.statements) { $statement })
    }
}

function ConvertTo-PgbFinding {
    # What a check of a file on this machine found, in its order.
    param($Finding)

    foreach ($one in @($Finding)) {
        if ($null -eq $one) { continue }
        [pscustomobject]@{
            PSTypeName = 'PGBackup.Finding'
            Severity   = ConvertTo-PgbWord $one.severity
            What       = ConvertTo-PgbText $one.what
            Proves     = ConvertTo-PgbText $one.proves
            FileId     = ConvertTo-PgbValue $one.file_id 'i'
            PageId     = ConvertTo-PgbValue $one.page_id 'l'
            PageType   = ConvertTo-PgbText $one.page_type
            Offset     = ConvertTo-PgbValue $one.offset 'l'
        }
    }
}

function ConvertTo-PgbCount {
    # The counters of a check, each named as PowerShell names things; $null where the server checked.
    param($Count)

    if ($null -eq $Count) { return $null }
    $named = [ordered]@{ PSTypeName = 'PGBackup.VerifyCount' }
    foreach ($counter in $Count.PSObject.Properties) { $named[(ConvertTo-PgbWord $counter.Name)] = [long]$counter.Value }
    [pscustomobject]$named
}

filter ConvertTo-PgbVerifyResult {
    $found = Get-PgbField $_ 'findings'
    [pscustomobject]@{
        PSTypeName              = 'PGBackup.VerifyResult'
        BackupFile              = ConvertTo-PgbText $_.file
        Position                = ConvertTo-PgbValue $_.position 'i'
        DatabaseName            = ConvertTo-PgbText $_.database
        Type                    = ConvertTo-PgbWord $_.type
        BackupSetGUID           = ConvertTo-PgbValue $_.backup_set_guid 'g'
        BackupFinishDate        = ConvertTo-PgbDate $_.finished_at
        BackupFinishDatePersian = ConvertTo-PgbText $_.finished_at_persian
        Verdict                 = ConvertTo-PgbWord $_.verdict
        IsSound                 = $_.verdict -cin 'sound', 'unprotected'
        HasBackupChecksums      = ConvertTo-PgbValue $_.checksums 'b'
        ProtectedShare          = Get-PgbField $_ 'protected_share'
        Findings                = [object[]]@(ConvertTo-PgbFinding $found)
        FindingsLeftOut         = [int](Get-PgbField $_ 'findings_left_out')
        FirstLogBlock           = ConvertTo-PgbValue (Get-PgbField $_ 'first_log_block') 'n'
        LastLogBlock            = ConvertTo-PgbValue (Get-PgbField $_ 'last_log_block') 'n'
        Counts                  = ConvertTo-PgbCount (Get-PgbField $_ 'counts')
        Family                  = ConvertTo-PgbValue (Get-PgbField $_ 'family') 'i'
        FamilyCount             = ConvertTo-PgbValue (Get-PgbField $_ 'family_count') 'i'
        MissingFamilies         = [int[]]@(foreach ($family in Get-PgbField $_ 'missing_families') { $family })
        FindingsBetweenFamilies = [object[]]@(ConvertTo-PgbFinding (Get-PgbField $_ 'findings_between_families'))
        Messages                = [object[]]@(ConvertTo-PgbServerMessage $_.messages)
    }
}

function ConvertTo-PgbDatabase {
    param([Parameter(Mandatory = $true)] $Row, [Parameter(Mandatory = $true)] [string] $ServerInstance)

    [pscustomobject]@{
        PSTypeName             = 'PGBackup.Database'
        ServerInstance         = $ServerInstance
        Name                   = ConvertTo-PgbText $Row.name
        DatabaseId             = ConvertTo-PgbValue $Row.database_id 'i'
        State                  = ConvertTo-PgbText $Row.state
        UserAccess             = ConvertTo-PgbText $Row.user_access
        RecoveryModel          = ConvertTo-PgbText $Row.recovery_model
        CompatibilityLevel     = ConvertTo-PgbValue $Row.compatibility_level 'i'
        Owner                  = ConvertTo-PgbText $Row.owner
        CreateDate             = ConvertTo-PgbDate $Row.created_at
        Size                   = ConvertTo-PgbValue $Row.size_bytes 'l'
        LogSize                = ConvertTo-PgbValue $Row.log_size_bytes 'l'
        IsReadOnly             = ConvertTo-PgbValue $Row.is_read_only 'b'
        IsInStandby            = ConvertTo-PgbValue $Row.is_in_standby 'b'
        LastFullBackup         = ConvertTo-PgbDate $Row.last_full_at
        LastDifferentialBackup = ConvertTo-PgbDate $Row.last_differential_at
        LastLogBackup          = ConvertTo-PgbDate $Row.last_log_at
    }
}

function ConvertTo-PgbErrorHelp {
    param([Parameter(Mandatory = $true)] $Reply)

    $states = foreach ($state in Get-PgbField $Reply 'states') { [pscustomobject]@{ State = [int]$state.state; Cause = [string]$state.cause } }
    $system = foreach ($one in Get-PgbField $Reply 'operating_system') {
        [pscustomobject]@{ Number = [int]$one.number; Cause = [string]$one.cause; Next = [string]$one.next }
    }
    $cause, $next = Get-PgbErrorText ([int]$Reply.number)
    if (-not $cause) { $cause, $next = (Get-PgbField $Reply 'cause'), (Get-PgbField $Reply 'next') }
    [pscustomobject]@{
        PSTypeName            = 'PGBackup.ErrorHelp'
        Number                = [int]$Reply.number
        IsKnown               = [bool]$Reply.known
        Cause                 = ConvertTo-PgbText $cause
        Next                  = ConvertTo-PgbText $next
        IsRetryable           = ConvertTo-PgbValue (Get-PgbField $Reply 'retryable') 'b'
        Code                  = ConvertTo-PgbText (Get-PgbField $Reply 'code')
        LoginStates           = [object[]]@($states)
        OperatingSystemErrors = [object[]]@($system)
    }
}
