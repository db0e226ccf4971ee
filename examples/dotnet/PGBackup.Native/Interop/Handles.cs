using System;
using System.Runtime.InteropServices;

namespace PGBackup.Interop;

/// <summary>A <c>pgb_server</c>. Freeing it while jobs run is allowed: they keep what they need.</summary>
internal sealed class ServerHandle : SafeHandle
{
    /// <summary>NULL: the work is done on files of this machine.</summary>
    internal static readonly ServerHandle None = new();

    public ServerHandle() : base(IntPtr.Zero, ownsHandle: true) { }

    public override bool IsInvalid => handle == IntPtr.Zero;

    protected override bool ReleaseHandle()
    {
        NativeMethods.pgb_server_free(handle);
        return true;
    }
}

/// <summary>A <c>pgb_job</c>. Freeing one that runs cancels it and does not wait: a job that nobody holds any more
/// ends by itself.</summary>
internal sealed class JobHandle : SafeHandle
{
    public JobHandle() : base(IntPtr.Zero, ownsHandle: true) { }

    public override bool IsInvalid => handle == IntPtr.Zero;

    protected override bool ReleaseHandle()
    {
        NativeMethods.pgb_job_free(handle);
        return true;
    }
}

/// <summary>A text that the library gave out: NUL-terminated UTF-8.</summary>
internal sealed unsafe class TextHandle : SafeHandle
{
    public TextHandle() : base(IntPtr.Zero, ownsHandle: true) { }

    public override bool IsInvalid => handle == IntPtr.Zero;

    /// <summary>Its bytes, without the NUL; none for no text. Copied, so that the text can be freed at once.</summary>
    internal byte[] ToBytes()
    {
        if (IsInvalid)
        {
            return Array.Empty<byte>();
        }
        var start = (byte*)handle;
        var end = start;
        while (*end != 0)
        {
            end++;
        }
        var bytes = new byte[end - start];
        Marshal.Copy(handle, bytes, 0, bytes.Length);
        return bytes;
    }

    protected override bool ReleaseHandle()
    {
        NativeMethods.pgb_string_free(handle);
        return true;
    }
}
