# What the module says in its own words. The English table is part of the code, so that the module
# speaks under every culture; a <culture>/Messages.psd1 beside it translates.

$script:Text = @{
    AbiMismatch         = 'The library {0} speaks version {1} of its interface and this module version {2}. Install the module again, so that both come from one release.'
    BackingUp           = 'Backing up {0}'
    BackupAction        = '{0} backup to {1}'
    BareStatus          = 'The library ended the call with status {0} and gave no reason.'
    CannotReadReply     = 'The library answered with text that is not JSON: {0}'
    ConstrainedLanguage = 'This session runs in {0} mode, in which PowerShell may not call a native library. Run PGBackup in a session with full language, or let your application control policy trust the module.'
    DatabaseMissing     = 'There is no database {0} on {1}.'
    DatabaseMissingNext = 'Look at the names with Get-PGDatabase; a login sees only the databases it may see.'
    DatabaseOnServer    = '{0} on {1}'
    DatabaseSkipped     = 'Database {0} is {1} and was left out. Name it without wildcards to try it all the same.'
    DroppedMessages     = '{0} earlier messages of the server were not kept.'
    InvalidText         = 'The text {0} holds half of a surrogate pair and is not valid Unicode.'
    LibraryBlocked      = 'The library {0} could not be loaded: {1} If it was downloaded, run: Unblock-File -LiteralPath {2}'
    LibraryMissing      = 'The native library was not found. Looked for: {0}'
    LibraryMissingHint  = 'Install the module again for {0}, or set the environment variable PGB_LIBRARY to the full path of {1}.'
    LibraryNamedMissing = 'PGB_LIBRARY names {0}, and there is no such file. Set it to the full path of {1}, or remove it.'
    ListingDatabases    = 'Listing the databases of {0}'
    MixedDatabases      = 'The sets given come from several databases ({0}). Name the database to restore to with -Database.'
    NoDatabaseMatch     = 'No database on {0} matches {1}.'
    NoSets              = 'No backup set was given, so nothing was restored.'
    NotABackupSet       = 'The object given is no backup set: it has no property {0}. Pipe what Get-PGBackup or Invoke-PGBackup gives.'
    NotADatabase        = 'The object given is no database: it has no name. Pipe what Get-PGDatabase gives, or names.'
    ProgressBytes       = '{0} of {1}'
    ProgressRate        = '{0}/s'
    ReadingStates       = 'Looking at the databases of {0}'
    ReadingFiles        = 'Reading backup files'
    PhaseBackingUp      = 'backing up'
    PhaseChecking       = 'checking'
    PhaseConnecting     = 'connecting'
    PhaseCopying        = 'copying and reading back'
    PhaseReadingHistory = 'reading the history'
    PhaseReadingMedia   = 'reading the backup'
    PhaseRestoring      = 'restoring'
    PhaseRunningCommand = 'running a command of the plan'
    PhaseStarting       = 'starting'
    PhaseStartingServices = 'starting services'
    PhaseStoppingServices = 'stopping services'
    PhaseVerifying      = 'verifying'
    PhaseWaiting        = 'waiting for another run'
    PlanCheckPassword   = 'Run this as the account that runs the plan, or keep the password anew.'
    PlanCheckRegister   = 'Run: Register-PGBackupPlan ''{0}'''
    PlanCheckRegistered = '{0} asks it, as {1}'
    PlanCheckUnregistered = '{0} of this machine does not ask this plan'
    PlanCountAlone      = '-DifferentialCount counts the runs of one schedule. Leave out -DifferentialEveryHours and -LogEveryMinutes, or the count.'
    PlanChangeAction    = 'Change the plan'
    PlanHistoryTorn     = 'The history of plan {0} has {1} lines that cannot be read; they were passed over.'
    PlanLineAlone       = '-Line names every line of the schedule. Leave out -DifferentialEveryHours, -DifferentialCount and -LogEveryMinutes, or write them as lines.'
    PlanLineWrong       = 'A line of the schedule is not right at {0}. A line has a Type (Full, Differential, Log) and times; its keys are {1}. Example: @{{ Type = ''Full''; Weekly = ''Friday''; At = ''01:00'' }}'
    PlanModeDifferential = '-Mode Differential needs -DifferentialEveryHours or -DifferentialCount, and they need -Mode Differential. Example: -Mode Differential -DifferentialEveryHours 4'
    PlanNoSecret        = 'The secret of plan {0} ({1}) is neither a credential nor a secure string.'
    PlanNoSecretReader  = 'Plan {0} names the secret {1}, and the module SecretManagement is not installed here. Install it, or keep the password with -CredentialFile.'
    PlanRegisterAction  = 'Register with {0}'
    PlanRemoveAction    = 'Remove the plan'
    PlanRunAction       = 'Run the plan if it is due'
    PlanRunning         = 'Running plan {0}'
    PlanSaveAction      = 'Write the plan'
    PlanScheduleWhole   = 'A schedule is given as a whole: name its times too. Example: -Weekly Saturday -At 02:30 -Mode Differential -DifferentialEveryHours 4'
    PlanUnregisterAction = 'Take out of {0}'
    PositionOfFile      = '{0}, position {1}'
    RestartAction       = 'Stop {0}; then start {1}'
    RestartingServices  = 'Restarting {0}'
    RepairAction        = 'End a restore that was broken off, if there is one'
    RepairForgetAction  = 'Remove the journal of the restore'
    Repairing           = 'Repairing {0}'
    ReportMaking        = 'Making the report'
    ReportWriteAction   = 'Write the report'
    RestoreAction       = 'Restore from {0}'
    RecoverAction       = 'Recover the database as it is'
    RestoreReplace      = 'Restore over the existing database from {0}'
    Restoring           = 'Restoring {0}'
    SchedulerMissing    = 'The program {0} was not found on this machine.'
    SchedulerMissingHint = 'Choose another scheduler with -Scheduler, or print the text with -AsScript.'
    SchedulerOwnOnly    = '{0} runs a plan as the account that registers it here, and cron wakes no machine.'
    SchedulerOwnOnlyHint = 'Leave out -Account and -Wake and register it as the account that is to run it, or choose another scheduler with -Scheduler.'
    SchedulerRefused    = 'The program {0} ended with exit code {1}: {2}'
    SymbolMissing       = 'The library {0} lacks a function that this module needs: {1} Install the module again, so that both come from one release.'
    TestingRestore      = 'Testing a restore of {0}'
    Testing             = 'Testing backup files'
    AsideAction         = 'Put back {0} removed files'
    EmptyAction         = 'Delete for good {0} removed files, {1}'
    RemovalKept         = '{0} of the {1} files that were to go stayed where they are; the reason of each tells why'
    PlanningRemoval     = 'Looking through {0}'
    Pinning             = 'Pinning backups'
    PinAction           = 'Protect from removal: {0}'
    RemovalAction       = 'Remove {0} of {1} files, {2}'
    RemovalNeedsForce   = 'Nothing was removed: through {0} files can only be deleted for good, and Undo-PGBackupRemoval cannot bring them back. Look with -WhatIf, then give -Force; or run Remove-PGBackup on the machine of the server.'
    RemovalRefused      = '{0}'
    Removing            = 'Removing from {0}'
    UnpinAction         = 'Take the protection away'
    Undoing             = 'Putting back in {0}'
    NoPlan              = 'No restore could be planned from {0}, so nothing was restored.'
    Wrong32Bit          = 'PGBackup needs a 64-bit PowerShell, and this process is 32-bit ({0}). Start the 64-bit PowerShell; its library would be {1}.'
}
$script:TextIsLocal = $false

