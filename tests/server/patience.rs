//! What passes by itself: waited for, with a limit, and said.

use std::time::{Duration, Instant};

use pgbackup_sandbox::engine::OsError;
use pgbackup_sandbox::{Act, Fault, Reception, Stage};
use serde_json::{Value, json};

use crate::library::Job;
use crate::world::{World, unique};

/// Waits until a job has said that it will try again.
fn says_it_tries_again(job: &Job<'_>) -> String {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let status = job.status(0);
        let said = status["messages"].as_array().expect("messages").iter();
        if let Some(text) =
            said.filter_map(|message| message["text"].as_str()).find(|text| text.contains("next try in"))
        {
            return text.to_owned();
        }
        assert!(job.wait(20) == 0, "it waits for nothing: {:?}", job.end());
        assert!(Instant::now() < deadline, "it waits for nothing: {status:#}");
    }
}

fn retried(result: &Value) -> Vec<u64> {
    result["retries"].as_array().expect("retries").iter().filter_map(|retry| retry["number"].as_u64()).collect()
}

#[test]
fn a_server_that_starts_is_waited_for() {
    for (reception, words) in [(Reception::Starting, "not ready to accept"), (Reception::Paused, "has been paused")] {
        let world = World::sandbox(|builder| builder);
        world.only_sandbox().turn(|knobs| knobs.reception = reception);
        let server = world.server();
        let request = json!({ "v": 1, "kind": "databases" });
        let job = world.library.start(Some(&server), "query", &request).expect("a job");
        let said = says_it_tries_again(&job);
        assert!(said.contains(words), "{said}");
        world.only_sandbox().turn(|knobs| knobs.reception = Reception::Open);
        assert!(job.rows().len() >= 4);
        job.end().unwrap_or_else(|error| panic!("{error:#}"));
    }
}

#[test]
fn it_is_waited_for_no_longer_than_a_connection_may_take() {
    let world = World::sandbox(|builder| builder);
    for (reception, number) in [(Reception::Starting, 17187), (Reception::Paused, 17142)] {
        world.only_sandbox().turn(|knobs| knobs.reception = reception);
        let mut options = world.options();
        options["connect_timeout_ms"] = json!(900);
        let server = world.library.server(&options, "Sandbox!1 ;'رمز").expect("a handle");
        let began = Instant::now();
        let (_, end) = world.library.run(Some(&server), "query", &json!({ "v": 1, "kind": "databases" }));
        let error = end.expect_err("nobody is let in");
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        assert_eq!(error["server"][0]["number"], number, "{error:#}");
        assert_eq!(error["retryable"], true);
        assert!(error["causes"].to_string().contains("tried 2 times"), "{error:#}");
        assert!(error["hint"].is_string());
    }
    // An upgrading server lets its administrators in; `tester` and `sa` are some.
    world.only_sandbox().turn(|knobs| knobs.reception = Reception::Upgrading);
    world.done("query", json!({ "v": 1, "kind": "databases" }));
    world.only_sandbox().turn(|knobs| knobs.reception = Reception::Open);
}

#[test]
fn a_login_that_is_cut_off_is_tried_again() {
    for act in [Act::Close, Act::Reset] {
        let world = World::sandbox(|builder| builder);
        let fault = Fault { at: Stage::Login, act, once: true };
        world.only_sandbox().turn(|knobs| knobs.faults = vec![fault]);
        let server = world.server();
        let request = json!({ "v": 1, "kind": "databases" });
        let job = world.library.start(Some(&server), "query", &request).expect("a job");
        assert!(says_it_tries_again(&job).contains("closed the connection"));
        job.end().unwrap_or_else(|error| panic!("{error:#}"));
    }
}

#[test]
fn a_wrong_password_is_not_tried_again() {
    let world = World::sandbox(|builder| builder);
    let server = world.library.server(&world.options(), "wrong").expect("a handle");
    let (_, end) = world.library.run(Some(&server), "query", &json!({ "v": 1, "kind": "databases" }));
    let error = end.expect_err("a refusal");
    assert_eq!(error["retryable"], false, "{error:#}");
    let refusals = world.only_sandbox().error_log().iter().filter(|line| line.contains("Login failed")).count();
    assert_eq!(refusals, 1, "an account may be locked after a few");
}

#[test]
fn a_backup_waits_for_another_one_of_the_database() {
    let world = World::sandbox(|builder| builder.pace(Duration::from_millis(300)));
    let name = unique("both");
    world.database(&name, 3000);
    let server = world.server();
    let other = world.library.start(Some(&server), "backup", &world.full(&name)).expect("a job");
    while other.status(0)["phase"] != "backing_up" {
        assert_eq!(other.wait(10), 0);
    }
    std::thread::sleep(Duration::from_millis(300));
    let job = world.library.start(Some(&server), "backup", &world.full(&name)).expect("a job");
    assert!(says_it_tries_again(&job).contains("must be serialized"));
    world.only_sandbox().engine().faults().pause_per_extent(Duration::ZERO);
    let first = other.end().unwrap_or_else(|error| panic!("{error:#}"));
    let second = job.end().unwrap_or_else(|error| panic!("{error:#}"));
    assert!(retried(&second).iter().all(|number| *number == 3023) && !retried(&second).is_empty(), "{second:#}");
    assert_ne!(first["files"], second["files"]);
}

#[test]
fn a_file_that_another_program_has_open_is_waited_for() {
    let world = World::sandbox(|builder| builder);
    let name = unique("open");
    world.database(&name, 10);
    world.done("backup", world.full(&name));
    let file = world.path(&format!("{name} scanned.bak"));
    world.only_sandbox().engine().faults().refuse_path(&file, OsError::SharingViolation);
    let server = world.server();
    let request = json!({ "v": 1, "database": name, "type": "full", "backup_file": file });
    let job = world.library.start(Some(&server), "backup", &request).expect("a job");
    says_it_tries_again(&job);
    world.only_sandbox().engine().faults().allow_path(&file);
    let result = job.end().unwrap_or_else(|error| panic!("{error:#}"));
    assert_eq!(retried(&result), [3201], "{result:#}");
}

#[test]
fn the_victim_of_a_deadlock_tries_again_and_not_for_ever() {
    let world = World::sandbox(|builder| builder);
    let name = unique("victim");
    world.database(&name, 10);
    let fault = |once| Fault { at: Stage::Statement("BACKUP DATABASE".to_owned()), act: Act::Deadlock, once };
    world.only_sandbox().turn(|knobs| knobs.faults = vec![fault(true)]);
    let result = world.done("backup", world.full(&name));
    assert_eq!(retried(&result), [1205], "{result:#}");
    assert_eq!(result["position"], 1);
    world.only_sandbox().turn(|knobs| knobs.faults = vec![fault(false)]);
    let error = world.refused("backup", world.full(&name));
    assert_eq!(error["server"][0]["number"], 1205, "{error:#}");
    assert!(error["causes"].to_string().contains("tried 4 times"), "{error:#}");
    world.only_sandbox().turn(|knobs| knobs.faults = Vec::new());
}
