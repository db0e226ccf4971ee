using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Threading;
using System.Threading.Tasks;
using PGBackup.Interop;

namespace PGBackup;

/// <summary>A job of the library, polled: it holds no thread while it runs.</summary>
internal sealed class Job : IDisposable
{
    // A short job is answered at once, a long one costs twenty looks a second.
    private const int ShortestPause = 1;
    private const int LongestPause = 50;
    private const int ReportEvery = 200;

    private readonly JobHandle handle;
    private readonly IProgress<JobProgress>? progress;
    private ulong seen;
    private int sinceReport;

    private Job(JobHandle handle, IProgress<JobProgress>? progress)
    {
        this.handle = handle;
        this.progress = progress;
    }

    /// <summary>Runs a job without rows to its end.</summary>
    internal static async Task<TResult> RunAsync<TResult>(
        JobKind kind, ServerHandle server, byte[] request, JsonTypeInfo<TResult> result, IProgress<JobProgress>? progress, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        using var job = new Job(Native.Start(kind, server, request), progress);
        using var asked = cancellation.Register(job.Cancel);
        return await job.EndAsync(result, cancellation).ConfigureAwait(false);
    }

    /// <summary>Runs a job with rows; what it ended with is given to <paramref name="end"/> after the last row. A reader
    /// that leaves early ends the job.</summary>
    internal static async IAsyncEnumerable<TRow> RowsAsync<TRow, TResult>(
        JobKind kind, ServerHandle server, byte[] request, JsonTypeInfo<Page<TRow>> page, JsonTypeInfo<TResult> result, Action<TResult>? end,
        IProgress<JobProgress>? progress, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        using var job = new Job(Native.Start(kind, server, request), progress);
        using var asked = cancellation.Register(job.Cancel);
        var pause = ShortestPause;
        while (true)
        {
            var rows = Read(Native.Page(job.handle), page);
            foreach (var row in rows.Items)
            {
                yield return row;
            }
            if (rows.Done)
            {
                break;
            }
            pause = rows.Items.Count > 0 ? ShortestPause : await job.PauseAsync(pause).ConfigureAwait(false);
        }
        var last = await job.EndAsync(result, cancellation).ConfigureAwait(false);
        end?.Invoke(last);
    }

    public void Dispose() => handle.Dispose();

    private void Cancel() => Native.Cancel(handle);

    private async Task<TResult> EndAsync<TResult>(JsonTypeInfo<TResult> result, CancellationToken cancellation)
    {
        var pause = ShortestPause;
        while (Native.State(handle) == JobState.Running)
        {
            pause = await PauseAsync(pause).ConfigureAwait(false);
        }
        Report();
        try
        {
            return Read(Native.Result(handle), result);
        }
        catch (PGBackupException ended) when (cancellation.IsCancellationRequested && Native.State(handle) == JobState.Cancelled)
        {
            // What was left behind stands in the inner exception.
            throw new OperationCanceledException(ended.Message, ended, cancellation);
        }
    }

    /// <summary>Waits a while and reports now and then; how long to wait the next time. Not by the token: a job that was
    /// asked to end is waited for.</summary>
    private async Task<int> PauseAsync(int milliseconds)
    {
        await Task.Delay(milliseconds).ConfigureAwait(false);
        sinceReport += milliseconds;
        if (sinceReport >= ReportEvery)
        {
            Report();
        }
        return Math.Min(2 * milliseconds, LongestPause);
    }

    private void Report()
    {
        sinceReport = 0;
        if (progress == null)
        {
            return;
        }
        var status = Read(Native.Status(handle, seen), WireJson.Default.JobStatus);
        seen = status.LastSeq;
        progress.Report(status.ToProgress());
    }

    private static T Read<T>(byte[] json, JsonTypeInfo<T> type) =>
        JsonSerializer.Deserialize(json, type) ?? throw new JsonException("The library answered with null.");
}
