# JSON both ways, and the only place where a date or number is read. Nothing here depends on culture:
# under fa-IR [datetime]::Parse takes "2026-11-20" for a day in 2645.
#
# A shape gives the .NET type of each column by a letter:
#   t text   i int   l long   n LSN (decimal: 25 digits, sorts as the log does)   b bool   g guid
#   d date (its zone as written: none = the server's clock, Z = UTC)

$script:Invariant = [cultureinfo]::InvariantCulture
$script:Utf8 = [System.Text.UTF8Encoding]::new($false, $true)    # throws on half a surrogate pair

# PowerShell 7 turns every string that looks like a date into one, names too; 7.5 can be asked not to.
$script:JsonOption = @{}

function ConvertFrom-PgbJson {
    param([Parameter(Mandatory = $true)] [string] $Text)

    if ($PSVersionTable.PSVersion -ge [version]'7.5' -and -not $script:JsonOption.Count) { $script:JsonOption['DateKind'] = 'String' }
    $option = $script:JsonOption
    ConvertFrom-Json -InputObject $Text @option
}

function ConvertTo-PgbJsonByte {
    # A request as UTF-8 JSON.
    param([Parameter(Mandatory = $true)] [System.Collections.IDictionary] $Request)

    , $script:Utf8.GetBytes((ConvertTo-Json -InputObject $Request -Depth 8 -Compress))
}

function ConvertTo-PgbText {
    # A string as the library sent it, also where ConvertFrom-Json took it for a date (7.0 to 7.4).
    param($Value)

    if ($null -eq $Value) { return $null }
    if ($Value -is [datetime]) { return $Value.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", $script:Invariant) }
    [string]$Value
}

function ConvertTo-PgbDate {
    # A date of the library as [datetime]: 'Z' gives Utc, no zone gives Unspecified.
    param($Value)

    if ($null -eq $Value -or $Value -is [datetime]) { return $Value }
    [datetime]::Parse([string]$Value, $script:Invariant, [System.Globalization.DateTimeStyles]::RoundtripKind)
}

function ConvertTo-PgbMoment {
    # A moment for the library. Without a zone it is by the server's clock, so Unspecified stays so.
    param([datetime] $Moment)

    if ($Moment.Kind -ne 'Unspecified') { $Moment = $Moment.ToUniversalTime() }
    $Moment.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", $script:Invariant)
}

function ConvertTo-PgbWallClock {
    # What a date says on the clock, whatever its Kind: for moments by the server's clock.
    param([datetime] $Moment)

    $Moment.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF", $script:Invariant)
}

function ConvertTo-PgbDay {
    # A day for the library, Gregorian under every culture.
    param([datetime] $Day)

    $Day.ToString('yyyy-MM-dd', $script:Invariant)
}

function ConvertTo-PgbWord {
    # The library's lower-case words as PowerShell writes them: bulk_logged -> BulkLogged.
    param($Value)

    if ($null -eq $Value) { return $null }
    $parts = foreach ($part in ([string]$Value).Split([char[]]'_-')) {
        if ($part.Length) { $part.Substring(0, 1).ToUpperInvariant() + $part.Substring(1).ToLowerInvariant() }
    }
    $parts -join ''
}

function ConvertTo-PgbValue {
    # One value as the type of a shape's letter.
    param($Value, [string] $Letter)

    if ($null -eq $Value) { return $null }
    switch -CaseSensitive ($Letter) {
        't' { ConvertTo-PgbText $Value }
        'i' { [int]$Value }
        'l' { [long]$Value }
        'n' { [decimal]::Parse([string]$Value, [System.Globalization.NumberStyles]::None, $script:Invariant) }
        'b' { [bool]$Value }
        'g' { [guid][string]$Value }
        'd' { ConvertTo-PgbDate $Value }
        'w' { ConvertTo-PgbWord $Value }
    }
}

function Read-PgbText {
    # The text at a native pointer; the caller frees it. Bytes and length, as no string marshalling
    # of .NET Framework knows UTF-8.
    param([Parameter(Mandatory = $true)] [type] $Type, [Parameter(Mandatory = $true)] [IntPtr] $Pointer)

    if ($Pointer -eq [IntPtr]::Zero) { return '' }
    $length = $Type::text_length($Pointer)
    $bytes = [byte[]]::new($length)
    [System.Runtime.InteropServices.Marshal]::Copy($Pointer, $bytes, 0, $length)
    [System.Text.Encoding]::UTF8.GetString($bytes)
}
