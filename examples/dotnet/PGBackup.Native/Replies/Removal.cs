using System.Collections.Generic;
using System.Text.Json.Serialization;

namespace PGBackup;

/// <summary>What happens to a file.</summary>
[JsonConverter(typeof(WordConverter<RemovalVerdict>))]
public enum RemovalVerdict
{
    /// <summary>It stays.</summary>
    Keep,

    /// <summary>It may go.</summary>
    Delete,
}

/// <summary>A file, its verdict and the reason.</summary>
public sealed record RemovalItem
{
    /// <summary>The file.</summary>
    public string? File { get; init; }

    /// <summary>What happens to it.</summary>
    public RemovalVerdict Verdict { get; init; }

    /// <summary>Why.</summary>
    public string? Reason { get; init; }

    /// <summary>Its bytes.</summary>
    public long? Size { get; init; }
}

internal sealed record RemovalPlanResult
{
    public long Keep { get; init; }

    public long Delete { get; init; }

    public long DeleteBytes { get; init; }

    public string? Refused { get; init; }

    public IReadOnlyList<string>? Unread { get; init; }

    public string? Text { get; init; }

    public string? Plan { get; init; }
}

/// <summary>A plan of a removal: what may go, and why. It counts on this machine, for 24 hours; before anything goes
/// everything is read and proven again.</summary>
public sealed class RemovalPlan
{
    internal RemovalPlan(IReadOnlyList<RemovalItem> items, RemovalPlanResult result)
    {
        Items = items;
        Result = result;
    }

    /// <summary>Each file with its verdict.</summary>
    public IReadOnlyList<RemovalItem> Items { get; }

    /// <summary>How many files stay.</summary>
    public long Keep => Result.Keep;

    /// <summary>How many files may go.</summary>
    public long Delete => Result.Delete;

    /// <summary>Their bytes.</summary>
    public long DeleteBytes => Result.DeleteBytes;

    /// <summary>Why nothing may go at all; null if that is not so.</summary>
    public string? Refused => Result.Refused;

    /// <summary>The plan in lines for people.</summary>
    public string Text => Result.Text ?? string.Empty;

    internal RemovalPlanResult Result { get; }
}

/// <summary>What became of a file of a removal, or of its undoing.</summary>
public sealed record RemovedFile
{
    /// <summary>The file.</summary>
    public string? File { get; init; }

    /// <summary><c>removed</c>, <c>kept</c>, <c>restored</c> or <c>deleted</c>.</summary>
    public string? State { get; init; }

    /// <summary>Why.</summary>
    public string? Reason { get; init; }

    /// <summary>Where it lies until it is deleted for good.</summary>
    public string? KeptAs { get; init; }
}

/// <summary>What a removal or its undoing came to.</summary>
public sealed record RemovalResult
{
    /// <summary>How many files were changed.</summary>
    public long Changed { get; init; }

    /// <summary>How many were to be changed and were not.</summary>
    public long Kept { get; init; }

    /// <summary>Bytes of those that were changed.</summary>
    public long Bytes { get; init; }

    /// <summary>Each file.</summary>
    [JsonIgnore]
    public IReadOnlyList<RemovedFile> Files { get; init; } = new List<RemovedFile>();
}
