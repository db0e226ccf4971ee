# Plans: calls of the library about them, and their connection.

function Invoke-PgbPlanCall {
    # One call of pgb_plan_call; nothing comes out if it failed for this plan only.
    param([Parameter(Mandatory = $true)] $Cmdlet, [Parameter(Mandatory = $true)] [System.Collections.IDictionary] $Request, [string] $PlanFolder, $Target)

    $type = (Get-PgbNative -Cmdlet $Cmdlet).Type
    $Request['v'] = 1
    if ($PlanFolder) { $Request['folder'] = $Cmdlet.GetUnresolvedProviderPathFromPSPath($PlanFolder) }
    $body = ConvertTo-PgbJsonByte $Request
    $text = [IntPtr]::Zero
    $failure = [IntPtr]::Zero
    $status = $type::pgb_plan_call($body, [UIntPtr][uint64]$body.Length, [ref]$text, [ref]$failure)
    if ($status -ne 0) {
        Write-PgbError -Cmdlet $Cmdlet -Failure (Receive-PgbFailure -Type $type -Pointer $failure -Status $status) -Target $Target
        return
    }
    ConvertFrom-PgbJson (Receive-PgbText -Type $type -Pointer $text)
}

function Get-PgbPlanConnection {
    # The server of a plan as { ServerInstance, Options, Credential }, where its password is kept by
    # PowerShell; nothing where the library gets it by itself (Windows login, a file of mode 0600).
    param([Parameter(Mandatory = $true)] $Cmdlet, [Parameter(Mandatory = $true)] $Plan)

    $from = Get-PgbField $Plan 'password_from'
    $clixml = Get-PgbField $from 'clixml'
    $name = Get-PgbField $from 'secret_management'
    if (-not $clixml -and -not $name) { return }

    if ($clixml) { $secret = Import-Clixml -LiteralPath $clixml -ErrorAction Stop }
    else {
        # SecretManagement is a module of its own, which this machine may not have.
        $reader = $Cmdlet.InvokeCommand.GetCommand('Get-Secret', 'Function, Cmdlet')
        if (-not $reader) {
            Exit-PgbCommand -Cmdlet $Cmdlet -Code 'plan.no_secret' -Message (Get-PgbText 'PlanNoSecretReader' $Plan.name, $name) -Target $Plan.name -Status 3
        }
        $secret = & $reader -Name $name -ErrorAction Stop
    }
    if ($secret -is [pscredential]) { $secret = $secret.Password }
    if ($secret -isnot [securestring]) {
        Exit-PgbCommand -Cmdlet $Cmdlet -Code 'plan.no_secret' -Message (Get-PgbText 'PlanNoSecret' $Plan.name, "$clixml$name") -Target $Plan.name -Status 3
    }
    $options = [ordered]@{ v = 1 }
    foreach ($field in $Plan.server.PSObject.Properties) { $options[$field.Name] = $field.Value }
    [pscustomobject]@{
        ServerInstance = [string]$Plan.server.server
        Options        = $options
        Credential     = New-Object System.Management.Automation.PSCredential ([string]$Plan.server.user), $secret
    }
}

function ConvertTo-PgbPlan {
    # A plan of the library as the module's output.
    param([Parameter(Mandatory = $true)] $File)

    [pscustomobject]@{
        PSTypeName      = 'PGBackup.Plan'
        Name            = ConvertTo-PgbText $File.name
        ServerInstance  = ConvertTo-PgbText $File.plan.server.server
        Database        = ConvertTo-PgbText $File.plan.database
        Destination     = ConvertTo-PgbText $File.plan.destination
        Schedule        = ConvertTo-PgbText $File.english
        SchedulePersian = ConvertTo-PgbText $File.persian
        CreatedAt       = ConvertTo-PgbDate $File.plan.created_at
        Path            = ConvertTo-PgbText $File.file
        Definition      = $File.plan
    }
}

function ConvertTo-PgbScheduleEntry {
    # A time of a schedule as the module's output.
    param([Parameter(Mandatory = $true)] [string] $Plan, [Parameter(Mandatory = $true)] $Item)

    $missed = Get-PgbField $Item 'missed'
    [pscustomobject]@{
        PSTypeName   = 'PGBackup.ScheduleEntry'
        Plan         = $Plan
        Type         = ConvertTo-PgbWord $Item.type
        At           = ConvertTo-PgbDate $Item.at
        LocalTime    = ConvertTo-PgbText $Item.local
        PersianTime  = ConvertTo-PgbText $Item.persian
        Text         = ConvertTo-PgbText $Item.text
        PersianText  = ConvertTo-PgbText $Item.persian_text
        IsOverdue    = [bool](Get-PgbField $Item 'overdue')
        MissedSince  = ConvertTo-PgbDate (Get-PgbField $missed 'first')
        MissedCount  = [int](Get-PgbField $missed 'count')
        WaitingFor   = ConvertTo-PgbWord (Get-PgbField $Item 'because')
        WaitingUntil = ConvertTo-PgbDate (Get-PgbField $Item 'until')
    }
}

