//! Parts of a test run for which this machine lacks something.

use std::env;
use std::io::{Write, stderr};

/// Says that a part is skipped, and why. With `PGB_NO_SKIP=1`, as in CI, that is a failure.
pub fn skip(part: &str, why: &str) {
    assert!(env::var_os("PGB_NO_SKIP").is_none_or(|value| value != "1"), "skipped: {part}: {why}");
    // Past the test runner, which keeps what a passing test prints to itself.
    let _ = writeln!(stderr(), "skipped: {part}: {why}");
}
