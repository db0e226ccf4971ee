using System;
using System.Collections.Generic;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace PGBackup;

/// <summary>The library's JSON: names in snake_case, what is not given is left out.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PGBackupError))]
[JsonSerializable(typeof(JobStatus))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(Page<JsonElement>))]
[JsonSerializable(typeof(Page<BackupSet>))]
[JsonSerializable(typeof(Page<DatabaseFile>))]
[JsonSerializable(typeof(Page<DatabaseInfo>))]
[JsonSerializable(typeof(Page<VerifyResult>))]
[JsonSerializable(typeof(Page<RemovalItem>))]
[JsonSerializable(typeof(Page<RemovedFile>))]
[JsonSerializable(typeof(ServerOptions))]
[JsonSerializable(typeof(BackupRequest))]
[JsonSerializable(typeof(BackupResult))]
[JsonSerializable(typeof(RestoreRequest))]
[JsonSerializable(typeof(RestoreResult))]
[JsonSerializable(typeof(Script))]
[JsonSerializable(typeof(VerifyRequest))]
[JsonSerializable(typeof(QueryRequest))]
[JsonSerializable(typeof(CountResult))]
[JsonSerializable(typeof(RemovalRequest))]
[JsonSerializable(typeof(RemovalPlanResult))]
[JsonSerializable(typeof(PruneRequest))]
[JsonSerializable(typeof(RemovalResult))]
[JsonSerializable(typeof(ScheduleQuestion))]
[JsonSerializable(typeof(ScheduleTimes))]
[JsonSerializable(typeof(DueAnswer))]
[JsonSerializable(typeof(ScheduleWords))]
[JsonSerializable(typeof(ErrorHelp))]
internal sealed partial class WireJson : JsonSerializerContext
{
}

/// <summary>Words of the library for members of an enum: <c>Full</c> is <c>full</c>.</summary>
internal sealed class WordConverter<T> : JsonStringEnumConverter<T>
    where T : struct, Enum
{
    public WordConverter() : base(new LowerCase(), allowIntegerValues: false) { }

    private sealed class LowerCase : JsonNamingPolicy
    {
#pragma warning disable CA1308 // The words are lower-case.
        public override string ConvertName(string name) => name.ToLowerInvariant();
#pragma warning restore CA1308
    }
}

/// <summary>Rows of a job.</summary>
internal sealed record Page<T>(IReadOnlyList<T> Items, bool Done);

/// <summary>The result of a job whose rows are the answer.</summary>
internal sealed record CountResult(string Kind, long Count);
