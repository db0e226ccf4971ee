//! What PGBackup decides, as pure functions: no I/O, no clock (`now` is an argument), no JSON.
//!
//! | file | decides |
//! |---|---|
//! | [`base`] | whether a differential has to become a full backup |
//! | [`calendar`] | what a day is called in the Persian (Jalali) calendar |
//! | [`chain`] | which backup sets belong together, what they can restore, and how |
//! | [`archive`] | when the append archive rolls over, and how it grows |
//! | [`naming`] | what a backup file is called, and whether a path can hold one |
//! | [`restoring`] | what a restore that was broken off needs next |
//! | [`retention`] | which backup files may go, without breaking a chain |
//! | [`schedule`] | when a plan runs, what it makes, and whether it is due |
//! | [`state`] | what a database's state means, and what to do next |
//! | [`relocate`] | where the files of a restored database go |
//! | [`zone`] | what time it is where |

pub mod archive;
pub mod base;
pub mod calendar;
pub mod chain;
pub mod naming;
pub mod relocate;
pub mod restoring;
pub mod retention;
pub mod schedule;
pub mod state;
pub mod zone;