function Get-PgbText {
    # One text in the user's language, its {0}... filled in. Values are put in culture-free.
    param([string] $Name, [object[]] $Value = @())

    if (-not $script:TextIsLocal) {
        $script:TextIsLocal = $true
        $local = $null
        Import-LocalizedData -BindingVariable local -BaseDirectory $script:ModuleRoot -FileName 'Messages.psd1' -ErrorAction Ignore
        if ($local -is [System.Collections.IDictionary]) {
            foreach ($key in @($local.Keys)) { if ($script:Text.ContainsKey($key)) { $script:Text[$key] = $local[$key] } }
        }
    }
    [string]::Format([cultureinfo]::InvariantCulture, $script:Text[$Name], $Value)
}

$script:ErrorText = $null

function Get-PgbErrorText {
    # Cause and next step of an error number in the user's language; nothing where they are not translated.
    param([int] $Number)

    if ($null -eq $script:ErrorText) {
        $local = $null
        Import-LocalizedData -BindingVariable local -BaseDirectory $script:ModuleRoot -FileName 'Errors.psd1' -ErrorAction Ignore
        $script:ErrorText = if ($local -is [System.Collections.IDictionary]) { $local } else { @{} }
    }
    if ($script:ErrorText.Contains($Number)) { $script:ErrorText[$Number] }
}

function Format-PgbSize {
    # Bytes for people, alike under every culture: 1,536 -> 1.5 KB.
    param([double] $Bytes)

    $unit = 0
    while ($Bytes -ge 1024 -and $unit -lt 4) { $Bytes /= 1024; $unit++ }
    $format = if ($unit -eq 0) { '0' } else { '0.0' }
    $Bytes.ToString($format, [cultureinfo]::InvariantCulture) + ' ' + ('B', 'KB', 'MB', 'GB', 'TB')[$unit]
}

function Assert-PgbFullLanguage {
    # In a constrained session nothing of the module can work: said when this is read, before the first call of
    # .NET fails with less.
    $mode = $ExecutionContext.SessionState.LanguageMode
    if ($mode -ne 'FullLanguage') { throw (Get-PgbText 'ConstrainedLanguage' $mode) }
}
