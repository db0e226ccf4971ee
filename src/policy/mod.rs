//! What PGBackup decides, as pure functions: no I/O, no clock (`now` is an argument), no JSON.
//!
//! | file | decides |
//! |---|---|
//! | [`base`] | whether a differential has to become a full backup |
//! | [`calendar`] | what a day is called in the Persian (Jalali) calendar |
//! | [`naming`] | what a backup file is called, and whether a path can hold one |
//! | [`relocate`] | where the files of a restored database go |

pub mod base;
pub mod calendar;
pub mod naming;
pub mod relocate;
