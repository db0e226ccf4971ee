function Get-PGBackupReport {
    <#
    .SYNOPSIS
    Makes a report of backup plans: one HTML page.

    .DESCRIPTION
    Tells for each plan what can be restored and since when, the gaps, how large the backups are, what runs next, the last runs, and what needs somebody. The page needs no network and no other file, prints on A4, follows the reader's light or dark mode, and is right to left in Persian. Nothing is changed by making it.

    The backups are those in a plan's folder where this machine sees it, else those that the server remembers and still has the files of.

    .PARAMETER Plan
    Names or patterns of plans. Without it, all of them.

    .PARAMETER Path
    The file to write the page to. Without it, the page is the property Html of what comes out.

    .PARAMETER Language
    English or Persian; that of the session if left out.

    .PARAMETER PlanFolder
    The folder of the plans, where it is not the usual one.

    .OUTPUTS
    PGBackup.Report, with these properties:
    State [string] (Good, Attention, Danger), Plans [object[]] (Name, State), Path [string], Html [string] (empty where it was written to a file)

    .EXAMPLE
    Get-PGBackupReport -Path D:\Reports\backups.html

    Writes the report of all plans.

    .EXAMPLE
    Get-PGBackupReport PayamGostar -Language Persian -Path report.html | Where-Object State -ne Good

    Writes the report of one plan in Persian, and gives something only if it needs a look.

    .LINK
    Get-PGBackupSchedule

    .LINK
    Get-PGRecoveryPoint

    .LINK
    about_PGBackup
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Low', PositionalBinding = $false)]
    [OutputType('PGBackup.Report')]
    param(
        [Parameter(Position = 0)]
        [ValidateNotNullOrEmpty()]
        [SupportsWildcards()]
        [ArgumentCompleter({ & (Get-Command $args[0]).Module { Complete-PgbPlan -Word $args[2] -Given $args[4] } @args })]
        [string[]] $Plan = @('*'),

        [ValidateNotNullOrEmpty()]
        [string] $Path,

        [ValidateSet('English', 'Persian')]
        [string] $Language,

        [ValidateNotNullOrEmpty()]
        [string] $PlanFolder
    )

    try {
        Import-PgbPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
        if (-not $Language) { $Language = if ([cultureinfo]::CurrentUICulture.TwoLetterISOLanguageName -ceq 'fa') { 'Persian' } else { 'English' } }
        $list = Invoke-PgbPlanCall -Cmdlet $PSCmdlet -Request ([ordered]@{ kind = 'list' }) -PlanFolder $PlanFolder -Target $PlanFolder
        if ($null -eq $list) { return }
        $files = @(foreach ($one in $Plan) {
                if (Test-PgbWildcard $one) { Select-PgbDatabase -Database @(Get-PgbField $list 'plans') -Name $one }
                else { Invoke-PgbPlanCall -Cmdlet $PSCmdlet -Request ([ordered]@{ kind = 'get'; name = $one }) -PlanFolder $PlanFolder -Target $one }
            })
        $names = [string[]]@($files | ForEach-Object { [string]$_.name } | Select-Object -Unique)
        # Nothing of what was named is there, and each was told.
        if (-not $names.Count -and -not (Test-PgbWildcard $Plan[0])) { return }

        $request = [ordered]@{ v = 1; language = $Language.ToLowerInvariant(); plans = $names }
        if ($PlanFolder) { $request['folder'] = $PSCmdlet.GetUnresolvedProviderPathFromPSPath($PlanFolder) }
        $connection = $null
        if ($files.Count -eq 1 -and (Get-PgbField $files[0] 'plan')) {
            # Whoever reads a report may not be the account that runs the plan; the files may tell enough.
            try { $connection = Get-PgbPlanConnection -Cmdlet $PSCmdlet -Plan $files[0].plan }
            catch { Write-Warning $_.Exception.Message }
        }
        $reply = Invoke-PgbJob -Cmdlet $PSCmdlet -Kind report -Request $request -Connection $connection -Activity (Get-PgbText 'ReportMaking') -Target ($names -join ', ')
        if ($null -eq $reply) { return }

        $file = $null
        if ($Path) {
            $file = $PSCmdlet.GetUnresolvedProviderPathFromPSPath($Path)
            if (-not $PSCmdlet.ShouldProcess($file, (Get-PgbText 'ReportWriteAction'))) { return }
            [System.IO.File]::WriteAllText($file, [string]$reply.html, $script:Utf8)
        }
        [pscustomobject]@{
            PSTypeName = 'PGBackup.Report'
            State      = ConvertTo-PgbWord $reply.state
            Plans      = [object[]]@(foreach ($one in $reply.plans) { [pscustomobject]@{ Name = ConvertTo-PgbText $one.name; State = ConvertTo-PgbWord $one.state } })
            Path       = $file
            Html       = if ($file) { $null } else { [string]$reply.html }
        }
    }
    catch { if (Test-PgbOwnError $_ $PSCmdlet) { $PSCmdlet.ThrowTerminatingError($_) } else { throw } }
}
