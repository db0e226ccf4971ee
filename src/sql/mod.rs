//! Everything that is said to SQL Server, and how its answers are read.
//!
//! No other room holds T-SQL, and names and paths get into T-SQL only through `quote`.
//! Each statement is a batch of its own.

mod address;
mod answer;
mod browser;
mod capture;
mod connect;
pub mod connection_string;
mod dial;
pub mod errors;
mod facts;
mod heard;
mod history;
mod information;
mod lock;
mod machine;
mod media;
mod note;
mod people;
mod pipe;
mod quote;
mod rights;
mod route;
mod row;
mod script;
mod session;
mod space;
mod standing;
mod state;
mod tables;
mod tds;
mod watch;

pub use address::Address;
pub use connect::{CONNECT_TIMEOUT, Encrypt, Login, Options, Secret, connect, meet};
pub use facts::{
    Database, DifferentialBase, ServerFacts, database, databases, differential_base, family_guid, file_places,
};
pub use history::{BackupRecord, HistoryFilter, history, made, origin};
pub use information::{Told, read as read_information};
pub use lock::{lock_holder, take_lock};
pub use media::{
    FileState, FolderEntry, ToldSet, create_folder, delete_backup_file, each_header, file_list, file_state,
    folder_entries, headers, labels,
};
pub use note::{NOTE_LIMIT, add_note, drop_note, notes};
pub use people::{Connected, OrphanedUser, Rights, connected, end_session, orphaned_users, rights};
pub use rights::{lacks_right, may_back_up};
pub use row::Record;
pub use script::{
    Algorithm, Backup, BackupOptions, Compression, Encryption, Recovery, Restore, Verify, check_database,
    drop_database, map_user, recover, recover_if_waiting, rename_database, set_access, set_offline, set_online,
    set_read_only, use_database,
};
pub use session::{Listener, Session, Statement};
pub use space::{UsedSpace, free_space, used_space};
pub use standing::{
    RememberedCopy, Standing, TakenFile, backup_directory, identity, remembered_copy, standing, taken_files,
};
pub use state::{Shown, clients, clients_of, state_history, states, ties};
pub use tables::{TableRows, table_rows};
pub use watch::{Look, look};
