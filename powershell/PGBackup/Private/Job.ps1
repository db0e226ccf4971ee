# One job of the library from start to end: the only place that polls, shows progress, passes on
# messages and answers Ctrl+C.

function Invoke-PgbJob {
    # Runs a job. With -Paged its items come out one by one as they are known, failed ones as
    # non-terminating errors; otherwise its result comes out. Nothing comes out of a job whose failure
    # concerns this item only (it is written as an error).
    param(
        [Parameter(Mandatory = $true)] $Cmdlet,
        [Parameter(Mandatory = $true)] [ValidateSet('backup', 'restore', 'repair', 'verify', 'query', 'plan_run', 'service', 'restore_test', 'chain', 'prune', 'report')] [string] $Kind,
        [Parameter(Mandatory = $true)] [System.Collections.IDictionary] $Request,
        $Connection,
        [Parameter(Mandatory = $true)] [string] $Activity,
        $Target,
        [switch] $Paged,
        # Counts what was reported as an error: .Count grows. .Result is what a paged job ended with.
        [hashtable] $Problem = @{ Count = 0 }
    )

    $native = Get-PgbNative -Cmdlet $Cmdlet
    $type = $native.Type
    try { $body = ConvertTo-PgbJsonByte $Request }
    catch [System.Text.EncoderFallbackException] {
        Exit-PgbCommand -Cmdlet $Cmdlet -Code 'request.text' -Message (Get-PgbText 'InvalidText' ([string]$Target)) -Target $Target -Status 2
    }

    $progress = Initialize-PgbProgress -Cmdlet $Cmdlet -Activity $Activity
    $server = [IntPtr]::Zero
    $job = [IntPtr]::Zero
    $state = 0
    try {
        if ($Connection) { $server = Open-PgbServer -Cmdlet $Cmdlet -Native $native -Connection $Connection }

        $failure = [IntPtr]::Zero
        $size = [UIntPtr][uint64]$body.Length
        $status = switch ($Kind) {
            'backup' { $type::pgb_backup_start($server, $body, $size, [ref]$job, [ref]$failure) }
            'restore' { $type::pgb_restore_start($server, $body, $size, [ref]$job, [ref]$failure) }
            'repair' { $type::pgb_repair_start($server, $body, $size, [ref]$job, [ref]$failure) }
            'verify' { $type::pgb_verify_start($server, $body, $size, [ref]$job, [ref]$failure) }
            'query' { $type::pgb_query_start($server, $body, $size, [ref]$job, [ref]$failure) }
            'chain' { $type::pgb_chain_start($server, $body, $size, [ref]$job, [ref]$failure) }
            'prune' { $type::pgb_prune_start($server, $body, $size, [ref]$job, [ref]$failure) }
            'restore_test' { $type::pgb_restore_test_start($server, $body, $size, [ref]$job, [ref]$failure) }
            'service' { $type::pgb_service_start($server, $body, $size, [ref]$job, [ref]$failure) }
            'report' { $type::pgb_report_start($server, $body, $size, [ref]$job, [ref]$failure) }
            'plan_run' { $type::pgb_plan_run_start($server, $body, $size, [ref]$job, [ref]$failure) }
        }
        if ($status -ne 0) {
            $Problem.Count++
            Write-PgbError -Cmdlet $Cmdlet -Failure (Receive-PgbFailure -Type $type -Pointer $failure -Status $status) -Target $Target
            return
        }

        if ($Paged) { Read-PgbPage -Cmdlet $Cmdlet -Type $type -Job $job -Progress $progress -Target $Target -Problem $Problem }
        do {
            $status = $type::pgb_job_wait($job, 250, [ref]$state)
            Write-PgbProgress -Progress $progress -Type $type -Job $job -Last:($state -ne 0 -or $status -ne 0)
        } while ($status -eq 0 -and $state -eq 0)

        $text = [IntPtr]::Zero
        $failure = [IntPtr]::Zero
        $status = $type::pgb_job_result($job, [ref]$text, [ref]$failure)
        if ($status -ne 0) {
            $Problem.Count++
            Write-PgbError -Cmdlet $Cmdlet -Failure (Receive-PgbFailure -Type $type -Pointer $failure -Status $status) -Target $Target
            return
        }
        $result = Receive-PgbText -Type $type -Pointer $text
        if ($Paged) { $Problem['Result'] = ConvertFrom-PgbJson $result } else { ConvertFrom-PgbJson $result }
    }
    finally {
        # Also reached on Ctrl+C, where output to any stream would skip the rest: native calls first.
        if ($job -ne [IntPtr]::Zero) {
            if ($state -eq 0) {
                $null = $type::pgb_job_cancel($job)
                # A restore gives the database back first.
                $null = $type::pgb_job_wait($job, $(if ($Kind -cin 'restore', 'repair') { 600000 } else { 5000 }), [ref]$state)
            }
            $null = $type::pgb_job_free($job)
        }
        if ($server -ne [IntPtr]::Zero) { $null = $type::pgb_server_free($server) }
        if ($progress.Shown) {
            $last = New-Object System.Management.Automation.ProgressRecord 0, $Activity, ' '
            $last.RecordType = 'Completed'
            $Cmdlet.WriteProgress($last)
        }
    }
}

