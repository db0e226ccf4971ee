//! Hygiene of the PowerShell files, checked without PowerShell: encoding, the manifest's promises, and
//! nothing that Windows PowerShell 5.1 on .NET Framework 4.7.2 does not have.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Commands of Windows PowerShell 5.1 that the module uses.
const COMMANDS_OF_5_1: &[&str] = &[
    "ConvertFrom-Json",
    "ConvertTo-Json",
    "Export-ModuleMember",
    "ForEach-Object",
    "Import-Clixml",
    "Import-LocalizedData",
    "Measure-Object",
    "New-Object",
    "Register-ArgumentCompleter",
    "Set-StrictMode",
    "Set-Variable",
    "Sort-Object",
    "Split-Path",
    "Select-Object",
    "Where-Object",
    "Write-Debug",
    "Write-Verbose",
    "Write-Warning",
];

/// Static members of .NET that the module uses, all in .NET Framework 4.7.2, or reached on PowerShell 7 only
/// (`RuntimeInformation`, guarded by `PSEdition`).
const MEMBERS_OF_FRAMEWORK: &[&str] = &[
    "array::Clear",
    "byte[]::new",
    "char[]::new",
    "cultureinfo::CurrentUICulture",
    "cultureinfo::InvariantCulture",
    "datetime::Parse",
    "datetime::UtcNow",
    "decimal::Parse",
    "Environment::UserName",
    "int::MaxValue",
    "IntPtr::Size",
    "IntPtr::Zero",
    "math::Ceiling",
    "math::Floor",
    "math::Max",
    "math::Min",
    "pscredential::Empty",
    "string::Equals",
    "string::Format",
    "StringComparer::OrdinalIgnoreCase",
    "StringComparison::OrdinalIgnoreCase",
    "System.AppDomain::CurrentDomain",
    "System.Diagnostics.Process::GetCurrentProcess",
    "System.Diagnostics.Stopwatch::StartNew",
    "System.Globalization.DateTimeStyles::RoundtripKind",
    "System.Globalization.NumberStyles::None",
    "System.IO.Directory::CreateDirectory",
    "System.IO.Directory::Exists",
    "System.IO.Directory::GetFiles",
    "System.IO.File::Delete",
    "System.IO.File::Exists",
    "System.IO.File::GetLastWriteTimeUtc",
    "System.IO.File::WriteAllText",
    "System.IO.Path::Combine",
    "System.IO.Path::GetDirectoryName",
    "System.IO.Path::GetTempFileName",
    "System.IO.Path::IsPathRooted",
    "System.Management.Automation.Language.CodeGeneration::EscapeSingleQuotedStringContent",
    "System.Reflection.CallingConventions::Standard",
    "System.Reflection.Emit.AssemblyBuilder::DefineDynamicAssembly",
    "System.Reflection.Emit.AssemblyBuilderAccess::Run",
    "System.Reflection.MethodImplAttributes::PreserveSig",
    "System.Runtime.InteropServices.CallingConvention::Cdecl",
    "System.Runtime.InteropServices.CallingConvention::Winapi",
    "System.Runtime.InteropServices.CharSet::Ansi",
    "System.Runtime.InteropServices.GCHandle::Alloc",
    "System.Runtime.InteropServices.Marshal::Copy",
    "System.Runtime.InteropServices.OSPlatform::OSX",
    "System.Runtime.InteropServices.OSPlatform::Windows",
    "System.Text.Encoding::Unicode",
    "System.Text.Encoding::UTF8",
    "System.Text.UTF8Encoding::new",
    "System.TimeZoneInfo::Local",
    "timespan::FromMilliseconds",
    "timespan::FromTicks",
    "timespan::TicksPerMillisecond",
];

