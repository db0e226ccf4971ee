//! Backups, restores and control of sessions, as a client lives through them.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use pgbackup_sandbox::AttentionStyle;
use tracing::instrument::WithSubscriber;
use tracing::{Level, Metadata, Subscriber, field, span};

use crate::client::{Connection, Server, connect, error, rows, run, server};

/// Collects what tiberius says about INFO and ERROR tokens, with the time of each.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<(Instant, String)>>>);

impl Subscriber for Heard {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "tiberius::tds::stream::token" && *metadata.level() <= Level::DEBUG
    }
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        struct Text(String);
        impl field::Visit for Text {
            fn record_debug(&mut self, field: &field::Field, value: &dyn std::fmt::Debug) {
                self.0 += &format!("{}={value:?};", field.name());
            }
        }
        let mut text = Text(String::new());
        event.record(&mut text);
        self.0.lock().unwrap().push((Instant::now(), text.0));
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

async fn with_database(pace: Duration) -> (Server, Connection) {
    let server = server(|builder| builder.payamgostar(2000).pace(pace)).await;
    let mut connection = connect(&server).await;
    run(&mut connection, "EXEC master.dbo.xp_create_subdir N'D:\\Backup'").await;
    (server, connection)
}

const BACKUP: &str = "BACKUP DATABASE PayamGostar2 TO DISK = N'D:\\Backup\\x.bak' WITH CHECKSUM, STATS = 5";

#[tokio::test]
async fn progress_comes_while_the_backup_runs() {
    let (_server, mut connection) = with_database(Duration::from_millis(15)).await;
    let heard = Heard::default();
    let begun = Instant::now();
    let work = async { connection.simple_query(BACKUP).await.unwrap().into_results().await.unwrap() };
    work.with_subscriber(heard.clone()).await;
    let took = begun.elapsed();
    let heard = heard.0.lock().unwrap();
    let percents: Vec<_> = heard.iter().filter(|(_, text)| text.contains("percent processed.")).collect();
    assert!(percents.len() >= 5, "{heard:?}");
    let first = percents[0].0.duration_since(begun);
    assert!(first < took / 2, "the first after {first:?} of {took:?}");
    assert!(heard.iter().any(|(_, text)| text.contains("BACKUP DATABASE successfully processed")));
}

#[tokio::test]
async fn a_device_that_cannot_be_opened_is_told_before_3013() {
    let (_server, mut connection) = with_database(Duration::ZERO).await;
    let heard = Heard::default();
    let text = "BACKUP DATABASE PayamGostar2 TO DISK = N'D:\\Nowhere\\x.bak'";
    let work = async { error(&mut connection, text).await };
    assert_eq!(work.with_subscriber(heard.clone()).await, 3201, "the first error is the cause");
    let heard = heard.0.lock().unwrap();
    let told: Vec<&str> = heard.iter().map(|(_, text)| text.as_str()).collect();
    let cause = told.iter().position(|text| text.contains("Operating system error 3(")).unwrap();
    let end = told.iter().position(|text| text.contains("BACKUP DATABASE is terminating abnormally.")).unwrap();
    assert!(cause < end);
}

