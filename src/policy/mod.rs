//! What PGBackup decides, as pure functions: no I/O, no clock (`now` is an argument), no JSON.
//!
//! | file | decides |
//! |---|---|
//! | [`calendar`] | what a day is called in the Persian (Jalali) calendar |
//! | [`naming`] | what a backup file is called, and whether a path can hold one |

pub mod calendar;
pub mod naming;
