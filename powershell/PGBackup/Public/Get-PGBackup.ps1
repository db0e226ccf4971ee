function Get-PGBackup {
    <#
    .SYNOPSIS
    Lists the backup sets in backup files, or those a server remembers.

    .DESCRIPTION
    Gives one object for each backup set: its position, type, Gregorian and Persian date, size and everything else RESTORE HEADERONLY tells, under SQL Server's own column names. Pipe a set to Restore-PGDatabase to go back to its moment, or to Test-PGBackup to check it.

    Without -BackupFile the server's history (msdb) is listed: what it backed up, when and to which files, the newest first in each database.

    With -BackupFile and -ServerInstance the server reads its own files. Without it the files are read on this machine and no SQL Server is needed; then folders, and patterns such as D:\Backup\*.bak or D:\Backup\**\*.bak, may be given too.

    A file that cannot be read is an error of its own, and the others follow.

    .PARAMETER ServerInstance
    The SQL Server to ask: host, 'host,port' (quoted, for its comma) or host\instance. Without it the files are read on this machine, with no server at all.

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

    .PARAMETER BackupFile
    The backup files. From the pipeline, paths and the files of Get-ChildItem are taken; of its folders each file comes once.

    .PARAMETER Recurse
    Goes into the folders of a folder too. Not with -ServerInstance.

    .PARAMETER Digest
    Reads every set to its end for the SHA-256 of its bytes, which tells whether two files hold the same. Not with -ServerInstance.

    .PARAMETER Database
    Names or patterns of databases in the server's history. Without it, all.

    .PARAMETER Type
    Kinds of backups in the history: Full, Differential, Log.

    .PARAMETER After
    The history from this moment on. It is taken as it reads, by the server's clock.

    .PARAMETER Before
    The history before this moment, by the server's clock.

    .PARAMETER Last
    The newest so many sets of each database.

    .PARAMETER Files
    Lists the database files in a set (RESTORE FILELISTONLY) instead of the sets.

    .PARAMETER Position
    The set whose files are listed; without it, the first one.

    .PARAMETER Label
    Reads the label of the media (RESTORE LABELONLY) instead of the sets.

    .OUTPUTS
    PGBackup.BackupSet, with these properties:
    BackupFile [string], Position [int], Type [string] (Full, Differential, Log, ...), BackupType [int] (SQL Server's number), DatabaseName [string], ServerName [string], BackupName [string], BackupDescription [string], BackupStartDate [datetime], BackupFinishDate [datetime] (on the server's clock, without a zone), BackupStartDatePersian [string], BackupFinishDatePersian [string], BackupSize [long], CompressedBackupSize [long], FirstLSN [decimal], LastLSN [decimal], CheckpointLSN [decimal], DatabaseBackupLSN [decimal], DifferentialBaseLSN [decimal], DifferentialBaseGUID [guid], BackupSetGUID [guid], IsCopyOnly [bool], HasBackupChecksums [bool], IsDamaged [bool], RecoveryModel [string], and the other columns of RESTORE HEADERONLY. Read without a server, also Status [string] (Complete or Incomplete), StatusReason [string], Container [string], Offset [long] and Length [long] (bytes in the file), CanCutAfter [bool], UtcOffsetMinutes [int], FileGroups [object[]], Pages [object[]] (FileId, Pages) and, with -Digest, Sha256 [string]. From the history, also BackupFiles [object[]] (every stripe), and $null in columns that the server does not keep

    With -Files, PGBackup.BackupFile: LogicalName [string], PhysicalName [string], Type [string], FileGroupName [string], Size [long], MaxSize [long], FileId [long], BackupSizeInBytes [long], IsReadOnly [bool], IsPresent [bool], and the other columns of RESTORE FILELISTONLY

    With -Label, PGBackup.MediaLabel: BackupFile [string], MediaName [string], MediaSetId [guid], FamilyCount [int], FamilySequenceNumber [int], MediaFamilyId [guid], MediaDate [datetime], SoftwareName [string], Mirror_Count [int], IsCompressed [bool], and the other columns of RESTORE LABELONLY

    .EXAMPLE
    Get-PGBackup @srv -BackupFile D:\Backup\PayamGostar2.bak

    Lists the sets in a file of the server.

    .EXAMPLE
    Get-PGBackup @srv -Database PayamGostar2 -Last 1 | Restore-PGDatabase @srv -Database Copy -DataDirectory D:\Data

    Restores the newest backup that the server remembers, and what it builds on, to a copy.

    .EXAMPLE
    Get-ChildItem D:\Backup -Filter *.bak | Get-PGBackup | Sort-Object BackupFinishDate

    Lists the sets of all files in a folder of this machine, oldest first, with no server.

    .EXAMPLE
    Get-PGBackup D:\Backup -Recurse | Where-Object DatabaseName -eq PayamGostar2 | Select-Object -Last 1

    Finds the last set of a database below a folder of this machine.

    .EXAMPLE
    Get-PGBackup @srv -BackupFile D:\Backup\x.bak -Files | Format-Table LogicalName, PhysicalName, Size

    Lists the database's files, whose logical names Restore-PGDatabase -RelocateFile takes.

    .LINK
    Restore-PGDatabase

    .LINK
    Test-PGBackup

    .LINK
    about_PGBackup
    #>
    [CmdletBinding(DefaultParameterSetName = 'History', PositionalBinding = $false)]
    [OutputType('PGBackup.BackupSet', ParameterSetName = 'Sets')]
    [OutputType('PGBackup.BackupSet', ParameterSetName = 'History')]
    [OutputType('PGBackup.BackupFile', ParameterSetName = 'Files')]
    [OutputType('PGBackup.MediaLabel', ParameterSetName = 'Label')]
    param(
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipeline = $true, ValueFromPipelineByPropertyName = $true, ParameterSetName = 'Sets')]
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipeline = $true, ValueFromPipelineByPropertyName = $true, ParameterSetName = 'Files')]
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipeline = $true, ValueFromPipelineByPropertyName = $true, ParameterSetName = 'Label')]
        [Alias('FullName', 'Path')]
        [ValidateNotNullOrEmpty()]
        [SupportsWildcards()]
        [string[]] $BackupFile,

        [Parameter(Mandatory = $true, ParameterSetName = 'History')]
        [Parameter(ParameterSetName = 'Sets')]
        [Parameter(ParameterSetName = 'Files')]
        [Parameter(ParameterSetName = 'Label')]
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

        [Parameter(ParameterSetName = 'Sets')]
        [Parameter(ParameterSetName = 'Label')]
        [switch] $Recurse,

        [Parameter(ParameterSetName = 'Sets')]
        [switch] $Digest,

        [Parameter(ParameterSetName = 'History')]
        [ValidateNotNullOrEmpty()]
        [SupportsWildcards()]
        [ArgumentCompleter({ & (Get-Command $args[0]).Module { Complete-PgbDatabase -Word $args[2] -Given $args[4] } @args })]
        [string[]] $Database,

        [Parameter(ParameterSetName = 'History')]
        [ValidateSet('Full', 'Differential', 'Log')]
        [string[]] $Type,

        [Parameter(ParameterSetName = 'History')]
        [datetime] $After,

        [Parameter(ParameterSetName = 'History')]
        [datetime] $Before,

        [Parameter(ParameterSetName = 'History')]
        [ValidateRange(1, 2147483647)]
        [int] $Last,

        [Parameter(Mandatory = $true, ParameterSetName = 'Files')]
        [switch] $Files,

        [Parameter(ParameterSetName = 'Files')]
        [ValidateRange(1, 65535)]
        [ArgumentCompleter({ & (Get-Command $args[0]).Module { Complete-PgbPosition -Word $args[2] -Given $args[4] } @args })]
        [int] $Position = 1,

        [Parameter(Mandatory = $true, ParameterSetName = 'Label')]
        [switch] $Label
    )

    begin {
        try {
            Import-PgbPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
            $connection = Get-PgbConnection -Cmdlet $PSCmdlet -Bound $PSBoundParameters
            $batch = New-Object 'System.Collections.Generic.List[string]'
            $folders = New-Object 'System.Collections.Generic.HashSet[string]'
            $piped = $MyInvocation.ExpectingInput -and -not $connection
            $job = @{ Cmdlet = $PSCmdlet; Kind = 'query'; Connection = $connection; Activity = Get-PgbText 'ReadingFiles'; Paged = $true }
            $kind, $reader = if ($Label) { 'label', 'ConvertTo-PgbMediaLabel' } else { 'backup_sets', 'ConvertTo-PgbBackupSet' }
            $request = [ordered]@{ v = 1; kind = $kind }
            if ($Recurse) { $request['recurse'] = $true }
            if ($Digest) { $request['digest'] = $true }
            $history = $PSCmdlet.ParameterSetName -eq 'History'
        }
        catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
    }

    process {
        try {
            if ($history) { return }
            foreach ($given in $BackupFile) {
                $file = Resolve-PgbBackupFile -Cmdlet $PSCmdlet -Connection $connection -BackupFile $given
                if ($piped) {
                    $over = if ($Files) { [System.IO.Directory]::Exists($file) } else { Test-PgbPassedOver $file $folders -Recurse:$Recurse }
                    if ($over) { continue }
                }
                if ($Files) {
                    $list = [ordered]@{ v = 1; kind = 'file_list'; file = $file; position = $Position }
                    Invoke-PgbJob @job -Request $list -Target $file | ConvertTo-PgbBackupFile
                    continue
                }
                # One job, and one connection, for many files; but the first ones must not wait for the last.
                $batch.Add($file)
                if ($batch.Count -ge 64) {
                    $request['files'] = $batch.ToArray()
                    $batch.Clear()
                    Invoke-PgbJob @job -Request $request -Target $file | & $reader
                }
            }
        }
        catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
    }

    end {
        try {
            if ($history) {
                $request = [ordered]@{ v = 1; kind = 'history' }
                # With a pattern all databases are asked for, and chosen from here.
                $patterns = @(foreach ($name in $Database) { if (Test-PgbWildcard $name) { $name } })
                if ($Database -and -not $patterns.Count) { $request['names'] = $Database }
                if ($Type) { $request['types'] = [string[]]@(foreach ($one in $Type) { $one.ToLowerInvariant() }) }
                if ($PSBoundParameters.ContainsKey('After')) { $request['after'] = ConvertTo-PgbWallClock $After }
                if ($PSBoundParameters.ContainsKey('Before')) { $request['before'] = ConvertTo-PgbWallClock $Before }
                if ($Last) { $request['last'] = $Last }
                Invoke-PgbJob @job -Request $request -Target $ServerInstance | ConvertTo-PgbBackupSet |
                    Where-Object { -not $patterns.Count -or (Test-PgbMeant -Name $_.DatabaseName -Pattern $Database) }
                return
            }
            if ($batch.Count) {
                $request['files'] = $batch.ToArray()
                Invoke-PgbJob @job -Request $request -Target $batch[0] | & $reader
            }
        }
        catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
    }
}
