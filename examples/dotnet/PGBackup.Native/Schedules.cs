using System;
using System.Collections.Generic;
using System.Text.Json;
using PGBackup.Interop;

namespace PGBackup;

/// <summary>Questions about schedules: no server, no file and no clock is in them. They do not wait.</summary>
public static class Schedules
{
    /// <summary>Says a schedule in words.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <returns>In English and Persian.</returns>
    /// <exception cref="PGBackupException">The schedule makes no sense; the hint shows a right example.</exception>
    public static ScheduleWords Describe(Schedule schedule) =>
        JsonSerializer.Deserialize(Ask(new ScheduleQuestion("describe", schedule)), WireJson.Default.ScheduleWords)!;

    /// <summary>Tells the next runs.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="now">The moment after which they are.</param>
    /// <param name="count">How many, at most 10000.</param>
    /// <param name="backups">The backups that exist.</param>
    /// <returns>The runs, in order.</returns>
    /// <exception cref="PGBackupException">The schedule makes no sense.</exception>
    public static IReadOnlyList<ScheduleTime> Next(Schedule schedule, DateTimeOffset now, int count = 1, IReadOnlyList<ExistingBackup>? backups = null) =>
        JsonSerializer.Deserialize(Ask(new ScheduleQuestion("next", schedule) { Now = now, Count = count, Backups = backups }), WireJson.Default.ScheduleTimes)!.Items;

    /// <summary>Tells what is due.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="now">The moment of the question.</param>
    /// <param name="backups">The backups that exist.</param>
    /// <returns>What is due, and what comes next.</returns>
    /// <exception cref="PGBackupException">The schedule makes no sense.</exception>
    public static DueAnswer Due(Schedule schedule, DateTimeOffset now, IReadOnlyList<ExistingBackup>? backups = null) =>
        JsonSerializer.Deserialize(Ask(new ScheduleQuestion("due", schedule) { Now = now, Backups = backups }), WireJson.Default.DueAnswer)!;

    private static byte[] Ask(ScheduleQuestion question) =>
        Native.AskSchedule(JsonSerializer.SerializeToUtf8Bytes(question, WireJson.Default.ScheduleQuestion));
}
