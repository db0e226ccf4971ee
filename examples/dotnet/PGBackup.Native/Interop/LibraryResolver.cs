#if NET
using System;
using System.IO;
using System.Reflection;
using System.Runtime.InteropServices;
#endif

namespace PGBackup.Interop;

/// <summary>Where the native library is: .NET finds it in <c>runtimes/&lt;rid&gt;/native</c> of the package or beside the
/// program, .NET Framework beside the program. On .NET the environment variable <c>PGB_LIBRARY</c> names another
/// file, for tests and development.</summary>
internal static class LibraryResolver
{
#if NET
    internal static void Register() => NativeLibrary.SetDllImportResolver(typeof(LibraryResolver).Assembly, Resolve);

    private static IntPtr Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        var named = Environment.GetEnvironmentVariable("PGB_LIBRARY");
        if (name != NativeMethods.Library || string.IsNullOrEmpty(named))
        {
            return IntPtr.Zero; // the usual places
        }
        if (!Path.IsPathRooted(named))
        {
            throw new DllNotFoundException($"PGB_LIBRARY is `{named}`: name the library by its full path.");
        }
        return NativeLibrary.Load(named);
    }
#else
    internal static void Register()
    {
    }
#endif
}
