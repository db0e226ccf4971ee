//! The kill matrix: a restore meets a fault at every statement and inside every backup and restore,
//! in every shape, and the database is always given back.
//!
//! ```text
//! cargo test --test faults                            a short slice
//! cargo test --test faults -- --all                   every point; prints the table of the README
//! cargo test --test faults -- --all --from 1000 --to 2000      a part of them
//! cargo test --test faults -- --shape rename --fault killed --point 12    one point
//! ```
//!
//! The client is a process of its own (this program once more), so that it can be killed. What the
//! database is like afterwards is read from the sandbox itself, not asked of the library.

#![allow(clippy::print_stdout, clippy::print_stderr)] // A program for people to read.

#[path = "../support/client.rs"]
mod client;
#[allow(unsafe_code, dead_code)] // A C ABI is called; not every test needs all of it.
#[path = "../support/library.rs"]
mod library;
#[path = "../support/units.rs"]
mod units;

mod child;
mod judge;
mod matrix;
mod play;
mod scene;

use std::process::ExitCode;

fn main() -> ExitCode {
    if cfg!(not(unix)) {
        println!("faults: skipped: clients are killed by Unix's means");
        return ExitCode::SUCCESS;
    }
    if child::is_one() {
        return child::run();
    }
    matrix::run(std::env::args().skip(1))
}
