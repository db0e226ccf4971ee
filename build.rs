//! Link arguments of the Linux library; nothing else.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        // The name that programs are linked against: the version of the ABI, not of the release.
        println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libpgbackup.so.1");
        // The library owns threads: dlclose must not unmap the code under them.
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
