# Finds the native library and binds it with Reflection.Emit: no compiler, no TEMP folder, no managed
# assembly (Add-Type fails in SQL Agent jobs, and DLLs of other modules clash). Done by the first
# command that needs it, and once per process and library.

$script:AbiVersion = 1
$script:Native = $null

function Get-PgbPlatform {
    # What decides which library fits: runtime identifier, file name, width of the process.
    if ($PSEdition -eq 'Core') {
        $os = if ([System.IO.Path]::DirectorySeparatorChar -eq '\') { 'win' } elseif ($PSVersionTable.OS -like 'Darwin*') { 'osx' } else { 'linux' }
        $arch = "$([System.Runtime.InteropServices.RuntimeInformation]::ProcessArchitecture)".ToLowerInvariant()
    }
    else {
        $os = 'win'
        $arch = if ([IntPtr]::Size -eq 4) { 'x86' } elseif ($env:PROCESSOR_ARCHITECTURE -eq 'ARM64') { 'arm64' } else { 'x64' }
    }
    [pscustomobject]@{
        OS       = $os
        Rid      = "$os-$arch"
        FileName = switch ($os) { 'win' { 'pgbackup.dll' } 'osx' { 'libpgbackup.dylib' } default { 'libpgbackup.so' } }
        Is64Bit  = [IntPtr]::Size -eq 8
    }
}

function Find-PgbLibrary {
    # The absolute path of the library: PGB_LIBRARY, then native/<rid>/, then a build elsewhere. An
    # absolute path keeps the loader from searching PATH.
    param([Parameter(Mandatory = $true)] $Cmdlet, [Parameter(Mandatory = $true)] $Platform)

    $file = $Platform.FileName
    if ($env:PGB_LIBRARY) {
        if (-not [System.IO.Path]::IsPathRooted($env:PGB_LIBRARY) -or -not [System.IO.File]::Exists($env:PGB_LIBRARY)) {
            Exit-PgbCommand -Cmdlet $Cmdlet -Code 'library.missing' -Message (Get-PgbText 'LibraryNamedMissing' $env:PGB_LIBRARY, $file) -Target $env:PGB_LIBRARY
        }
        return $env:PGB_LIBRARY
    }

    $shipped = [System.IO.Path]::Combine($script:ModuleRoot, 'native', $Platform.Rid, $file)
    if ([System.IO.File]::Exists($shipped)) { return $shipped }

    $looked = @($shipped)
    if ($script:ElsewhereBuilt) {
        $builds = & $script:ElsewhereBuilt $file
        $looked += $builds
        $built = @($builds | Where-Object { [System.IO.File]::Exists($_) } | Sort-Object { [System.IO.File]::GetLastWriteTimeUtc($_) } -Descending)
        if ($built.Count) { return $built[0] }
    }
    Exit-PgbCommand -Cmdlet $Cmdlet -Code 'library.missing' -Message (Get-PgbText 'LibraryMissing' ($looked -join ', ')) `
        -Hint (Get-PgbText 'LibraryMissingHint' $Platform.Rid, $file) -Target $shipped
}

function Initialize-PgbNativeType {
    # A type whose static methods are the library's functions, as include/pgbackup.h declares them.
    param([Parameter(Mandatory = $true)] [string] $Path, [Parameter(Mandatory = $true)] [string] $TypeName, [Parameter(Mandatory = $true)] [string] $OS)

    $int = [int]; $uint = [uint32]; $ulong = [uint64]; $pointer = [IntPtr]; $size = [UIntPtr]; $bytes = [byte[]]
    $outPointer = [IntPtr].MakeByRefType(); $outInt = [int].MakeByRefType()
    $start = @($pointer, $bytes, $size, $outPointer, $outPointer)
    $functions = @(
        , @('pgb_abi_version', $uint, @())
        , @('pgb_version', $pointer, @())
        , @('pgb_string_free', [void], @($pointer))
        , @('pgb_server_new', $int, @($bytes, $size, $bytes, $size, $outPointer, $outPointer))
        , @('pgb_server_free', [void], @($pointer))
        , @('pgb_backup_start', $int, $start)
        , @('pgb_restore_start', $int, $start)
        , @('pgb_repair_start', $int, $start)
        , @('pgb_verify_start', $int, $start)
        , @('pgb_query_start', $int, $start)
        , @('pgb_chain_start', $int, $start)
        , @('pgb_prune_start', $int, $start)
        , @('pgb_plan_run_start', $int, $start)
        , @('pgb_report_start', $int, $start)
        , @('pgb_plan_call', $int, @($bytes, $size, $outPointer, $outPointer))
        , @('pgb_restore_test_start', $int, $start)
        , @('pgb_service_start', $int, $start)
        , @('pgb_job_wait', $int, @($pointer, $uint, $outInt))
        , @('pgb_job_status', $int, @($pointer, $ulong, $outPointer, $outPointer))
        , @('pgb_job_page', $int, @($pointer, $uint, $outPointer, $outPointer))
        , @('pgb_job_result', $int, @($pointer, $outPointer, $outPointer))
        , @('pgb_job_cancel', $int, @($pointer))
        , @('pgb_job_free', [void], @($pointer))
        , @('pgb_error_explain', $int, @($uint, $outPointer, $outPointer))
        # The length of a returned text: Marshal has no such call in .NET Framework, and a loop over bytes is slow in
        # PowerShell. No text comes near 2 GB, so an int will do for the size_t of strlen.
        if ($OS -eq 'win') { , @('lstrlenA', $int, @($pointer), 'kernel32.dll', 'text_length') } else { , @('strlen', $int, @($pointer), 'libc', 'text_length') }
    )

    $name = [System.Reflection.AssemblyName]::new('PGBackup.Native')
    $assembly = [System.Reflection.Emit.AssemblyBuilder]::DefineDynamicAssembly($name, [System.Reflection.Emit.AssemblyBuilderAccess]::Run)
    $module = $assembly.DefineDynamicModule('PGBackup.Native')
    $type = $module.DefineType($TypeName, [System.Reflection.TypeAttributes]'Public, Abstract, Sealed')

    $public = [System.Reflection.MethodAttributes]'Public, Static, PinvokeImpl'
    $standard = [System.Reflection.CallingConventions]::Standard
    $ansi = [System.Runtime.InteropServices.CharSet]::Ansi
    # 64-bit Windows, too, knows one convention of calls.
    $cdecl = [System.Runtime.InteropServices.CallingConvention]::Cdecl
    $keepResult = [System.Reflection.MethodImplAttributes]::PreserveSig

    # One place that calls each method: PowerShell takes some milliseconds to bind every further one.
    foreach ($function in $functions) {
        $entry, $result, $parameters, $file, $method = $function
        if (-not $file) { $file = $Path; $method = $entry }
        $type.DefinePInvokeMethod($method, $file, $entry, $public, $standard, $result, [type[]]$parameters, $cdecl, $ansi).SetImplementationFlags($keepResult)
    }
    $created = $type.CreateType()
    # .NET Framework returns the type, .NET Core may return its TypeInfo; both are a Type.
    [type]$created
}

function Get-PgbNative {
    # The bound library as { Type, Path, Rid, AbiVersion }; ends the command with an error that names the path.
    param([Parameter(Mandatory = $true)] $Cmdlet)

    if ($script:Native) { return $script:Native }

    $mode = $ExecutionContext.SessionState.LanguageMode
    if ($mode -ne 'FullLanguage') { Exit-PgbCommand -Cmdlet $Cmdlet -Code 'library.language_mode' -Message (Get-PgbText 'ConstrainedLanguage' $mode) }

    $platform = Get-PgbPlatform
    if (-not $platform.Is64Bit) {
        $wanted = [System.IO.Path]::Combine($script:ModuleRoot, 'native', "$($platform.OS)-x64", $platform.FileName)
        Exit-PgbCommand -Cmdlet $Cmdlet -Code 'library.bitness' -Message (Get-PgbText 'Wrong32Bit' $PSHOME, $wanted) -Target $wanted
    }
    $path = Find-PgbLibrary -Cmdlet $Cmdlet -Platform $platform

    # The version in the type's name and the path in the key keep two versions of the module in one
    # process from binding to each other's library. A second import finds the first one's type.
    $typeName = "PGBackup.Native_$($ExecutionContext.SessionState.Module.Version)"
    $key = "$typeName|$path"
    $type = [System.AppDomain]::CurrentDomain.GetData($key)
    if (-not $type) { $type = Initialize-PgbNativeType -Path $path -TypeName $typeName -OS $platform.OS }

    try { $abi = $type::pgb_abi_version() }
    catch {
        $cause = $_.Exception
        while ($cause.InnerException) { $cause = $cause.InnerException }
        $code = 'library.load'; $text = Get-PgbText 'LibraryBlocked' $path, $cause.Message, ("'" + $path.Replace("'", "''") + "'")
        if ($cause -is [System.EntryPointNotFoundException]) { $code = 'library.symbol'; $text = Get-PgbText 'SymbolMissing' $path, $cause.Message }
        Exit-PgbCommand -Cmdlet $Cmdlet -Code $code -Message $text -Target $path
    }
    if ($abi -ne $script:AbiVersion) {
        Exit-PgbCommand -Cmdlet $Cmdlet -Code 'library.abi' -Message (Get-PgbText 'AbiMismatch' $path, $abi, $script:AbiVersion) -Target $path
    }
    [System.AppDomain]::CurrentDomain.SetData($key, $type)

    $script:Native = [pscustomobject]@{
        Type       = $type
        Path       = $path
        Rid        = $platform.Rid
        AbiVersion = [int]$abi
    }
    $script:Native
}
