using System.Collections.Generic;
using System.Text.Json.Serialization;

namespace PGBackup;

/// <summary>Which backups of some folders of this machine may go. What any rule keeps is kept, and whatever a kept set
/// needs; at least one rule is given.</summary>
public sealed record RemovalRequest
{
    /// <summary>The folders, with all folders below them.</summary>
    public required IReadOnlyList<string> Paths { get; init; }

    /// <summary>Whose backups, by their headers; all if it is left out.</summary>
    public string? Database { get; init; }

    /// <summary>Keeps what is younger.</summary>
    public int? OlderThanDays { get; init; }

    /// <summary>Keeps the newest so many fulls.</summary>
    public int? KeepLast { get; init; }

    /// <summary>Keeps one of each of the last so many days.</summary>
    public int? KeepDaily { get; init; }

    /// <summary>... weeks.</summary>
    public int? KeepWeekly { get; init; }

    /// <summary>... months.</summary>
    public int? KeepMonthly { get; init; }

    /// <summary>... years.</summary>
    public int? KeepYearly { get; init; }

    /// <summary>Keeps what is needed to restore any moment of so many days.</summary>
    public int? RecoveryWindowDays { get; init; }

    /// <summary>So many verified fulls of a database stay, whatever the rules say.</summary>
    public int? MinimumFulls { get; init; }

    /// <summary>Reads files first that nobody verified yet. Unverified sets do not count as backups.</summary>
    public bool? Verify { get; init; }

    [JsonInclude]
    internal int V { get; } = 1;

    [JsonInclude]
    internal string Kind { get; } = "removal";
}

internal sealed record PruneRequest(string Kind)
{
    public int V { get; } = 1;

    public string? Plan { get; init; }

    public int? GraceDays { get; init; }

    public IReadOnlyList<string>? Paths { get; init; }
}
