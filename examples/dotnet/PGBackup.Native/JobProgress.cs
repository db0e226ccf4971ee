using System;
using System.Collections.Generic;
using System.Text.Json.Serialization;

namespace PGBackup;

/// <summary>The kinds of jobs: the middle of <c>pgb_..._start</c>.</summary>
public enum JobKind
{
    /// <summary>A backup.</summary>
    Backup,

    /// <summary>A restore.</summary>
    Restore,

    /// <summary>The repair of a database whose restore was broken off.</summary>
    Repair,

    /// <summary>A verification.</summary>
    Verify,

    /// <summary>A list.</summary>
    Query,

    /// <summary>A question about backups.</summary>
    Chain,

    /// <summary>A removal, its undoing, or a pinning.</summary>
    Prune,

    /// <summary>A restore test.</summary>
    RestoreTest,

    /// <summary>A stop, start or restart of services of this machine.</summary>
    Service,

    /// <summary>A run of a plan.</summary>
    PlanRun,

    /// <summary>A report.</summary>
    Report,
}

/// <summary>The states of a job, as <c>pgb_job_wait</c> tells them.</summary>
public enum JobState
{
    /// <summary>It runs, or its rows were not read yet.</summary>
    Running = 0,

    /// <summary>It ended well.</summary>
    Succeeded = 1,

    /// <summary>It failed.</summary>
    Failed = 2,

    /// <summary>It was cancelled.</summary>
    Cancelled = 3,
}

/// <summary>A message of a job.</summary>
/// <param name="Seq">Its place among the job's messages.</param>
/// <param name="Level"><c>info</c>, <c>warning</c> or <c>debug</c> (the T-SQL).</param>
/// <param name="Number">SQL Server's number for it.</param>
/// <param name="Text">What it says.</param>
public sealed record JobMessage(ulong Seq, string Level, int? Number, string Text);

/// <summary>How far a job is. Percent, bytes, rate and time left are those of the phase; null is "not known".</summary>
public sealed record JobProgress
{
    /// <summary>What it is doing, such as <c>backing_up</c>.</summary>
    public required string Phase { get; init; }

    /// <summary>0 to 100.</summary>
    public double? Percent { get; init; }

    /// <summary>Bytes so far.</summary>
    public long? BytesDone { get; init; }

    /// <summary>Bytes in all.</summary>
    public long? BytesTotal { get; init; }

    /// <summary>Bytes a second.</summary>
    public long? BytesPerSecond { get; init; }

    /// <summary>How long it will still take.</summary>
    public TimeSpan? TimeLeft { get; init; }

    /// <summary>How long it has taken.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>What was said since the last report.</summary>
    public required IReadOnlyList<JobMessage> Messages { get; init; }
}

internal sealed record JobStatus
{
    public string Phase { get; init; } = string.Empty;

    public double? Percent { get; init; }

    public long? BytesDone { get; init; }

    public long? BytesTotal { get; init; }

    public long? RateBytesPerSec { get; init; }

    public double? EtaMs { get; init; }

    public double ElapsedMs { get; init; }

    public IReadOnlyList<JobMessage> Messages { get; init; } = Array.Empty<JobMessage>();

    public ulong LastSeq { get; init; }

    internal JobProgress ToProgress() => new()
    {
        Phase = Phase,
        Percent = Percent,
        BytesDone = BytesDone,
        BytesTotal = BytesTotal,
        BytesPerSecond = RateBytesPerSec,
        TimeLeft = EtaMs == null ? null : TimeSpan.FromMilliseconds(EtaMs.Value),
        Elapsed = TimeSpan.FromMilliseconds(ElapsedMs),
        Messages = Messages,
    };
}
