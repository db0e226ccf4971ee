//! A small SQL Server of our own, close enough to the real one to test backups and restores on.
//!
//! [`engine`] keeps databases, logs and backup media as real bytes; the TDS and T-SQL fronts speak to it.

pub mod engine;