function ConvertTo-PgbPlanRun {
    # What a run of a plan came to, as the module's output.
    param([Parameter(Mandatory = $true)] $Reply)

    $made = @(foreach ($one in $Reply.made) { if ($one.backup) { ConvertTo-PgbBackupResult -Reply $one.backup -ServerInstance ([string]$one.backup.server) } })
    $steps = @(foreach ($step in $Reply.steps) {
            [pscustomobject]@{
                Step    = [string]$step.step
                Outcome = ConvertTo-PgbWord $step.outcome
                Message = ConvertTo-PgbText $step.message
                Error   = ConvertTo-PgbText (Get-PgbField $step.error 'message')
                Next    = ConvertTo-PgbText (Get-PgbField $step.error 'hint')
            }
        })
    $next = Get-PgbField $Reply 'next'
    [pscustomobject]@{
        PSTypeName = 'PGBackup.PlanRun'
        Plan       = ConvertTo-PgbText $Reply.plan
        Database   = ConvertTo-PgbText $Reply.database
        Outcome    = ConvertTo-PgbWord $Reply.outcome
        ExitCode   = [int]$Reply.exit_code
        StartedAt  = ConvertTo-PgbDate $Reply.started_at
        FinishedAt = ConvertTo-PgbDate $Reply.finished_at
        Backups    = $made
        Copies     = [string[]]@(foreach ($one in $Reply.made) { foreach ($copy in $one.copies) { [string]$copy.file } })
        Steps      = $steps
        IsOverdue  = [bool]$Reply.overdue
        Next       = if ($next) { ConvertTo-PgbScheduleEntry -Plan ([string]$Reply.plan) -Item $next } else { $null }
    }
}

function Invoke-PgbPlanRun {
    # Runs a plan, or only asks what is due by the server's history too.
    param([Parameter(Mandatory = $true)] $Cmdlet, [Parameter(Mandatory = $true)] $Plan, [string] $PlanFolder, [hashtable] $Option = @{})

    $request = [ordered]@{ v = 1; name = [string]$Plan.name }
    if ($PlanFolder) { $request['folder'] = $Cmdlet.GetUnresolvedProviderPathFromPSPath($PlanFolder) }
    foreach ($key in $Option.Keys) { $request[$key] = $Option[$key] }
    $connection = Get-PgbPlanConnection -Cmdlet $Cmdlet -Plan $Plan.plan
    Invoke-PgbJob -Cmdlet $Cmdlet -Kind plan_run -Request $request -Connection $connection -Activity (Get-PgbText 'PlanRunning' $Plan.name) -Target $Plan.name
}

function Get-PgbPlanCommand {
    # What a scheduler runs for a plan: the shell of this session and its arguments. Errors end in an
    # exit code; a module that cannot be loaded ends in 1 and not, unseen, in 0.
    param([Parameter(Mandatory = $true)] $Cmdlet, [Parameter(Mandatory = $true)] [string] $Name, [string] $PlanFolder)

    $quote = { param($text) "'" + [System.Management.Automation.Language.CodeGeneration]::EscapeSingleQuotedStringContent($text) + "'" }
    $manifest = [System.IO.Path]::Combine($script:ModuleRoot, 'PGBackup.psd1')
    $run = "Invoke-PGBackupPlan -Name $(& $quote $Name) -ExitCode -ErrorAction Continue"
    if ($PlanFolder) { $run += " -PlanFolder $(& $quote $Cmdlet.GetUnresolvedProviderPathFromPSPath($PlanFolder))" }
    $shell = [System.Diagnostics.Process]::GetCurrentProcess().MainModule.FileName
    , @($shell, '-NoProfile', '-NonInteractive', '-Command', "`$ErrorActionPreference = 'Stop'; Import-Module $(& $quote $manifest); exit ($run)")
}

function Invoke-PgbPlanForCode {
    # Runs one plan and gives its exit code, whatever happens. In a command of its own: an error that
    # ends a command cannot be held by that very command.
    param([Parameter(Mandatory = $true)] $Cmdlet, [Parameter(Mandatory = $true)] [string] $Name, [hashtable] $Option)

    $problems = @()
    $run = $null
    try { $run = Invoke-PGBackupPlan -Name $Name @Option -Confirm:$false -ErrorVariable problems -ErrorAction SilentlyContinue }
    catch { $problems = @($_) }
    foreach ($problem in $problems) { $Cmdlet.WriteError($problem) }
    if ($run) { return $run.ExitCode }
    $code = ''
    if ($problems.Count) { $code = [string]$problems[0].Exception.Data['PGBackup.Code'] }
    # What is wrong before a server is asked is wrong with the plan, its file or its folder.
    if ($code -ceq 'conflict.busy') { 3 }
    elseif ($code -clike 'caller.*' -or $code -cin 'media.file_not_found', 'conflict.exists', 'server.permission', 'plan.no_secret') { 4 }
    else { 2 }
}

function Select-PgbExitCode {
    # The worse of two exit codes.
    param([int] $First, [int] $Second)

    $order = 0, 1, 3, 2, 4
    if ($order.IndexOf($Second) -gt $order.IndexOf($First)) { $Second } else { $First }
}
