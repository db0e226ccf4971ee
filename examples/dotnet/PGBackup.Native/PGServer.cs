using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Security;
using System.Text;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using PGBackup.Interop;

namespace PGBackup;

/// <summary>A SQL Server. Each operation makes a connection of its own: all of them may be called from any thread, also
/// at once. Paths are paths as the server sees them.</summary>
/// <remarks>Every operation throws <see cref="PGBackupException"/> where the library refuses or fails, and
/// <see cref="OperationCanceledException"/> after a cancellation that the job obeyed: the backup or restore has ended on
/// the server by then. A job that was done before it could obey gives its result.</remarks>
public sealed class PGServer : IDisposable
{
    private readonly ServerHandle handle;

    internal ServerHandle Handle => handle;

    private PGServer(ServerHandle handle) => this.handle = handle;

    /// <summary>Makes it. Nothing is connected yet.</summary>
    /// <param name="options">The server and the login.</param>
    /// <param name="password">The password; null for none. The copies made here are wiped; the string itself cannot be.</param>
    /// <returns>The server, to be disposed of.</returns>
    /// <exception cref="PGBackupException">The options make no sense.</exception>
    public static PGServer Open(ServerOptions options, string? password = null)
    {
        var secret = password == null ? null : new byte[Encoding.UTF8.GetMaxByteCount(password.Length)];
        var pin = GCHandle.Alloc(secret, GCHandleType.Pinned);
        try
        {
            var length = secret == null ? 0 : Encoding.UTF8.GetBytes(password!, 0, password!.Length, secret, 0);
            return Open(options, secret, length);
        }
        finally
        {
            Wipe(secret, pin);
        }
    }

    /// <summary>Makes it, with a password of which no string is made.</summary>
    /// <param name="options">The server and the login.</param>
    /// <param name="password">The password.</param>
    /// <returns>The server, to be disposed of.</returns>
    /// <exception cref="PGBackupException">The options make no sense.</exception>
    public static PGServer Open(ServerOptions options, SecureString password)
    {
        if (password == null)
        {
            throw new ArgumentNullException(nameof(password));
        }
        var letters = new char[password.Length];
        var secret = new byte[Encoding.UTF8.GetMaxByteCount(password.Length)];
        var lettersPin = GCHandle.Alloc(letters, GCHandleType.Pinned);
        var secretPin = GCHandle.Alloc(secret, GCHandleType.Pinned);
        var clear = Marshal.SecureStringToGlobalAllocUnicode(password);
        try
        {
            Marshal.Copy(clear, letters, 0, letters.Length);
            var length = Encoding.UTF8.GetBytes(letters, 0, letters.Length, secret, 0);
            return Open(options, secret, length);
        }
        finally
        {
            Marshal.ZeroFreeGlobalAllocUnicode(clear);
            Wipe(secret, secretPin);
            Wipe(letters, lettersPin);
        }
    }

    /// <summary>Makes a backup.</summary>
    /// <param name="request">What to back up, and where to.</param>
    /// <param name="progress">Is told how far it is, about five times a second and at the end.</param>
    /// <param name="cancellation">Ends the backup on the server.</param>
    /// <returns>The backup.</returns>
    public Task<BackupResult> BackupAsync(BackupRequest request, IProgress<JobProgress>? progress = null, CancellationToken cancellation = default) =>
        Job.RunAsync(JobKind.Backup, handle, Body(request), WireJson.Default.BackupResult, progress, cancellation);

    /// <summary>Tells the T-SQL of a backup, and runs none of it.</summary>
    /// <param name="request">The backup.</param>
    /// <param name="cancellation">Ends the job.</param>
    /// <returns>The T-SQL.</returns>
    public Task<Script> ScriptAsync(BackupRequest request, CancellationToken cancellation = default) =>
        Job.RunAsync(JobKind.Backup, handle, Body(request with { DryRun = true }), WireJson.Default.Script, null, cancellation);

    /// <summary>Restores backups.</summary>
    /// <param name="request">What to restore, and where to.</param>
    /// <param name="progress">Is told how far it is.</param>
    /// <param name="cancellation">Ends the restore on the server; a database it overwrites is unusable then.</param>
    /// <returns>The restore.</returns>
    public Task<RestoreResult> RestoreAsync(RestoreRequest request, IProgress<JobProgress>? progress = null, CancellationToken cancellation = default) =>
        Job.RunAsync(JobKind.Restore, handle, Body(request), WireJson.Default.RestoreResult, progress, cancellation);

