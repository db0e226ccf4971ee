using System;
using System.Collections.Concurrent;
using System.Linq;
using System.Security;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;

namespace PGBackup.Tests;

/// <summary>Each request with every field set is one that the library takes: a wrong name would be refused.</summary>
internal static class Requests
{
    internal static async Task RunAsync(Place place)
    {
        using var server = PGServer.Open(new ServerOptions
        {
            ServerInstance = place.Server, User = "sa", Encrypt = Encryption.Mandatory, TrustServerCertificate = true,
            HostNameInCertificate = "localhost", ConnectTimeout = TimeSpan.FromSeconds(5), AppName = "all",
        }, "Sandbox!1");
        PGServer.Open(new ServerOptions { ConnectionString = "Server=.;User ID=sa" }, "x").Dispose();
        var full = new BackupRequest
        {
            Database = "PayamGostar2", Type = BackupType.Full, Destination = place.Folder, FileName = "{Database}_{Utc}", Stripes = 2,
            CopyOnly = true, Checksum = true, Compression = Compression.Off, Name = "n", Description = "\u067e\u0634\u062a\u06cc\u0628\u0627\u0646", Verify = true,
        };
        var script = await server.ScriptAsync(full);
        Check.That(script.Statements.Any(sql => sql.Contains("BACKUP DATABASE [PayamGostar2]", StringComparison.Ordinal)));
        Check.That(script.Text.Contains("N'\u067e\u0634\u062a\u06cc\u0628\u0627\u0646'", StringComparison.Ordinal));
        await server.ScriptAsync(new BackupRequest { Database = "PayamGostar2", Archive = true, Destination = place.Folder });
        // These are refused for what they ask, not for how: no field is unknown.
        var restore = new RestoreRequest
        {
            Database = "Copy", Sources = new[] { new BackupSource($"{place.Folder}\\none.bak", 1, Guid.NewGuid()) }, PointInTime = new DateTime(2026, 11, 20, 14, 30, 0),
            Replace = true, AllowOtherDatabase = true, Relocate = new System.Collections.Generic.Dictionary<string, string> { ["PayamGostar2"] = "D:\\Data\\c.mdf" },
            DataDirectory = "D:\\Data", LogDirectory = "E:\\Log", Recovery = Recovery.Standby, StandbyFile = "D:\\undo.tuf",
        };
        var refused = await Check.ThrowsAsync<PGBackupException>(() => server.ScriptAsync(restore));
        Check.That(refused.ServerErrors.Any(said => said.Number == 3201));
        refused = await Check.ThrowsAsync<PGBackupException>(() => server.ScriptAsync(restore with { Recovery = Recovery.NoRecovery }));
        Check.That(refused.Message.Contains("`standby_file` is for the recovery `standby`", StringComparison.Ordinal));
        var rules = new RemovalRequest
        {
            Paths = new[] { place.Files }, Database = "PayamGostar2", OlderThanDays = 1, KeepLast = 1, KeepDaily = 1, KeepWeekly = 1, KeepMonthly = 1, KeepYearly = 1,
            RecoveryWindowDays = 1, MinimumFulls = 1, Verify = false,
        };
        await BackupFiles.PlanRemovalAsync(rules);
        await Check.AllAsync(server.VerifyAsync(new VerifyRequest { Sources = new[] { new BackupSource($"{place.Folder}\\none.bak") } }));
        await Check.AllAsync(server.HistoryAsync(new[] { "PayamGostar2" }, 3));
        foreach (var pattern in new[]
                 {
                     RunPattern.Every(240, "02:30"), RunPattern.Daily("02:30"), RunPattern.Weekly(new[] { "Friday" }, "01:00"),
                     RunPattern.Monthly(new[] { "1", "Last", "First Friday" }, persian: true, "23:00"), RunPattern.Cron("30 2 * * SAT"),
                 })
        {
            var schedule = new Schedule("Asia/Tehran", new[] { new ScheduleLine(BackupType.Full, pattern) });
            Check.That(Schedules.Next(schedule, DateTimeOffset.UtcNow, 2).Count == 2);
        }
    }
}

