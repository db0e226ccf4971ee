#if !NET || FRAMEWORK_SOURCES
using System;
using System.Runtime.InteropServices;

namespace PGBackup.Interop;

/// <content>For .NET Framework: stubs made at run time.</content>
internal static unsafe partial class NativeMethods
{
    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern uint pgb_abi_version();

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern IntPtr pgb_version();

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int pgb_shutdown(uint timeoutMs);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern void pgb_string_free(IntPtr text);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int pgb_server_new(byte* options, UIntPtr optionsLength, byte* secret, UIntPtr secretLength, out ServerHandle server, out TextHandle error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern void pgb_server_free(IntPtr server);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int pgb_backup_start(ServerHandle server, byte* request, UIntPtr requestLength, out JobHandle job, out TextHandle error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int pgb_restore_start(ServerHandle server, byte* request, UIntPtr requestLength, out JobHandle job, out TextHandle error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int pgb_report_start(ServerHandle server, byte* request, UIntPtr requestLength, out JobHandle job, out TextHandle error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int pgb_repair_start(ServerHandle server, byte* request, UIntPtr requestLength, out JobHandle job, out TextHandle error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int pgb_verify_start(ServerHandle server, byte* request, UIntPtr requestLength, out JobHandle job, out TextHandle error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int pgb_query_start(ServerHandle server, byte* request, UIntPtr requestLength, out JobHandle job, out TextHandle error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int pgb_chain_start(ServerHandle server, byte* request, UIntPtr requestLength, out JobHandle job, out TextHandle error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int pgb_prune_start(ServerHandle server, byte* request, UIntPtr requestLength, out JobHandle job, out TextHandle error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int pgb_service_start(ServerHandle server, byte* request, UIntPtr requestLength, out JobHandle job, out TextHandle error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int pgb_restore_test_start(ServerHandle server, byte* request, UIntPtr requestLength, out JobHandle job, out TextHandle error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int pgb_plan_run_start(ServerHandle server, byte* request, UIntPtr requestLength, out JobHandle job, out TextHandle error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int pgb_plan_call(byte* request, UIntPtr requestLength, out TextHandle json, out TextHandle error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int pgb_schedule_query(byte* request, UIntPtr requestLength, out TextHandle json, out TextHandle error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int pgb_error_explain(uint number, out TextHandle json, out TextHandle error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int pgb_job_wait(JobHandle job, uint timeoutMs, out int state);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int pgb_job_status(JobHandle job, ulong afterSequence, out TextHandle json, out TextHandle error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int pgb_job_page(JobHandle job, uint timeoutMs, out TextHandle json, out TextHandle error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int pgb_job_result(JobHandle job, out TextHandle json, out TextHandle error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int pgb_job_cancel(JobHandle job);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern void pgb_job_free(IntPtr job);
}
#endif
