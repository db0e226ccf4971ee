//! Who may do what, statement by statement.

use pgbackup_sandbox::{Account, DatabaseRole, Sandbox, ServerRole};
use tiberius::{AuthMethod, EncryptionLevel};

use crate::client::{Connection, Server, config, connect, error, rows, run, server, try_connect};

async fn as_login(sandbox: &Sandbox, user: &str) -> Connection {
    let mut config = config(sandbox, EncryptionLevel::NotSupported);
    config.authentication(AuthMethod::sql_server(user, "x"));
    try_connect(sandbox, config).await.unwrap()
}

async fn with_logins() -> Server {
    let database = "PayamGostar2";
    let server = server(|builder| {
        builder
            .payamgostar(10)
            .account(Account::new("creator", "x").server_role(ServerRole::DbCreator))
            .account(Account::new("owner", "x").database_role(database, DatabaseRole::Owner))
            .account(Account::new("operator", "x").database_role(database, DatabaseRole::BackupOperator))
            .account(Account::new("reader", "x").database_role(database, DatabaseRole::DataReader))
            .account(Account::new("nothing", "x"))
            .account(Account::new("watcher", "x").server_role(ServerRole::ServerStateReader))
    })
    .await;
    let mut connection = connect(&server).await;
    run(&mut connection, "EXEC xp_create_subdir N'D:\\Backup'").await;
    run(&mut connection, "BACKUP DATABASE PayamGostar2 TO DISK = N'D:\\Backup\\x.bak'").await;
    server
}

#[tokio::test]
async fn each_statement_asks_for_its_own_right() {
    let server = with_logins().await;
    let backup = "BACKUP DATABASE PayamGostar2 TO DISK = N'D:\\Backup\\y.bak'";
    let log = "BACKUP LOG PayamGostar2 TO DISK = N'D:\\Backup\\y.bak'";
    let over = "RESTORE DATABASE PayamGostar2 FROM DISK = N'D:\\Backup\\x.bak' WITH REPLACE";
    let new = "RESTORE DATABASE New FROM DISK = N'D:\\Backup\\no.bak'";
    let header = "RESTORE HEADERONLY FROM DISK = N'D:\\Backup\\x.bak'";
    let select = "SELECT COUNT(*) FROM PayamGostar2.dbo.Customers";
    let update = "UPDATE PayamGostar2.dbo.Customers SET City = City";
    let alter = "ALTER DATABASE PayamGostar2 SET RECOVERY FULL";
    // Login, statement, error (0: allowed).
    let cases = [
        ("nothing", backup, 262),
        ("reader", backup, 262),
        ("creator", backup, 262),
        ("operator", backup, 0),
        ("operator", log, 0),
        ("owner", backup, 0),
        ("nothing", over, 3110),
        ("operator", over, 3110),
        ("owner", over, 3110),
        ("creator", over, 0),
        ("nothing", new, 262),
        ("owner", new, 262),
        ("creator", new, 3201),
        ("operator", header, 262),
        ("creator", header, 0),
        ("nothing", select, 916),
        ("operator", select, 229),
        ("reader", select, 0),
        ("reader", update, 229),
        ("owner", update, 0),
        ("operator", alter, 5011),
        ("owner", alter, 0),
        ("nothing", "USE PayamGostar2", 916),
        ("nothing", "CREATE DATABASE mine", 262),
        ("nothing", "KILL 51", 6102),
        ("nothing", "EXEC xp_create_subdir N'D:\\z'", 229),
        ("nothing", "EXEC xp_fileexist N'D:\\z'", 0),
        ("nothing", "SELECT * FROM sys.dm_exec_connections", 300),
        ("watcher", "SELECT * FROM sys.dm_exec_connections", 0),
        ("nothing", "SELECT * FROM msdb.dbo.backupset", 229),
        ("nothing", "DROP DATABASE PayamGostar2", 3701),
    ];
    for (login, text, number) in cases {
        let mut connection = as_login(&server.sandbox, login).await;
        assert_eq!(error(&mut connection, text).await, number, "{login}: {text}");
    }
}

#[tokio::test]
async fn a_login_sees_its_own_session_and_its_rights() {
    let server = with_logins().await;
    let _other = connect(&server).await;
    let mut nothing = as_login(&server.sandbox, "nothing").await;
    assert_eq!(rows(&mut nothing, "SELECT session_id FROM sys.dm_exec_sessions").await.len(), 1);
    let mut watcher = as_login(&server.sandbox, "watcher").await;
    assert_eq!(rows(&mut watcher, "SELECT session_id FROM sys.dm_exec_sessions").await.len(), 3);
    let text = "SELECT HAS_PERMS_BY_NAME(N'PayamGostar2', 'DATABASE', 'BACKUP DATABASE'), IS_SRVROLEMEMBER('sysadmin'), \
                HAS_DBACCESS('PayamGostar2'), HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER STATE'), SUSER_SNAME()";
    let mut operator = as_login(&server.sandbox, "operator").await;
    let row = &rows(&mut operator, text).await[0];
    assert_eq!((0..4).map(|i| row.get::<i32, _>(i)).collect::<Vec<_>>(), [Some(1), Some(0), Some(1), Some(0)]);
    assert_eq!(row.get::<&str, _>(4), Some("operator"));
}

#[tokio::test]
async fn single_user_keeps_others_out_and_rollback_ends_them() {
    let server = with_logins().await;
    let mut inside = connect(&server).await;
    run(&mut inside, "USE PayamGostar2").await;
    let mut master = connect(&server).await;
    run(&mut master, "ALTER DATABASE PayamGostar2 SET SINGLE_USER WITH ROLLBACK IMMEDIATE; USE PayamGostar2").await;
    assert!(inside.simple_query("SELECT 1").await.is_err(), "it was in the database");
    let mut third = connect(&server).await;
    assert_eq!(error(&mut third, "USE PayamGostar2").await, 924);
    run(&mut master, "USE master; ALTER DATABASE PayamGostar2 SET MULTI_USER").await;
    run(&mut third, "USE PayamGostar2").await;
    assert_eq!(rows(&mut third, "SELECT DB_NAME()").await[0].get::<&str, _>(0), Some("PayamGostar2"));
}
