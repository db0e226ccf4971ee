//! Logging in: every encryption, and every way to be turned away.

use pgbackup_sandbox::{Account, Encryption};
use tiberius::{AuthMethod, EncryptionLevel};

use crate::client::{PASSWORD, config, connect, rows, server, try_connect};

#[tokio::test]
async fn every_encryption_that_both_sides_have_leads_in() {
    use EncryptionLevel as Client;
    let cases = [
        (Encryption::Optional, Client::NotSupported, Some("FALSE")),
        (Encryption::Optional, Client::Off, Some("FALSE")),
        (Encryption::Optional, Client::On, Some("TRUE")),
        (Encryption::Optional, Client::Required, Some("TRUE")),
        (Encryption::Optional, Client::Strict, Some("TRUE")),
        (Encryption::Required, Client::Off, Some("TRUE")),
        (Encryption::Required, Client::Required, Some("TRUE")),
        (Encryption::Required, Client::Strict, Some("TRUE")),
        (Encryption::Required, Client::NotSupported, None),
        (Encryption::NotSupported, Client::NotSupported, Some("FALSE")),
        (Encryption::NotSupported, Client::Required, None),
        (Encryption::Strict, Client::Strict, Some("TRUE")),
        (Encryption::Strict, Client::Required, None),
    ];
    let server = server(|builder| builder).await;
    for (offered, wanted, encrypted) in cases {
        server.sandbox.turn(|knobs| knobs.encryption = offered);
        let outcome = try_connect(&server.sandbox, config(&server.sandbox, wanted)).await;
        match (outcome, encrypted) {
            (Ok(mut connection), Some(encrypted)) => {
                let text = "SELECT encrypt_option FROM sys.dm_exec_connections WHERE session_id = @@SPID";
                let rows = rows(&mut connection, text).await;
                assert_eq!(rows[0].get::<&str, _>(0), Some(encrypted), "{offered:?} {wanted:?}");
            }
            (Err(_), None) => {}
            (outcome, _) => panic!("{offered:?} {wanted:?}: {:?}", outcome.map(|_| ())),
        }
    }
}

#[tokio::test]
async fn a_wrong_login_is_told_little_and_logged_in_full() {
    let server = server(|builder| {
        builder
            .account(Account::new("off", "x").disabled())
            .account(Account::new("stale", "x").must_change())
            .account(Account::new("lost", "x").default_database("gone"))
    })
    .await;
    let cases = [
        ("sa", "wrong", "", 18456, "Error: 18456, Severity: 14, State: 8."),
        ("nobody", "x", "", 18456, "Error: 18456, Severity: 14, State: 5."),
        ("off", "wrong", "", 18456, "Error: 18456, Severity: 14, State: 7."),
        ("off", "x", "", 18470, "Error: 18456, Severity: 14, State: 1."),
        ("stale", "x", "", 18488, "Error: 18456, Severity: 14, State: 1."),
        ("lost", "x", "", 4064, "Error: 18456, Severity: 14, State: 38."),
        ("sa", PASSWORD, "gone", 4060, "Error: 18456, Severity: 14, State: 38."),
    ];
    for (user, password, database, number, logged) in cases {
        let mut config = config(&server.sandbox, EncryptionLevel::Off);
        config.authentication(AuthMethod::sql_server(user, password));
        if !database.is_empty() {
            config.database(database);
        }
        let error = try_connect(&server.sandbox, config).await.map(|_| ()).unwrap_err();
        assert_eq!(error.code(), Some(number), "{user}: {error}");
        let log = server.sandbox.error_log();
        assert!(log.iter().any(|line| line == logged), "{user}: {log:?}");
        assert!(!log.iter().any(|line| line.contains(PASSWORD)), "a password in the log");
    }
}

#[tokio::test]
async fn sessions_get_the_lowest_free_number() {
    let server = server(|builder| builder).await;
    let mut first = connect(&server).await;
    let mut second = connect(&server).await;
    let spid = rows(&mut first, "SELECT @@SPID").await[0].get::<i16, _>(0);
    assert_eq!(spid, Some(51));
    assert_eq!(rows(&mut second, "SELECT @@SPID").await[0].get::<i16, _>(0), Some(52));
    assert_eq!(server.sandbox.sessions(), [51, 52]);
}
