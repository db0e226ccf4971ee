//! Getting a session, and everything that can be in the way.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use pgbackup_sandbox::{Act, Encryption, Fault, ShownCertificate, Stage};
use serde_json::{Value, json};

use crate::library::Library;
use crate::world::World;

/// Lists databases of a server by options; the error if there is one.
fn attempt(library: &Library, options: &Value, secret: &str) -> Result<usize, Value> {
    let server = library.server(options, secret)?;
    let (rows, end) = library.run(Some(&server), "query", &json!({ "v": 1, "kind": "databases" }));
    end.map(|_| rows.len())
}

fn options(server: &str, more: Value) -> Value {
    let mut options = json!({ "v": 1, "server": server, "user": "sa", "connect_timeout_ms": 1500 });
    for (name, value) in more.as_object().expect("fields") {
        options[name] = value.clone();
    }
    options
}

/// The error of an attempt that has to fail in time, checked for what every error needs.
fn failed(server: &str, more: Value) -> Value {
    let library = Library::load();
    let began = Instant::now();
    let error = attempt(&library, &options(server, more), "hunter2").expect_err("a refusal");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert!(error["hint"].is_string(), "no next step: {error:#}");
    assert!(!error.to_string().contains("hunter2"));
    error
}

#[test]
fn a_closed_port() {
    let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address").port();
    let error = failed(&format!("127.0.0.1,{port}"), json!({}));
    assert_eq!(error["code"], "connect.unreachable");
    assert!(error["causes"][0].as_str().is_some_and(|cause| cause.contains(&port.to_string())), "{error:#}");
}

#[test]
fn a_host_that_does_not_exist() {
    let error = failed("no-such-host.invalid", json!({}));
    assert_eq!(error["code"], "connect.unreachable");
    assert!(error["message"].as_str().is_some_and(|message| message.contains("no-such-host.invalid")));
}

#[test]
fn a_server_that_is_silent() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    std::thread::spawn(move || {
        let kept: Vec<_> = listener.incoming().take(1).collect();
        std::thread::sleep(Duration::from_secs(10));
        drop(kept);
    });
    assert_eq!(failed(&format!("127.0.0.1,{}", address.port()), json!({}))["code"], "connect.timeout");
}

#[test]
fn something_that_is_no_sql_server() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = stream;
            let mut request = [0; 64];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        }
    });
    let error = failed(&format!("127.0.0.1,{}", address.port()), json!({}));
    assert!(["connect.unreachable", "connect.timeout"].contains(&error["code"].as_str().expect("a code")), "{error:#}");
}

#[test]
fn an_instance_without_a_browser() {
    let error = failed(r"127.0.0.1\NOSUCH", json!({ "connect_timeout_ms": 4000 }));
    assert!(["connect.unreachable", "connect.timeout"].contains(&error["code"].as_str().expect("a code")));
    assert!(error.to_string().contains("Browser"), "{error:#}");
}

#[test]
fn a_wrong_password_is_a_login_error_with_the_servers_words() {
    let world = World::new();
    let error = attempt(&world.library, &world.options(), "wrong").expect_err("a refusal");
    assert_eq!(error["code"], "connect.login");
    assert_eq!(error["server"][0]["number"], 18456);
    assert_eq!(error["server"][0]["severity"], 14);
}

