using System;
using System.Text;
using System.Text.Json;

namespace PGBackup.Interop;

/// <summary>Calls of the library as .NET has them: bytes in, bytes out, failures as exceptions.</summary>
internal static unsafe class Native
{
    private delegate int Ask(byte* request, UIntPtr length, out TextHandle json, out TextHandle error);

    /// <summary>Asked once, at the first use. A library of another ABI must not be called on.</summary>
    static Native()
    {
        if (IntPtr.Size != 8)
        {
            throw new PlatformNotSupportedException(
                "The native library is for 64-bit processes, and this one is 32-bit: build the program for x64, without Prefer32Bit.");
        }
        LibraryResolver.Register();
        var found = NativeMethods.pgb_abi_version();
        if (found != NativeMethods.AbiVersion)
        {
            throw new NotSupportedException(
                $"The native library has ABI version {found}, and this assembly needs {NativeMethods.AbiVersion}: ship both from one release.");
        }
    }

    internal static string Version()
    {
        var at = (byte*)NativeMethods.pgb_version();
        var length = 0;
        while (at[length] != 0)
        {
            length++;
        }
        return Encoding.UTF8.GetString(at, length);
    }

    internal static void Shutdown(uint milliseconds) => Check(NativeMethods.pgb_shutdown(milliseconds), new TextHandle());

    internal static byte[] AskSchedule(byte[] request) => Answer(NativeMethods.pgb_schedule_query, request);

    internal static byte[] CallPlan(byte[] request) => Answer(NativeMethods.pgb_plan_call, request);

    internal static byte[] ExplainError(uint number)
    {
        var status = NativeMethods.pgb_error_explain(number, out var json, out var error);
        return Taken(status, json, error);
    }

    /// <summary>A server handle. The secret is null for none; an empty one is a secret too.</summary>
    internal static ServerHandle NewServer(byte[] options, byte[]? secret, int secretLength)
    {
        byte nothing = 0;
        fixed (byte* optionsAt = options, secretAt = secret)
        {
            // An empty array is pinned as NULL, and NULL is no password at all.
            var from = secret != null && secretLength == 0 ? &nothing : secretAt;
            var status = NativeMethods.pgb_server_new(
                optionsAt, (UIntPtr)options.Length, from, (UIntPtr)secretLength, out var server, out var error);
            Check(status, error);
            return server;
        }
    }

    internal static JobHandle Start(JobKind kind, ServerHandle server, byte[] request)
    {
        fixed (byte* at = request)
        {
            var length = (UIntPtr)request.Length;
            JobHandle job;
            TextHandle error;
            var status = kind switch
            {
                JobKind.Backup => NativeMethods.pgb_backup_start(server, at, length, out job, out error),
                JobKind.Restore => NativeMethods.pgb_restore_start(server, at, length, out job, out error),
                JobKind.Repair => NativeMethods.pgb_repair_start(server, at, length, out job, out error),
                JobKind.Verify => NativeMethods.pgb_verify_start(server, at, length, out job, out error),
                JobKind.Query => NativeMethods.pgb_query_start(server, at, length, out job, out error),
                JobKind.Chain => NativeMethods.pgb_chain_start(server, at, length, out job, out error),
                JobKind.RestoreTest => NativeMethods.pgb_restore_test_start(server, at, length, out job, out error),
                JobKind.Service => NativeMethods.pgb_service_start(server, at, length, out job, out error),
                JobKind.Prune => NativeMethods.pgb_prune_start(server, at, length, out job, out error),
                JobKind.Report => NativeMethods.pgb_report_start(server, at, length, out job, out error),
                JobKind.PlanRun => NativeMethods.pgb_plan_run_start(server, at, length, out job, out error),
                _ => throw new ArgumentOutOfRangeException(nameof(kind)),
            };
            Check(status, error);
            return job;
        }
    }

    internal static JobState State(JobHandle job)
    {
        Check(NativeMethods.pgb_job_wait(job, 0, out var state), new TextHandle());
        return (JobState)state;
    }

    internal static void Cancel(JobHandle job) => Check(NativeMethods.pgb_job_cancel(job), new TextHandle());

    internal static byte[] Status(JobHandle job, ulong after)
    {
        var status = NativeMethods.pgb_job_status(job, after, out var json, out var error);
        return Taken(status, json, error);
    }

    /// <summary>The rows that are there by now, without waiting.</summary>
    internal static byte[] Page(JobHandle job)
    {
        var status = NativeMethods.pgb_job_page(job, 0, out var json, out var error);
        return Taken(status, json, error);
    }

    internal static byte[] Result(JobHandle job)
    {
        var status = NativeMethods.pgb_job_result(job, out var json, out var error);
        return Taken(status, json, error);
    }

    private static byte[] Answer(Ask ask, byte[] request)
    {
        fixed (byte* at = request)
        {
            var status = ask(at, (UIntPtr)request.Length, out var json, out var error);
            return Taken(status, json, error);
        }
    }

    /// <summary>The text of an answer, or the exception of its error. Both handles are let go of.</summary>
    private static byte[] Taken(int status, TextHandle json, TextHandle error)
    {
        using (json)
        {
            Check(status, error);
            return json.ToBytes();
        }
    }

    private static void Check(int status, TextHandle error)
    {
        using (error)
        {
            if (status == 0)
            {
                return;
            }
            var text = error.ToBytes();
            var said = text.Length == 0 ? null : JsonSerializer.Deserialize(text, WireJson.Default.PGBackupError);
            throw new PGBackupException(said ?? PGBackupError.OfStatus(status));
        }
    }
}
