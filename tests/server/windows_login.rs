//! Logins by a Windows account's name and password.

use pgbackup_sandbox::{Act, Encryption, Fault, Stage};
use serde_json::{Value, json};

use crate::world::World;

const ACCOUNT: &str = r"PAYAM\admin";
const PASSWORD: &str = "Windows پنهان!7";

fn options(world: &World, user: &str) -> Value {
    let mut options = world.options();
    options["user"] = json!(user);
    options["auth"] = json!("windows");
    options
}

/// The account of this process.
fn own_account(world: &World) -> Value {
    let mut options = world.options();
    options["user"] = Value::Null;
    options["auth"] = json!("integrated");
    options
}

/// The error of an attempt, which has a next step and tells no password.
fn refused(world: &World, options: &Value, password: &str) -> Value {
    let attempt = world.library.server(options, password).and_then(|server| {
        let (_, end) = world.library.run(Some(&server), "query", &json!({ "v": 1, "kind": "databases" }));
        end
    });
    let error = attempt.expect_err("a refusal");
    assert!(error["hint"].is_string(), "no next step: {error:#}");
    assert!(password.is_empty() || !error.to_string().contains(password), "{error:#}");
    error
}

#[test]
fn a_windows_account_makes_a_backup_over_every_encryption() {
    for (offered, encrypt) in [
        (Encryption::Optional, "mandatory"),
        (Encryption::Optional, "optional"),
        (Encryption::Required, "mandatory"),
        (Encryption::Required, "optional"),
    ] {
        for account in [ACCOUNT, r"PAYAM\رضا پیام"] {
            let world = World::sandbox(|builder| builder.windows_login(account, PASSWORD).encryption(offered));
            world.database("Crm", 100);
            let mut options = options(&world, account);
            options["encrypt"] = json!(encrypt);
            let server = world.library.server(&options, PASSWORD).expect("a handle");
            let (_, end) = world.library.run(Some(&server), "backup", &world.full("Crm"));
            let result = end.unwrap_or_else(|error| panic!("{offered:?} {encrypt}: {error:#}"));
            assert_eq!(result["type"], "full");
            let by = world.sql("SELECT user_name FROM msdb.dbo.backupset");
            assert_eq!(by[0].get::<&str, _>(0), Some(account));
            assert!(!result.to_string().contains(PASSWORD));
        }
    }
}

#[test]
fn a_windows_account_logs_in_by_tds_8() {
    let world = World::sandbox(|builder| builder.windows_login(ACCOUNT, PASSWORD));
    let mut options = options(&world, ACCOUNT);
    options["encrypt"] = json!("strict");
    options["trust_server_certificate"] = Value::Null;
    options["ca_file"] = json!(world.only_sandbox().ca_pem_path());
    let server = world.library.server(&options, PASSWORD).expect("a handle");
    let (rows, end) = world.library.run(Some(&server), "query", &json!({ "v": 1, "kind": "databases" }));
    end.unwrap_or_else(|error| panic!("{error:#}"));
    assert!(rows.len() >= 4);
}

#[test]
fn a_server_that_breaks_off_in_the_login() {
    let world = World::sandbox(|builder| builder.windows_login(ACCOUNT, PASSWORD));
    for act in [Act::Close, Act::Reset, Act::Garbage, Act::Silence, Act::CutAfterBytes(3), Act::CutAfterBytes(60)] {
        // Each time: a login that was lost is tried again.
        let fault = Fault { at: Stage::Login, act: act.clone(), once: false };
        world.only_sandbox().turn(|knobs| knobs.faults = vec![fault]);
        let mut options = options(&world, ACCOUNT);
        options["connect_timeout_ms"] = json!(700);
        let error = refused(&world, &options, PASSWORD);
        assert!(error["code"].as_str().is_some_and(|code| code.starts_with("connect.")), "{act:?}: {error:#}");
    }
}

#[test]
fn a_wrong_password_is_told_as_such_though_the_server_speaks_of_domains() {
    let world = World::sandbox(|builder| builder.windows_login(ACCOUNT, PASSWORD));
    for encrypt in ["mandatory", "optional"] {
        for user in [ACCOUNT, r"PAYAM\nobody", r"OTHER\admin", "admin", r"PAYAM\"] {
            let mut options = options(&world, user);
            options["encrypt"] = json!(encrypt);
            let wrong = if user == ACCOUNT { "hunter2" } else { PASSWORD };
            let error = refused(&world, &options, wrong);
            assert_eq!(error["code"], "connect.login", "{user}: {error:#}");
            assert_eq!(error["server"][0]["number"], 18452, "{user}: {error:#}");
            assert_eq!(error["server"][0]["state"], 1, "{user}: {error:#}");
            assert_eq!(error["retryable"], false, "{user}: {error:#}");
            assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("password")), "{error:#}");
        }
    }
    let log = world.only_sandbox().error_log();
    assert!(!log.iter().any(|line| line.contains(PASSWORD) || line.contains("hunter2")), "{log:?}");
}

#[cfg(windows)]
#[test]
fn an_own_account_that_windows_gives_no_login_for_is_no_wrong_port() {
    // Wine has no NTLM of its own (its ntlm_auth is Samba's); the account of a real Windows is refused.
    let world = World::sandbox(|builder| builder.windows_login(ACCOUNT, PASSWORD));
    let error = refused(&world, &own_account(&world), "");
    assert_eq!(error["code"], "connect.login", "{error:#}");
    assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("SQL login")), "{error:#}");
}

#[cfg(not(windows))]
#[test]
fn the_own_account_is_refused_elsewhere_before_a_server_is_looked_for() {
    let world = World::sandbox(|builder| builder.windows_login(ACCOUNT, PASSWORD));
    let mut options = own_account(&world);
    options["server"] = "127.0.0.1,1".into();
    let error = refused(&world, &options, "");
    assert_eq!(error["code"], "unsupported", "{error:#}");
    assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("SQL login")), "{error:#}");
}