#[tokio::test]
async fn progress_is_seen_from_another_session() {
    let (server, mut connection) = with_database(Duration::from_millis(30)).await;
    let mut other = connect(&server).await;
    let backup = tokio::spawn(async move {
        run(&mut connection, BACKUP).await;
    });
    let text = "SELECT percent_complete, command, wait_type, estimated_completion_time FROM sys.dm_exec_requests \
                WHERE session_id <> @@SPID AND percent_complete > 0";
    let mut seen = Vec::new();
    while !backup.is_finished() {
        if let Some(row) = rows(&mut other, text).await.first() {
            assert_eq!(row.get::<&str, _>("command"), Some("BACKUP DATABASE"));
            seen.push(row.get::<f32, _>("percent_complete").unwrap());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    backup.await.unwrap();
    assert!(seen.len() > 2 && seen.windows(2).all(|pair| pair[0] <= pair[1]), "{seen:?}");
}

#[tokio::test]
async fn an_attention_ends_a_backup_in_both_styles() {
    let (server, _connection) = with_database(Duration::from_millis(100)).await;
    for style in [AttentionStyle::InAnswer, AttentionStyle::OwnMessage] {
        server.sandbox.turn(|knobs| knobs.attention = style);
        let mut connection = connect(&server).await;
        let text = BACKUP.replace("x.bak", &format!("{style:?}.bak"));
        let started = tokio::time::timeout(Duration::from_millis(300), run(&mut connection, &text)).await;
        assert!(started.is_err(), "it should still run");
        let begun = Instant::now();
        let cancelled = connection.cancel_query().await;
        assert!(begun.elapsed() < Duration::from_secs(2));
        // tiberius stands only the acknowledgement inside the answer.
        assert_eq!(cancelled.is_ok(), style == AttentionStyle::InAnswer, "{cancelled:?}");
        if style == AttentionStyle::InAnswer {
            assert_eq!(rows(&mut connection, "SELECT 1").await.len(), 1, "the connection is still good");
        }
    }
}

#[tokio::test]
async fn a_session_can_be_killed_and_says_no_more() {
    let (server, mut connection) = with_database(Duration::from_millis(50)).await;
    let mut victim = connect(&server).await;
    let spid = rows(&mut victim, "SELECT @@SPID").await[0].get::<i16, _>(0).unwrap();
    let backup = tokio::spawn(async move {
        let stream = victim.simple_query(BACKUP).await?;
        stream.into_results().await.map(|_| ())
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    run(&mut connection, &format!("KILL {spid}")).await;
    assert!(backup.await.unwrap().is_err());
    assert_eq!(error(&mut connection, "KILL 9999").await, 6106);
    assert_eq!(error(&mut connection, "KILL 10").await, 6107);
    let again = rows(&mut connection, "SELECT session_id FROM sys.dm_exec_requests WHERE command LIKE 'BACKUP%'").await;
    assert!(again.is_empty(), "the backup is gone with its session");
}

#[tokio::test]
async fn a_client_that_vanishes_takes_its_backup_with_it() {
    let (server, mut connection) = with_database(Duration::from_millis(50)).await;
    let mut victim = connect(&server).await;
    let _ = tokio::time::timeout(Duration::from_millis(200), run(&mut victim, BACKUP)).await;
    drop(victim);
    let deadline = Instant::now() + Duration::from_secs(5);
    let text = "SELECT session_id FROM sys.dm_exec_requests WHERE command LIKE 'BACKUP%'";
    while !rows(&mut connection, text).await.is_empty() {
        assert!(Instant::now() < deadline, "the backup runs on");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_backup_is_restored_under_another_name_with_its_rows() {
    let (server, mut connection) = with_database(Duration::ZERO).await;
    run(&mut connection, BACKUP).await;
    run(&mut connection, "EXEC xp_create_subdir N'D:\\Data'").await;
    run(
        &mut connection,
        "RESTORE DATABASE Copy FROM DISK = N'D:\\Backup\\x.bak' WITH MOVE N'PayamGostar2' TO N'D:\\Data\\c.mdf', \
         MOVE N'PayamGostar2_log' TO N'D:\\Data\\c.ldf', STATS = 20",
    )
    .await;
    let count = "SELECT COUNT(*) FROM Copy.dbo.Customers c JOIN PayamGostar2.dbo.Customers o ON o.CustomerId = c.CustomerId \
                 AND o.FirstName = c.FirstName";
    assert_eq!(rows(&mut connection, count).await[0].get::<i32, _>(0), Some(2000));
    assert!(server.sandbox.host_path("d:\\backup\\X.bak").unwrap().is_file());
    let header = rows(&mut connection, "RESTORE HEADERONLY FROM DISK = N'D:\\Backup\\x.bak'").await;
    assert_eq!(header[0].get::<&str, _>("DatabaseName"), Some("PayamGostar2"));
    assert_eq!(header[0].get::<i16, _>("BackupType"), Some(1));
    assert_eq!(header[0].get::<i16, _>("Position"), Some(1));
    assert!(header[0].get::<tiberius::numeric::Numeric, _>("FirstLSN").unwrap().value() > 0);
    assert!(server.sandbox.statements().iter().any(|statement| statement.text.starts_with("RESTORE HEADERONLY")));
}

#[tokio::test]
async fn statements_that_cannot_be_are_refused_with_the_servers_numbers() {
    let (_server, mut connection) = with_database(Duration::ZERO).await;
    let cases = [
        ("BACKUP DATABASE nowhere TO DISK = N'D:\\Backup\\n.bak'", 911),
        ("BACKUP LOG master TO DISK = N'D:\\Backup\\n.bak'", 4212),
        ("BACKUP DATABASE tempdb TO DISK = N'D:\\Backup\\n.bak'", 3147),
        ("BACKUP DATABASE PayamGostar2 TO DISK = N'D:\\Backup\\n.bak' WITH DIFFERENTIAL", 3035),
        ("BACKUP DATABASE PayamGostar2 TO nowhere", 3206),
        ("BACKUP DATABASE PayamGostar2 TO DISK = N'D:\\Backup\\n.bak' WITH INIT, NOINIT", 3031),
        ("BEGIN TRAN; BACKUP DATABASE PayamGostar2 TO DISK = N'D:\\Backup\\n.bak'", 3021),
        ("ROLLBACK; USE PayamGostar2; RESTORE DATABASE PayamGostar2 FROM DISK = N'D:\\Backup\\n.bak'", 3102),
        ("USE master; RESTORE HEADERONLY FROM DISK = N'D:\\Backup\\n.bak'", 3201),
        ("ALTER DATABASE nowhere SET OFFLINE", 5011),
        ("DROP DATABASE nowhere", 3701),
    ];
    for (text, number) in cases {
        assert_eq!(error(&mut connection, text).await, number, "{text}");
    }
}

#[tokio::test]
async fn a_header_has_the_columns_of_its_servers_version() {
    use pgbackup_sandbox::engine::Version;
    let newer = Version { major: 16, minor: 0, build: 4085, revision: 2 };
    for (version, count, last) in [(None, 56, "EncryptorType"), (Some(newer), 59, "CompressionAlgorithm")] {
        let server = server(|builder| match version {
            Some(version) => builder.payamgostar(10).version(version),
            None => builder.payamgostar(10),
        })
        .await;
        let mut connection = connect(&server).await;
        run(&mut connection, "EXEC xp_create_subdir N'D:\\Backup'").await;
        run(&mut connection, BACKUP).await;
        let header = rows(&mut connection, "RESTORE HEADERONLY FROM DISK = N'D:\\Backup\\x.bak'").await;
        let names: Vec<&str> = header[0].columns().iter().map(|column| column.name()).collect();
        assert_eq!((names.len(), names[0], names[names.len() - 1]), (count, "BackupName", last));
        if version.is_some() {
            assert_eq!(header[0].get::<i16, _>("TimeZone"), Some(14), "210 minutes in quarters of an hour");
        }
    }
}
