using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace PGBackup.Tests;

/// <summary>Exceptions carry what the library and the server said.</summary>
internal static class Failures
{
    internal static async Task RunAsync(Place place)
    {
        using var server = place.Open();
        var failed = await Check.ThrowsAsync<PGBackupException>(() => server.BackupAsync(new BackupRequest { Database = "PayamGostar2", BackupFile = new[] { "Q:\\none\\x.bak" } }));
        Check.That(failed is { Error.Status: 22, Code: "media.file_not_found", Hint.Length: > 0 } && failed.Error.Target == "Q:\\none");

        var wish = new RestoreRequest { Database = "Never", Sources = new[] { new BackupSource($"{place.Folder}\\none.bak") } };
        failed = await Check.ThrowsAsync<PGBackupException>(() => server.RestoreAsync(wish));
        // 3013 never stands alone.
        Check.That(failed.ServerErrors.Select(said => said.Number).SequenceEqual(new[] { 3201, 3013 }));
        Check.That(failed.Report().Contains("SQL Server, message 3201", StringComparison.Ordinal) && failed.Report().Contains("what to do", StringComparison.Ordinal));

        failed = await Check.ThrowsAsync<PGBackupException>(() => server.BackupAsync(new BackupRequest { Database = "PayamGostar2" }));
        Check.That(failed.Error.Status == 3);

        using var stranger = PGServer.Open(new ServerOptions { ServerInstance = place.Server, User = "sa", TrustServerCertificate = true }, "hunter2");
        failed = await Check.ThrowsAsync<PGBackupException>(() => Check.AllAsync(stranger.ListDatabasesAsync()));
        Check.That(failed.Error.Status == 12 && failed.ServerErrors[0].Number == 18456 && !failed.ToString().Contains("hunter2", StringComparison.Ordinal));

        // A file that cannot be read is a row; the other files go on.
        var rows = await Check.AllAsync(server.ListSetsAsync(new[] { $"{place.Folder}\\none.bak" }));
        Check.That(rows.Count == 1 && rows[0].Error is { Server.Count: > 0 } && rows[0].BackupFile == $"{place.Folder}\\none.bak");

        failed = await Check.ThrowsAsync<PGBackupException>(() => Task.FromResult(Schedules.Describe(new Schedule("Asia/Tehran", new[] { new ScheduleLine(BackupType.Full, RunPattern.Daily("25:61")) }))));
        Check.That(failed.Error.Target!.EndsWith("at[0]", StringComparison.Ordinal) && failed.Hint!.Contains("02:30", StringComparison.Ordinal));

        var disposed = place.Open();
        disposed.Dispose();
        disposed.Dispose();
        await Check.ThrowsAsync<ObjectDisposedException>(() => disposed.BackupAsync(place.Full("never")));
    }
}

/// <summary>A cancellation ends the work on the server, and says so.</summary>
internal static class Cancelling
{
    internal static async Task RunAsync(Place place)
    {
        using var slow = Place.Open(place.Slow);
        using (var stop = new CancellationTokenSource())
        {
            var started = new TaskCompletionSource();
            var running = slow.BackupAsync(place.Full("cancelled"), new Seen(started, "backing_up"), stop.Token);
            await started.Task;
            await stop.CancelAsync();
            var ended = await Check.ThrowsAsync<OperationCanceledException>(() => running);
            Check.That(ended.CancellationToken == stop.Token && ended.InnerException is PGBackupException { Error.Status: 40 });
            await Check.ThrowsAsync<OperationCanceledException>(() => slow.BackupAsync(place.Full("never"), null, stop.Token));
        }
        // Nothing of it runs any more: another backup of the database is let in at once.
        Check.That((await slow.ScriptAsync(place.Full("free"))).Statements.Count > 0);

        // A reader that leaves early ends its job.
        using var server = place.Open();
        await server.BackupAsync(place.Full("early"));
        await foreach (var set in server.HistoryAsync())
        {
            Check.That(set.Error == null);
            break;
        }

        // Cancelling at any moment ends in a result, or in a cancellation; never in anything else.
        for (var delay = 0; delay < 20; delay++)
        {
            using var stop = new CancellationTokenSource(delay * 2);
            try
            {
                await Check.AllAsync(server.ListDatabasesAsync(null, stop.Token));
            }
            catch (OperationCanceledException ended)
            {
                Check.That(ended.CancellationToken == stop.Token);
            }
        }
    }

    private sealed class Seen(TaskCompletionSource reached, string phase) : IProgress<JobProgress>
    {
        public void Report(JobProgress value)
        {
            if (value.Phase == phase)
            {
                reached.TrySetResult();
            }
        }
    }
}
