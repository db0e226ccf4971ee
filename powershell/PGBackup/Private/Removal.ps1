# Plans, removals and pins of backup files on this machine: requests to the library, and its rows as
# the module's output types.

function Resolve-PgbFolder {
    # Folders as the library takes them: absolute, without PowerShell's drives and wildcards.
    param($Cmdlet, [string[]] $Path)

    foreach ($one in $Path) { $Cmdlet.GetUnresolvedProviderPathFromPSPath($one) }
}

function Add-PgbScope {
    # Puts -Database, -BackupServer and -TimeZone of a command into a request.
    param([System.Collections.IDictionary] $Request, [System.Collections.IDictionary] $Bound)

    $fields = @{ Database = 'database'; BackupServer = 'server'; TimeZone = 'time_zone'; Verify = 'verify' }
    foreach ($name in $fields.Keys) {
        if ($Bound.ContainsKey($name)) {
            $value = $Bound[$name]
            $Request[$fields[$name]] = if ($value -is [string]) { $value } else { [bool]$value }
        }
    }
}

function ConvertTo-PgbInstant {
    # A moment of the library in UTC, $null for none.
    param($Text)

    if ($null -eq $Text) { return $null }
    if ($Text -is [datetime]) { return $Text.ToUniversalTime() }
    [datetime]::Parse($Text, $script:Invariant, [System.Globalization.DateTimeStyles]::RoundtripKind).ToUniversalTime()
}

filter ConvertTo-PgbRemovalItem {
    [pscustomobject]@{
        PSTypeName              = 'PGBackup.RemovalItem'
        Verdict                 = ConvertTo-PgbWord $_.verdict
        BackupFile              = ConvertTo-PgbText $_.file
        DatabaseName            = ConvertTo-PgbText $_.database
        BackupFinishDate        = ConvertTo-PgbDate $_.newest_finished_at
        BackupFinishDatePersian = ConvertTo-PgbText $_.newest_finished_at_persian
        Size                    = [long]$_.size
        SetCount                = [int]$_.sets
        Reason                  = ConvertTo-PgbText $_.reason
        ReasonCode              = ConvertTo-PgbText $_.code
        NeededBy                = ConvertTo-PgbText $_.needed_by
        Unit                    = [int]$_.unit
        State                   = 'Planned'
    }
}

filter ConvertTo-PgbRemovalStep {
    [pscustomobject]@{
        PSTypeName = 'PGBackup.RemovalStep'
        BackupFile = ConvertTo-PgbText $_.file
        State      = ConvertTo-PgbWord $_.state
        Size       = [long]$_.size
        Reason     = ConvertTo-PgbText $_.reason
        KeptAs     = ConvertTo-PgbText $_.kept_as
    }
}

filter ConvertTo-PgbPin {
    [pscustomobject]@{
        PSTypeName    = 'PGBackup.Pin'
        BackupFile    = ConvertTo-PgbText $_.file
        Position      = [int]$_.position
        BackupSetGUID = [guid]$_.backup_set_guid
        State         = ConvertTo-PgbWord $_.state
        Reason        = ConvertTo-PgbText $_.reason
    }
}

filter ConvertTo-PgbRecoveryPoint {
    [pscustomobject]@{
        PSTypeName   = 'PGBackup.RecoveryPoint'
        DatabaseName = ConvertTo-PgbText $_.database
        Kind         = ConvertTo-PgbWord $_.kind
        From         = ConvertTo-PgbDate $_.from
        To           = ConvertTo-PgbDate $_.to
        FromPersian  = ConvertTo-PgbText $_.from_persian
        ToPersian    = ConvertTo-PgbText $_.to_persian
        FromUtc      = ConvertTo-PgbInstant $_.from_utc
        ToUtc        = ConvertTo-PgbInstant $_.to_utc
        RecoveryFork = ConvertTo-PgbValue $_.recovery_fork 'g'
        LastSet      = ConvertTo-PgbText $_.last_set
        Cause        = ConvertTo-PgbText $_.cause
    }
}

