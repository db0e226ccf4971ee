//! Transact-SQL: batches are cut into statements, and run one by one.

pub mod ast;
mod lexer;
mod parse;
mod run;

pub use lexer::SyntaxError;
pub use parse::{data_type, declarations};
pub use run::{Argument, run_batch, run_procedure, run_text};

/// Whether a text is Transact-SQL as far as the sandbox knows it.
///
/// # Errors
/// The first mistake.
pub fn check(text: &str) -> Result<(), SyntaxError> {
    parse::batch(text).map(|_| ())
}
