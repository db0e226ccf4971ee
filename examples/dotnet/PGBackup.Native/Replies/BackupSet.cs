using System;
using System.Collections.Generic;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace PGBackup;

/// <summary>A backup set in a file: a row of RESTORE HEADERONLY. Dates are by the clock of the server that made it. A
/// column that has no property here is in <see cref="Columns"/>.</summary>
public sealed record BackupSet
{
    /// <summary>The file.</summary>
    [JsonPropertyName("BackupFile")]
    public string? BackupFile { get; init; }

    /// <summary>The position in the file, from 1.</summary>
    [JsonPropertyName("Position")]
    public int Position { get; init; }

    /// <summary>The kind, such as <c>full</c>.</summary>
    [JsonPropertyName("BackupTypeName")]
    public string? Type { get; init; }

    /// <summary>The database it is of.</summary>
    [JsonPropertyName("DatabaseName")]
    public string? DatabaseName { get; init; }

    /// <summary>The server it was made on.</summary>
    [JsonPropertyName("ServerName")]
    public string? ServerName { get; init; }

    /// <summary>When it was begun.</summary>
    [JsonPropertyName("BackupStartDate")]
    public DateTime? BackupStartDate { get; init; }

    /// <summary>When it was finished.</summary>
    [JsonPropertyName("BackupFinishDate")]
    public DateTime? BackupFinishDate { get; init; }

    /// <summary>The same in the Persian calendar.</summary>
    [JsonPropertyName("BackupFinishDatePersian")]
    public string? BackupFinishDatePersian { get; init; }

    /// <summary>Bytes of the set.</summary>
    [JsonPropertyName("BackupSize")]
    public long? BackupSize { get; init; }

    /// <summary>Where in the log it begins.</summary>
    [JsonPropertyName("FirstLSN")]
    public string? FirstLsn { get; init; }

    /// <summary>Where in the log it ends.</summary>
    [JsonPropertyName("LastLSN")]
    public string? LastLsn { get; init; }

    /// <summary>Its identity.</summary>
    [JsonPropertyName("BackupSetGUID")]
    public Guid? BackupSetGuid { get; init; }

    /// <summary>Whether it is outside the chain.</summary>
    [JsonPropertyName("IsCopyOnly")]
    public bool? IsCopyOnly { get; init; }

    /// <summary><c>complete</c> or <c>incomplete</c>; null where the server was asked.</summary>
    [JsonPropertyName("Status")]
    public string? Status { get; init; }

    /// <summary>Why the file could not be read; then nothing else is known but its name.</summary>
    [JsonPropertyName("error")]
    public PGBackupError? Error { get; init; }

    /// <summary>The other columns, by SQL Server's names.</summary>
    [JsonExtensionData]
    [JsonInclude]
    public Dictionary<string, JsonElement>? Columns { get; internal set; }
}

/// <summary>A file of a database in a backup set: a row of RESTORE FILELISTONLY.</summary>
public sealed record DatabaseFile
{
    /// <summary>Its name in the database.</summary>
    [JsonPropertyName("LogicalName")]
    public string? LogicalName { get; init; }

    /// <summary>Where it was.</summary>
    [JsonPropertyName("PhysicalName")]
    public string? PhysicalName { get; init; }

    /// <summary><c>D</c> for data, <c>L</c> for the log.</summary>
    [JsonPropertyName("Type")]
    public string? Type { get; init; }

    /// <summary>Bytes.</summary>
    [JsonPropertyName("Size")]
    public long? Size { get; init; }

    /// <summary>Why the backup could not be read.</summary>
    [JsonPropertyName("error")]
    public PGBackupError? Error { get; init; }

    /// <summary>The other columns, by SQL Server's names.</summary>
    [JsonExtensionData]
    [JsonInclude]
    public Dictionary<string, JsonElement>? Columns { get; internal set; }
}

/// <summary>A database of a server. Dates are by the server's clock.</summary>
public sealed record DatabaseInfo
{
    /// <summary>Its name.</summary>
    public string? Name { get; init; }

    /// <summary>Its state, such as <c>ONLINE</c>.</summary>
    public string? State { get; init; }

    /// <summary>Its recovery model, such as <c>FULL</c>.</summary>
    public string? RecoveryModel { get; init; }

    /// <summary>Bytes of its data files.</summary>
    public long? SizeBytes { get; init; }

    /// <summary>When its last full backup was made.</summary>
    public DateTime? LastFullAt { get; init; }

    /// <summary>When its last differential was made.</summary>
    public DateTime? LastDifferentialAt { get; init; }

    /// <summary>When its last log backup was made.</summary>
    public DateTime? LastLogAt { get; init; }
}
