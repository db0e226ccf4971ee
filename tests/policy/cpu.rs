//! Time that this thread has worked, which a busy machine does not lengthen.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// The thread's time on a processor where the system tells it (Linux), else the time that passed.
pub fn time() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let worked = told.and_then(|text| text.split_whitespace().next()?.parse().ok());
    worked.map_or_else(|| START.get_or_init(Instant::now).elapsed(), Duration::from_nanos)
}
