//! What PGBackup decides, as pure functions: no I/O, no clock (`now` is an argument), no JSON.
//!
//! | file | decides |
//! |---|---|
//! | [`calendar`] | what a day is called in the Persian (Jalali) calendar |

pub mod calendar;
