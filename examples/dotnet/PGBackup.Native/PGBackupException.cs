using System;
using System.Collections.Generic;
using System.Text;
using System.Text.Json.Serialization;

namespace PGBackup;

/// <summary>One error or message of SQL Server. Of every error of a statement but the first the server's driver tells
/// number and text only.</summary>
/// <param name="Number">Its number, such as 3201.</param>
/// <param name="Severity">Its severity; 11 and above are errors.</param>
/// <param name="State">Its state.</param>
/// <param name="Line">Its line in the statement.</param>
/// <param name="Procedure">The procedure that it came from.</param>
/// <param name="Message">What it says.</param>
public sealed record ServerMessage(int Number, int? Severity, int? State, int? Line, string? Procedure, string Message);

/// <summary>What went wrong, as the library tells it.</summary>
/// <param name="Status">The number of <c>pgb_status</c>; see include/pgbackup.h.</param>
/// <param name="Code">What it is in one word for programs, such as <c>server.backup_device</c>.</param>
/// <param name="Message">What happened, to what.</param>
/// <param name="Hint">The next step.</param>
/// <param name="Target">The database, file or field at fault.</param>
/// <param name="Retryable">Whether the same call may succeed later.</param>
/// <param name="Causes">What lay behind it, the nearest first.</param>
/// <param name="Server">Everything that SQL Server said, in its order.</param>
public sealed record PGBackupError(
    int Status,
    string Code,
    string Message,
    string? Hint,
    string? Target,
    bool Retryable,
    IReadOnlyList<string>? Causes,
    IReadOnlyList<ServerMessage>? Server)
{
    internal static PGBackupError OfStatus(int status) =>
        new(status, "status", $"The library ended the call with status {status}.", null, null, false, null, null);
}

/// <summary>The library refused or failed.</summary>
public sealed class PGBackupException : Exception
{
    /// <summary>Makes it from an error of the library.</summary>
    /// <param name="error">The error.</param>
    public PGBackupException(PGBackupError error)
        : base((error ?? throw new ArgumentNullException(nameof(error))).Message) => Error = error;

    /// <summary>The error, with its code, hint and server errors.</summary>
    public PGBackupError Error { get; }

    /// <summary>What it is in one word for programs.</summary>
    public string Code => Error.Code;

    /// <summary>The next step.</summary>
    public string? Hint => Error.Hint;

    /// <summary>Everything that SQL Server said, in its order.</summary>
    public IReadOnlyList<ServerMessage> ServerErrors => Error.Server ?? Array.Empty<ServerMessage>();

    /// <summary>The message, what lay behind it, what SQL Server said, and the next step, in lines for a log.</summary>
    /// <returns>Text without a stack trace.</returns>
    public string Report()
    {
        var text = new StringBuilder(Message);
        foreach (var cause in Error.Causes ?? Array.Empty<string>())
        {
            text.Append("\n  because: ").Append(cause);
        }
        foreach (var said in ServerErrors)
        {
            text.Append("\n  SQL Server, message ").Append(said.Number).Append(": ").Append(said.Message);
        }
        if (Hint != null)
        {
            text.Append("\n  what to do: ").Append(Hint);
        }
        return text.ToString();
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Report()}\n{base.ToString()}";
}
