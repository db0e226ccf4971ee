//! Hygiene of the PowerShell files, checked without running them: encoding, the manifest's promises, and
//! nothing that Windows PowerShell 5.1 on .NET Framework 4.7.2 does not have.

#[path = "support/pwsh.rs"]
mod pwsh;
#[path = "support/skip.rs"]
mod skip;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use skip::skip;

/// What 5.1 has too and what hurts unattended use all the same.
const NEVER: &[(&str, &str)] = &[
    ("Add-Type", "needs a compiler and a writable TEMP"),
    ("Write-Host", "needs a console"),
    ("Read-Host", "needs a console"),
    ("GetNetworkCredential", "makes a string of the password, which cannot be wiped"),
    ("Get-Date", "formats and reads by culture"),
    ("Invoke-Expression", "runs data as code"),
];

/// What every command takes in 5.1. Without: `-ProgressAction`.
const COMMON: [&str; 13] = [
    "Confirm",
    "Debug",
    "ErrorAction",
    "ErrorVariable",
    "InformationAction",
    "InformationVariable",
    "OutBuffer",
    "OutVariable",
    "PipelineVariable",
    "Verbose",
    "WarningAction",
    "WarningVariable",
    "WhatIf",
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

/// What a script uses: see `tests/powershell/uses.ps1`.
struct Use {
    kind: String,
    name: String,
    file: String,
}

/// What the scripts below a folder use, by PowerShell's own parser; `None` where there is no PowerShell.
fn uses(folder: &Path) -> Option<Vec<Use>> {
    let output = Command::new(pwsh::pwsh()?)
        .args(["-NoProfile", "-NonInteractive", "-File"])
        .args([&tests().join("uses.ps1"), folder])
        .env("NO_COLOR", "1")
        .output()
        .expect("pwsh starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let fact = |line: &str| {
        let mut parts = line.split('\t').map(str::to_owned);
        let mut next = || parts.next().unwrap_or_else(|| panic!("not a fact: {line}"));
        Use { kind: next(), name: next(), file: next() }
    };
    Some(text.lines().map(fact).collect())
}

/// What the list of 5.1 holds, as `kind name` in small letters.
fn known() -> BTreeSet<String> {
    let list = text(&tests().join("windows-powershell-5.1.txt"));
    let mut known = BTreeSet::new();
    for line in list.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let line = line.to_ascii_lowercase();
        match line.strip_prefix("command ") {
            Some(command) => {
                let (name, parameters) = command.split_once(" -").unwrap_or((command, ""));
                known.insert(format!("command {name}"));
                let all = parameters.split(" -").filter(|parameter| !parameter.is_empty());
                known.extend(all.map(|parameter| format!("parameter {name} -{parameter}")));
            }
            None => {
                let (kind, names) = line.split_once(' ').expect("a kind and names");
                known.extend(names.split(' ').map(|name| format!("{kind} {name}")));
            }
        }
    }
    known
}

