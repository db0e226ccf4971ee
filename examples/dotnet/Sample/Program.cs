using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading;
using System.Threading.Tasks;
using PGBackup;

// What an admin's tool would do with PGBackup.Native. The login is taken from PGB_USER and PGB_PASSWORD.
const string Usage = """
    usage: Sample backup  SERVER DATABASE FOLDER           a full backup into the archive of the folder
           Sample list    FILE [SERVER]                    its backup sets; without a server the file is read here
           Sample prune   FOLDER KEEP_LAST                 which backups of a folder of this machine may go, and why
           Sample restore SERVER FILE POSITION DATABASE    a set, as a database of that name
           Sample next    [COUNT]                          the next runs of a schedule
    """;

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true; // the backup is ended on the server first
    stop.Cancel();
};
try
{
    return await RunAsync(args, stop.Token).ConfigureAwait(false);
}
catch (PGBackupException failed)
{
    Console.Error.WriteLine(failed.Report());
    return 1;
}
catch (OperationCanceledException stopped)
{
    Console.Error.WriteLine(stopped.InnerException is PGBackupException ended ? ended.Report() : "cancelled");
    return 3;
}

static Task<int> RunAsync(string[] args, CancellationToken stop) => args switch
{
    ["backup", var server, var database, var folder] => BackUpAsync(server, database, folder, stop),
    ["list", var file] => ListAsync(BackupFiles.ListSetsAsync(new[] { file }, cancellation: stop)),
    ["list", var file, var server] => ListOfServerAsync(server, file, stop),
    ["prune", var folder, var keep] when int.TryParse(keep, out var last) => PlanAsync(folder, last, stop),
    ["restore", var server, var file, var at, var database] when int.TryParse(at, out var position) => RestoreAsync(server, file, position, database, stop),
    ["next"] => Task.FromResult(Next(3)),
    ["next", var many] when int.TryParse(many, out var count) => Task.FromResult(Next(count)),
    _ => Task.FromResult(Explain()),
};

static int Explain()
{
    Console.Error.WriteLine(Usage);
    return 2;
}

static PGServer Connect(string server)
{
    var options = new ServerOptions { ServerInstance = server, User = Environment.GetEnvironmentVariable("PGB_USER"), AppName = "PGBackup sample" };
    return PGServer.Open(options, Environment.GetEnvironmentVariable("PGB_PASSWORD"));
}

static async Task<int> BackUpAsync(string server, string database, string folder, CancellationToken stop)
{
    using var connected = Connect(server);
    var request = new BackupRequest { Database = database, Destination = folder, Archive = true, Verify = true };
    var made = await connected.BackupAsync(request, new Bar(), stop).ConfigureAwait(false);
    Console.WriteLine($"backed up to {made.Files[0]}, position {made.Position}, {made.BackupSize} bytes, {made.FinishedAtPersian}");
    return 0;
}

static async Task<int> ListOfServerAsync(string server, string file, CancellationToken stop)
{
    using var connected = Connect(server);
    return await ListAsync(connected.ListSetsAsync(new[] { file }, stop)).ConfigureAwait(false);
}

static async Task<int> ListAsync(IAsyncEnumerable<BackupSet> sets)
{
    var unread = 0;
    await foreach (var set in sets.ConfigureAwait(false))
    {
        if (set.Error != null)
        {
            Console.Error.WriteLine($"{set.BackupFile}: {set.Error.Message}");
            unread++;
            continue;
        }
        // Dates for people; the invariant culture keeps them Gregorian under a Persian one.
        var date = set.BackupFinishDate?.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
        Console.WriteLine($"{set.Position,4}  {set.Type,-12}  {date}  {set.BackupFinishDatePersian}  {set.BackupSize,12}  {set.DatabaseName}");
    }
    return unread == 0 ? 0 : 1;
}

static async Task<int> PlanAsync(string folder, int last, CancellationToken stop)
{
    var plan = await BackupFiles.PlanRemovalAsync(new RemovalRequest { Paths = new[] { folder }, KeepLast = last }, new Bar(), stop).ConfigureAwait(false);
    foreach (var item in plan.Items)
    {
        Console.WriteLine($"{item.Verdict,-6}  {item.Size,12}  {item.File}  {item.Reason}");
    }
    Console.WriteLine(plan.Refused ?? $"{plan.Delete} files may go, {plan.Keep} stay. Nothing was removed.");
    return 0;
}

static async Task<int> RestoreAsync(string server, string file, int position, string database, CancellationToken stop)
{
    using var connected = Connect(server);
    var request = new RestoreRequest { Database = database, Sources = new[] { new BackupSource(file, position) } };
    var restored = await connected.RestoreAsync(request, new Bar(), stop).ConfigureAwait(false);
    foreach (var step in restored.Steps)
    {
        Console.WriteLine($"restored set {step.Position} ({step.Type}): {step.Reason}");
    }
    Console.WriteLine($"{restored.Database} is as it was at {restored.RestoredToPersian}");
    return 0;
}

static int Next(int count)
{
    var schedule = new Schedule("Asia/Tehran", new[]
    {
        new ScheduleLine(BackupType.Full, RunPattern.Weekly(new[] { "Saturday" }, "02:30")),
        new ScheduleLine(BackupType.Differential, RunPattern.Every(240, from: "02:30")),
    });
    Console.WriteLine(Schedules.Describe(schedule).English);
    foreach (var run in Schedules.Next(schedule, DateTimeOffset.UtcNow, count))
    {
        Console.WriteLine($"{run.Type,-12}  {run.Persian}  {run.Text}");
    }
    return 0;
}

/// <summary>A line of progress on a terminal; nothing where the output is a file.</summary>
file sealed class Bar : IProgress<JobProgress>
{
    private readonly object line = new();

    public void Report(JobProgress value)
    {
        if (Console.IsErrorRedirected)
        {
            return;
        }
        lock (line)
        {
            var share = value.Percent is { } percent ? $"{percent,3:0} %" : string.Empty;
            Console.Error.Write($"\r\u001b[K{value.Phase} {share} {value.TimeLeft:hh\\:mm\\:ss}");
            foreach (var message in value.Messages)
            {
                if (message.Level == "warning")
                {
                    Console.Error.WriteLine($"\r\u001b[K{message.Text}");
                }
            }
        }
    }
}
