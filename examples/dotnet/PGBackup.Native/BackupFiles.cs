using System;
using System.Collections.Generic;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Threading;
using System.Threading.Tasks;
using PGBackup.Interop;

namespace PGBackup;

/// <summary>Backup files of this machine; no server is needed. Paths may be folders and patterns (<c>*</c>, <c>?</c>,
/// <c>[a-z]</c>, <c>**</c>).</summary>
/// <remarks>Exceptions are those of <see cref="PGServer"/>.</remarks>
public static class BackupFiles
{
    /// <summary>Lists the backup sets of files.</summary>
    /// <param name="files">Files, folders and patterns.</param>
    /// <param name="recurse">Whether to go into the folders of a folder.</param>
    /// <param name="cancellation">Ends the job.</param>
    /// <returns>The sets, one by one; a file that cannot be read is a row with an error.</returns>
    public static IAsyncEnumerable<BackupSet> ListSetsAsync(IReadOnlyList<string> files, bool recurse = false, CancellationToken cancellation = default) =>
        List(ServerHandle.None, new QueryRequest("backup_sets") { Files = files, Recurse = recurse ? true : null }, WireJson.Default.PageBackupSet, cancellation);

    /// <summary>Lists the database files in a backup set.</summary>
    /// <param name="file">The file.</param>
    /// <param name="position">The position in it.</param>
    /// <param name="cancellation">Ends the job.</param>
    /// <returns>The files.</returns>
    public static IAsyncEnumerable<DatabaseFile> ListFilesAsync(string file, int position = 1, CancellationToken cancellation = default) =>
        List(ServerHandle.None, new QueryRequest("file_list") { File = file, Position = position }, WireJson.Default.PageDatabaseFile, cancellation);

    /// <summary>Reads backup sets to their end and checks every page.</summary>
    /// <param name="request">The sets.</param>
    /// <param name="progress">Is told how far it is.</param>
    /// <param name="cancellation">Ends the job.</param>
    /// <returns>A verdict a set; a file that cannot be read is a row with an error.</returns>
    public static IAsyncEnumerable<VerifyResult> VerifyAsync(VerifyRequest request, IProgress<JobProgress>? progress = null, CancellationToken cancellation = default) =>
        Verify(ServerHandle.None, request, progress, cancellation);

    /// <summary>Plans a removal: which backups may go. Nothing goes yet.</summary>
    /// <param name="request">The folders and the rules.</param>
    /// <param name="progress">Is told how far it is.</param>
    /// <param name="cancellation">Ends the job.</param>
    /// <returns>The plan.</returns>
    public static async Task<RemovalPlan> PlanRemovalAsync(RemovalRequest request, IProgress<JobProgress>? progress = null, CancellationToken cancellation = default)
    {
        RemovalPlanResult? result = null;
        var body = JsonSerializer.SerializeToUtf8Bytes(request, WireJson.Default.RemovalRequest);
        var rows = Job.RowsAsync(
            JobKind.Chain, ServerHandle.None, body, WireJson.Default.PageRemovalItem, WireJson.Default.RemovalPlanResult, end => result = end, progress, cancellation);
        var items = await AllAsync(rows).ConfigureAwait(false);
        return new RemovalPlan(items, result!);
    }

    /// <summary>Does what a plan says, or less: a file that is not what it was stays, and so does what it needs.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="graceDays">Days until the files may be deleted for good; until then they can be put back.</param>
    /// <param name="progress">Is told how far it is.</param>
    /// <param name="cancellation">Ends the job; each file is where it was or put aside.</param>
    /// <returns>What became of each file.</returns>
    public static Task<RemovalResult> ApplyRemovalAsync(RemovalPlan plan, int graceDays = 3, IProgress<JobProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (plan == null)
        {
            throw new ArgumentNullException(nameof(plan));
        }
        return PruneAsync(new PruneRequest("apply") { Plan = plan.Result.Plan, GraceDays = graceDays }, progress, cancellation);
    }

    /// <summary>Puts back what was removed.</summary>
    /// <param name="paths">The folders.</param>
    /// <param name="cancellation">Ends the job.</param>
    /// <returns>What became of each file.</returns>
    public static Task<RemovalResult> UndoRemovalAsync(IReadOnlyList<string> paths, CancellationToken cancellation = default) =>
        PruneAsync(new PruneRequest("undo") { Paths = paths }, null, cancellation);

    internal static IAsyncEnumerable<T> List<T>(ServerHandle server, QueryRequest request, JsonTypeInfo<Page<T>> page, CancellationToken cancellation) =>
        Job.RowsAsync(JobKind.Query, server, JsonSerializer.SerializeToUtf8Bytes(request, WireJson.Default.QueryRequest), page, WireJson.Default.CountResult, null, null, cancellation);

    internal static IAsyncEnumerable<VerifyResult> Verify(ServerHandle server, VerifyRequest request, IProgress<JobProgress>? progress, CancellationToken cancellation)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(request, WireJson.Default.VerifyRequest);
        return Job.RowsAsync(JobKind.Verify, server, body, WireJson.Default.PageVerifyResult, WireJson.Default.CountResult, null, progress, cancellation);
    }

    private static async Task<RemovalResult> PruneAsync(PruneRequest request, IProgress<JobProgress>? progress, CancellationToken cancellation)
    {
        RemovalResult? result = null;
        var body = JsonSerializer.SerializeToUtf8Bytes(request, WireJson.Default.PruneRequest);
        var rows = Job.RowsAsync(
            JobKind.Prune, ServerHandle.None, body, WireJson.Default.PageRemovedFile, WireJson.Default.RemovalResult, end => result = end, progress, cancellation);
        var files = await AllAsync(rows).ConfigureAwait(false);
        return result! with { Files = files };
    }

    private static async Task<List<T>> AllAsync<T>(IAsyncEnumerable<T> rows)
    {
        var all = new List<T>();
        await foreach (var row in rows.ConfigureAwait(false))
        {
            all.Add(row);
        }
        return all;
    }
}