#[test]
fn every_encryption_of_the_server() {
    for (offered, encrypt) in [
        (Encryption::Optional, "mandatory"),
        (Encryption::Optional, "optional"),
        (Encryption::Required, "mandatory"),
        (Encryption::Required, "optional"),
    ] {
        let world = World::sandbox(|builder| builder.encryption(offered));
        let mut options = world.options();
        options["encrypt"] = json!(encrypt);
        let server = world.library.server(&options, "Sandbox!1 ;'رمز").expect("a handle");
        let (rows, end) = world.library.run(Some(&server), "query", &json!({ "v": 1, "kind": "databases" }));
        end.unwrap_or_else(|error| panic!("{offered:?} {encrypt}: {error:#}"));
        assert!(rows.len() >= 4);
        // Many packets, each a TLS record of its own, which come in pieces.
        let file = world.path("long.bak");
        let again = json!({ "v": 1, "database": "msdb", "backup_file": file, "archive": true, "type": "full" });
        for _ in 0..9 {
            world.library.run(Some(&server), "backup", &again).1.unwrap_or_else(|error| panic!("{error:#}"));
        }
        let sets = json!({ "v": 1, "kind": "backup_sets", "files": [file] });
        let (rows, end) = world.library.run(Some(&server), "query", &sets);
        end.unwrap_or_else(|error| panic!("{offered:?} {encrypt}: {error:#}"));
        assert_eq!(rows.len(), 9, "{offered:?} {encrypt}");
    }
}

#[test]
fn a_server_without_encryption_gets_no_password() {
    let world = World::sandbox(|builder| builder.encryption(Encryption::NotSupported));
    for encrypt in ["mandatory", "optional"] {
        let mut options = world.options();
        options["encrypt"] = json!(encrypt);
        let error = attempt(&world.library, &options, "Sandbox!1 ;'رمز").expect_err("a refusal");
        assert_eq!(error["code"], "connect.tls", "{encrypt}: {error:#}");
        assert!(error["message"].as_str().is_some_and(|text| text.contains("does not encrypt")), "{error:#}");
    }
}

#[test]
fn a_server_that_insists_on_strict_encryption() {
    let world = World::sandbox(|builder| builder.encryption(Encryption::Strict));
    let error = attempt(&world.library, &world.options(), "Sandbox!1 ;'رمز").expect_err("a refusal");
    assert!(error["code"].as_str().is_some_and(|code| code.starts_with("connect.")), "{error:#}");
    assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("Strict")), "{error:#}");
}

#[test]
fn a_file_of_certificates_that_is_none() {
    let world = World::sandbox(|builder| builder);
    let mut options = world.options();
    options["trust_server_certificate"] = Value::Null;
    let folder = tempfile::tempdir().expect("a folder");
    let good = std::fs::read_to_string(world.only_sandbox().ca_pem_path()).expect("the authority");
    let (first, last) = good.split_at(good.len() / 2);
    for (name, text, ends_well) in [
        ("with a mark.pem", format!("\u{feff}{good}"), true),
        ("twice, and words.txt", format!("our own:\n{good}\n{good}"), true),
        ("cut.pem", first.to_owned(), false),
        ("begun late.pem", last.to_owned(), false),
        ("text.pem", "no certificate".to_owned(), false),
        ("empty.pem", String::new(), false),
        ("garbage.der", "0garbage".to_owned(), false),
    ] {
        let file = folder.path().join(name);
        std::fs::write(&file, text).expect("a file");
        options["ca_file"] = json!(file);
        match attempt(&world.library, &options, "Sandbox!1 ;'رمز") {
            Ok(_) => assert!(ends_well, "{name} was taken"),
            Err(error) => {
                assert!(!ends_well, "{name}: {error:#}");
                let code = error["code"].as_str().expect("a code");
                // Bytes that only look like DER are found out when they are to be trusted.
                assert_eq!(
                    code,
                    if name == "garbage.der" { "connect.tls" } else { "caller.request" },
                    "{name}: {error:#}"
                );
                assert!(error["hint"].is_string(), "{name}: {error:#}");
            }
        }
    }
    // Told before a server is looked for.
    options["server"] = json!("127.0.0.1,1");
    options["ca_file"] = json!(folder.path().join("گم.pem"));
    let error = attempt(&world.library, &options, "x").expect_err("no file");
    assert_eq!(error["code"], "media.file_not_found", "{error:#}");
    assert!(error["message"].as_str().is_some_and(|text| text.contains("گم.pem")), "{error:#}");
}

