//! Tools that look over the shoulder of a C program.

use std::ffi::OsStr;
use std::process::Command;

use super::run::program;
use super::skip::skip;

/// Wrong accesses to memory, leaks and undefined behaviour fail the program.
pub const SANITIZERS: [&str; 2] = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];

/// The same by valgrind. Leaks are blocks that nobody points to: the threads of a library that was
/// not shut down still hold theirs.
const VALGRIND: [&str; 5] = [
    "--quiet",
    "--error-exitcode=99",
    "--leak-check=full",
    "--show-leak-kinds=definite",
    "--errors-for-leak-kinds=definite",
];

/// What looks over a program's shoulder.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Watch {
    /// Nothing.
    Nobody,
    /// The compiler's sanitizers of addresses and undefined behaviour.
    Sanitizers,
    /// Valgrind.
    Valgrind,
}

impl Watch {
    /// Whether the machine has it; says so if not.
    pub fn is_here(self) -> bool {
        let here = self != Watch::Valgrind || program("valgrind").is_some();
        if !here {
            skip("C programs under valgrind", "it is not installed");
        }
        here
    }

    /// What the compiler has to be told.
    pub fn flags(self) -> &'static [&'static str] {
        if self == Watch::Sanitizers { &SANITIZERS } else { &[] }
    }

    /// Runs a program under its eyes.
    pub fn command(self, path: impl AsRef<OsStr>) -> Command {
        if self != Watch::Valgrind {
            return Command::new(path);
        }
        let mut command = Command::new("valgrind");
        command.args(VALGRIND).arg(path);
        command
    }
}
