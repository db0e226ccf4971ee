using System;
using System.Collections.Generic;
using System.Text.Json.Serialization;

namespace PGBackup;

/// <summary>Why a backup became one of another kind.</summary>
/// <param name="Code">One word for programs.</param>
/// <param name="Reason">The same for people.</param>
public sealed record Promotion(string Code, string Reason);

/// <summary>A backup that was made. Moments are UTC.</summary>
public sealed record BackupResult
{
    /// <summary>The server's own name.</summary>
    public string? Server { get; init; }

    /// <summary>The database.</summary>
    public required string Database { get; init; }

    /// <summary>The kind that was asked for.</summary>
    public required BackupType RequestedType { get; init; }

    /// <summary>The kind that was made.</summary>
    public required BackupType Type { get; init; }

    /// <summary>Why the two differ.</summary>
    public Promotion? Promoted { get; init; }

    /// <summary>The files, as the server sees them.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>The position in the file, from 1.</summary>
    public int? Position { get; init; }

    /// <summary>The identity of the set.</summary>
    public Guid? BackupSetGuid { get; init; }

    /// <summary>Where in the log it begins: decimal text, as SQL Server writes it.</summary>
    public string? FirstLsn { get; init; }

    /// <summary>Where in the log it ends.</summary>
    public string? LastLsn { get; init; }

    /// <summary>When it was begun.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it was finished.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>The same in the Persian calendar, by the server's clock.</summary>
    public string? FinishedAtPersian { get; init; }

    /// <summary>Bytes of the set.</summary>
    public long? BackupSize { get; init; }

    /// <summary>Bytes in the file.</summary>
    public long? CompressedBackupSize { get; init; }

    /// <summary>Pages of 8 KiB.</summary>
    public long? Pages { get; init; }

    /// <summary>How long it took.</summary>
    [JsonIgnore]
    public TimeSpan Duration => TimeSpan.FromMilliseconds(DurationMs);

    /// <summary>True if the server read it again and found it good; null if nobody asked.</summary>
    public bool? Verified { get; init; }

    /// <summary>What the server said, errors aside.</summary>
    public IReadOnlyList<ServerMessage>? Messages { get; init; }

    /// <summary>The T-SQL that ran.</summary>
    public IReadOnlyList<string>? Statements { get; init; }

    [JsonInclude]
    internal double DurationMs { get; init; }
}

/// <summary>The T-SQL of a backup or restore that was not run.</summary>
public sealed record Script
{
    /// <summary>The statements.</summary>
    public required IReadOnlyList<string> Statements { get; init; }

    /// <summary>What to know about them.</summary>
    public IReadOnlyList<string>? Notes { get; init; }

    /// <summary>All of it as one text, with comments.</summary>
    [JsonPropertyName("script")]
    public required string Text { get; init; }
}