#[test]
fn tds_8_with_the_servers_own_authority() {
    let world = World::sandbox(|builder| builder);
    let mut options = world.options();
    options["encrypt"] = json!("strict");
    options["trust_server_certificate"] = Value::Null;
    options["ca_file"] = json!(world.only_sandbox().ca_pem_path());
    let count = attempt(&world.library, &options, "Sandbox!1 ;'رمز").unwrap_or_else(|error| panic!("{error:#}"));
    assert!(count >= 4);
}

#[test]
fn a_certificate_that_nobody_signed_is_refused_unless_trusted() {
    let world = World::sandbox(|builder| builder);
    let mut options = world.options();
    options["trust_server_certificate"] = json!(false);
    let error = attempt(&world.library, &options, "x").expect_err("a refusal");
    assert_eq!(error["code"], "connect.tls", "{error:#}");
    assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("TrustServerCertificate")));
}

#[test]
fn a_server_that_hangs_up_at_each_stage() {
    let world = World::sandbox(|builder| builder);
    for stage in [Stage::Accept, Stage::Prelogin, Stage::Tls, Stage::Login] {
        for act in [Act::Close, Act::Reset, Act::Garbage, Act::Silence, Act::CutAfterBytes(3)] {
            let fault = Fault { at: stage.clone(), act: act.clone(), once: true };
            world.only_sandbox().turn(|knobs| knobs.faults = vec![fault]);
            let mut options = world.options();
            options["connect_timeout_ms"] = json!(700);
            let began = Instant::now();
            let end = attempt(&world.library, &options, "Sandbox!1 ;'رمز");
            assert!(began.elapsed() < Duration::from_secs(4), "{stage:?} {act:?}");
            // A stage that this kind of answer does not reach is no failure.
            if let Err(error) = end {
                let code = error["code"].as_str().expect("a code");
                assert!(code.starts_with("connect."), "{stage:?} {act:?}: {error:#}");
                assert!(error["hint"].is_string(), "{stage:?} {act:?}: {error:#}");
            }
        }
    }
}

#[test]
fn a_connection_string() {
    let world = World::new();
    let (host, port) = world.instance.split_once(',').unwrap_or((&world.instance, "1433"));
    let user = world.options()["user"].as_str().expect("a user").to_owned();
    if world.sandbox.is_none() {
        return crate::skip::skip("a_connection_string", "the password of a real server is not quoted here");
    }
    let text =
        format!("Server=tcp:{host},{port};User ID={user};Password=\"Sandbox!1 ;'رمز\";Trust Server Certificate=yes");
    let count = attempt(&world.library, &json!({ "v": 1, "secret_is": "connection_string" }), &text);
    assert!(count.unwrap_or_else(|error| panic!("{error:#}")) >= 4);
}

#[test]
fn certificates_that_are_wrong_and_a_tls_that_is_too_old() {
    let world = World::sandbox(|builder| builder);
    let mut options = world.options();
    options["trust_server_certificate"] = Value::Null;
    options["ca_file"] = json!(world.only_sandbox().ca_pem_path());
    let password = "Sandbox!1 ;'رمز";
    for (shown, good) in [
        (ShownCertificate::Good, true),
        (ShownCertificate::WrongName, false),
        (ShownCertificate::UnknownAuthority, false),
        (ShownCertificate::Expired, false),
    ] {
        world.only_sandbox().turn(|knobs| knobs.certificate = shown);
        match attempt(&world.library, &options, password) {
            Ok(_) => assert!(good, "{shown:?} was taken"),
            Err(error) => {
                assert!(!good, "{shown:?}: {error:#}");
                assert_eq!(error["code"], "connect.tls", "{shown:?}: {error:#}");
                assert!(error["hint"].is_string() && error["retryable"] == false, "{shown:?}: {error:#}");
            }
        }
    }
    world.only_sandbox().turn(|knobs| (knobs.certificate, knobs.old_tls) = (ShownCertificate::Good, true));
    let error = attempt(&world.library, &options, password).expect_err("TLS 1.0");
    assert_eq!(error["code"], "connect.tls", "{error:#}");
    assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("TLS 1.2")), "{error:#}");
}