filter ConvertTo-PgbPlannedStep {
    [pscustomobject]@{
        PSTypeName              = 'PGBackup.PlannedStep'
        Step                    = [int]$_.number
        BackupFile              = [string[]]@($_.files)
        Position                = [int]$_.position
        Type                    = ConvertTo-PgbWord $_.type
        IsCopyOnly              = [bool]$_.copy_only
        BackupSetGUID           = ConvertTo-PgbValue $_.backup_set_guid 'g'
        DatabaseName            = ConvertTo-PgbText $_.database
        BackupFinishDate        = ConvertTo-PgbDate $_.finished_at
        BackupFinishDatePersian = ConvertTo-PgbText $_.finished_at_persian
        IsApplied               = [bool]$_.applied
        StopAt                  = ConvertTo-PgbDate $_.stop_at
        Size                    = [long]$_.size
        IsVerified              = [bool]$_.verified
        Reason                  = ConvertTo-PgbText $_.reason
        Notes                   = [string[]]@()
    }
}

filter ConvertTo-PgbChainProblem {
    [pscustomobject]@{
        PSTypeName   = 'PGBackup.ChainProblem'
        Severity     = ConvertTo-PgbWord $_.severity
        Code         = ConvertTo-PgbText $_.code
        DatabaseName = ConvertTo-PgbText $_.database
        BackupFile   = ConvertTo-PgbText $_.file
        Position     = ConvertTo-PgbValue $_.position 'i'
        Message      = ConvertTo-PgbText $_.message
        NextStep     = ConvertTo-PgbText $_.next_step
    }
}

function Get-PgbRemovalPlan {
    # The items of a plan of removal, and its result; a refusal of the whole is written as an error.
    # Nothing comes out if it could not be made.
    param($Cmdlet, [System.Collections.IDictionary] $Request, $Connection, $Target)

    $outcome = @{ Count = 0; Result = $null }
    $rows = @(Invoke-PgbJob -Cmdlet $Cmdlet -Kind chain -Request $Request -Connection $Connection -Activity (Get-PgbText 'PlanningRemoval' $Target) -Target $Target -Paged -Problem $outcome)
    if ($null -eq $outcome.Result) { return }
    if ($outcome.Result.refused) {
        $failure = [pscustomobject]@{ status = 26; code = 'removal.refused'; message = Get-PgbText 'RemovalRefused' $outcome.Result.refused; hint = '' }
        Write-PgbError -Cmdlet $Cmdlet -Failure $failure -Target $Target
    }
    [pscustomobject]@{ Rows = $rows; Items = @($rows | ConvertTo-PgbRemovalItem); Result = $outcome.Result }
}

function Invoke-PgbRemoval {
    # Applies a plan. Out come its items that were to go, each with what became of it.
    param($Cmdlet, $Plan, $Connection, [int] $GraceDays, $Target)

    $request = [ordered]@{ v = 1; kind = 'apply'; plan = [string]$Plan.Result.plan; grace_days = $GraceDays }
    if ($Connection) { $request['force'] = $true }
    $states = @{}
    Invoke-PgbJob -Cmdlet $Cmdlet -Kind prune -Request $request -Connection $Connection -Activity (Get-PgbText 'Removing' $Target) -Target $Target -Paged | ConvertTo-PgbRemovalStep |
        ForEach-Object { $states[$_.BackupFile] = $_ }
    $told = @(foreach ($item in $Plan.Items) {
            $step = $states[$item.BackupFile]
            if ($null -eq $step) { continue }
            $item.State = $step.State
            if ($step.State -eq 'Kept') { $item.Reason = $step.Reason }
            $item
        })
    $kept = @($told | Where-Object State -eq 'Kept').Count
    if ($kept) { $Cmdlet.WriteWarning((Get-PgbText 'RemovalKept' $kept, $told.Count)) }
    $told
}

