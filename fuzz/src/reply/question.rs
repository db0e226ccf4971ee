//! What is asked of the server: the questions of room `sql` that read an answer apart.

use std::sync::Arc;

use pgbackup::error::Result;
use pgbackup::model::{BackupType, Guid};
use pgbackup::sql::{self, HistoryFilter, Options, Session, Statement};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How many kinds of questions there are.
pub const QUESTIONS: u8 = 13;

const DATABASE: &str = "PayamGostar2";
const FILE: &str = r"D:\Backup\x.bak";

/// Connects, and asks what the number says. What comes of it is the server's affair.
pub async fn ask(question: u8, options: &Options) {
    let nobody_cancels = CancellationToken::new();
    let kind = question % QUESTIONS;
    if kind == 0 {
        let _ = sql::meet(options, Instant::now() + options.connect_timeout, &nobody_cancels).await;
    } else if let Ok(mut session) = sql::connect(options, &nobody_cancels).await {
        let _ = of_session(kind, &mut session, &nobody_cancels).await;
    }
}

async fn of_session(question: u8, session: &mut Session, cancel: &CancellationToken) -> Result<()> {
    match question {
        1 => unused(sql::headers(session, FILE, cancel).await?),
        2 => unused(sql::file_list(session, FILE, 1, cancel).await?),
        3 => unused(sql::labels(session, FILE, cancel).await?),
        4 => {
            unused(sql::databases(session).await?);
            unused(sql::differential_base(session, DATABASE).await?);
            unused(sql::file_places(session, 5).await?);
        }
        5 => {
            let (filter, (sender, mut sets)) = (HistoryFilter::default(), mpsc::channel(2));
            let all = async { while sets.recv().await.is_some() {} };
            tokio::join!(sql::history(session, &filter, sender), all).0?;
        }
        6 => {
            unused(sql::states(session).await?);
            unused(sql::clients(session).await?);
            unused(sql::state_history(session).await?);
            unused(sql::ties(session, DATABASE).await?);
        }
        7 => {
            let _ = sql::file_state(session, FILE).await;
            unused(sql::folder_entries(session, r"D:\Backup").await?);
            unused(sql::taken_files(session).await?);
            unused(sql::backup_directory(session).await);
        }
        8 => {
            unused(sql::made(session, DATABASE, FILE, 1).await?);
            unused(sql::origin(session, Guid::from_u128(7)).await?);
            unused(sql::remembered_copy(session, DATABASE, BackupType::Full, "x").await?);
        }
        9 => unused(sql::table_rows(session, DATABASE).await?),
        10 => {
            unused(sql::look(session, 51).await);
            unused(sql::lock_holder(session).await);
            let _ = sql::used_space(session, DATABASE).await;
            let _ = sql::free_space(session, 'D').await;
            unused(sql::standing(session, DATABASE).await?);
        }
        11 => {
            let _ = sql::rights(session, DATABASE).await?;
            unused(sql::connected(session, DATABASE).await?);
            unused(sql::orphaned_users(session, DATABASE).await?);
        }
        // A statement with progress.
        _ => {
            let sql = format!("BACKUP DATABASE [{DATABASE}] TO DISK = N'{FILE}' WITH STATS = 10, INIT");
            let statement = Statement { sql: &sql, doing: "back up", target: DATABASE };
            unused(session.run(&statement, Arc::new(|_| ()), cancel).await?);
        }
    }
    Ok(())
}

/// What matters is that it was read.
fn unused<T>(_: T) {}
