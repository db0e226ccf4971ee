//! The committed C header is the one that the source generates.
//!
//! `UPDATE_HEADER=1 cargo test --test header` writes it.

use std::fs;
use std::path::Path;

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
