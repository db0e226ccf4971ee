//! PGBackup backs up, restores, prunes and schedules SQL Server databases, and reads `.bak` files
//! without a server.
//!
//! # Rooms
//!
//! Data goes one way, and comes back the same way:
//! caller -> [`ffi`] -> [`job`] -> [`ops`] -> [`sql`] or [`media`].
//!
//! | room | holds | may not |
//! |---|---|---|
//! | [`model`] | the words of the field: LSN, backup set, media label | do I/O |
//! | [`error`] | the one error type and its status codes | know JSON |
//! | [`ffi`] | the C ABI | decide anything; it alone may be `unsafe` |
//! | [`wire`] | JSON requests and replies | touch server or files |
//! | [`job`] | the runtime, job states, progress, cancel | know what a job does |
//! | [`ops`] | one file per operation | hold T-SQL or `.bak` bytes |
//! | [`plan`] | plan files, locks, history and copies on this machine | know servers or JSON |
//! | [`policy`] | chains, retention, calendars, schedules, file names: pure | do I/O or ask for the time |
//! | [`service`] | services of this machine: stopped in order, given back | know servers or JSON |
//! | [`report`] | facts made into one HTML page: pure | read anything or ask for the time |
//! | [`sql`] | everything said to SQL Server | be spoken elsewhere |
//! | [`media`] | everything read from `.bak` bytes | know servers, clocks or JSON |

pub mod error;
#[allow(unsafe_code)] // The one room that may; see its rules.
pub mod ffi;
pub mod job;
pub mod media;
pub mod model;
pub mod ops;
pub mod plan;
pub mod policy;
pub mod report;
pub mod service;
pub mod sql;
pub mod wire;
