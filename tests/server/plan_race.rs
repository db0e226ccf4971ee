//! Runs of a plan that race for one database, and runs that are killed or cancelled: one backup a time, no
//! half state, a line in the history, and the next run puts everything right.
//!
//! `PGB_RACES=1000 cargo test --test server racing` races so often.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};

use crate::library::{End, Job, Library};
use crate::plan::Planned;
use crate::world::World;

/// A plan that makes a log backup each minute, after its full.
fn each_minute(world: &World) -> Planned<'_> {
    let every = json!({ "kind": "every", "minutes": 1 });
    let lines = json!([{ "type": "full", "when": { "kind": "none" } }, { "type": "log", "when": every }]);
    Planned::new(world)
        .with("archive", json!(false))
        .with("verify", json!(false))
        .with("schedule", json!({ "zone": "UTC", "lines": lines }))
}

#[test]
fn of_racing_runs_one_makes_each_backup() {
    let rounds = std::env::var("PGB_RACES").ok().and_then(|text| text.parse().ok()).unwrap_or(12);
    let (world, clock) = World::with_clock(Duration::ZERO);
    let planned = each_minute(&world);
    world.sql(&format!("ALTER DATABASE [{}] SET RECOVERY FULL", planned.database));
    // The other run is of this machine, where a file is locked, or of another one, where only the
    // server's lock keeps them apart.
    let other = planned.elsewhere();
    let at = |now: &str| json!({ "now": now });
    let first = planned.run_with(at(&clock.now())).expect("a run");
    assert_eq!(first["made"][0]["backup"]["type"], "full", "{first:#}");
    let mut made = planned.backups();
    for round in 0..rounds {
        clock.advance(Duration::from_secs(60));
        let now = clock.now();
        let rivals = [&planned, if round % 2 == 0 { &planned } else { &other }];
        let ends: Vec<End> = std::thread::scope(|scope| {
            let runs: Vec<_> = rivals.map(|rival| scope.spawn(|| rival.run_with(at(&now)))).into_iter().collect();
            runs.into_iter().map(|run| run.join().expect("no panic")).collect()
        });
        let mut winners = 0;
        for end in ends {
            match end {
                Ok(result) => {
                    assert_eq!(result["exit_code"], 0, "round {round}: {result:#}");
                    winners += result["made"].as_array().map_or(0, Vec::len);
                }
                Err(error) => assert_eq!(error["code"], "conflict.busy", "round {round}: {error:#}"),
            }
        }
        assert_eq!(winners, 1, "round {round}");
        made += 1;
        assert_eq!(planned.backups(), made, "round {round}");
    }
}

/// The environment variable that makes this program the one that is killed.
const KILLED: &str = "PGB_KILLED_RUN";

/// Every phase of a run that has all its steps.
const PHASES: [&str; 7] =
    ["connecting", "checking", "backing_up", "verifying", "copying", "reading_media", "running_command"];

#[cfg(unix)]
#[test]
fn a_run_that_is_killed_in_any_step_leaves_no_half_state_and_the_next_one_heals() {
    if let Ok(text) = std::env::var(KILLED) {
        return run_and_tell(&serde_json::from_str(&text).expect("JSON"));
    }
    for phase in PHASES {
        let (world, clock) = World::beside(Duration::from_secs(3600));
        let copies = tempfile::tempdir().expect("a folder");
        let planned = Planned::new(&world)
            .with("archive", json!(false))
            .with("copy_to", json!([copies.path()]))
            .with("remove", json!({ "rules": { "keep_last": 1 } }))
            .with("after", json!({ "command": ["/bin/sleep", "0.2"] }))
            .with(
                "schedule",
                json!({ "zone": "UTC", "lines": [
                { "type": "full", "when": { "kind": "every", "minutes": 1 } },
            ] }),
            );
        let now = || json!({ "now": clock.now() });
        let before = planned.run_with(now()).expect("a run");
        assert_eq!(before["outcome"], "done", "{before:#}");
        // Of the next time; a phase that went by unseen is tried again at the one after.
        let killed = (0..30).any(|_| {
            clock.advance(Duration::from_secs(60));
            kill_in(phase, &planned, &now())
        });
        assert!(killed, "no run was seen in `{phase}`");

        // The lock went with its process. What the killed run did not finish is made now.
        wait_until_the_server_is_alone(&world);
        an_hour_passes_for(&world.folder);
        let healed = planned.run_with(now()).unwrap_or_else(|error| panic!("{phase}: {error:#}"));
        assert_eq!(healed["exit_code"], 0, "{phase}: {healed:#}");
        clock.advance(Duration::from_secs(60));
        let next = planned.run_with(now()).unwrap_or_else(|error| panic!("{phase}: {error:#}"));
        assert!(next["exit_code"] == 0 && next["failed"] == json!([]), "{phase}: {next:#}");
        let (rows, end) =
            world.library.run(None, "chain", &json!({ "v": 1, "kind": "chains", "paths": [world.folder] }));
        end.expect("an answer");
        let broken: Vec<&Value> =
            rows.iter().filter(|row| row["code"] != "incomplete" && row["severity"] == "error").collect();
        assert!(broken.is_empty(), "{phase}: {broken:#?}");
        for left in fs::read_dir(copies.path()).expect("a folder").flatten() {
            let (copy, name) = (left.path(), left.file_name());
            assert!(
                copy.extension().is_some_and(|ending| ending == "bak" || ending == "partial"),
                "{}",
                copy.display()
            );
            let original = Path::new(&world.folder).join(name);
            if original.exists() {
                assert!(fs::read(&copy).expect("a copy") == fs::read(original).expect("its original"), "{phase}");
            }
        }
    }
}

