//! What the shared library shows to the linker, and what it asks of the system.
#![cfg(target_os = "linux")]

#[path = "support/built.rs"]
mod built;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use object::elf::{DF_1_NODELETE, DT_FLAGS_1, DT_NEEDED, DT_SONAME};
use object::read::elf::{Dyn, ElfFile64};
use object::{Endianness, Object};

/// Every exported function, sorted. A name that leaves this list breaks programs that exist.
const EXPORTS: [&str; 26] = [
    "pgb_abi_version",
    "pgb_backup_start",
    "pgb_chain_start",
    "pgb_error_explain",
    "pgb_job_cancel",
    "pgb_job_free",
    "pgb_job_page",
    "pgb_job_result",
    "pgb_job_status",
    "pgb_job_wait",
    "pgb_plan_call",
    "pgb_plan_run_start",
    "pgb_prune_start",
    "pgb_query_start",
    "pgb_repair_start",
    "pgb_report_start",
    "pgb_restore_start",
    "pgb_restore_test_start",
    "pgb_schedule_query",
    "pgb_server_free",
    "pgb_server_new",
    "pgb_service_start",
    "pgb_shutdown",
    "pgb_string_free",
    "pgb_verify_start",
    "pgb_version",
];

/// On every Linux with glibc; the loader's own name depends on the processor.
const SYSTEM: [&str; 4] = ["libc.so.6", "libm.so.6", "libgcc_s.so.1", "ld-linux"];

#[test]
fn exactly_the_functions_of_the_abi_are_exported() {
    let data = fs::read(built::library()).expect("the library");
    let file = ElfFile64::<Endianness>::parse(&*data).expect("an ELF file");
    let exports = file.exports().expect("dynamic symbols");
    let names: BTreeSet<&str> =
        exports.iter().map(|export| std::str::from_utf8(export.name()).expect("ASCII")).collect();
    assert_eq!(names, BTreeSet::from(EXPORTS));
}

#[test]
fn the_header_declares_what_is_exported() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("include/pgbackup.h");
    let header = fs::read_to_string(path).expect("include/pgbackup.h");
    assert_eq!(declared(&header), BTreeSet::from(EXPORTS.map(str::to_owned)));
}

#[test]
fn it_is_named_stays_loaded_and_needs_nothing_special() {
    let data = fs::read(built::library()).expect("the library");
    let file = ElfFile64::<Endianness>::parse(&*data).expect("an ELF file");
    let endian = file.endian();
    let sections = file.elf_section_table();
    let (entries, link) = sections.dynamic(endian, &*data).expect("sections").expect("a dynamic section");
    let strings = sections.strings(endian, &*data, link).expect("its strings");
    let texts = |tag: i64| -> Vec<String> {
        let wanted = entries.iter().filter(|entry| entry.tag(endian) == tag);
        wanted.map(|entry| String::from_utf8_lossy(entry.string(endian, strings).expect("a text")).into()).collect()
    };
    assert_eq!(texts(DT_SONAME), ["libpgbackup.so.1"]);
    for needed in texts(DT_NEEDED) {
        assert!(SYSTEM.iter().any(|name| needed.starts_with(name)), "the library needs `{needed}`");
    }
    let flags = entries.iter().find(|entry| entry.tag(endian) == DT_FLAGS_1).map(|entry| entry.d_val(endian));
    assert_ne!(flags.unwrap_or_default() & u64::from(DF_1_NODELETE), 0, "unloading would pull code from under threads");
}

/// Names before a parenthesis, outside comments.
fn declared(header: &str) -> BTreeSet<String> {
    let mut code = String::new();
    for (index, part) in header.split("/*").enumerate() {
        code.push_str(if index == 0 { part } else { part.split_once("*/").expect("the end of a comment").1 });
    }
    let before =
        code.split('(').filter_map(|before| before.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next());
    before.filter(|name| name.starts_with("pgb_")).map(str::to_owned).collect()
}
