using System;

namespace PGBackup.Interop;

/// <summary>The functions of include/pgbackup.h. Their declarations stand in two files beside this one, the same
/// list twice: for .NET they are made at compile time (trimming, AOT), for .NET Framework at run time.</summary>
/// <remarks>Text goes in as bytes and their count. It comes out as a <see cref="TextHandle"/>, which frees it: also
/// where an exception comes between.</remarks>
internal static partial class NativeMethods
{
    /// <summary>libpgbackup.so, pgbackup.dll.</summary>
    internal const string Library = "pgbackup";

    /// <summary>The version of the ABI that these declarations are of.</summary>
    internal const uint AbiVersion = 1;
}