/// What is wrong in code even where it would run: newer syntax, and habits that hurt unattended use.
const NEVER: &[(&str, &str)] = &[
    ("??", "null coalescing came with PowerShell 7"),
    ("&&", "pipeline chains came with PowerShell 7"),
    ("||", "pipeline chains came with PowerShell 7"),
    ("?.", "null-conditional access came with PowerShell 7"),
    (" ? ", "the ternary operator came with PowerShell 7"),
    ("clean {", "the clean block came with PowerShell 7.3"),
    ("-AsHashtable", "came with PowerShell 6"),
    ("-Parallel", "came with PowerShell 7"),
    ("PtrToStringUTF8", "not in .NET Framework"),
    ("$IsWindows", "not defined in 5.1, and strict mode throws"),
    ("$IsLinux", "not defined in 5.1, and strict mode throws"),
    ("Add-Type", "needs a compiler and a writable TEMP"),
    ("Write-Host", "needs a console"),
    ("Read-Host", "needs a console"),
    ("GetNetworkCredential", "makes a string of the password, which cannot be wiped"),
    ("Get-Date", "formats and reads by culture"),
    ("Invoke-Expression", "runs data as code"),
];

fn module() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("powershell/PGBackup")
}

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/powershell")
}

/// Files below `folder` with one of the extensions, in a stable order.
fn files(folder: &Path, extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path, extensions));
        } else if path.extension().is_some_and(|ext| extensions.iter().any(|wanted| ext == *wanted)) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn text(path: &Path) -> String {
    String::from_utf8(fs::read(path).expect("a readable file"))
        .unwrap_or_else(|_| panic!("{} is not UTF-8", path.display()))
}

/// PowerShell source with comments and the insides of strings blanked out.
fn code(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(letter) = rest.chars().next() {
        // (what to skip, what stands for it)
        let skipped = if rest.starts_with("<#") {
            rest.find("#>").map_or(rest.len(), |at| at + 2)
        } else if letter == '#' && !out.ends_with(|before: char| before.is_alphanumeric() || before == '$') {
            rest.find('\n').unwrap_or(rest.len())
        } else if letter == '\'' || letter == '"' {
            string_length(rest, letter)
        } else {
            0
        };
        if skipped > 0 {
            out.extend(rest[..skipped].chars().map(|skipped| if skipped == '\n' { '\n' } else { '_' }));
            rest = &rest[skipped..];
        } else {
            out.push(letter);
            rest = &rest[letter.len_utf8()..];
        }
    }
    out
}

/// Bytes of the quoted string at the start of `rest`, both quotes counted.
fn string_length(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    let mut letters = rest.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        if escaped {
            escaped = false;
        } else if letter == '`' && quote == '"' {
            escaped = true;
        } else if letter == quote {
            if letters.peek().is_some_and(|(_, next)| *next == quote) {
                letters.next();
            } else {
                return at + 1;
            }
        }
    }
    rest.len()
}

