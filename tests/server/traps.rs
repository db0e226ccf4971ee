//! What tiberius 0.13 does that would hurt us, each met by a test.

use std::time::{Duration, Instant};

use pgbackup_sandbox::{Act, AttentionStyle, Fault, Stage};
use serde_json::json;

use crate::skip::skip;
use crate::world::{World, unique};

/// Its own reader asks the browser although a port is given, and at the wrong port.
#[test]
fn a_port_wins_over_an_instance_name() {
    let world = World::sandbox(|builder| builder);
    let port = world.only_sandbox().addr().port();
    let mut options = world.options();
    options["server"] = json!(format!(r"127.0.0.1\WHATEVER,{port}"));
    let server = world.library.server(&options, "Sandbox!1 ;'رمز").expect("a handle");
    let (rows, end) = world.library.run(Some(&server), "query", &json!({ "v": 1, "kind": "databases" }));
    end.unwrap_or_else(|error| panic!("{error:#}"));
    assert!(rows.len() >= 4);
}

#[test]
fn an_instance_is_found_by_the_browser() {
    let root = tempfile::tempdir().expect("a folder");
    let sandbox = pgbackup_sandbox::Sandbox::builder()
        .root(root.path())
        .login("sa", "x")
        .browser("127.0.0.1:1434")
        .start_blocking();
    let Ok(sandbox) = sandbox else {
        return skip("an_instance_is_found_by_the_browser", "UDP port 1434 of this machine is taken");
    };
    let name = sandbox.engine().options().instance_name().expect("a named instance").to_owned();
    let library = crate::library::Library::load();
    let options = json!({ "v": 1, "server": format!(r"127.0.0.1\{name}"), "user": "sa" });
    let server = library.server(&options, "x").expect("a handle");
    let (rows, end) = library.run(Some(&server), "query", &json!({ "v": 1, "kind": "databases" }));
    end.unwrap_or_else(|error| panic!("{error:#}"));
    assert!(rows.len() >= 4);
}

/// A stale acknowledgement of an attention is taken for the answer to the next statement.
#[test]
fn a_cancel_leaves_no_stale_answer_behind() {
    for style in [AttentionStyle::OwnMessage, AttentionStyle::InAnswer] {
        let world = World::sandbox(|builder| builder.pace(Duration::from_millis(300)));
        world.only_sandbox().turn(|knobs| knobs.attention = style);
        let name = unique("stale");
        world.database(&name, 5000);
        let server = world.server();
        let job = world.library.start(Some(&server), "backup", &world.full(&name)).expect("a job");
        while job.status(0)["phase"] != "backing_up" {
            assert_eq!(job.wait(10), 0, "{:#}", job.end().unwrap_or_default());
        }
        std::thread::sleep(Duration::from_millis(150));
        let began = Instant::now();
        job.cancel();
        assert_eq!(job.wait(10_000), 3, "{style:?}");
        assert!(began.elapsed() < Duration::from_secs(2), "{style:?}: {:?}", began.elapsed());
        let (rows, end) = world.run("query", json!({ "v": 1, "kind": "databases", "names": [name] }));
        end.expect("an end");
        assert_eq!(rows[0]["state"], "ONLINE", "{style:?}");
    }
}

/// Dropping a statement's future does not stop the server: a freed job must.
#[test]
fn a_freed_job_stops_its_work() {
    let world = World::sandbox(|builder| builder.pace(Duration::from_millis(300)));
    let name = unique("freed");
    world.database(&name, 5000);
    let server = world.server();
    let job = world.library.start(Some(&server), "backup", &world.full(&name)).expect("a job");
    while job.status(0)["phase"] != "backing_up" {
        std::thread::sleep(Duration::from_millis(10));
    }
    std::thread::sleep(Duration::from_millis(200));
    drop(job);
    let deadline = Instant::now() + Duration::from_secs(3);
    let running = "SELECT COUNT_BIG(*) FROM sys.dm_exec_requests WHERE command LIKE 'BACKUP%'";
    while world.number(running) > 0 {
        assert!(Instant::now() < deadline, "the backup goes on");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The first error is handed out whole and the others hardly: none may get lost.
#[test]
fn trap_10_all_errors_of_a_statement_are_heard() {
    let world = World::new();
    let name = unique("heard");
    world.database(&name, 10);
    let missing = r"Q:\no such drive\x.bak";
    let error = world.refused("restore", json!({ "v": 1, "database": "x", "sources": [{ "file": missing }] }));
    let server = error["server"].as_array().expect("messages");
    assert_eq!(server[0]["number"], 3201);
    assert_eq!(server[0]["severity"], 16);
    let last = server.last().expect("one");
    assert_eq!((&last["number"], &last["severity"], &last["line"]), (&json!(3013), &json!(16), &json!(1)), "{error:#}");
    assert_eq!(last["state"], 1, "which the driver does not tell: {error:#}");
    assert!(
        server.last().expect("one")["message"].as_str().is_some_and(|text| text.contains("terminating abnormally"))
    );
    world.drop_database(&name);
}

/// A connection that breaks in the middle of an answer is an error in time, and is said to be lost.
#[test]
fn a_connection_that_breaks_in_an_answer() {
    for act in [Act::Close, Act::Reset, Act::CutAfterBytes(20), Act::CutAfterTokens(1)] {
        let world = World::sandbox(|builder| builder);
        let fault = Fault { at: Stage::Statement("sys.master_files".to_owned()), act: act.clone(), once: true };
        world.only_sandbox().turn(|knobs| knobs.faults = vec![fault]);
        let error = world.refused("query", json!({ "v": 1, "kind": "databases" }));
        assert_eq!(error["code"], "connect.lost", "{act:?}: {error:#}");
        assert_eq!(error["retryable"], true);
    }
}