/// Waits for a phase of a job, and cancels it there.
fn cancel_in(job: &Job<'_>, phase: &str) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while job.status(u64::MAX)["phase"] != phase {
        assert!(Instant::now() < deadline && job.wait(1) == 0, "no run was seen in `{phase}`");
    }
    job.cancel();
    assert_eq!(job.end().expect_err("cancelled")["code"], "cancelled");
}

#[cfg(unix)]
#[test]
fn a_run_that_is_cancelled_in_its_removal_is_in_the_history_with_the_backup_that_it_made() {
    let (world, clock) = World::beside(Duration::from_secs(3600));
    let planned =
        Planned::new(&world).with("archive", json!(false)).with("remove", json!({ "rules": { "keep_last": 1 } })).with(
            "schedule",
            json!({ "zone": "UTC", "lines": [{ "type": "full", "when": { "kind": "every", "minutes": 1 } }] }),
        );
    let first = planned.run_with(json!({ "now": clock.now() })).expect("a run");
    // So many files that nobody has verified are read before anything is removed: time enough.
    let made = Path::new(first["made"][0]["backup"]["files"][0].as_str().expect("a file"));
    for number in 0..2_000 {
        fs::hard_link(made, made.with_file_name(format!("twin-{number}.bak"))).expect("a link");
    }
    clock.advance(Duration::from_secs(60));
    let server = world.server();
    let job = planned.start(&server, &json!({ "now": clock.now() }));
    cancel_in(&job, "reading_media");
    let history = planned.history();
    let line = history.last().expect("a line");
    assert_eq!((history.len(), &line["outcome"], &line["failed"]), (2, &json!("warnings"), &json!([])), "{line:#}");
    assert_eq!(line["made"][0]["backup"]["verified"], true, "{line:#}");
    let step = line["steps"].as_array().and_then(|steps| steps.last()).expect("a step");
    assert_eq!((&step["step"], &step["error"]["code"]), (&json!("retention"), &json!("cancelled")), "{line:#}");
    // What was made is there, so nothing is due.
    assert_eq!(planned.run_with(json!({ "now": clock.now() })).expect("a run")["outcome"], "nothing_due");
}

#[cfg(unix)]
#[test]
fn a_run_that_is_cancelled_before_its_backup_has_failed_and_is_tried_again() {
    let (world, clock) = World::with_clock(Duration::from_secs(3600));
    let planned = Planned::new(&world).with("before", json!({ "command": ["/bin/sleep", "60"] }));
    let server = world.server();
    let job = planned.start(&server, &json!({ "now": clock.now() }));
    cancel_in(&job, "running_command");
    let history = planned.history();
    assert_eq!((history.len(), &history[0]["outcome"], &history[0]["failed"]), (1, &json!("failed"), &json!(["full"])));
    assert_eq!(history[0]["steps"][1]["error"]["code"], "cancelled", "{:#}", history[0]);
    let waits = planned.run_with(json!({ "now": clock.now(), "decide_only": true })).expect("an answer");
    assert_eq!(waits["waiting"][0]["because"], "back_off", "{waits:#}");
    clock.advance(Duration::from_secs(120));
    let planned = planned.with("before", json!({ "command": ["/bin/true"] }));
    assert_eq!(planned.run_with(json!({ "now": clock.now() })).expect("a run")["outcome"], "done");
}

/// Until the server has noticed that the killed run is gone, and has let its backup and its lock go.
#[cfg(unix)]
fn wait_until_the_server_is_alone(world: &World) {
    let others = "SELECT COUNT(*) FROM sys.dm_exec_sessions WHERE is_user_process = 1 AND session_id <> @@SPID";
    for _ in 0..100 {
        if world.number(others) == 0 {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("sessions of the killed run are still on the server");
}

/// Half a file that changed a moment ago may be one that is being written: a removal would rightly leave
/// everything alone. Here its writer is known to be dead.
#[cfg(unix)]
fn an_hour_passes_for(folder: &str) {
    let hour_ago = SystemTime::now() - Duration::from_secs(3600);
    for entry in fs::read_dir(folder).expect("a folder").flatten().filter(|entry| entry.path().is_file()) {
        let file = fs::File::options().write(true).open(entry.path());
        file.and_then(|file| file.set_modified(hour_ago)).expect("an older time");
    }
}

/// Runs the plan in a process of its own and kills that when it is in the phase. Whether it was.
fn kill_in(phase: &str, planned: &Planned<'_>, rest: &Value) -> bool {
    let order = planned.order(rest);
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args([
            "--exact",
            "plan_race::a_run_that_is_killed_in_any_step_leaves_no_half_state_and_the_next_one_heals",
            "--nocapture",
        ])
        .env(KILLED, order.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("this program once more");
    let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let seen = lines.map_while(Result::ok).any(|line| line.strip_prefix("phase ") == Some(phase));
    // It may have ended by itself.
    child.kill().ok();
    child.wait().expect("its end");
    seen
}

/// What the process that is killed does: it runs the plan and tells each phase.
fn run_and_tell(order: &Value) {
    let library = Library::load();
    let server = library.server(&order["options"], order["password"].as_str().expect("a text")).expect("a server");
    let job = library.start(Some(&server), "plan_run", &order["request"]).expect("a job");
    let mut last = String::new();
    while job.wait(1) == 0 {
        let phase = job.status(u64::MAX)["phase"].as_str().unwrap_or_default().to_owned();
        if phase != last {
            #[allow(clippy::print_stdout)] // The one that kills reads it.
            {
                println!("phase {phase}");
            }
            last = phase;
        }
    }
}