/// <summary>Back up, list, verify, prune, restore, schedule: each answer is read as what it is.</summary>
internal static class Operations
{
    internal static async Task RunAsync(Place place)
    {
        Check.That(PGBackupLibrary.Version == "0.1.0");
        Check.That(PGBackupLibrary.Explain(3201) is { Known: true, OperatingSystem.Count: > 0 } && !PGBackupLibrary.Explain(1).Known);

        var password = new SecureString();
        foreach (var letter in Environment.GetEnvironmentVariable("PGB_TEST_PASSWORD") ?? "Sandbox!1")
        {
            password.AppendChar(letter);
        }
        using var server = PGServer.Open(new ServerOptions { ServerInstance = place.Server, User = "sa", TrustServerCertificate = true }, password);
        var reports = new ConcurrentQueue<JobProgress>();
        var before = DateTimeOffset.UtcNow.AddMinutes(-1);
        var archive = new BackupRequest { Database = "PayamGostar2", Destination = place.Folder, Archive = true, Type = BackupType.Differential };
        var first = await server.BackupAsync(archive, new Reports(reports));
        Check.That(first is { Type: BackupType.Full, RequestedType: BackupType.Differential, Promoted: not null, Position: 1, Pages: > 0 });
        Check.That(first.FinishedAt > before && first.FinishedAt <= DateTimeOffset.UtcNow.AddMinutes(1) && first.Duration > TimeSpan.Zero);
        Check.That(reports.SelectMany(report => report.Messages).Any(message => message.Level == "debug" && message.Text.Contains("BACKUP DATABASE", StringComparison.Ordinal)));
        Check.That(reports.SelectMany(report => report.Messages).Select(message => message.Seq).Distinct().Count() == reports.Sum(report => report.Messages.Count));
        var second = await server.BackupAsync(archive);
        Check.That(second is { Type: BackupType.Differential, Position: 2 } && second.Files[0] == first.Files[0]);

        var sets = await Check.AllAsync(server.ListSetsAsync(second.Files));
        Check.That(sets.Count == 2 && sets[1].BackupSetGuid == second.BackupSetGuid && sets[1].FirstLsn == second.FirstLsn && sets[1].Columns!.ContainsKey("Collation"));
        var here = await Check.AllAsync(BackupFiles.ListSetsAsync(new[] { place.Files }, recurse: true));
        Check.That(here.Any(set => set.BackupSetGuid == second.BackupSetGuid && set.Status == "complete" && set.BackupFinishDatePersian == sets[1].BackupFinishDatePersian));
        var file = here.First(set => set.BackupSetGuid == second.BackupSetGuid).BackupFile!;
        Check.That((await Check.AllAsync(BackupFiles.ListFilesAsync(file))).Count(row => row.Type == "L") == 1);
        Check.That((await Check.AllAsync(server.ListFilesAsync(second.Files[0], 2))).Exists(row => row.Type == "D"));
        var verdicts = await Check.AllAsync(BackupFiles.VerifyAsync(new VerifyRequest { Sources = new[] { new BackupSource(file) } }));
        Check.That(verdicts.Count == 2 && verdicts.All(verdict => verdict is { Verdict: Verdict.Sound, Findings.Count: 0, ProtectedShare: > 0.9 }));
        Check.That((await Check.AllAsync(server.ListDatabasesAsync())).Any(database => database is { Name: "PayamGostar2", State: "ONLINE", LastFullAt: not null }));

        var plan = await BackupFiles.PlanRemovalAsync(new RemovalRequest { Paths = new[] { place.Files }, KeepLast = 1 });
        Check.That(plan.Items.Count > 0 && plan.Keep + plan.Delete == plan.Items.Count && plan.Text.Length > 0);
        if (plan.Refused == null)
        {
            var gone = await BackupFiles.ApplyRemovalAsync(plan);
            Check.That(gone.Changed == plan.Delete);
            Check.That((await BackupFiles.UndoRemovalAsync(new[] { place.Files })).Changed == gone.Changed);
        }

        var restored = await server.RestoreAsync(new RestoreRequest { Database = "Copy of it", Sources = new[] { new BackupSource(second.Files[0], 2) } });
        Check.That(restored.Steps.Count == 2 && restored.Steps[0].Type == "full" && restored.RestoredToPersian == sets[1].BackupFinishDatePersian && restored.Files!.Count >= 2);

        var schedule = new Schedule("Asia/Tehran", new[] { new ScheduleLine(BackupType.Full, RunPattern.Daily("02:30")) });
        var now = new DateTimeOffset(2026, 11, 20, 11, 0, 0, TimeSpan.Zero);
        var next = Schedules.Next(schedule, now)[0];
        Check.That(next.At == new DateTimeOffset(2026, 11, 20, 23, 0, 0, TimeSpan.Zero) && next.Local.Offset == TimeSpan.FromMinutes(210) && next.Persian == "1405/08/30 02:30:00");
        Check.That(Schedules.Due(schedule, now, Array.Empty<ExistingBackup>()) is { Due: true, Runs.Count: 1 });
        Check.That(Schedules.Describe(schedule).Persian.Contains('\u0647', StringComparison.Ordinal));

        var raw = await PGBackupLibrary.RunAsync(JobKind.Chain, null, JsonSerializer.Serialize(new { v = 1, kind = "recovery_points", paths = new[] { place.Files } }));
        Check.That(raw.Result.GetProperty("kind").GetString() == "recovery_points" && raw.Rows.Count > 0);
    }

    private sealed class Reports(ConcurrentQueue<JobProgress> queue) : IProgress<JobProgress>
    {
        public void Report(JobProgress value) => queue.Enqueue(value);
    }
}
