//! Services as a job, on machines with a service manager of our own making.
//!
//! A process finds `systemctl` in its PATH, so each case runs in a process of its own, which is this
//! program again.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use pgbackup_sandbox::server::{Act, Fault, Stage};
use serde_json::{Value, json};

use crate::library::Library;
use crate::units::{calls, machine};
use crate::world::World;

/// Tells the inner process what to ask for.
const REQUEST: &str = "PGB_TEST_SERVICE_REQUEST";

/// A process that has the stand-in and runs the request.
pub fn inner_process(folder: &Path, request: &Value) -> Command {
    let path = std::env::var("PATH").expect("PATH");
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command
        .args(["--exact", "service::inner", "--nocapture"])
        .env("PATH", format!("{}:{path}", folder.display()))
        .env(REQUEST, request.to_string());
    command
}

/// What the job of a request ended with.
fn ask(folder: &Path, request: &Value) -> Result<Value, Value> {
    run(&mut inner_process(folder, request))
}

/// The same of a process that is to be set up by the caller.
pub fn run(process: &mut Command) -> Result<Value, Value> {
    let ran = process.output().expect("to run");
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    let line = out.lines().find_map(|line| line.split_once("END ")).unwrap_or_else(|| panic!("{out} {err}"));
    let end: Value = serde_json::from_str(line.1).expect("JSON");
    match end.get("error") {
        Some(error) => Err(error.clone()),
        None => Ok(end["result"].clone()),
    }
}

/// The inner process; without a request it has nothing to do.
#[test]
#[allow(clippy::print_stdout)] // The outer process reads it.
fn inner() {
    let Ok(request) = std::env::var(REQUEST) else { return };
    let mut request: Value = serde_json::from_str(&request).expect("a request");
    let library = Library::load();
    let server = request.as_object_mut().and_then(|fields| fields.remove("server"));
    let server = server.map(|options| {
        let secret = options["secret"].as_str().expect("a secret").to_owned();
        library.server(&options["options"], &secret).expect("a server handle")
    });
    let kind = request.as_object_mut().and_then(|fields| fields.remove("job"));
    let kind = kind.as_ref().and_then(Value::as_str).unwrap_or("service");
    let end = match library.run(server.as_ref(), kind, &request).1 {
        Ok(result) => json!({ "result": result }),
        Err(error) => json!({ "error": error }),
    };
    println!("END {end}");
}

#[test]
fn a_restart_goes_down_in_one_order_and_up_in_the_other() {
    let folder =
        machine(&[("host", "active", "Requires=agentless.service"), ("agent", "inactive", ""), ("idle", "active", "")]);
    let request = json!({ "v": 1, "action": "restart", "names": ["host", "agent"] });
    let mut dry = request.clone();
    dry["dry_run"] = json!(true);
    let planned = ask(folder.path(), &dry).expect("a plan");
    let actions = |end: &Value| {
        let steps = end["steps"].as_array().cloned().unwrap_or_default();
        steps.iter().map(|step| format!("{} {}", step["action"], step["name"]).replace('"', "")).collect::<Vec<_>>()
    };
    assert_eq!(actions(&planned), ["would_stop host.service", "would_start agent.service", "would_start host.service"]);
    assert_eq!(calls(folder.path()), [""; 0], "a plan changes nothing");
    let done = ask(folder.path(), &request).expect("an end");
    assert_eq!(actions(&done), ["stopped host.service", "started agent.service", "started host.service"]);
    assert_eq!(calls(folder.path()), ["stop host.service", "start agent.service", "start host.service"]);
}

#[test]
fn an_unknown_service_is_an_error_before_anything_is_stopped() {
    let folder = machine(&[("host", "active", "")]);
    let request = json!({ "v": 1, "action": "restart", "names": ["host", "hots"] });
    let error = ask(folder.path(), &request).expect_err("refused");
    assert_eq!((&error["code"], &error["target"]), (&json!("service.not_found"), &json!("hots")));
    assert_eq!(calls(folder.path()), [""; 0]);
}

#[test]
fn one_that_does_not_stop_gives_the_others_back() {
    let folder = machine(&[("host", "active", ""), ("agent", "active", "")]);
    fs::write(folder.path().join("agent.service.stays"), "").expect("a mark");
    let request = json!({ "v": 1, "action": "stop", "names": ["host", "agent"], "timeout_ms": 300 });
    let error = ask(folder.path(), &request).expect_err("it does not stop");
    assert_eq!((&error["code"], &error["target"]), (&json!("service.state"), &json!("agent.service")));
    assert_eq!(calls(folder.path()), ["stop host.service", "stop agent.service", "start host.service"]);
}

#[test]
fn sql_server_is_up_when_it_answers_and_its_database_can_be_used() {
    let world = World::sandbox(|builder| builder);
    world.database("Crm", 1);
    world.sql("ALTER DATABASE Crm SET OFFLINE");
    let folder = machine(&[("mssql-server", "active", "")]);
    let mut request = json!({ "v": 1, "action": "restart", "names": ["mssql-server"], "database": "Crm", "timeout_ms": 1500,
        "server": { "options": world.options(), "secret": "Sandbox!1 ;'رمز" } });
    let error = ask(folder.path(), &request).expect_err("the database is offline");
    assert_eq!(error["code"], "service.state", "{error:#}");
    assert!(error["causes"].to_string().contains("`Crm` is OFFLINE"), "{error:#}");
    assert_eq!(calls(folder.path()), ["stop mssql-server.service", "start mssql-server.service"]);
    world.sql("ALTER DATABASE Crm SET ONLINE");
    request["timeout_ms"] = json!(30_000);
    ask(folder.path(), &request).expect("up");
}

