//! What the shared library shows to the linker, and what it asks of the system.
#![cfg(any(target_os = "linux", windows))]

#[path = "support/built.rs"]
mod built;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use object::Object;

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
#[cfg(target_os = "linux")]
const SYSTEM: [&str; 4] = ["libc.so.6", "libm.so.6", "libgcc_s.so.1", "ld-linux"];

/// In System32 of every Windows from 10 and Server 2016 on.
#[cfg(windows)]
const SYSTEM: [&str; 12] = [
    "advapi32.dll",
    "api-ms-win-core-synch-l1-2-0.dll",
    "bcryptprimitives.dll",
    "crypt32.dll",
    "kernel32.dll",
    "msvcrt.dll",
    "ncrypt.dll",
    "ntdll.dll",
    "secur32.dll",
    "user32.dll",
    "userenv.dll",
    "ws2_32.dll",
];

#[cfg(target_os = "linux")]
type LibraryFile<'data> = object::read::elf::ElfFile64<'data, object::Endianness>;
#[cfg(windows)]
type LibraryFile<'data> = object::read::pe::PeFile64<'data>;

#[test]
fn exactly_the_functions_of_the_abi_are_exported() {
    let data = fs::read(built::library()).expect("the library");
    let file = LibraryFile::parse(&*data).expect("a library");
    let exports = file.exports().expect("exports");
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
#[cfg(windows)]
fn it_tells_its_version_and_needs_nothing_but_windows() {
    let data = fs::read(built::library()).expect("the library");
    let file = LibraryFile::parse(&*data).expect("a library");
    for import in file.imports().expect("imports") {
        let library = std::str::from_utf8(import.library()).expect("ASCII").to_ascii_lowercase();
        assert!(SYSTEM.contains(&library.as_str()), "the library needs `{library}`");
    }
    // What the file's properties show: the key, its end, padding to four bytes, the value.
    let wide = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let key = wide("ProductVersion\0");
    let at = data.windows(key.len()).position(|bytes| bytes == key).expect("a version resource") + key.len();
    let value = wide(concat!(env!("CARGO_PKG_VERSION"), "\0"));
    let near = &data[at..at + 4 + value.len()];
    assert!(near.windows(value.len()).any(|bytes| bytes == value), "{near:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn it_is_named_stays_loaded_and_needs_nothing_special() {
    use object::elf::{DF_1_NODELETE, DT_FLAGS_1, DT_NEEDED, DT_SONAME};
    use object::read::elf::Dyn;

    let data = fs::read(built::library()).expect("the library");
    let file = LibraryFile::parse(&*data).expect("a library");
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