    /// <summary>Tells the T-SQL of a restore, and runs none of it.</summary>
    /// <param name="request">The restore.</param>
    /// <param name="cancellation">Ends the job.</param>
    /// <returns>The T-SQL.</returns>
    public Task<Script> ScriptAsync(RestoreRequest request, CancellationToken cancellation = default) =>
        Job.RunAsync(JobKind.Restore, handle, Body(request with { DryRun = true }), WireJson.Default.Script, null, cancellation);

    /// <summary>Verifies backup sets (RESTORE VERIFYONLY).</summary>
    /// <param name="request">The sets.</param>
    /// <param name="progress">Is told how far it is.</param>
    /// <param name="cancellation">Ends the job.</param>
    /// <returns>A verdict a set.</returns>
    public IAsyncEnumerable<VerifyResult> VerifyAsync(VerifyRequest request, IProgress<JobProgress>? progress = null, CancellationToken cancellation = default) =>
        BackupFiles.Verify(handle, request, progress, cancellation);

    /// <summary>Lists the backup sets of files (RESTORE HEADERONLY).</summary>
    /// <param name="files">The files.</param>
    /// <param name="cancellation">Ends the job.</param>
    /// <returns>The sets, one by one; a file that cannot be read is a row with an error.</returns>
    public IAsyncEnumerable<BackupSet> ListSetsAsync(IReadOnlyList<string> files, CancellationToken cancellation = default) =>
        BackupFiles.List(handle, new QueryRequest("backup_sets") { Files = files }, WireJson.Default.PageBackupSet, cancellation);

    /// <summary>Lists what the server remembers of backups, the newest first.</summary>
    /// <param name="databases">Of which databases; all without names.</param>
    /// <param name="last">At most so many of each.</param>
    /// <param name="cancellation">Ends the job.</param>
    /// <returns>The sets.</returns>
    public IAsyncEnumerable<BackupSet> HistoryAsync(IReadOnlyList<string>? databases = null, int? last = null, CancellationToken cancellation = default) =>
        BackupFiles.List(handle, new QueryRequest("history") { Names = databases, Last = last }, WireJson.Default.PageBackupSet, cancellation);

    /// <summary>Lists the database files in a backup set (RESTORE FILELISTONLY).</summary>
    /// <param name="file">The file.</param>
    /// <param name="position">The position in it.</param>
    /// <param name="cancellation">Ends the job.</param>
    /// <returns>The files.</returns>
    public IAsyncEnumerable<DatabaseFile> ListFilesAsync(string file, int position = 1, CancellationToken cancellation = default) =>
        BackupFiles.List(handle, new QueryRequest("file_list") { File = file, Position = position }, WireJson.Default.PageDatabaseFile, cancellation);

    /// <summary>Lists the databases and their last backups.</summary>
    /// <param name="databases">Of which databases; all without names.</param>
    /// <param name="cancellation">Ends the job.</param>
    /// <returns>The databases.</returns>
    public IAsyncEnumerable<DatabaseInfo> ListDatabasesAsync(IReadOnlyList<string>? databases = null, CancellationToken cancellation = default) =>
        BackupFiles.List(handle, new QueryRequest("databases") { Names = databases }, WireJson.Default.PageDatabaseInfo, cancellation);

    /// <summary>Frees it. Operations under way keep what they need.</summary>
    public void Dispose() => handle.Dispose();

    private static PGServer Open(ServerOptions options, byte[]? secret, int length)
    {
        if (options == null)
        {
            throw new ArgumentNullException(nameof(options));
        }
        return new PGServer(Native.NewServer(JsonSerializer.SerializeToUtf8Bytes(options, WireJson.Default.ServerOptions), secret, length));
    }

    private static byte[] Body(BackupRequest request) => JsonSerializer.SerializeToUtf8Bytes(request, WireJson.Default.BackupRequest);

    private static byte[] Body(RestoreRequest request) => JsonSerializer.SerializeToUtf8Bytes(request, WireJson.Default.RestoreRequest);

    private static void Wipe(Array? secret, GCHandle pin)
    {
        if (secret != null)
        {
            Array.Clear(secret, 0, secret.Length);
        }
        pin.Free();
    }
}
