using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace PGBackup.Tests;

/// <summary>Much at once, an eager collector, and ten thousand calls.</summary>
internal static class Stress
{
    private static readonly Schedule Weekly = new("Asia/Tehran", new[] { new ScheduleLine(BackupType.Full, RunPattern.Weekly(new[] { "Saturday" }, "02:30")) });

    /// <summary>Jobs of many tasks on one server handle, which is let go of while they run.</summary>
    internal static async Task TogetherAsync(Place place)
    {
        var server = place.Open();
        var reading = Enumerable.Range(0, 40).Select(_ => Check.AllAsync(server.ListDatabasesAsync())).ToList();
        var writing = Enumerable.Range(0, 4).Select(number => server.BackupAsync(place.Full($"together{number}"))).ToList();
        server.Dispose();
        var lists = await Task.WhenAll(reading);
        Check.That(lists.All(list => list.Any(database => database.Name == "PayamGostar2")));
        var backups = await Task.WhenAll(writing);
        Check.That(backups.Select(backup => backup.BackupSetGuid).Distinct().Count() == 4);
    }

    /// <summary>Everything that nobody holds is collected and finalised all the time.</summary>
    internal static async Task CollectorAsync(Place place)
    {
        using var stop = new CancellationTokenSource();
        var collector = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        });
        collector.Start();
        for (var round = 0; round < 25; round++)
        {
            Forget(place);
            using var server = place.Open();
            var work = new[] { Check.AllAsync(server.ListDatabasesAsync()), Check.AllAsync(server.ListDatabasesAsync()) };
            Check.That((await Task.WhenAll(work)).All(list => list.Count > 3));
            Check.That(Schedules.Next(Weekly, DateTimeOffset.UtcNow, 50).Count == 50);
        }
        await stop.CancelAsync();
        collector.Join();
    }

    /// <summary>A server and a job that nobody disposes of: the finalizers free them.</summary>
    private static void Forget(Place place)
    {
        var rows = place.Open().ListDatabasesAsync().GetAsyncEnumerator();
        _ = rows.MoveNextAsync().AsTask();
    }

    /// <summary>Ten thousand calls and more: memory stays where it was.</summary>
    internal static async Task MemoryAsync(Place place)
    {
        using (var server = place.Open())
        {
            await server.BackupAsync(place.Full("memory"));
        }
        var file = Directory.EnumerateFiles(place.Files, "*", SearchOption.AllDirectories).First(path => path.EndsWith(".bak", StringComparison.Ordinal));
        await RoundsAsync(place, file, 500);
        var before = Resident();
        await RoundsAsync(place, file, 2500);
        var grown = Resident() - before;
        // A leak of one text a round would be 25 MB.
        Check.That(grown < 8 << 20, $"memory grew by {grown} bytes over 2,500 rounds of five calls");
    }

    private static async Task RoundsAsync(Place place, string file, int rounds)
    {
        for (var round = 0; round < rounds; round++)
        {
            Check.That(Schedules.Next(Weekly, DateTimeOffset.UnixEpoch, 50).Count == 50);
            Check.That(PGBackupLibrary.Explain(18456).Known);
            place.Open().Dispose();
            Check.That((await Check.AllAsync(BackupFiles.ListFilesAsync(file))).Count > 0);
            try
            {
                Schedules.Describe(Weekly with { Zone = "Nowhere" });
                Check.That(false);
            }
            catch (PGBackupException refused)
            {
                Check.That(refused.Error.Status == 3);
            }
        }
    }

    private static long Resident()
    {
        for (var time = 0; time < 3; time++)
        {
            GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }
        var pages = File.ReadAllText("/proc/self/statm").Split(' ')[1];
        return long.Parse(pages, CultureInfo.InvariantCulture) * Environment.SystemPageSize;
    }
}
