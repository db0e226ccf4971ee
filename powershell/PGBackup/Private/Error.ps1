# Errors: the library's error JSON, or the module's own findings, as ErrorRecords.
#
# Id: PGB.<code>,<Command>. Target: the database or file. The exception is a standard type that fits
# the category (the module carries no types of its own); its Data holds what a script wants to know:
#   PGBackup.Status       [int]       status of the library, as in include/pgbackup.h
#   PGBackup.Code         [string]    the code in the id
#   PGBackup.Hint         [string]    the next step
#   PGBackup.Retryable    [bool]      whether the same call can succeed later
#   PGBackup.Causes       [string[]]  what lies below, outermost first
#   PGBackup.ServerErrors [object[]]  SQL Server's errors in their order: Number, Severity, State, Line, Procedure, Message

function Get-PgbField {
    # A field of a JSON object, $null where it is absent.
    param($Object, [string] $Name)

    if ($null -eq $Object) { return $null }
    $property = $Object.PSObject.Properties[$Name]
    if ($property) { $property.Value }
}

function Get-PgbErrorKind {
    # Category, exception type and reach of a status. Reach 'Command' ends the command: the next
    # database or file would meet the same error.
    param([int] $Status)

    switch ($Status) {
        { $_ -in 1, 2, 3 } { return 'InvalidArgument', 'System.ArgumentException', 'Command' }
        { $_ -in 4, 5, 6 } { return 'InvalidOperation', 'System.InvalidOperationException', 'Command' }
        { $_ -in 10, 14 } { return 'ConnectionError', 'System.InvalidOperationException', 'Command' }
        11 { return 'SecurityError', 'System.Security.Authentication.AuthenticationException', 'Command' }
        12 { return 'AuthenticationError', 'System.Security.Authentication.AuthenticationException', 'Command' }
        13 { return 'OperationTimeout', 'System.TimeoutException', 'Command' }
        21 { return 'PermissionDenied', 'System.UnauthorizedAccessException', 'Item' }
        22 { return 'ObjectNotFound', 'System.InvalidOperationException', 'Item' }
        23 { return 'ResourceExists', 'System.InvalidOperationException', 'Item' }
        24 { return 'WriteError', 'System.IO.IOException', 'Item' }
        25 { return 'InvalidData', 'System.IO.InvalidDataException', 'Item' }
        26 { return 'InvalidData', 'System.InvalidOperationException', 'Item' }
        27 { return 'NotImplemented', 'System.NotSupportedException', 'Item' }
        28 { return 'ResourceBusy', 'System.InvalidOperationException', 'Item' }
        40 { return 'OperationStopped', 'System.OperationCanceledException', 'Item' }
        { $_ -ge 90 } { return 'NotSpecified', 'System.InvalidOperationException', 'Command' }
        default { return 'NotSpecified', 'System.InvalidOperationException', 'Item' }
    }
}

function ConvertTo-PgbErrorRecord {
    # An ErrorRecord of an error object: { status, code, message, hint, target, retryable, causes, server }.
    param([Parameter(Mandatory = $true)] $Failure, $Target)

    $status = [int](Get-PgbField $Failure 'status')
    $code = [string](Get-PgbField $Failure 'code')
    $category, $typeName, $null = Get-PgbErrorKind $status
    $causes = [string[]]@(foreach ($cause in Get-PgbField $Failure 'causes') { ConvertTo-PgbText $cause })
    # 'cannot be reached' helps nobody who does not see why: the causes belong to the sentence.
    $message = (@([string](Get-PgbField $Failure 'message')) + $causes) -join ': '
    $hint = [string](Get-PgbField $Failure 'hint')
    $named = [string](Get-PgbField $Failure 'target')
    if ($named) { $Target = $named }

    $exception = New-Object -TypeName $typeName -ArgumentList $message
    $exception.Data['PGBackup.Status'] = $status
    $exception.Data['PGBackup.Code'] = $code
    $exception.Data['PGBackup.Hint'] = $hint
    $exception.Data['PGBackup.Retryable'] = [bool](Get-PgbField $Failure 'retryable')
    $exception.Data['PGBackup.Causes'] = $causes
    $exception.Data['PGBackup.ServerErrors'] = [object[]]@(ConvertTo-PgbServerMessage (Get-PgbField $Failure 'server'))

    $record = New-Object System.Management.Automation.ErrorRecord $exception, "PGB.$code", $category, $Target
    if ($hint) {
        # PowerShell 7 prints the recommendation below the message, 5.1 does not.
        $shown = if ($PSVersionTable.PSVersion.Major -ge 7) { $message } else { "$message $hint" }
        $record.ErrorDetails = New-Object System.Management.Automation.ErrorDetails $shown
        $record.ErrorDetails.RecommendedAction = $hint
    }
    $record
}

function Write-PgbError {
    # Reports an error object of the library: it ends the command or skips one item, by its status.
    param([Parameter(Mandatory = $true)] $Cmdlet, [Parameter(Mandatory = $true)] $Failure, $Target, [switch] $OneOfMany)

    $record = ConvertTo-PgbErrorRecord -Failure $Failure -Target $Target
    $reach = (Get-PgbErrorKind ([int](Get-PgbField $Failure 'status')))[2]
    # A name that cannot be is a wrong argument, but of one database or file.
    if ((Get-PgbField $Failure 'code') -ceq 'caller.name') { $reach = 'Item' }
    if ($reach -eq 'Command' -and -not $OneOfMany) { $Cmdlet.ThrowTerminatingError($record) }
    $Cmdlet.WriteError($record)
}

function Exit-PgbCommand {
    # Ends the command with an error that the module itself found.
    param([Parameter(Mandatory = $true)] $Cmdlet, [Parameter(Mandatory = $true)] [string] $Code,
        [Parameter(Mandatory = $true)] [string] $Message, [string] $Hint, $Target, [int] $Status = 4)

    $failure = [pscustomobject]@{ status = $Status; code = $Code; message = $Message; hint = $Hint }
    $Cmdlet.ThrowTerminatingError((ConvertTo-PgbErrorRecord -Failure $failure -Target $Target))
}

function Test-PgbOwnError {
    # Whether an error ended this very command, and is not one of a command further down the pipeline
    # (those pass through here too, and must stay what they are).
    #
    # Every command holds its work in a try block with this question in its catch. Without one, a
    # method that throws ends its statement only and the next one runs: a restore went on after its
    # confirmation prompt had failed in a session without a console.
    param([Parameter(Mandatory = $true)] $Record, [Parameter(Mandatory = $true)] $Cmdlet)

    $Record.FullyQualifiedErrorId -clike "PGB.*,$($Cmdlet.MyInvocation.MyCommand.Name)"
}

function Get-PgbErrorExplanation {
    # What the library knows of an error number. (Here and not in the command, in which a native pointer would make
    # PowerShell take all that an import reads for suspicious, and write it to the event log.)
    param([Parameter(Mandatory = $true)] $Cmdlet, [Parameter(Mandatory = $true)] [type] $Type, [int] $Number)

    $text = [IntPtr]::Zero
    $failure = [IntPtr]::Zero
    $status = $Type::pgb_error_explain([uint32]$Number, [ref]$text, [ref]$failure)
    if ($status -eq 0) { return ConvertFrom-PgbJson (Receive-PgbText -Type $Type -Pointer $text) }
    Write-PgbError -Cmdlet $Cmdlet -Failure (Receive-PgbFailure -Type $Type -Pointer $failure -Status $status) -Target $Number
}