function Read-PgbPage {
    # The items of a job as they come.
    param($Cmdlet, [type] $Type, [IntPtr] $Job, $Progress, $Target, [hashtable] $Problem)

    do {
        $text = [IntPtr]::Zero
        $failure = [IntPtr]::Zero
        # A page that failed ends the reading; why is in the job's result.
        if ($Type::pgb_job_page($Job, 250, [ref]$text, [ref]$failure) -ne 0) {
            $Type::pgb_string_free($failure)
            return
        }
        $page = ConvertFrom-PgbJson (Receive-PgbText -Type $Type -Pointer $text)
        foreach ($item in $page.items) {
            # No function call for a good item: there may be thousands.
            $failed = $item.PSObject.Properties['error']
            if ($null -eq $failed) { $item; continue }
            $Problem.Count++
            $file = Get-PgbField $item 'BackupFile'
            if ($null -eq $file) { $file = Get-PgbField $item 'file' }
            if ($null -eq $file) { $file = $Target }
            Write-PgbError -Cmdlet $Cmdlet -Failure $failed.Value -Target $file -OneOfMany
        }
        Write-PgbProgress -Progress $Progress -Type $Type -Job $Job
    } until ($page.done)
}

function Initialize-PgbProgress {
    # What Write-PgbProgress remembers of one job.
    param($Cmdlet, [string] $Activity)

    [pscustomobject]@{
        Cmdlet = $Cmdlet; Activity = $Activity; Clock = [System.Diagnostics.Stopwatch]::StartNew()
        NextAt = 500; Sequence = [uint64]0; Dropped = 0; Shown = $false
    }
}

function Write-PgbProgress {
    # Messages and progress, at most twice a second: more would slow the work (PowerShell#2138). The
    # last call of a job takes the messages that are left. A job below half a second shows no progress.
    param($Progress, [type] $Type, [IntPtr] $Job, [switch] $Last)

    if (-not $Last -and $Progress.Clock.ElapsedMilliseconds -lt $Progress.NextAt) { return }
    $Progress.NextAt = $Progress.Clock.ElapsedMilliseconds + 500

    $text = [IntPtr]::Zero
    $failure = [IntPtr]::Zero
    if ($Type::pgb_job_status($Job, $Progress.Sequence, [ref]$text, [ref]$failure) -ne 0) {
        $Type::pgb_string_free($failure)
        return
    }
    $status = ConvertFrom-PgbJson (Receive-PgbText -Type $Type -Pointer $text)

    if ($status.dropped -gt $Progress.Dropped) {
        Write-Verbose (Get-PgbText 'DroppedMessages' ($status.dropped - $Progress.Dropped))
        $Progress.Dropped = $status.dropped
    }
    # Not the methods of the cmdlet object: with -Debug its WriteWarning asks whether to go on.
    foreach ($message in $status.messages) {
        $line = ConvertTo-PgbText $message.text
        switch ($message.level) {
            'warning' { Write-Warning $line }
            'debug' { Write-Debug $line }
            default { Write-Verbose $line }
        }
    }
    $Progress.Sequence = [uint64]$status.last_seq

    if ($Last) { return }
    $Progress.Shown = $true
    $Progress.Cmdlet.WriteProgress((ConvertTo-PgbProgressRecord -Activity $Progress.Activity -Status $status))
}

# The library's words for what it is doing, as texts of this module.
$script:PhaseText = @{
    starting = 'PhaseStarting'; connecting = 'PhaseConnecting'; checking = 'PhaseChecking'; backing_up = 'PhaseBackingUp'; verifying = 'PhaseVerifying'
    reading_history = 'PhaseReadingHistory'; reading_media = 'PhaseReadingMedia'; restoring = 'PhaseRestoring'
    waiting = 'PhaseWaiting'; running_command = 'PhaseRunningCommand'; copying = 'PhaseCopying'
    stopping_services = 'PhaseStoppingServices'; starting_services = 'PhaseStartingServices'
}

function ConvertTo-PgbProgressRecord {
    # A status reply as a progress record: phase, bytes, rate; percent; seconds left.
    param([string] $Activity, $Status)

    $parts = @()
    $phase = [string](Get-PgbField $Status 'phase')
    if ($script:PhaseText.ContainsKey($phase)) { $parts += Get-PgbText $script:PhaseText[$phase] } elseif ($phase) { $parts += $phase }
    $done = Get-PgbField $Status 'bytes_done'
    $total = Get-PgbField $Status 'bytes_total'
    if ($done -and $total) { $parts += Get-PgbText 'ProgressBytes' (Format-PgbSize $done), (Format-PgbSize $total) }
    elseif ($done) { $parts += Format-PgbSize $done }
    $rate = Get-PgbField $Status 'rate_bytes_per_sec'
    if ($rate) { $parts += Get-PgbText 'ProgressRate' (Format-PgbSize $rate) }

    $text = $parts -join ', '
    if (-not $text) { $text = ' ' }    # an empty status is refused
    $record = New-Object System.Management.Automation.ProgressRecord 0, $Activity, $text
    $percent = Get-PgbField $Status 'percent'
    if ($null -ne $percent) { $record.PercentComplete = [int][math]::Min(100, [math]::Max(0, [math]::Floor($percent))) }
    $left = Get-PgbField $Status 'eta_ms'
    if ($null -ne $left) { $record.SecondsRemaining = [int][math]::Min([int]::MaxValue, [math]::Ceiling($left / 1000)) }
    $record
}
