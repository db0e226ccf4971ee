function Get-PGLibraryInfo {
    <#
    .SYNOPSIS
    Tells which PGBackup module and native library this session uses.

    .DESCRIPTION
    Loads the native library if no command did so before, and tells its version, its path and the platform. Put its output into every report of a problem.

    The library is looked for in this order: the environment variable PGB_LIBRARY (a full path), native/<platform>/ under the module, and the build folders of a development checkout.

    .OUTPUTS
    PGBackup.LibraryInfo, with these properties:
    ModuleVersion [version], LibraryVersion [string], AbiVersion [int], Path [string], Rid [string] (the platform, such as win-x64), PowerShellVersion [string], ProcessId [int]

    .EXAMPLE
    Get-PGLibraryInfo

    Tells the versions and where the library lies.

    .EXAMPLE
    $env:PGB_LIBRARY = 'D:\build\pgbackup.dll'; (Get-PGLibraryInfo).Path

    Uses a library built elsewhere. This has an effect before the first call of a session only.

    .LINK
    about_PGBackup
    #>
    [CmdletBinding()]
    [OutputType('PGBackup.LibraryInfo')]
    param()

    Import-PgbPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
    $native = Get-PgbNative -Cmdlet $PSCmdlet
    $type = $native.Type
    [pscustomobject]@{
        PSTypeName        = 'PGBackup.LibraryInfo'
        ModuleVersion     = $MyInvocation.MyCommand.Module.Version
        LibraryVersion    = Read-PgbText -Type $type -Pointer ($type::pgb_version())
        AbiVersion        = $native.AbiVersion
        Path              = $native.Path
        Rid               = $native.Rid
        PowerShellVersion = $PSVersionTable.PSVersion.ToString()
        ProcessId         = $PID
    }
}
