using System;
using System.Text.Json.Serialization;

namespace PGBackup;

/// <summary>How the connection to a server is encrypted.</summary>
[JsonConverter(typeof(WordConverter<Encryption>))]
public enum Encryption
{
    /// <summary>TLS, with a certificate that is checked. What is used if nothing is said.</summary>
    Mandatory,

    /// <summary>TLS before anything else (TDS 8, SQL Server 2022).</summary>
    Strict,

    /// <summary>As the server wishes.</summary>
    Optional,
}

/// <summary>A server and how to reach it. The password is never a part of it.</summary>
public sealed record ServerOptions
{
    /// <summary><c>host</c>, <c>host,port</c>, <c>host\instance</c> or <c>.</c>.</summary>
    [JsonPropertyName("server")]
    public string? ServerInstance { get; init; }

    /// <summary>The login; none for the account of this process. One with a backslash is a Windows account.</summary>
    public string? User { get; init; }

    /// <summary>How the connection is encrypted.</summary>
    public Encryption? Encrypt { get; init; }

    /// <summary>Takes any certificate: for a network that is itself trusted.</summary>
    public bool? TrustServerCertificate { get; init; }

    /// <summary>A PEM or DER file with the authority of the server's certificate.</summary>
    public string? CaFile { get; init; }

    /// <summary>The name in the certificate, where it is not the one used to connect.</summary>
    public string? HostNameInCertificate { get; init; }

    /// <summary>How long to wait for the connection.</summary>
    [JsonIgnore]
    public TimeSpan? ConnectTimeout { get; init; }

    /// <summary>What the server's list of sessions shows.</summary>
    public string? AppName { get; init; }

    /// <summary>An ADO.NET connection string in place of all the others. Its password is better given apart.</summary>
    public string? ConnectionString { get; init; }

    [JsonInclude]
    internal int V { get; } = 1;

    [JsonInclude]
    internal string? Auth => User == null ? null : User.IndexOf('\\') >= 0 ? "windows" : "sql";

    [JsonInclude]
    internal long? ConnectTimeoutMs => ConnectTimeout == null ? null : (long)ConnectTimeout.Value.TotalMilliseconds;
}
