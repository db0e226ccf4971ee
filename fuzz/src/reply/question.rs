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
    if question % QUESTIONS == 0 {
        let _ = sql::meet(options, Instant::now() + options.connect_timeout, &nobody_cancels).await;
    } else if let Ok(mut session) = sql::connect(options, &nobody_cancels).await {
        let _ = of_session(question % QUESTIONS, &mut session, &nobody_cancels).await;
    }
}

async fn of_session(question: u8, session: &mut Session, cancel: &CancellationToken) -> Result<()> {
    match question {
        1 => drop(sql::headers(session, FILE, cancel).await?),
        2 => drop(sql::file_list(session, FILE, 1, cancel).await?),
        3 => drop(sql::labels(session, FILE, cancel).await?),
        4 => {
            drop(sql::databases(session).await?);
            drop(sql::differential_base(session, DATABASE).await?);
            drop(sql::file_places(session, 5).await?);
        }
        5 => {
            let (filter, (sender, mut sets)) = (HistoryFilter::default(), mpsc::channel(2));
            let all = async { while sets.recv().await.is_some() {} };
            tokio::join!(sql::history(session, &filter, sender), all).0?;
        }
        6 => {
            drop(sql::states(session).await?);
            drop(sql::clients(session).await?);
            drop(sql::state_history(session).await?);
            drop(sql::ties(session, DATABASE).await?);
        }
        7 => {
            let _ = sql::file_state(session, FILE).await;
            drop(sql::folder_entries(session, r"D:\Backup").await?);
            drop(sql::taken_files(session).await?);
            drop(sql::backup_directory(session).await);
        }
        8 => {
            drop(sql::made(session, DATABASE, FILE, 1).await?);
            drop(sql::origin(session, Guid::from_u128(7)).await?);
            drop(sql::remembered_copy(session, DATABASE, BackupType::Full, "x").await?);
        }
        9 => drop(sql::table_rows(session, DATABASE).await?),
        10 => {
            drop(sql::look(session, 51).await);
            drop(sql::lock_holder(session).await);
            let _ = sql::used_space(session, DATABASE).await;
            let _ = sql::free_space(session, 'D').await;
            drop(sql::standing(session, DATABASE).await?);
        }
        11 => {
            let _ = sql::rights(session, DATABASE).await?;
            drop(sql::connected(session, DATABASE).await?);
            drop(sql::orphaned_users(session, DATABASE).await?);
        }
        // A statement with progress.
        _ => {
            let sql = format!("BACKUP DATABASE [{DATABASE}] TO DISK = N'{FILE}' WITH STATS = 10, INIT");
            let statement = Statement { sql: &sql, doing: "back up", target: DATABASE };
            drop(session.run(&statement, Arc::new(|_| ()), cancel).await?);
        }
    }
    Ok(())
}
