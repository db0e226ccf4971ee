# Debian's Rust, with whose source std is built for other systems: rustup's targets are not needed. Sourced by
# tests/windows/run and tests/arm64/run.

# Not rustup's, which may stand before it in PATH. It is a stable one; -Z build-std is not.
export PATH=/usr/bin:/bin:/usr/sbin:/sbin RUSTC_BOOTSTRAP=1 CARGO_INCREMENTAL=0 CARGO_PROFILE_DEV_DEBUG=0
unset RUSTFLAGS RUSTUP_TOOLCHAIN CARGO RUSTC
# What is left out on another system is left out by name.
unset PGB_NO_SKIP
# Of an optimised library: as on Linux.
MOST_LIBRARY_BYTES=8000000

# needs PATH PACKAGE...: notes the packages if the file is not there.
missing=()
needs() {
    local path=$1
    shift
    [ -e "$path" ] || missing+=("$@")
}
needs /usr/bin/rustc rustc-web
needs /usr/bin/cargo cargo-web
needs "$(/usr/bin/rustc --print sysroot 2>/dev/null || true)/lib/rustlib/src/rust/library/std/Cargo.toml" rust-web-src

# Ends the script with the packages that are missing.
need_all() {
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "missing here; as root: apt-get install --no-install-recommends ${missing[*]}"
    exit 2
}

# cargo_for TARGET COMMAND WORD...: cargo for another system.
cargo_for() {
    local target=$1 command=$2
    shift 2
    # A smaller std: half a megabyte less than with backtraces and its fastest sorts.
    cargo "$command" --locked --quiet -Z build-std=std,panic_unwind -Z build-std-features=optimize_for_size --target "$target" "$@"
}

# check_size FILE: an optimised library is no larger than it may be.
check_size() {
    local bytes
    bytes=$(stat -c %s "$1")
    echo "${1#"$PWD/"}: $bytes bytes of at most $MOST_LIBRARY_BYTES"
    [ "$bytes" -le "$MOST_LIBRARY_BYTES" ]
}