/// What of all this 5.1 is not known to have.
fn missing(uses: &[Use]) -> Vec<String> {
    let known = known();
    let names = |kind: &str| -> BTreeSet<String> {
        uses.iter().filter(|used| used.kind == kind).map(|used| used.name.to_ascii_lowercase()).collect()
    };
    let (functions, keys) = (names("function"), names("key"));
    let assigned: BTreeSet<(String, &str)> = uses
        .iter()
        .filter(|used| used.kind == "assigned")
        .map(|used| (used.name.to_ascii_lowercase(), used.file.as_str()))
        .collect();
    let is_number = |text: &str| {
        let text = text.trim_start_matches('-');
        let digits = text.trim_end_matches(|c: char| "lLdDkKmMgGtTpPbB".contains(c));
        text.strip_prefix("0x").unwrap_or(digits).chars().all(|c| c.is_ascii_hexdigit() || c == '.')
    };
    let has = |used: &Use| {
        let name = used.name.to_ascii_lowercase();
        let known = known.contains(&format!("{} {name}", used.kind));
        match used.kind.as_str() {
            "function" | "key" | "assigned" => true,
            "command" => known || functions.contains(&name) || name == "(by value)",
            "parameter" => {
                let (command, parameter) = name.split_once(" -").expect("a command and a parameter");
                known
                    || functions.contains(command)
                    || COMMON.iter().any(|common| common.eq_ignore_ascii_case(parameter))
                    || (command == "(by value)" && parameter == "name")
            }
            // What is splatted is read nowhere: only where the receiver is our own, or takes one thing.
            "splat" => functions.contains(&name) || name == "convertfrom-json",
            "variable" => known || name.contains(':') || assigned.contains(&(name, &used.file)),
            "property" => {
                let name = name.trim_start_matches('.');
                known || keys.contains(name) || used.name[1..].chars().all(|c| !c.is_ascii_uppercase())
            }
            "static" => known || name.starts_with("(variable)::pgb_") || name.starts_with("(variable)::text_length/"),
            "number" => is_number(&used.name),
            _ => known,
        }
    };
    uses.iter().filter(|used| !has(used)).map(|used| format!("{}: {} {}", used.file, used.kind, used.name)).collect()
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
    for path in files(&module(), &["ps1", "psm1"]) {
        let code = code(&text(&path));
        for (never, why) in NEVER {
            assert!(!code.contains(never), "{}: `{never}`: {why}", path.display());
        }
    }
    let Some(uses) = uses(&module()) else { return skip("what scripts use", "there is no pwsh; name it in PWSH") };
    assert!(uses.len() > 3000, "only {} facts were found", uses.len());
    let missing = missing(&uses);
    assert!(
        missing.is_empty(),
        "not in tests/powershell/windows-powershell-5.1.txt; look it up for 5.1, then add it there:\n{}",
        missing.join("\n")
    );
}

#[test]
fn what_5_1_lacks_is_seen() {
    let folder = tempfile::tempdir().expect("a folder");
    // A script, and what of it is not in 5.1.
    let cases = [
        ("$a = $b ?? 1; $b = 2", "operator QuestionQuestion"),
        ("$a = $true ? 1 : 2", "syntax TernaryExpressionAst"),
        ("Get-Item x && Get-Item y", "syntax PipelineChainAst"),
        ("$a = 1; ${a}?.Length", "syntax NullConditional"),
        ("function f { process { 1 } clean { 2 } }", "block Clean"),
        ("1..3 | ForEach-Object -Parallel { $_ }", "parameter ForEach-Object -Parallel"),
        ("Get-Item x -ProgressAction Ignore", "parameter Get-Item -ProgressAction"),
        ("ConvertFrom-Json x -AsHashtable", "parameter ConvertFrom-Json -AsHashtable"),
        ("Remove-Alias x", "command Remove-Alias"),
        ("if ($IsWindows) { 1 }", "variable IsWindows"),
        ("\"`u{1F600}\"", "escape u"),
        ("$a = 1uy", "number 1uy"),
        ("'a'.Contains('A', [StringComparison]::OrdinalIgnoreCase)", "method .Contains/2"),
        (
            "[System.Runtime.InteropServices.NativeLibrary]::Load('x')",
            "type System.Runtime.InteropServices.NativeLibrary",
        ),
        ("[string]::Join(',', 1, 2)", "static string::Join/3"),
        ("New-Object System.Text.Json.JsonDocumentOptions", "type System.Text.Json.JsonDocumentOptions"),
        ("function f { param([ValidateNotNullOrWhiteSpace()] $x) $x }", "attribute ValidateNotNullOrWhiteSpace"),
        ("$x = @{ Length = 1 }; $x.IsByRefLike", "property .IsByRefLike"),
    ];
    for (number, (script, _)) in cases.iter().enumerate() {
        fs::write(folder.path().join(format!("{number}.ps1")), script).expect("written");
    }
    let Some(uses) = uses(folder.path()) else { return skip("what scripts use", "there is no pwsh; name it in PWSH") };
    let missing = missing(&uses);
    for (number, (script, lack)) in cases.iter().enumerate() {
        assert!(missing.contains(&format!("{number}.ps1: {lack}")), "{script}\n{}", missing.join("\n"));
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
}
