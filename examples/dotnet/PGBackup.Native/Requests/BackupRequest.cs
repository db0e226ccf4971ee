using System.Collections.Generic;
using System.Text.Json.Serialization;

namespace PGBackup;

/// <summary>What a backup holds.</summary>
[JsonConverter(typeof(WordConverter<BackupType>))]
public enum BackupType
{
    /// <summary>Everything.</summary>
    Full,

    /// <summary>What changed since the last full.</summary>
    Differential,

    /// <summary>The transaction log.</summary>
    Log,
}

/// <summary>Whether SQL Server compresses a backup.</summary>
[JsonConverter(typeof(WordConverter<Compression>))]
public enum Compression
{
    /// <summary>As the server is set.</summary>
    Default,

    /// <summary>Yes.</summary>
    On,

    /// <summary>No.</summary>
    Off,
}

/// <summary>A backup to make. Exactly one of <see cref="Destination"/> and <see cref="BackupFile"/> is given; both are
/// paths as the server sees them.</summary>
public sealed record BackupRequest
{
    /// <summary>The database.</summary>
    public required string Database { get; init; }

    /// <summary>What it holds. A differential without a base becomes a full, and the result says why.</summary>
    public BackupType Type { get; init; }

    /// <summary>A folder: a new file a run, or the archive in it.</summary>
    public string? Destination { get; init; }

    /// <summary>A file that must not exist yet; several share the backup between them (stripes).</summary>
    public IReadOnlyList<string>? BackupFile { get; init; }

    /// <summary>Appends to one file: a full first, then differentials.</summary>
    public bool? Archive { get; init; }

    /// <summary>The template of names in the folder, such as <c>{Database}_{Type}_{Utc}</c>.</summary>
    public string? FileName { get; init; }

    /// <summary>Files to spread it over, in the folder.</summary>
    public int? Stripes { get; init; }

    /// <summary>Leaves the chain of backups alone.</summary>
    public bool? CopyOnly { get; init; }

    /// <summary>Checksums; on if nothing is said.</summary>
    public bool? Checksum { get; init; }

    /// <summary>Whether it is compressed.</summary>
    public Compression? Compression { get; init; }

    /// <summary>The name of the set.</summary>
    public string? Name { get; init; }

    /// <summary>The description of the set.</summary>
    public string? Description { get; init; }

    /// <summary>Has the server read it again afterwards.</summary>
    public bool? Verify { get; init; }

    [JsonInclude]
    internal int V { get; } = 1;

    [JsonInclude]
    internal bool? DryRun { get; init; }
}
