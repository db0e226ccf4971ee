using System;
using System.Collections.Generic;
using System.Text.Json.Serialization;

namespace PGBackup;

/// <summary>When something happens. Made by the methods here.</summary>
public sealed record RunPattern
{
    private RunPattern(string kind) => Kind = kind;

    /// <summary>The kind of pattern.</summary>
    public string Kind { get; }

    /// <summary>Minutes between two runs.</summary>
    public int? Minutes { get; init; }

    /// <summary>Hours in which runs happen, such as <c>08:00-20:00</c>.</summary>
    public string? Window { get; init; }

    /// <summary>The time of day from which minutes are counted.</summary>
    public string? From { get; init; }

    /// <summary>Times of day, such as <c>02:30</c>.</summary>
    public IReadOnlyList<string>? At { get; init; }

    /// <summary>Days of the week, or of the month.</summary>
    public IReadOnlyList<string>? Days { get; init; }

    /// <summary>Whose months: <c>gregorian</c> or <c>persian</c>.</summary>
    public string? Calendar { get; init; }

    /// <summary>Five fields of cron.</summary>
    [JsonPropertyName("cron")]
    public string? CronText { get; init; }

    /// <summary>Every so many minutes.</summary>
    /// <param name="minutes">Minutes between two runs.</param>
    /// <param name="from">The time of day from which they are counted.</param>
    /// <returns>The pattern.</returns>
    public static RunPattern Every(int minutes, string? from = null) => new("every") { Minutes = minutes, From = from };

    /// <summary>Each day.</summary>
    /// <param name="at">Times of day.</param>
    /// <returns>The pattern.</returns>
    public static RunPattern Daily(params string[] at) => new("daily") { At = at };

    /// <summary>On days of the week.</summary>
    /// <param name="days">Their English names, or the first three letters.</param>
    /// <param name="at">Times of day.</param>
    /// <returns>The pattern.</returns>
    public static RunPattern Weekly(IReadOnlyList<string> days, params string[] at) => new("weekly") { Days = days, At = at };

    /// <summary>On days of the month.</summary>
    /// <param name="days">Numbers, <c>Last</c>, or words such as <c>First Friday</c>.</param>
    /// <param name="persian">Whether the months are those of the Persian calendar.</param>
    /// <param name="at">Times of day.</param>
    /// <returns>The pattern.</returns>
    public static RunPattern Monthly(IReadOnlyList<string> days, bool persian, params string[] at) =>
        new("monthly") { Days = days, At = at, Calendar = persian ? "persian" : "gregorian" };

    /// <summary>As cron has it.</summary>
    /// <param name="text">Five fields, such as <c>30 2 * * SAT</c>.</param>
    /// <returns>The pattern.</returns>
    public static RunPattern Cron(string text) => new("cron") { CronText = text };
}

/// <summary>One kind of backup and when it is made.</summary>
/// <param name="Type">The kind.</param>
/// <param name="When">When.</param>
public sealed record ScheduleLine(BackupType Type, RunPattern When);

/// <summary>A schedule: several lines side by side.</summary>
/// <param name="Zone">The time zone of its times, by its IANA or Windows name.</param>
/// <param name="Lines">The lines.</param>
public sealed record Schedule(string Zone, IReadOnlyList<ScheduleLine> Lines);

/// <summary>A backup that exists, by when it was begun.</summary>
/// <param name="Type">Its kind.</param>
/// <param name="At">When it was begun.</param>
public sealed record ExistingBackup(BackupType Type, DateTimeOffset At);

internal sealed record ScheduleQuestion(string Kind, Schedule Schedule)
{
    public int V { get; } = 1;

    public DateTimeOffset? Now { get; init; }

    public int? Count { get; init; }

    public IReadOnlyList<ExistingBackup>? Backups { get; init; }
}
