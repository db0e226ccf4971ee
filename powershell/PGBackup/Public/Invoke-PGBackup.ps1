function Invoke-PGBackup {
    <#
    .SYNOPSIS
    Backs up SQL Server databases.

    .DESCRIPTION
    Makes a full, differential or log backup of each database and waits for it, showing percent, rate and time left. Ctrl+C cancels the backup on the server.

    Each run writes a new time-stamped file into -Destination. With -Archive all sets of a database go into one file there, a full first and then differentials. With -BackupFile the backup goes into that very file, which must not exist yet unless -Archive appends to it. Nothing is ever overwritten. A differential for which there is no base becomes a full backup, and the result says why.

    Paths are paths of the server: D:\Backup is a folder of the machine that runs SQL Server.

    A database that cannot be backed up is an error of its own and the next one follows; a server that cannot be reached ends the command.

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
    Names or patterns of databases. With a wildcard (* ? [ ]) the server is asked for its databases; tempdb is never meant, and databases that are not online are left out with a warning.

    .PARAMETER InputObject
    Databases from Get-PGDatabase, or names.

    .PARAMETER ExcludeDatabase
    Names or patterns of databases to leave out.

    .PARAMETER Type
    Full (the default), Differential or Log.

    .PARAMETER Destination
    The server's folder for backup files.

    .PARAMETER BackupFile
    The server's file to write to: any name, any path. It must not exist yet, unless -Archive is given. Several files share the backup between them (stripes).

    .PARAMETER Archive
    Appends to one file instead of making a file a run: the database's archive in -Destination, or -BackupFile.

    .PARAMETER RolloverAfterDifferentials
    With -Archive: so many differentials between two full backups. The next one becomes a full in a new file, and the old file is verified; from then on it can be removed as a whole.

    .PARAMETER RolloverAfterDays
    With -Archive: begins a new archive so many days after the first set of this one.

    .PARAMETER RolloverAtSize
    With -Archive: begins a new archive when this one holds so many bytes, such as 10GB.

    .PARAMETER OnForeignBase
    What becomes of a differential whose base is no full backup of ours that is on the disk and whole: somebody else made one in between, or ours was deleted. Full (the default) makes a full backup, Differential makes the differential nevertheless, Stop makes nothing. The result names who made the foreign one.

    .PARAMETER FileName
    The template of file names in the folder, such as {Database}_{Type}_{Utc}. Dates in names are Gregorian under every culture.

    .PARAMETER Stripe
    Spreads the backup over so many files of the folder, 1 to 64. All of them are needed to restore it.

    .PARAMETER MirrorDestination
    The server's folder for a second copy, written at the same time (Enterprise edition).

    .PARAMETER CopyOnly
    Leaves the chain of backups alone: later differentials do not build on this backup.

    .PARAMETER Compression
    On, Off, or Default (what the server is set to).

    .PARAMETER EncryptionCertificate
    Encrypts the backup with this certificate of the server. Without the certificate it cannot be restored: keep a copy of it elsewhere.

    .PARAMETER EncryptionAlgorithm
    AES_256 (the default), AES_192, AES_128 or TRIPLE_DES_3KEY.

    .PARAMETER NoChecksum
    Makes the backup without checksums. They are cheap and find damage, so leave this out unless you must not.

    .PARAMETER Name
    The name of the backup set.

    .PARAMETER Description
    The description of the backup set.

    .PARAMETER ExpirationDate
    The day from which SQL Server lets the set be overwritten. PGBackup itself overwrites nothing.

    .PARAMETER MaxTransferSize
    Bytes that SQL Server moves at once, a multiple of 65536.

    .PARAMETER BufferCount
    How many buffers SQL Server uses.

    .PARAMETER Verify
    Has the server read the finished backup again and check it.

    .PARAMETER ConnectedClients
    What to do about clients that are connected to the database. Report (the default) makes the backup and says who was connected: SQL Server makes sound backups whoever works meanwhile. Stop makes none while somebody is connected. Disconnect ends their sessions first, as PayamGostar's manual wants it: what they have not committed is rolled back, and who connects again by itself is told in the result; to keep those out stop their services. Stop and Disconnect need VIEW SERVER STATE, Disconnect also ALTER ANY CONNECTION.

    .PARAMETER RemoveOlderThanDays
    After the backup succeeded and was verified, removes the database's backups in -Destination that are older and that nothing kept needs, as Remove-PGBackup -OlderThanDays does. The folder must be visible to this machine under the same path. What was removed is in RemovedFile of the result, and can be put back for three days with Undo-PGBackupRemoval. A removal that fails is an error of its own; the backup is made.

    .PARAMETER AsScript
    Gives the T-SQL that would run, and runs nothing.

    .OUTPUTS
    PGBackup.BackupResult, with these properties:
    ServerInstance [string], Database [string], Type [string], RequestedType [string], PromotedReason [string] (why a differential became a full backup), ForeignBase [PGBackup.ForeignBase] (the full backup that is not ours: Reason, User, Machine, Program, SetName, BackupFile, IsSnapshot, FinishedAt, BackupSetGUID), IsCopyOnly [bool], IsArchive [bool], Archive [PGBackup.ArchiveState] (SetCount, DifferentialCount, Size, GrowthPerDay, FreeSpace, DiskFullAt), ClosedArchive [PGBackup.ClosedArchive] (the archive before a new one: BackupFile, SetCount, Reason, IsVerified, Finding), BackupFile [string[]], MirrorFile [string[]], ReplacedArchive [string] (a torn archive that was left as it is), ReplacedReason [string], Position [int], BackupSize [long], CompressedBackupSize [long], IsCompressed [bool], Pages [long], StartedAt [datetime], FinishedAt [datetime] (UTC), StartedAtPersian [string], FinishedAtPersian [string], Duration [timespan], MBPerSec [double], HasBackupChecksums [bool], IsVerified [bool], RemovedFile [PGBackup.RemovalStep[]] (older backups that were to go, and what became of each), MediaSetId [guid], BackupSetGUID [guid], FirstLSN [decimal], LastLSN [decimal], CheckpointLSN [decimal], DatabaseBackupLSN [decimal], DifferentialBaseGUID [guid], DifferentialBaseLSN [decimal], ConnectedClient [PGBackup.Client[]] (who was connected: SessionId, Login, Host, Program, ProcessId, Since, OpenTransactions, Command; $null if the login may not see that), DisconnectedClient [PGBackup.Client[]], Retries [string[]], Messages [object[]], Statements [string[]]

    With -AsScript: the T-SQL as [string].

    .EXAMPLE
    Invoke-PGBackup -ServerInstance 'localhost,1433' -Credential $cred -Database PayamGostar2 -Destination D:\Backup

    Makes a full backup into a new file.

    .EXAMPLE
    Invoke-PGBackup @srv -Database PayamGostar2 -Destination D:\Backup -Type Differential -Archive

    Adds a differential to the database's archive file; the first run makes the full backup it builds on.

    .EXAMPLE
    Invoke-PGBackup @srv -Database PayamGostar2 -Destination D:\Backup -Type Differential -Archive -RolloverAfterDifferentials 6 -RemoveOlderThanDays 30

    Six differentials between two full backups, each full in a new file; files that are older than 30 days, and that nothing needs, are removed once the new backup is verified.

    .EXAMPLE
    Invoke-PGBackup @srv -Database PayamGostar2 -BackupFile 'E:\before update.bak' -CopyOnly -Verify

    Makes a manual backup beside the plan, and checks it.

    .EXAMPLE
    Get-PGDatabase @srv -ExcludeSystem | Invoke-PGBackup @srv -Destination D:\Backup -WhatIf

    Tells what would be backed up.

    .EXAMPLE
    Invoke-PGBackup @srv -Database PayamGostar2 -Destination D:\Backup -RemoveOlderThanDays 30

    Makes a backup, verifies it, and then removes backups of this database that are older than 30 days and that nothing needs.

    .LINK
    Get-PGBackup

    .LINK
    Restore-PGDatabase

    .LINK
    about_PGBackup
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium', DefaultParameterSetName = 'Folder', PositionalBinding = $false)]
    [OutputType('PGBackup.BackupResult', [string])]
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

        [Parameter(Mandatory = $true, Position = 1, ParameterSetName = 'Folder')]
        [Parameter(Mandatory = $true, Position = 1, ParameterSetName = 'File')]
        [ValidateNotNullOrEmpty()]
        [SupportsWildcards()]
        [ArgumentCompleter({ & (Get-Command $args[0]).Module { Complete-PgbDatabase -Word $args[2] -Given $args[4] } @args })]
        [string[]] $Database,

        [Parameter(Mandatory = $true, ValueFromPipeline = $true, ParameterSetName = 'FolderInput')]
        [Parameter(Mandatory = $true, ValueFromPipeline = $true, ParameterSetName = 'FileInput')]
        [ValidateNotNullOrEmpty()]
        [object[]] $InputObject,

        [SupportsWildcards()]
        [string[]] $ExcludeDatabase,

        [ValidateSet('Full', 'Differential', 'Log')]
        [string] $Type = 'Full',

        [Parameter(Mandatory = $true, ParameterSetName = 'Folder')]
        [Parameter(Mandatory = $true, ParameterSetName = 'FolderInput')]
        [Alias('BackupDirectory')]
        [ValidateNotNullOrEmpty()]
        [string] $Destination,

        [Parameter(Mandatory = $true, ParameterSetName = 'File')]
        [Parameter(Mandatory = $true, ParameterSetName = 'FileInput')]
        [ValidateNotNullOrEmpty()]
        [string[]] $BackupFile,

        [switch] $Archive,

        [Parameter(ParameterSetName = 'Folder')]
        [Parameter(ParameterSetName = 'FolderInput')]
        [ValidateRange(1, 100000)]
        [int] $RolloverAfterDifferentials,

        [Parameter(ParameterSetName = 'Folder')]
        [Parameter(ParameterSetName = 'FolderInput')]
        [ValidateRange(1, 36500)]
        [int] $RolloverAfterDays,

        [Parameter(ParameterSetName = 'Folder')]
        [Parameter(ParameterSetName = 'FolderInput')]
        [ValidateRange(1L, 9223372036854775807L)]
        [long] $RolloverAtSize,

        [ValidateSet('Full', 'Differential', 'Stop')]
        [string] $OnForeignBase,

        [Parameter(ParameterSetName = 'Folder')]
        [Parameter(ParameterSetName = 'FolderInput')]
        [ValidateNotNullOrEmpty()]
        [string] $FileName,

        [Parameter(ParameterSetName = 'Folder')]
        [Parameter(ParameterSetName = 'FolderInput')]
        [ValidateRange(1, 64)]
        [int] $Stripe,

        [ValidateNotNullOrEmpty()]
        [string] $MirrorDestination,

        [switch] $CopyOnly,

        [ValidateSet('Default', 'On', 'Off')]
        [string] $Compression,

        [ValidateNotNullOrEmpty()]
        [string] $EncryptionCertificate,

        [ValidateSet('AES_128', 'AES_192', 'AES_256', 'TRIPLE_DES_3KEY')]
        [string] $EncryptionAlgorithm,

        [switch] $NoChecksum,

        [ValidateNotNullOrEmpty()]
        [string] $Name,

        [ValidateNotNullOrEmpty()]
        [string] $Description,

        [datetime] $ExpirationDate,

        [ValidateRange(65536, 4194304)]
        [int] $MaxTransferSize,

        [ValidateRange(1, 2147483647)]
        [int] $BufferCount,

        [switch] $Verify,

        [ValidateSet('Report', 'Stop', 'Disconnect')]
        [string] $ConnectedClients,

        [Parameter(ParameterSetName = 'Folder')]
        [Parameter(ParameterSetName = 'FolderInput')]
        [ValidateRange(1, 36500)]
        [int] $RemoveOlderThanDays,

        [switch] $AsScript
    )

    begin {
        try {
            Import-PgbPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
            $connection = Get-PgbConnection -Cmdlet $PSCmdlet -Bound $PSBoundParameters

            $template = [ordered]@{ v = 1; database = ''; type = $Type.ToLowerInvariant() }
            if ($Destination) { $template['destination'] = $Destination }
            elseif ($BackupFile.Count -eq 1) { $template['backup_file'] = $BackupFile[0] }
            else { $template['backup_file'] = $BackupFile }
            if ($Archive) { $template['archive'] = $true }
            $limits = [ordered]@{}
            if ($RolloverAfterDifferentials) { $limits['differentials'] = $RolloverAfterDifferentials }
            if ($RolloverAfterDays) { $limits['days'] = $RolloverAfterDays }
            if ($RolloverAtSize) { $limits['bytes'] = $RolloverAtSize }
            if ($limits.Count) { $template['rollover'] = $limits }
            if ($OnForeignBase) { $template['on_foreign_base'] = $OnForeignBase.ToLowerInvariant() }
            if ($FileName) { $template['file_name'] = $FileName }
            if ($Stripe) { $template['stripes'] = $Stripe }
            if ($MirrorDestination) { $template['mirror'] = $MirrorDestination }
            if ($CopyOnly) { $template['copy_only'] = $true }
            if ($Compression) { $template['compression'] = $Compression.ToLowerInvariant() }
            if ($EncryptionCertificate -or $EncryptionAlgorithm) {
                $template['encryption'] = [ordered]@{}
                if ($EncryptionCertificate) { $template['encryption']['certificate'] = $EncryptionCertificate }
                if ($EncryptionAlgorithm) { $template['encryption']['algorithm'] = $EncryptionAlgorithm.ToLowerInvariant() }
            }
            if ($NoChecksum) { $template['checksum'] = $false }
            if ($Name) { $template['name'] = $Name }
            if ($Description) { $template['description'] = $Description }
            if ($PSBoundParameters.ContainsKey('ExpirationDate')) { $template['expires'] = ConvertTo-PgbDay $ExpirationDate }
            if ($MaxTransferSize) { $template['max_transfer_size'] = $MaxTransferSize }
            if ($BufferCount) { $template['buffer_count'] = $BufferCount }
            if ($Verify) { $template['verify'] = $true }
            if ($ConnectedClients) { $template['connected_clients'] = $ConnectedClients.ToLowerInvariant() }
            # Has the backup verified too: what is removed afterwards rests on it.
            if ($RemoveOlderThanDays) { $template['remove'] = @{ rules = @{ older_than_days = $RemoveOlderThanDays } } }
            if ($AsScript) { $template['dry_run'] = $true }
            $target = if ($Destination) { $Destination } else { $BackupFile -join ', ' }
        }
        catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
    }

    process {
        try {
            $names = if ($PSCmdlet.ParameterSetName -in 'Folder', 'File') {
                Resolve-PgbDatabase -Cmdlet $PSCmdlet -Connection $connection -Name $Database -Exclude $ExcludeDatabase
            }
            else {
                $given = foreach ($one in $InputObject) { Get-PgbDatabaseName -Cmdlet $PSCmdlet -InputObject $one }
                Select-PgbIncluded -Name $given -Exclude $ExcludeDatabase
            }

            foreach ($one in $names) {
                $where = Get-PgbText 'DatabaseOnServer' $one, $ServerInstance
                if (-not $AsScript -and -not $PSCmdlet.ShouldProcess($where, (Get-PgbText 'BackupAction' $Type, $target))) { continue }

                $template['database'] = $one
                $reply = Invoke-PgbJob -Cmdlet $PSCmdlet -Kind backup -Request $template -Connection $connection -Activity (Get-PgbText 'BackingUp' $one) -Target $one
                if ($null -eq $reply) { continue }
                if ($AsScript) { [string]$reply.script; continue }
                ConvertTo-PgbBackupResult -Reply $reply -ServerInstance $ServerInstance
                $failure = Get-PgbField (Get-PgbField $reply 'removal') 'error'
                if ($failure) { Write-PgbError -Cmdlet $PSCmdlet -Failure $failure -Target $one -OneOfMany }
            }
        }
        catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
    }
}
