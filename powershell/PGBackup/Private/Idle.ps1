# The question that schedulers ask each quarter of an hour: is there anything to do? In a fresh PowerShell each function
# and method that is called for the first time costs some milliseconds, each module of PowerShell (New-Object,
# ConvertTo-Json) some tens. So the way to "no" is written out here, and binds only the functions that it needs.

function Get-PgbIdleRun {
    # What the library says of a run that has nothing to do, as the files in the plan's folder tell. Nothing comes out
    # where the plan must be run, or something is in the way: running it tells what.
    param($Cmdlet, [string] $Name, [string] $PlanFolder, [switch] $ForCode)

    try {
        $folder = if ($PlanFolder) { $Cmdlet.GetUnresolvedProviderPathFromPSPath($PlanFolder) } else { '' }
        # A control character, which would have to be escaped too, is in no plan's name; the library refuses it.
        $request = '{"v":1,"kind":"idle","name":"' + $Name.Replace('\', '\\').Replace('"', '\"') + '"'
        if ($folder) { $request += ',"folder":"' + $folder.Replace('\', '\\').Replace('"', '\"') + '"' }
        $body = $script:Utf8.GetBytes($request + '}')

        $type = Initialize-PgbIdleType
        if ($null -eq $type) { return }
        $text = [IntPtr]::Zero
        $failure = [IntPtr]::Zero
        if ($type::pgb_plan_call($body, [UIntPtr][uint64]$body.Length, [ref]$text, [ref]$failure) -ne 0) {
            $type::pgb_string_free($failure)
            return
        }
        # For the code the first letters will do, and those are ASCII.
        if ($ForCode) {
            $reply = [System.Runtime.InteropServices.Marshal]::PtrToStringAnsi($text)
            $type::pgb_string_free($text)
        }
        else { $reply = Receive-PgbText -Type $type -Pointer $text }
        if ($reply.StartsWith('{"v":1,"kind":"idle","idle":true,', [StringComparison]::Ordinal)) { $reply }
    }
    catch { return }
}

$script:IdleType = $null

function Initialize-PgbIdleType {
    # The functions of the library, as Initialize-PgbNativeType binds all of them; nothing if the library is not where
    # an installed module has it, or not as it should be: Get-PgbNative looks further, and explains.
    if ($script:IdleType) { return $script:IdleType }
    $onWindows = [System.IO.Path]::DirectorySeparatorChar -eq '\'
    $path = $env:PGB_LIBRARY
    if (-not $path) {
        $arch = [System.Runtime.InteropServices.RuntimeInformation]::ProcessArchitecture.ToString().ToLowerInvariant()
        $place = if ($onWindows) { "native/win-$arch/pgbackup.dll" } else { "native/linux-$arch/libpgbackup.so" }
        $path = [System.IO.Path]::Combine($script:ModuleRoot, $place)
    }
    if (-not [System.IO.Path]::IsPathRooted($path) -or -not [System.IO.File]::Exists($path)) { return }

    $assembly = [System.Reflection.Emit.AssemblyBuilder]::DefineDynamicAssembly([System.Reflection.AssemblyName]::new('PGBackup.Idle'), [System.Reflection.Emit.AssemblyBuilderAccess]::Run)
    $builder = $assembly.DefineDynamicModule('PGBackup.Idle').DefineType('PGBackup.Idle', [System.Reflection.TypeAttributes]'Public, Abstract, Sealed')
    $out = [IntPtr].MakeByRefType()
    $functions = @(
        , @('pgb_abi_version', $path, 'pgb_abi_version', [uint32], [type[]]@())
        , @('pgb_plan_call', $path, 'pgb_plan_call', [int], [type[]]@([byte[]], [UIntPtr], $out, $out))
        , @('pgb_string_free', $path, 'pgb_string_free', [void], [type[]]@([IntPtr]))
        if ($onWindows) { , @('text_length', 'kernel32.dll', 'lstrlenA', [int], [type[]]@([IntPtr])) } else { , @('text_length', 'libc', 'strlen', [IntPtr], [type[]]@([IntPtr])) }
    )
    foreach ($function in $functions) {
        # 64-bit Windows knows one convention of calls.
        $method = $builder.DefinePInvokeMethod($function[0], $function[1], $function[2], [System.Reflection.MethodAttributes]'Public, Static, PinvokeImpl', [System.Reflection.CallingConventions]::Standard,
            $function[3], $function[4], [System.Runtime.InteropServices.CallingConvention]::Cdecl, [System.Runtime.InteropServices.CharSet]::Ansi)
        $method.SetImplementationFlags([System.Reflection.MethodImplAttributes]::PreserveSig)
    }
    $type = [type]$builder.CreateType()
    if ($type::pgb_abi_version() -ne $script:AbiVersion) { return }
    $script:IdleType = $type
    $type
}