/// A restore over `Crm` with the CRM's services stopped meanwhile, and the request of a repair.
fn restore(world: &World, more: &Value) -> (Value, Value) {
    let file = world.path("crm.bak");
    if world.only_sandbox().host_path(&file).is_none_or(|path| !path.exists()) {
        world.done("backup", json!({ "v": 1, "database": "Crm", "type": "full", "backup_file": file }));
    }
    let server = json!({ "options": world.options(), "secret": "Sandbox!1 ;'رمز" });
    let mut request = json!({ "v": 1, "job": "restore", "server": server, "database": "Crm", "replace": true,
        "sources": [{ "file": file }], "safety_copy": "none", "stop_services": ["host", "agent"] });
    for (field, value) in more.as_object().expect("fields") {
        request[field] = value.clone();
    }
    let repair = json!({ "v": 1, "job": "repair", "server": server, "database": "Crm" });
    (world.with_journals(request), world.with_journals(repair))
}

const STOPPED: [&str; 2] = ["stop host.service", "stop agent.service"];
const STARTED: [&str; 2] = ["start agent.service", "start host.service"];

#[test]
fn a_restore_stops_services_and_starts_exactly_those_it_stopped() {
    let world = World::sandbox(|builder| builder);
    world.database("Crm", 50);
    let folder = machine(&[("host", "active", ""), ("agent", "active", ""), ("idle", "inactive", "")]);
    let (request, _) = restore(&world, &json!({ "stop_services": ["host", "agent", "idle"] }));
    ask(folder.path(), &request).unwrap_or_else(|error| panic!("{error:#}"));
    assert_eq!(calls(folder.path()), [STOPPED, STARTED].concat());
    assert_eq!(world.rows("Crm"), 50);
    assert_eq!(world.open_journals(), [""; 0]);
}

#[test]
fn a_restore_that_fails_starts_them_again_and_one_that_is_refused_stops_none() {
    let world = World::sandbox(|builder| builder);
    world.database("Crm", 50);
    let folder = machine(&[("host", "active", ""), ("agent", "active", "")]);
    let (unknown, _) = restore(&world, &json!({ "stop_services": ["host", "hots"] }));
    assert_eq!(ask(folder.path(), &unknown).expect_err("refused")["code"], "service.not_found");
    let (missing, _) = restore(&world, &json!({ "sources": [{ "file": world.path("none.bak") }] }));
    ask(folder.path(), &missing).expect_err("no such file");
    assert_eq!(calls(folder.path()), [""; 0], "nothing was stopped for what cannot be");
    let (request, _) = restore(&world, &json!({}));
    let fault = Fault { at: Stage::Statement("RESTORE DATABASE".to_owned()), act: Act::Reset, once: true };
    world.only_sandbox().turn(|knobs| knobs.faults.push(fault));
    let _ = ask(folder.path(), &request);
    assert_eq!(calls(folder.path()), [STOPPED, STARTED].concat());
    assert_eq!(world.open_journals(), [""; 0]);
}

#[test]
fn one_that_does_not_stop_leaves_database_and_services_as_they_were() {
    let world = World::sandbox(|builder| builder);
    world.database("Crm", 50);
    let folder = machine(&[("host", "active", ""), ("agent", "active", "")]);
    fs::write(folder.path().join("agent.service.denied"), "").expect("a mark");
    let (request, _) = restore(&world, &json!({}));
    world.only_sandbox().clear_statements();
    let error = ask(folder.path(), &request).expect_err("it does not stop");
    assert_eq!(error["code"], "server.permission", "{error:#}");
    assert_eq!(calls(folder.path()), ["stop host.service", "stop agent.service", "start host.service"]);
    assert!(!world.statements().iter().any(|sql| sql.starts_with("RESTORE DATABASE") || sql.starts_with("ALTER")));
    assert_eq!(world.open_journals(), [""; 0]);
}

#[test]
fn a_killed_restore_leaves_a_journal_by_which_a_repair_starts_them() {
    let world = World::sandbox(|builder| builder);
    world.database("Crm", 700);
    let folder = machine(&[("host", "active", ""), ("agent", "active", "")]);
    let (request, repair) = restore(&world, &json!({}));
    let pace = |pause| world.only_sandbox().engine().faults().pause_per_extent(pause);
    // Slow enough to be met in the middle, and the checks and the copy before it still end soon.
    pace(Duration::from_millis(100));
    let mut process =
        inner_process(folder.path(), &request).stdout(std::process::Stdio::null()).spawn().expect("to run");
    let restoring = || world.statements().iter().any(|sql| sql.starts_with("RESTORE DATABASE"));
    for _ in 0..1500 {
        if restoring() {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(restoring(), "it never came to the restore: {:?}", calls(folder.path()));
    process.kill().expect("to kill it");
    process.wait().expect("its end");
    pace(Duration::ZERO);
    assert_eq!(calls(folder.path()), STOPPED, "killed, it starts nothing");
    assert_eq!(world.open_journals().len(), 1);
    let mut finish = repair;
    finish["wish"] = json!("finish");
    let repaired = ask(folder.path(), &finish).unwrap_or_else(|error| panic!("{error:#}"));
    assert_eq!(calls(folder.path()), [STOPPED, STARTED].concat(), "{repaired:#}");
    assert!(repaired["notes"].to_string().contains("host.service"), "{repaired:#}");
    assert_eq!(world.rows("Crm"), 700);
    assert_eq!(world.open_journals(), [""; 0]);
}
