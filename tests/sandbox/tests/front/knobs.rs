//! Everything that can go wrong between a client and a server, each at its stage.

use std::time::{Duration, Instant};

use pgbackup_sandbox::{Act, Fault, Sandbox, ShownCertificate, Stage};
use tiberius::EncryptionLevel;
use tokio::time::timeout;

use crate::client::{config, connect, rows, run, server, try_connect};

fn once(sandbox: &Sandbox, at: Stage, act: Act) {
    sandbox.turn(|knobs| knobs.faults.push(Fault { at, act, once: true }));
}

#[tokio::test]
async fn a_connection_can_fail_at_every_stage_and_the_next_one_works() {
    let server = server(|builder| builder).await;
    for at in [Stage::Accept, Stage::Prelogin, Stage::Tls, Stage::Login] {
        for act in [Act::Close, Act::Reset, Act::Garbage, Act::CutAfterBytes(5)] {
            if act == Act::CutAfterBytes(5) && matches!(at, Stage::Accept | Stage::Tls) {
                // Nothing is answered there that could be cut.
                continue;
            }
            once(&server.sandbox, at.clone(), act.clone());
            let config = config(&server.sandbox, EncryptionLevel::Required);
            let outcome = timeout(Duration::from_secs(5), try_connect(&server.sandbox, config)).await;
            assert!(outcome.expect("it must not hang").is_err(), "{at:?} {act:?}");
        }
    }
    assert_eq!(rows(&mut connect(&server).await, "SELECT 1").await.len(), 1);
}

#[tokio::test]
async fn silence_lasts_until_the_client_leaves() {
    let server = server(|builder| builder).await;
    for at in [Stage::Accept, Stage::Prelogin, Stage::Login] {
        once(&server.sandbox, at.clone(), Act::Silence);
        let config = config(&server.sandbox, EncryptionLevel::NotSupported);
        let outcome = timeout(Duration::from_millis(300), try_connect(&server.sandbox, config)).await;
        assert!(outcome.is_err(), "{at:?}");
    }
    let mut connection = connect(&server).await;
    once(&server.sandbox, Stage::Statement("quiet".into()), Act::Silence);
    assert!(timeout(Duration::from_millis(300), run(&mut connection, "SELECT 'QUIET'")).await.is_err());
}

#[tokio::test]
async fn answers_are_delayed_or_cut_at_a_byte_or_a_token() {
    let server = server(|builder| builder).await;
    let mut connection = connect(&server).await;
    once(&server.sandbox, Stage::Statement(String::new()), Act::Delay(Duration::from_millis(200)));
    let begun = Instant::now();
    run(&mut connection, "SELECT 1").await;
    assert!(begun.elapsed() >= Duration::from_millis(200));
    for act in [Act::CutAfterBytes(20), Act::CutAfterTokens(1), Act::Close, Act::Reset] {
        let mut connection = connect(&server).await;
        once(&server.sandbox, Stage::Statement("sys.databases".into()), act.clone());
        run(&mut connection, "SELECT 1").await;
        let outcome = async { connection.simple_query("SELECT * FROM sys.databases").await?.into_results().await };
        assert!(timeout(Duration::from_secs(5), outcome).await.expect("it must not hang").is_err(), "{act:?}");
    }
}

#[tokio::test]
async fn certificates_can_be_wrong_in_three_ways_and_tls_too_old() {
    let server = server(|builder| builder).await;
    let connects = async |encryption| {
        let config = config(&server.sandbox, encryption);
        timeout(Duration::from_secs(5), try_connect(&server.sandbox, config)).await.expect("it must not hang").is_ok()
    };
    for encryption in [EncryptionLevel::Required, EncryptionLevel::Strict] {
        for shown in [ShownCertificate::WrongName, ShownCertificate::UnknownAuthority, ShownCertificate::Expired] {
            server.sandbox.turn(|knobs| knobs.certificate = shown);
            assert!(!connects(encryption).await, "{shown:?} {encryption:?}");
        }
        server.sandbox.turn(|knobs| knobs.certificate = ShownCertificate::Good);
        server.sandbox.turn(|knobs| knobs.old_tls = true);
        assert!(!connects(encryption).await, "old TLS {encryption:?}");
        server.sandbox.turn(|knobs| knobs.old_tls = false);
        assert!(connects(encryption).await, "{encryption:?}");
    }
}

#[tokio::test]
async fn a_restart_ends_all_connections() {
    let server = server(|builder| builder).await;
    let mut connection = connect(&server).await;
    server.sandbox.disconnect_all();
    let outcome = async { connection.simple_query("SELECT 1").await?.into_results().await };
    assert!(outcome.await.is_err());
    run(&mut connect(&server).await, "SELECT 1").await;
}

#[tokio::test]
async fn the_browser_names_the_port() {
    let server = server(|builder| builder.browser("127.0.0.1:0")).await;
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.send_to(b"\x04PayamGostar2\0", server.sandbox.browser_addr().unwrap()).await.unwrap();
    let mut answer = [0; 512];
    let length = timeout(Duration::from_secs(5), socket.recv(&mut answer)).await.unwrap().unwrap();
    let wanted = format!("tcp;{};", server.sandbox.addr().port());
    assert!(String::from_utf8_lossy(&answer[..length]).contains(&wanted));
}

#[tokio::test]
async fn only_this_machine_is_listened_to() {
    let folder = tempfile::tempdir().unwrap();
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0", "nonsense"] {
        assert!(Sandbox::builder().root(folder.path()).listen(address).start().await.is_err(), "{address}");
    }
}
