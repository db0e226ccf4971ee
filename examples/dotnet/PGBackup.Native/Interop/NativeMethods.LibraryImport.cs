#if NET && !FRAMEWORK_SOURCES
using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PGBackup.Interop;

/// <content>For .NET: stubs made at compile time.</content>
internal static unsafe partial class NativeMethods
{
    [LibraryImport(Library)]
    [UnmanagedCallConv(CallConvs = new[] { typeof(CallConvCdecl) })]
    internal static partial uint pgb_abi_version();

    [LibraryImport(Library)]
    [UnmanagedCallConv(CallConvs = new[] { typeof(CallConvCdecl) })]
    internal static partial IntPtr pgb_version();

    [LibraryImport(Library)]
    [UnmanagedCallConv(CallConvs = new[] { typeof(CallConvCdecl) })]
    internal static partial int pgb_shutdown(uint timeoutMs);

    [LibraryImport(Library)]
    [UnmanagedCallConv(CallConvs = new[] { typeof(CallConvCdecl) })]
    internal static partial void pgb_string_free(IntPtr text);

    [LibraryImport(Library)]
    [UnmanagedCallConv(CallConvs = new[] { typeof(CallConvCdecl) })]
    internal static partial int pgb_server_new(byte* options, UIntPtr optionsLength, byte* secret, UIntPtr secretLength, out ServerHandle server, out TextHandle error);

    [LibraryImport(Library)]
    [UnmanagedCallConv(CallConvs = new[] { typeof(CallConvCdecl) })]
    internal static partial void pgb_server_free(IntPtr server);

    [LibraryImport(Library)]
    [UnmanagedCallConv(CallConvs = new[] { typeof(CallConvCdecl) })]
    internal static partial int pgb_backup_start(ServerHandle server, byte* request, UIntPtr requestLength, out JobHandle job, out TextHandle error);

    [LibraryImport(Library)]
    [UnmanagedCallConv(CallConvs = new[] { typeof(CallConvCdecl) })]
    internal static partial int pgb_restore_start(ServerHandle server, byte* request, UIntPtr requestLength, out JobHandle job, out TextHandle error);

    [LibraryImport(Library)]
    [UnmanagedCallConv(CallConvs = new[] { typeof(CallConvCdecl) })]
    internal static partial int pgb_report_start(ServerHandle server, byte* request, UIntPtr requestLength, out JobHandle job, out TextHandle error);

    [LibraryImport(Library)]
    [UnmanagedCallConv(CallConvs = new[] { typeof(CallConvCdecl) })]
    internal static partial int pgb_repair_start(ServerHandle server, byte* request, UIntPtr requestLength, out JobHandle job, out TextHandle error);

    [LibraryImport(Library)]
    [UnmanagedCallConv(CallConvs = new[] { typeof(CallConvCdecl) })]
    internal static partial int pgb_verify_start(ServerHandle server, byte* request, UIntPtr requestLength, out JobHandle job, out TextHandle error);

    [LibraryImport(Library)]
    [UnmanagedCallConv(CallConvs = new[] { typeof(CallConvCdecl) })]
    internal static partial int pgb_query_start(ServerHandle server, byte* request, UIntPtr requestLength, out JobHandle job, out TextHandle error);

    [LibraryImport(Library)]
    [UnmanagedCallConv(CallConvs = new[] { typeof(CallConvCdecl) })]
    internal static partial int pgb_chain_start(ServerHandle server, byte* request, UIntPtr requestLength, out JobHandle job, out TextHandle error);

    [LibraryImport(Library)]
    [UnmanagedCallConv(CallConvs = new[] { typeof(CallConvCdecl) })]
    internal static partial int pgb_prune_start(ServerHandle server, byte* request, UIntPtr requestLength, out JobHandle job, out TextHandle error);

    [LibraryImport(Library)]
    [UnmanagedCallConv(CallConvs = new[] { typeof(CallConvCdecl) })]
    internal static partial int pgb_service_start(ServerHandle server, byte* request, UIntPtr requestLength, out JobHandle job, out TextHandle error);

    [LibraryImport(Library)]
    [UnmanagedCallConv(CallConvs = new[] { typeof(CallConvCdecl) })]
    internal static partial int pgb_restore_test_start(ServerHandle server, byte* request, UIntPtr requestLength, out JobHandle job, out TextHandle error);

    [LibraryImport(Library)]
    [UnmanagedCallConv(CallConvs = new[] { typeof(CallConvCdecl) })]
    internal static partial int pgb_plan_run_start(ServerHandle server, byte* request, UIntPtr requestLength, out JobHandle job, out TextHandle error);

    [LibraryImport(Library)]
    [UnmanagedCallConv(CallConvs = new[] { typeof(CallConvCdecl) })]
    internal static partial int pgb_plan_call(byte* request, UIntPtr requestLength, out TextHandle json, out TextHandle error);

    [LibraryImport(Library)]
    [UnmanagedCallConv(CallConvs = new[] { typeof(CallConvCdecl) })]
    internal static partial int pgb_schedule_query(byte* request, UIntPtr requestLength, out TextHandle json, out TextHandle error);

    [LibraryImport(Library)]
    [UnmanagedCallConv(CallConvs = new[] { typeof(CallConvCdecl) })]
    internal static partial int pgb_error_explain(uint number, out TextHandle json, out TextHandle error);

    [LibraryImport(Library)]
    [UnmanagedCallConv(CallConvs = new[] { typeof(CallConvCdecl) })]
    internal static partial int pgb_job_wait(JobHandle job, uint timeoutMs, out int state);

    [LibraryImport(Library)]
    [UnmanagedCallConv(CallConvs = new[] { typeof(CallConvCdecl) })]
    internal static partial int pgb_job_status(JobHandle job, ulong afterSequence, out TextHandle json, out TextHandle error);

    [LibraryImport(Library)]
    [UnmanagedCallConv(CallConvs = new[] { typeof(CallConvCdecl) })]
    internal static partial int pgb_job_page(JobHandle job, uint timeoutMs, out TextHandle json, out TextHandle error);

    [LibraryImport(Library)]
    [UnmanagedCallConv(CallConvs = new[] { typeof(CallConvCdecl) })]
    internal static partial int pgb_job_result(JobHandle job, out TextHandle json, out TextHandle error);

    [LibraryImport(Library)]
    [UnmanagedCallConv(CallConvs = new[] { typeof(CallConvCdecl) })]
    internal static partial int pgb_job_cancel(JobHandle job);

    [LibraryImport(Library)]
    [UnmanagedCallConv(CallConvs = new[] { typeof(CallConvCdecl) })]
    internal static partial void pgb_job_free(IntPtr job);
}
#endif
