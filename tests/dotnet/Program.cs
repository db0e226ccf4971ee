// The checks of PGBackup.Native: a server, a slow server, a folder of both, and a folder of this machine with backups
// of theirs. Each prints a line; the first that does not hold ends the program.
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading.Tasks;
using PGBackup.Tests;

if (args is not [var server, var slow, var folder, var files, .. var chosen])
{
    Console.Error.WriteLine("usage: Checks SERVER SLOW_SERVER FOLDER FILES [CHECK...]");
    return 2;
}
var place = new Place(server, slow, folder, files);
var checks = new Dictionary<string, Func<Place, Task>>
{
    ["requests"] = Requests.RunAsync,
    ["operations"] = Operations.RunAsync,
    ["failures"] = Failures.RunAsync,
    ["cancel"] = Cancelling.RunAsync,
    ["together"] = Stress.TogetherAsync,
    ["collector"] = Stress.CollectorAsync,
    ["memory"] = Stress.MemoryAsync,
};
foreach (var (name, check) in checks)
{
    if (chosen.Length > 0 && Array.IndexOf(chosen, name) < 0)
    {
        continue;
    }
    var clock = Stopwatch.StartNew();
    await check(place);
    Console.WriteLine($"ok {name} {clock.ElapsedMilliseconds} ms");
}
return 0;
