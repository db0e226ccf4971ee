//! A restore over a database as a transaction: what is to be done next, from what is seen on the
//! server and what the journal says, so that the database is always given back.
//!
//! No other session gets in between, because no single-user slot is ever fought for:
//!
//! - **in place**: the database is set `READ_ONLY` (nobody can change what is being copied), copied,
//!   and set `OFFLINE WITH ROLLBACK IMMEDIATE`; RESTORE works over an offline database, and nobody
//!   gets into one (942). A pool that reconnects waits in vain instead of stealing the slot.
//! - **beside**: the restore goes to a side name while the old database lives on. The names are
//!   swapped from sessions that sit *in* the database they rename, which is the single user of it.
//!
//! What exists if everything dies now, and what [`next`] does about it:
//!
//! | shape | stage in the journal | what may exist | next, to take back | next, to finish |
//! |---|---|---|---|---|
//! | any | none | the old database, untouched | nothing | - |
//! | new | overwriting | nothing, or half a database | drop it | restore again |
//! | in place | prepared | the old database: usable, read-only, or offline | online, read-write, access | the same |
//! | in place | overwriting | offline: RESTORE had not begun | online, read-write, access | restore again |
//! | | | RESTORING or broken | restore the safety copy | restore again |
//! | | | online and new: the restore is done | access | access |
//! | in place | taking back | RESTORING, broken, offline | restore the safety copy | the same |
//! | | | online: the copy is restored | read-write, access | the same |
//! | beside | prepared | the old database as it was; half a side database | drop the side | the same |
//! | beside | overwriting | old and side, both whole | access, drop the side | swap |
//! | | | the old one renamed, no database of the name | rename it back, drop the side | rename the side |
//! | | | both renamed | access | access |
//! | any | restored | the new database | access | access |
//!
//! Each row is left for another one by one statement of the server, which is done or not done; so
//! looking, deciding and doing one thing can be repeated by whoever comes next, on any machine.

mod next;
mod seen;

pub use next::{Act, End, Next, Wish, next};
pub use seen::{Access, Mode, Restoring, Seen, Server, Shape, Stage, State};
