//! What a database's state means, in plain words, with what to do next.

mod remarks;
mod text;

pub use remarks::{Remark, Severity, remarks};
pub use text::summary;