/// The words of `code` made of letters that `part` takes.
fn words(code: &str, part: impl Fn(char) -> bool) -> BTreeSet<String> {
    code.split(|letter| !part(letter)).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// `Verb-Noun` words: a command by its shape.
fn commands(code: &str) -> BTreeSet<String> {
    words(code, |letter| letter.is_ascii_alphanumeric() || letter == '-')
        .into_iter()
        .filter(|word| {
            word.split_once('-').is_some_and(|(verb, noun)| {
                let capital = |part: &str| part.starts_with(|letter: char| letter.is_ascii_uppercase());
                capital(verb) && capital(noun) && !noun.contains('-')
            })
        })
        .collect()
}

/// `type::Member` for every `[type]::Member`.
fn static_members(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("]::") {
        let mut depth = 0;
        let open = code[..=at].char_indices().rev().find(|(_, letter)| {
            depth += match letter {
                ']' => 1,
                '[' => -1,
                _ => 0,
            };
            depth == 0
        });
        let member: String =
            code[at + 3..].chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect();
        if let Some((open, _)) = open {
            found.insert(format!("{}::{member}", &code[open + 1..at]));
        }
    }
    found
}

#[test]
fn scripts_are_ascii_and_translations_have_a_mark() {
    let mut checked = 0;
    for folder in [module(), tests()] {
        for path in files(&folder, &["ps1", "psm1", "psd1", "ps1xml", "txt", "c"]) {
            checked += 1;
            let bytes = fs::read(&path).expect("a readable file");
            let translated = path.components().any(|part| part.as_os_str() == "fa-IR");
            assert_eq!(bytes.starts_with(b"\xef\xbb\xbf"), translated, "{}: byte order mark", path.display());
            assert!(
                translated || bytes.is_ascii(),
                "{} must be ASCII: 5.1 reads it in the ANSI code page",
                path.display()
            );
            assert!(
                !bytes.contains(&b'\r') && !bytes.contains(&b'\t'),
                "{}: no tab, no carriage return",
                path.display()
            );
            for (number, line) in text(&path).lines().enumerate() {
                assert!(!line.ends_with(' '), "{}:{}: trailing blank", path.display(), number + 1);
            }
        }
    }
    assert!(checked > 15, "only {checked} files were found");
}

#[test]
fn scripts_use_only_what_5_1_has() {
    let sources: Vec<(PathBuf, String)> =
        files(&module(), &["ps1", "psm1"]).into_iter().map(|path| (path.clone(), code(&text(&path)))).collect();

    let defined: BTreeSet<String> = sources
        .iter()
        .flat_map(|(_, code)| code.lines())
        .filter_map(|line| line.strip_prefix("function ").or_else(|| line.strip_prefix("filter ")))
        .filter_map(|rest| rest.split([' ', '{', '(']).next().map(str::to_owned))
        .collect();

    let mut members = BTreeSet::new();
    for (path, code) in &sources {
        let path = path.display();
        for (never, why) in NEVER {
            assert!(!code.contains(never), "{path}: `{never}`: {why}");
        }
        for command in commands(code) {
            assert!(
                defined.contains(&command) || COMMANDS_OF_5_1.contains(&command.as_str()),
                "{path}: `{command}` is no command of the module, and not listed as one of 5.1"
            );
        }
        members.extend(static_members(code));
    }
    for member in &members {
        assert!(
            MEMBERS_OF_FRAMEWORK.contains(&member.as_str()),
            "`[{member}` is not listed as in .NET Framework 4.7.2"
        );
    }
    for member in MEMBERS_OF_FRAMEWORK {
        assert!(members.contains(*member), "`{member}` is listed and used nowhere");
    }
}

#[test]
fn the_manifest_exports_the_public_files() {
    let public: Vec<String> = files(&module().join("Public"), &["ps1"])
        .iter()
        .map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned())
        .collect();

    let manifest = text(&module().join("PGBackup.psd1"));
    let (_, exports) = manifest.split_once("FunctionsToExport").expect("FunctionsToExport");
    let (exports, _) = exports.split_once(')').expect("its end");
    let exported: Vec<String> = exports.split('\'').skip(1).step_by(2).map(str::to_owned).collect();
    assert_eq!(exported, public);

    let script = text(&module().join("PGBackup.psm1"));
    for command in &public {
        assert!(script.contains(&format!("'{command}'")), "PGBackup.psm1 does not export {command}");
        let source = text(&module().join("Public").join(format!("{command}.ps1")));
        assert!(source.starts_with(&format!("function {command} {{\n")), "{command}.ps1 holds {command}");
    }
}

#[test]
fn the_module_has_the_version_of_the_library() {
    let manifest = text(&module().join("PGBackup.psd1"));
    let wanted = format!("ModuleVersion        = '{}'", env!("CARGO_PKG_VERSION"));
    assert!(manifest.contains(&wanted), "PGBackup.psd1 should say {wanted}");
}

#[test]
fn the_reader_of_scripts_sees_code_only() {
    let source = "$a = 'it''s # ??' # ?? \"\n<# Write-Host #> \"q`\" && $(1)\" + [string]::Format($x)\n";
    let code = code(source);
    assert!(!code.contains("??") && !code.contains("&&") && !code.contains("Write-Host"), "{code}");
    assert_eq!(static_members(&code), BTreeSet::from(["string::Format".to_owned()]));
    assert_eq!(commands("Get-Item -ErrorAction Stop; x-y; $a-B"), BTreeSet::from(["Get-Item".to_owned()]));
}
