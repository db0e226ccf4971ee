using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Tasks;

namespace PGBackup.Tests;

/// <summary>What the checks work on; the login is that of the sandbox or of PGB_TEST_USER.</summary>
internal sealed record Place(string Server, string Slow, string Folder, string Files)
{
    internal static PGServer Open(string server)
    {
        var user = Environment.GetEnvironmentVariable("PGB_TEST_USER") ?? "sa";
        var options = new ServerOptions { ServerInstance = server, User = user, TrustServerCertificate = true, AppName = "PGBackup checks" };
        return PGServer.Open(options, Environment.GetEnvironmentVariable("PGB_TEST_PASSWORD") ?? "Sandbox!1");
    }

    internal PGServer Open() => Open(Server);

    /// <summary>A full backup into a file of its own, outside the chain.</summary>
    internal BackupRequest Full(string name) =>
        new() { Database = "PayamGostar2", BackupFile = new[] { $"{Folder}\\{name}.bak" }, CopyOnly = true };
}

internal static class Check
{
    internal static void That([DoesNotReturnIf(false)] bool condition, [CallerArgumentExpression(nameof(condition))] string? what = null)
    {
        if (!condition)
        {
            throw new InvalidOperationException($"not so: {what}");
        }
    }

    /// <summary>The exception that work must end with.</summary>
    internal static async Task<T> ThrowsAsync<T>(Func<Task> work)
        where T : Exception
    {
        try
        {
            await work();
        }
        catch (T thrown)
        {
            return thrown;
        }
        throw new InvalidOperationException($"no {typeof(T).Name} was thrown");
    }

    internal static async Task<List<T>> AllAsync<T>(IAsyncEnumerable<T> rows)
    {
        var all = new List<T>();
        await foreach (var row in rows)
        {
            all.Add(row);
        }
        return all;
    }
}
