//! What a server answers, read by the driver and by room `sql`.
//!
//! A panic in the driver is no finding by itself: in a job it becomes an error (`internal.panic`), and so it does
//! here. A panic in room `sql` is one. The place of each is written once.
//! So far there is one: a debug assertion about the thread in a PRELOGIN answer, which the shipped library has not.

mod panics;
mod question;
#[path = "../../../tests/support/told_server.rs"]
mod server;

use std::cell::RefCell;
use std::time::Duration;

use pgbackup::sql::Options;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

pub use question::{QUESTIONS, ask};
use server::Said;
pub use server::{GREETING, options, windows_account};

/// An answer is all there at once, so that whatever takes so long waits for what does not come.
const LIMIT: Duration = Duration::from_secs(5);

/// More than any answer here justifies: each is at most some thousand bytes long. The driver takes up to 16 MiB for
/// a token that only says that it is so long.
const MEMORY: usize = 32 << 20;

/// Everything that outlives one answer.
struct Stage {
    runtime: Runtime,
    listener: TcpListener,
    by_sql: Options,
    by_windows: Options,
}

thread_local! {
    static STAGE: RefCell<Option<Stage>> = const { RefCell::new(None) };
}

/// Of a question: asked by a Windows account, so that the answer to LOGIN7 may be a part of NTLM.
pub const BY_WINDOWS: u8 = 0x80;

/// Asks a question, and answers with the bytes. The second of them says how many messages of the greeting are the
/// fuzzer's, and whether all of them have their packet headers.
pub fn reply(data: &[u8]) {
    let [question, how, bytes @ ..] = data else { return };
    let as_it_should = GREETING - usize::from(how / 2).min(GREETING);
    let said = if how & 1 == 1 { Said::Raw(bytes) } else { Said::Answers(split(bytes).collect()) };
    panics::watch();
    STAGE.with_borrow_mut(|stage| {
        let Stage { runtime, listener, by_sql, by_windows } = stage.get_or_insert_with(Stage::new);
        let options = if question & BY_WINDOWS == 0 { by_sql } else { by_windows };
        crate::memory::allow(MEMORY);
        panics::caught(|| {
            runtime.block_on(async {
                let both = async {
                    tokio::join!(server::serve(listener, as_it_should, said), ask(question & !BY_WINDOWS, options))
                };
                tokio::time::timeout(LIMIT, both).await.expect("an answer ends in time");
            });
        });
    });
    panics::judge();
}

impl Stage {
    fn new() -> Stage {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let port = listener.local_addr().expect("its address").port();
        let by_sql = options(port, LIMIT / 2);
        let by_windows = Options { login: windows_account(), ..by_sql.clone() };
        Stage { runtime, listener, by_sql, by_windows }
    }
}

/// The messages in a text of the fuzzer: each with its length before it.
fn split(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (length, behind) = rest.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_le_bytes(*length)).min(behind.len());
        let (message, behind) = behind.split_at(length);
        rest = behind;
        Some(message)
    })
}
