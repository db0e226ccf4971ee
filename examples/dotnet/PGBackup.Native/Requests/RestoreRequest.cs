using System;
using System.Collections.Generic;
using System.Text.Json.Serialization;

namespace PGBackup;

/// <summary>What a database is after a restore.</summary>
[JsonConverter(typeof(WordConverter<Recovery>))]
public enum Recovery
{
    /// <summary>In use.</summary>
    Recovery,

    /// <summary>Waiting for further backups.</summary>
    NoRecovery,

    /// <summary>Waiting, and to be read meanwhile.</summary>
    Standby,
}

/// <summary>A file with backup sets, and which of them is meant.</summary>
/// <param name="File">Its path, on the machine that reads it.</param>
/// <param name="Position">The position in the file, from 1; all sets if it is left out.</param>
/// <param name="BackupSetGuid">The identity of the set.</param>
public sealed record BackupSource(string File, int? Position = null, Guid? BackupSetGuid = null);

/// <summary>A restore. What the wanted set builds on is looked for in all of <see cref="Sources"/>.</summary>
public sealed record RestoreRequest
{
    /// <summary>The database to make or overwrite.</summary>
    public required string Database { get; init; }

    /// <summary>The files, as the server sees them. None recovers a database that waits for backups.</summary>
    public required IReadOnlyList<BackupSource> Sources { get; init; }

    /// <summary>The moment to stop at, by the server's clock.</summary>
    public DateTime? PointInTime { get; init; }

    /// <summary>The wish to overwrite an existing database.</summary>
    public bool? Replace { get; init; }

    /// <summary>... with the backup of another database.</summary>
    public bool? AllowOtherDatabase { get; init; }

    /// <summary>Places of files, by their logical names.</summary>
    public IReadOnlyDictionary<string, string>? Relocate { get; init; }

    /// <summary>The folder for data files.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>The folder for log files.</summary>
    public string? LogDirectory { get; init; }

    /// <summary>What the database is afterwards.</summary>
    public Recovery? Recovery { get; init; }

    /// <summary>The undo file of <see cref="Recovery.Standby"/>.</summary>
    public string? StandbyFile { get; init; }

    [JsonInclude]
    internal int V { get; } = 1;

    [JsonInclude]
    internal bool? DryRun { get; init; }
}

/// <summary>A verification of backup sets.</summary>
public sealed record VerifyRequest
{
    /// <summary>The files; without a server also folders and patterns.</summary>
    public required IReadOnlyList<BackupSource> Sources { get; init; }

    /// <summary>The structure only, not the pages; not with a server.</summary>
    public bool? Quick { get; init; }

    [JsonInclude]
    internal int V { get; } = 1;
}

/// <summary>A question that is answered in rows.</summary>
internal sealed record QueryRequest(string Kind)
{
    public int V { get; } = 1;

    public IReadOnlyList<string>? Files { get; init; }

    public string? File { get; init; }

    public int? Position { get; init; }

    public IReadOnlyList<string>? Names { get; init; }

    public bool? Recurse { get; init; }

    public int? Last { get; init; }
}
