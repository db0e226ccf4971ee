//! The committed C header is the one that the source generates.
//!
//! `UPDATE_HEADER=1 cargo test --test header` writes it.

#[path = "support/run.rs"]
mod run;
#[path = "support/skip.rs"]
mod skip;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use run::{program, run};
use skip::skip;

#[test]
fn the_header_is_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("cbindgen.toml");
    let mut builder = cbindgen::Builder::new().with_config(config);
    for file in [
        "version",
        "text",
        "status",
        "handle",
        "server",
        "start",
        "job",
        "explain",
        "schedule",
        "chain",
        "plan_run",
        "service",
        "restore_test",
    ] {
        builder = builder.with_src(root.join("src/ffi").join(file).with_extension("rs"));
    }
    let mut generated = Vec::new();
    builder.generate().expect("bindings").write(&mut generated);
    let generated = String::from_utf8(generated).expect("UTF-8");
    let header = root.join("include/pgbackup.h");
    if std::env::var_os("UPDATE_HEADER").is_some() {
        fs::create_dir_all(root.join("include")).expect("include/");
        fs::write(&header, &generated).expect("include/pgbackup.h");
    }
    let committed = fs::read_to_string(&header).expect("include/pgbackup.h");
    assert!(
        committed == generated,
        "include/pgbackup.h differs from src/ffi: renew it with UPDATE_HEADER=1 cargo test --test header"
    );
}

/// A manual is read: each function names a program that shows it, and that program calls it.
#[test]
fn every_function_names_an_example_that_calls_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let header = fs::read_to_string(root.join("include/pgbackup.h")).expect("include/pgbackup.h");
    let mut shown = BTreeSet::new();
    for part in header.split("/**").skip(1) {
        let (comment, rest) = part.split_once("*/").expect("the end of a comment");
        let declaration = rest.split(';').next().unwrap_or_default();
        let Some(name) = declaration.split('(').next().and_then(|before| before.rsplit([' ', '*', '\n']).next()) else {
            continue;
        };
        if !declaration.contains("PGB_API") || !name.starts_with("pgb_") {
            continue;
        }
        let (_, example) = comment.split_once("Example: ").unwrap_or_else(|| panic!("{name} names no example"));
        let example = example.split(".c").next().map(|path| format!("{path}.c")).unwrap_or_default();
        let code = fs::read_to_string(root.join(&example)).unwrap_or_else(|error| panic!("{name}: {example}: {error}"));
        assert!(
            code.contains(&format!("{name}(")) || code.contains(&format!(", {name}, ")),
            "{example} does not call {name}"
        );
        shown.insert(name.to_owned());
    }
    assert!(shown.len() > 20, "only {shown:?} were found");
}

/// Doxygen understands every word of it.
#[test]
fn doxygen_reads_it_without_a_warning() {
    if program("doxygen").is_none() {
        return skip("doxygen", "it is not installed");
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().expect("a folder");
    let settings = format!(
        "INPUT = {}\nOUTPUT_DIRECTORY = {}\nGENERATE_LATEX = NO\nHAVE_DOT = NO\nQUIET = YES\nEXTRACT_ALL = NO\nWARN_IF_UNDOCUMENTED = YES\n\
         WARN_NO_PARAMDOC = NO\nOPTIMIZE_OUTPUT_FOR_C = YES\nMARKDOWN_SUPPORT = YES\nMACRO_EXPANSION = YES\nEXPAND_ONLY_PREDEF = YES\n\
         PREDEFINED = PGB_API= __cplusplus=201703L\n",
        root.join("include/pgbackup.h").display(),
        folder.path().display()
    );
    let file = folder.path().join("Doxyfile");
    fs::write(&file, settings).expect("a file");
    let ran = run(Command::new("doxygen").arg(&file), Duration::from_secs(120));
    assert!(ran.status.success() && ran.err.is_empty(), "{}{}", ran.out, ran.err);
    let pages = fs::read_dir(folder.path().join("html")).expect("pages");
    let page = pages.flatten().find(|page| page.file_name().to_string_lossy().ends_with("pgbackup_8h.html"));
    let text = fs::read_to_string(page.expect("the page of the header").path()).expect("a page");
    assert!(text.contains("pgb_backup_start") && text.contains("PGB_STATUS_E_CORRUPT"), "the page lacks them");
}
