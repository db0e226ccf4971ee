using System;
using System.Collections.Generic;
using System.Text;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using PGBackup.Interop;

namespace PGBackup;

/// <summary>A job's rows and result, as the library wrote them.</summary>
/// <param name="Rows">The rows.</param>
/// <param name="Result">What it ended with.</param>
public sealed record RawResult(IReadOnlyList<JsonElement> Rows, JsonElement Result);

/// <summary>The native library itself, and what it answers without a job.</summary>
public static class PGBackupLibrary
{
    /// <summary>Its version, such as <c>0.1.0</c>.</summary>
    public static string Version => Native.Version();

    /// <summary>Explains an error number of SQL Server.</summary>
    /// <param name="number">The number, such as 3201.</param>
    /// <returns>What is known about it.</returns>
    public static ErrorHelp Explain(int number) =>
        JsonSerializer.Deserialize(Native.ExplainError((uint)number), WireJson.Default.ErrorHelp)!;

    /// <summary>Runs a job that has no method here, by the JSON of include/pgbackup.h.</summary>
    /// <param name="kind">The kind of job.</param>
    /// <param name="server">The server; null for files of this machine.</param>
    /// <param name="request">The request.</param>
    /// <param name="progress">Is told how far it is.</param>
    /// <param name="cancellation">Ends the job.</param>
    /// <returns>Its rows and its result.</returns>
    public static async Task<RawResult> RunAsync(JobKind kind, PGServer? server, string request, IProgress<JobProgress>? progress = null, CancellationToken cancellation = default)
    {
        var rows = new List<JsonElement>();
        JsonElement result = default;
        var all = Job.RowsAsync(
            kind, server?.Handle ?? ServerHandle.None, Encoding.UTF8.GetBytes(request), WireJson.Default.PageJsonElement, WireJson.Default.JsonElement, end => result = end, progress, cancellation);
        await foreach (var row in all.ConfigureAwait(false))
        {
            rows.Add(row);
        }
        return new RawResult(rows, result);
    }

    /// <summary>Keeps plans: lists, reads, writes, checks and registers them, by the JSON of <c>pgb_plan_call</c>.</summary>
    /// <param name="request">The request.</param>
    /// <returns>The answer.</returns>
    public static string CallPlan(string request) => Encoding.UTF8.GetString(Native.CallPlan(Encoding.UTF8.GetBytes(request)));

    /// <summary>Cancels what runs and stops the library's threads: before a program ends that wants to leave nothing running.</summary>
    /// <param name="timeout">How long to wait for the ends of jobs.</param>
    public static void Shutdown(TimeSpan timeout) => Native.Shutdown((uint)Math.Min(uint.MaxValue, Math.Max(0, timeout.TotalMilliseconds)));
}