function Clear-PgbRemoved {
    # Deletes for good what was moved aside. The caller has set $ConfirmPreference.
    param($Cmdlet, [string[]] $Path, $Target)

    $job = @{ Cmdlet = $Cmdlet; Activity = Get-PgbText 'Removing' $Target; Target = $Target; Paged = $true }
    $outcome = @{ Count = 0; Result = $null }
    $aside = @(Invoke-PgbJob @job -Kind chain -Request ([ordered]@{ v = 1; kind = 'removed'; paths = $Path }) -Problem $outcome)
    if ($null -eq $outcome.Result -or -not $aside.Count) { return }
    $size = Format-PgbSize $outcome.Result.bytes
    if (-not $Cmdlet.ShouldProcess($Target, (Get-PgbText 'EmptyAction' $aside.Count, $size))) { return }
    Invoke-PgbJob @job -Kind prune -Request ([ordered]@{ v = 1; kind = 'empty'; paths = $Path; all = $true }) | ConvertTo-PgbRemovalStep
}

function Get-PgbPlannedFile {
    # The files, as the server writes them, of the restore that is planned from a folder.
    param($Cmdlet, [string] $Path, [string] $PathOnServer, [string] $Database, [string] $Moment)

    $folder = Resolve-PgbFolder -Cmdlet $Cmdlet -Path $Path
    $request = [ordered]@{ v = 1; kind = 'restore'; paths = [string[]]@($folder); database = $Database }
    if ($Moment) { $request['point_in_time'] = $Moment }
    $steps = @(Invoke-PgbJob -Cmdlet $Cmdlet -Kind chain -Request $request -Activity (Get-PgbText 'PlanningRemoval' $Path) -Target $Path -Paged)
    if (-not $steps.Count) { Exit-PgbCommand -Cmdlet $Cmdlet -Code 'request.no_plan' -Message (Get-PgbText 'NoPlan' $Path) -Target $Path -Status 26 }
    foreach ($file in @($steps | ForEach-Object { $_.files })) {
        if (-not $PathOnServer) { $file; continue }
        $rest = $file.Substring($folder.TrimEnd('\', '/').Length).TrimStart('\', '/')
        $separator = if ($PathOnServer.IndexOf('\') -ge 0 -or $PathOnServer.IndexOf('/') -lt 0) { '\' } else { '/' }
        $PathOnServer.TrimEnd('\', '/') + $separator + $rest.Replace('\', $separator).Replace('/', $separator)
    }
}

function Set-PgbPin {
    # Pins or unpins sets of files.
    param($Cmdlet, [object[]] $Source, [string] $Reason)

    if (-not $Source.Count) { return }
    $request = [ordered]@{ v = 1; kind = 'unpin'; sources = $Source }
    if ($Reason) { $request['kind'] = 'pin'; $request['reason'] = $Reason }
    Invoke-PgbJob -Cmdlet $Cmdlet -Kind prune -Request $request -Activity (Get-PgbText 'Pinning') -Target $Source[0]['file'] -Paged | ConvertTo-PgbPin
}

function Get-PgbPinSource {
    # A file and position as a source of a request.
    param($Cmdlet, [string[]] $BackupFile, [int] $Position)

    foreach ($file in $BackupFile) {
        # A file that is called just as written is meant first.
        $paths = @($Cmdlet.GetUnresolvedProviderPathFromPSPath($file))
        if (-not [System.IO.File]::Exists($paths[0]) -and (Test-PgbWildcard $file)) {
            $provider = $null
            try { $paths = @($Cmdlet.GetResolvedProviderPathFromPSPath($file, [ref]$provider) | Where-Object { [System.IO.File]::Exists($_) }) }
            catch [System.Management.Automation.ItemNotFoundException] { Write-Debug $file }
        }
        foreach ($path in $paths) {
            $source = [ordered]@{ file = $path }
            if ($Position) { $source['position'] = $Position }
            $source
        }
    }
}
