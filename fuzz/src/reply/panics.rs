//! Whose a panic is.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, Once, PoisonError};

static OURS: AtomicBool = AtomicBool::new(false);
static SEEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Puts away libFuzzer's hook, which ends the process at panics that are caught, too.
pub fn watch() {
    static DONE: Once = Once::new();
    DONE.call_once(|| {
        set_hook(Box::new(|panic| {
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            // Crates of others lie in cargo's folder, and those of the standard library in rustc's.
            let is_ours = !place.contains("/registry/src/") && !place.starts_with("/rustc/");
            OURS.fetch_or(is_ours, Ordering::Relaxed);
            if SEEN.lock().unwrap_or_else(PoisonError::into_inner).insert(place) {
                eprintln!("a panic {}: {panic}", if is_ours { "of ours" } else { "of the driver" });
            }
        }));
    });
}

/// Runs what may panic.
pub fn caught(body: impl FnOnce()) {
    let _ = catch_unwind(AssertUnwindSafe(body));
}

/// Ends the process if a panic was ours.
pub fn judge() {
    if OURS.load(Ordering::Relaxed) {
        std::process::abort();
    }
}
