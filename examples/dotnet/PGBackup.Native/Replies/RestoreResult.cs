using System;
using System.Collections.Generic;
using System.Text.Json.Serialization;

namespace PGBackup;

/// <summary>One backup set that was restored.</summary>
public sealed record RestoreStep
{
    /// <summary>Its files.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>Its position in them.</summary>
    public int? Position { get; init; }

    /// <summary>Its kind, such as <c>full</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The moment at which the restore stopped in it.</summary>
    public DateTime? StopAt { get; init; }

    /// <summary>Why it is part of the restore.</summary>
    public required string Reason { get; init; }
}

/// <summary>A file of the database.</summary>
/// <param name="LogicalName">Its name in the database.</param>
/// <param name="PhysicalName">Its path.</param>
public sealed record RestoredFile(string LogicalName, string PhysicalName);

/// <summary>A restore that was done.</summary>
public sealed record RestoreResult
{
    /// <summary>The database.</summary>
    public required string Database { get; init; }

    /// <summary>What was restored, in order.</summary>
    public required IReadOnlyList<RestoreStep> Steps { get; init; }

    /// <summary>Where the database's files are.</summary>
    public IReadOnlyList<RestoredFile>? Files { get; init; }

    /// <summary>What to know about it.</summary>
    public IReadOnlyList<string>? Notes { get; init; }

    /// <summary>The moment whose state it has, by the server's clock.</summary>
    public DateTime? RestoredTo { get; init; }

    /// <summary>The same in the Persian calendar.</summary>
    public string? RestoredToPersian { get; init; }

    /// <summary>How long it took.</summary>
    [JsonIgnore]
    public TimeSpan Duration => TimeSpan.FromMilliseconds(DurationMs);

    /// <summary>What the server said, errors aside.</summary>
    public IReadOnlyList<ServerMessage>? Messages { get; init; }

    /// <summary>The T-SQL that ran.</summary>
    public IReadOnlyList<string>? Statements { get; init; }

    [JsonInclude]
    internal double DurationMs { get; init; }
}

/// <summary>What a verification says about a set.</summary>
[JsonConverter(typeof(WordConverter<Verdict>))]
public enum Verdict
{
    /// <summary>Whole, as far as it can be told.</summary>
    Sound,

    /// <summary>Readable, but without checksums damage would not be seen.</summary>
    Unprotected,

    /// <summary>Damaged.</summary>
    Damaged,

    /// <summary>Interrupted while it was made.</summary>
    Incomplete,
}

/// <summary>Something that a verification found.</summary>
public sealed record Finding
{
    /// <summary><c>suspect</c>, <c>incomplete</c> or <c>damage</c>.</summary>
    public required string Severity { get; init; }

    /// <summary>What it is, and where.</summary>
    public required string What { get; init; }

    /// <summary>What it proves.</summary>
    public string? Proves { get; init; }

    /// <summary>The byte in the file.</summary>
    public long? Offset { get; init; }
}

/// <summary>The verdict on one backup set, or on a part of a file that is none.</summary>
public sealed record VerifyResult
{
    /// <summary>The file.</summary>
    public string? File { get; init; }

    /// <summary>The position of the set; null for what is wrong outside any set.</summary>
    public int? Position { get; init; }

    /// <summary>The database it is of.</summary>
    public string? Database { get; init; }

    /// <summary>The verdict; null for a file that could not be looked at.</summary>
    public Verdict? Verdict { get; init; }

    /// <summary>How much of it a checksum protects, 0 to 1; null where the server verified.</summary>
    public double? ProtectedShare { get; init; }

    /// <summary>What was found.</summary>
    public IReadOnlyList<Finding>? Findings { get; init; }

    /// <summary>Why the file could not be looked at.</summary>
    public PGBackupError? Error { get; init; }
}
