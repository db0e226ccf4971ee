//! The library against a SQL Server: the sandbox, or the real one that `PGB_TEST_SERVER` names.

#[path = "../support/client.rs"]
mod client;
mod held;
#[allow(unsafe_code, dead_code)] // A C ABI is called; not every test needs all of it.
#[path = "../support/library.rs"]
mod library;
#[path = "../support/skip.rs"]
mod skip;
#[path = "../support/told_server.rs"]
mod told_server;
#[cfg(target_os = "linux")]
#[path = "../support/units.rs"]
mod units;
mod world;

mod archive;
mod backup;
mod bad_input;
mod base;
mod clients;
mod connect;
mod copies;
mod crm;
mod elsewhere;
mod histories;
mod kinds;
mod listing;
mod load;
#[cfg(target_os = "linux")]
mod meanwhile;
mod names;
mod patience;
#[cfg(windows)]
mod pipes;
mod plan;
mod plan_race;
#[cfg(windows)]
mod programs;
mod removal;
#[cfg(target_os = "linux")]
mod removal_killed;
mod report;
mod restore;
mod restore_refusals;
mod restore_test;
#[cfg(target_os = "linux")]
mod service;
mod state;
mod told;
mod transaction;
mod traps;
mod tsql;
mod windows_login;
