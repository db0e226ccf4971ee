using System;
using System.Collections.Generic;

namespace PGBackup;

/// <summary>A run to come.</summary>
public record ScheduleTime
{
    /// <summary>What it makes.</summary>
    public BackupType Type { get; init; }

    /// <summary>When, in UTC.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>When, by the clock of the schedule's zone.</summary>
    public DateTimeOffset Local { get; init; }

    /// <summary>The same in the Persian calendar.</summary>
    public string? Persian { get; init; }

    /// <summary>The same in English words.</summary>
    public string? Text { get; init; }

    /// <summary>The same in Persian words.</summary>
    public string? PersianText { get; init; }
}

/// <summary>Why a run is due.</summary>
/// <param name="Code"><c>scheduled</c>, <c>count_reached</c> or <c>no_full</c>.</param>
/// <param name="Text">The same for people.</param>
public sealed record DueReason(string Code, string Text);

/// <summary>A run that is due.</summary>
public sealed record DueRun : ScheduleTime
{
    /// <summary>Why.</summary>
    public DueReason? Reason { get; init; }

    /// <summary>Whether it is later than the schedule allows.</summary>
    public bool Overdue { get; init; }
}

/// <summary>What is due.</summary>
public sealed record DueAnswer
{
    /// <summary>Whether anything is.</summary>
    public bool Due { get; init; }

    /// <summary>Whether anything is overdue.</summary>
    public bool Overdue { get; init; }

    /// <summary>What is due, in order.</summary>
    public IReadOnlyList<DueRun>? Runs { get; init; }

    /// <summary>The next run after those.</summary>
    public ScheduleTime? Next { get; init; }
}

/// <summary>A schedule in words.</summary>
/// <param name="English">In English.</param>
/// <param name="Persian">In Persian.</param>
public sealed record ScheduleWords(string English, string Persian);

internal sealed record ScheduleTimes(IReadOnlyList<ScheduleTime> Items);

/// <summary>An error number of the operating system that SQL Server passes on.</summary>
/// <param name="Number">The number.</param>
/// <param name="Cause">What lies behind it.</param>
/// <param name="Next">What to do.</param>
public sealed record SystemErrorHelp(int Number, string Cause, string Next);

/// <summary>What an error number of SQL Server means.</summary>
public sealed record ErrorHelp
{
    /// <summary>The number.</summary>
    public long Number { get; init; }

    /// <summary>Whether it is known; if not, nothing else is told.</summary>
    public bool Known { get; init; }

    /// <summary>The word that errors with this number have.</summary>
    public string? Code { get; init; }

    /// <summary>Whether the same call may succeed later.</summary>
    public bool Retryable { get; init; }

    /// <summary>What usually lies behind it.</summary>
    public string? Cause { get; init; }

    /// <summary>What to do.</summary>
    public string? Next { get; init; }

    /// <summary>The operating system's numbers that it carries in its text.</summary>
    public IReadOnlyList<SystemErrorHelp>? OperatingSystem { get; init; }
}
