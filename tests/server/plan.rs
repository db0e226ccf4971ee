//! Plans are run: what is due is made, seen by the next run, and tried again after a failure.

use std::fs;
#[cfg(unix)]
use std::path::PathBuf;

use chrono::{SecondsFormat, TimeDelta, Utc};
use pgbackup::plan::{RunLock, lock_key};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::held::hold;
use crate::library::{End, Job, Server};
use crate::world::{World, unique};

/// A plan of a database, in a folder of its own: each day at midnight UTC, two differentials between
/// two fulls, in one file. It was made two days ago.
pub struct Planned<'w> {
    world: &'w World,
    folder: TempDir,
    pub database: String,
    plan: Value,
}

impl<'w> Planned<'w> {
    pub fn new(world: &'w World) -> Planned<'w> {
        let database = unique("plan");
        world.database(&database, 20);
        let created = (Utc::now() - TimeDelta::days(2)).to_rfc3339_opts(SecondsFormat::Secs, true);
        let plan = json!({
            "version": 1, "name": "P", "created_at": created,
            "server": { "server": world.instance }, "database": database, "destination": world.folder,
            "archive": true, "verify": true,
            "schedule": { "zone": "UTC", "differentials": 2, "when": { "kind": "daily", "at": ["00:00"] } },
        });
        Planned { world, folder: tempfile::tempdir().expect("a folder"), database, plan }
    }

    pub fn with(mut self, field: &str, value: Value) -> Planned<'w> {
        self.plan[field] = value;
        self
    }

    /// The same plan, kept on another machine: the two share the server alone.
    pub fn elsewhere(&self) -> Planned<'w> {
        let folder = tempfile::tempdir().expect("a folder");
        Planned { world: self.world, folder, database: self.database.clone(), plan: self.plan.clone() }
    }

    /// What another process needs to run it.
    pub fn order(&self, rest: &Value) -> Value {
        json!({ "options": self.world.options(), "password": self.world.password, "request": self.request(rest) })
    }

    pub fn run_with(&self, rest: Value) -> End {
        self.world.run("plan_run", self.request(&rest)).1
    }

    /// Starts it; the caller looks after the job.
    pub fn start(&self, server: &Server<'w>, rest: &Value) -> Job<'w> {
        self.world.library.start(Some(server), "plan_run", &self.request(rest)).expect("a job")
    }

    fn request(&self, rest: &Value) -> Value {
        // Put in its place at once: two runs may read it.
        let (file, beside) = (self.folder.path().join("P.json"), unique("beside"));
        let beside = self.folder.path().join(beside);
        fs::write(&beside, self.plan.to_string()).expect("written");
        fs::rename(beside, file).expect("in place");
        let mut request = json!({ "v": 1, "name": "P", "folder": self.folder.path() });
        for (name, value) in rest.as_object().expect("fields") {
            request[name] = value.clone();
        }
        request
    }

    /// Runs it as if it were so many days later.
    fn run(&self, days: i64) -> Value {
        let now = (Utc::now() + TimeDelta::days(days)).to_rfc3339_opts(SecondsFormat::Secs, true);
        self.run_with(json!({ "now": now })).unwrap_or_else(|error| panic!("{error:#}"))
    }

    pub fn history(&self) -> Vec<Value> {
        let path = self.folder.path().join("state/history/P.jsonl");
        let text = fs::read_to_string(path).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).expect("a line")).collect()
    }

    /// Backups of the database that the server has made.
    pub fn backups(&self) -> i64 {
        self.world
            .number(&format!("SELECT COUNT_BIG(*) FROM msdb.dbo.backupset WHERE database_name = N'{}'", self.database))
    }
}

fn file_of(result: &Value) -> &str {
    result["made"][0]["backup"]["files"][0].as_str().unwrap_or_else(|| panic!("no backup: {result:#}"))
}

#[test]
fn what_is_due_is_made_once_and_differentials_follow_in_the_same_file() {
    let world = World::new();
    let planned = Planned::new(&world);
    let first = planned.run(0);
    assert_eq!((&first["outcome"], &first["exit_code"]), (&json!("done"), &json!(0)), "{first:#}");
    assert_eq!(first["made"][0]["backup"]["type"], "full");
    assert_eq!(first["made"][0]["backup"]["verified"], true);
    let steps: Vec<&str> =
        first["steps"].as_array().into_iter().flatten().filter_map(|step| step["step"].as_str()).collect();
    assert_eq!(steps, ["check", "backup", "verify"]);

    let again = planned.run(0);
    assert_eq!((&again["outcome"], &again["due"]), (&json!("nothing_due"), &json!(false)), "{again:#}");
    assert_eq!(planned.backups(), 1);

    let next = planned.run(1);
    assert_eq!(next["made"][0]["backup"]["type"], "differential", "{next:#}");
    assert_eq!((file_of(&next), &next["made"][0]["backup"]["position"]), (file_of(&first), &json!(2)));
    assert_eq!(
        planned.run(1)["made"][0]["backup"]["type"],
        "differential",
        "by tomorrow's clock today's is not enough"
    );
    let full = planned.run(1);
    assert_eq!(full["made"][0]["backup"]["type"], "full", "after two differentials: {full:#}");
    assert_ne!(file_of(&full), file_of(&first), "a full opens a new file");
    assert_eq!(planned.history().len(), 4, "a run with nothing to do leaves no line");
    world.drop_database(&planned.database);
}

#[test]
fn a_backup_that_was_deleted_is_made_again() {
    let world = World::sandbox(|builder| builder);
    let planned = Planned::new(&world);
    let first = planned.run(0);
    fs::remove_file(world.only_sandbox().host_path(file_of(&first)).expect("a path")).expect("removed");
    let second = planned.run(0);
    assert_eq!(second["made"][0]["backup"]["type"], "full", "{second:#}");
    assert_eq!(second["runs"][0]["reason"]["code"], "no_full");
}

#[test]
fn one_made_by_hand_serves_and_a_copy_only_one_does_not() {
    let world = World::new();
    let planned = Planned::new(&world);
    let mut request = world.full(&planned.database);
    request["copy_only"] = json!(true);
    world.done("backup", request);
    let decided = planned.run_with(json!({ "decide_only": true })).expect("an answer");
    assert_eq!((&decided["outcome"], &decided["runs"][0]["type"]), (&json!("due"), &json!("full")), "{decided:#}");
    world.done("backup", world.full(&planned.database));
    assert_eq!(planned.run(0)["outcome"], "nothing_due");
    assert_eq!(planned.history().len(), 0);
    let forced = planned.run_with(json!({ "force": true })).expect("a run");
    assert_eq!(forced["made"][0]["backup"]["type"], "differential", "{forced:#}");
    world.drop_database(&planned.database);
}

#[test]
fn a_failure_is_told_waited_for_and_healed() {
    let world = World::new();
    let planned = Planned::new(&world).with("database", json!("no such database"));
    let failed = planned.run(0);
    assert_eq!((&failed["outcome"], &failed["exit_code"]), (&json!("failed"), &json!(2)), "{failed:#}");
    assert_eq!(failed["failed"], json!(["full"]));
    let error = failed["steps"].as_array().into_iter().flatten().find_map(|step| step["error"].as_object());
    assert_eq!(error.expect("an error")["code"], "server.database_not_found");
    let soon = planned.run_with(json!({ "decide_only": true })).expect("an answer");
    assert_eq!((&soon["due"], &soon["overdue"]), (&json!(false), &json!(true)), "{soon:#}");
    assert_eq!(soon["waiting"][0]["because"], "back_off");
    let healed = Planned { plan: json!(planned.plan), ..planned };
    let name = json!(healed.database);
    let healed = healed.with("database", name);
    let later = (Utc::now() + TimeDelta::minutes(2)).to_rfc3339_opts(SecondsFormat::Secs, true);
    let done = healed.run_with(json!({ "now": later })).expect("a run");
    assert_eq!(done["outcome"], "done", "{done:#}");
    world.drop_database(&healed.database);
}

#[test]
fn of_two_runs_one_makes_the_backup() {
    let world = World::new();
    let planned = Planned::new(&world);
    for round in 1..=10 {
        std::thread::scope(|scope| {
            let ends: Vec<_> =
                (0..2).map(|_| scope.spawn(|| planned.run_with(json!({ "force": round > 1 })))).collect();
            for end in ends {
                match end.join().expect("no panic") {
                    Ok(result) => assert_eq!(result["exit_code"], 0, "{result:#}"),
                    Err(error) => assert_eq!(error["code"], "conflict.busy", "{error:#}"),
                }
            }
        });
        // Forced runs may also follow each other; they never overlap, and the first round makes one.
        let made = planned.backups();
        assert!(if round == 1 { made == 1 } else { made >= round }, "round {round}: {made}");
    }
    world.drop_database(&planned.database);
}

/// A run that ended this moment still has its session until the server sees that the connection is closed.
#[test]
fn the_servers_lock_is_waited_for_a_little() {
    let world = World::sandbox(|builder| builder);
    let planned = Planned::new(&world);
    let take = format!(
        "EXEC sys.sp_getapplock @Resource = N'PGBackup plan {}', @LockMode = N'Exclusive', @LockOwner = N'Session', \
         @LockTimeout = 0, @DbPrincipal = N'public'",
        planned.database
    );
    let other = hold(&world.instance, "tester", &world.password, &take);
    let error = planned.run_with(json!({})).expect_err("locked");
    assert_eq!(error["code"], "conflict.busy");
    assert!(error["message"].as_str().is_some_and(|text| text.contains("running already: a session on")), "{error:#}");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| planned.run_with(json!({})));
        std::thread::sleep(std::time::Duration::from_millis(1000));
        drop(other);
        assert_eq!(waiting.join().expect("no panic").expect("a run")["outcome"], "done");
    });
}

#[test]
fn the_holder_of_the_lock_is_named_and_waited_for() {
    let world = World::new();
    let planned = Planned::new(&world);
    let state = planned.folder.path().join("state");
    let address = pgbackup::sql::Address::parse(&world.instance).expect("an address");
    let key = lock_key(&address.to_string(), &planned.database);
    let lock = RunLock::take(&state, &key, "process 42 on OTHER since 2026-11-20T11:00:00Z").expect("no error");
    let error = planned.run_with(json!({})).expect_err("locked");
    assert_eq!(error["code"], "conflict.busy");
    assert!(error["message"].as_str().is_some_and(|text| text.contains("process 42 on OTHER since")), "{error:#}");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| planned.run_with(json!({ "wait_ms": 60_000 })));
        std::thread::sleep(std::time::Duration::from_millis(600));
        drop(lock);
        assert_eq!(waiting.join().expect("no panic").expect("a run")["outcome"], "done");
    });
    world.drop_database(&planned.database);
}

#[cfg(unix)]
#[test]
fn what_goes_wrong_around_a_backup_is_a_warning_and_the_rest_goes_on() {
    let world = World::new();
    let said = tempfile::tempdir().expect("a folder");
    let word = said.path().join("said");
    let script = format!("echo $PGB_OUTCOME $PGB_TYPES > {}; exit 5", word.display());
    let beat = said.path().join("beat");
    let planned = Planned::new(&world)
        .with("copy_to", json!([PathBuf::from("/nonexistent/away")]))
        .with("heartbeat", json!(beat))
        .with("after", json!({ "command": ["/bin/sh", "-c", script] }));
    let result = planned.run(0);
    assert_eq!((&result["outcome"], &result["exit_code"]), (&json!("warnings"), &json!(1)), "{result:#}");
    let outcomes: Vec<(&str, &str)> = result["steps"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|step| Some((step["step"].as_str()?, step["outcome"].as_str()?)))
        .collect();
    assert_eq!(
        outcomes,
        [
            ("check", "done"),
            ("backup", "done"),
            ("verify", "done"),
            ("copy", "warning"),
            ("heartbeat", "done"),
            ("after", "warning")
        ]
    );
    assert_eq!(fs::read_to_string(word).expect("the command ran").trim(), "warnings full");
    assert!(beat.exists());
    world.drop_database(&planned.database);
}

#[cfg(unix)]
#[test]
fn a_page_is_written_after_each_run_and_hides_nothing_where_it_cannot_be() {
    let world = World::new();
    let pages = tempfile::tempdir().expect("a folder");
    let file = pages.path().join("plan.html");
    let page = |file: &std::path::Path| json!({ "file": file, "language": "persian" });
    let planned = Planned::new(&world).with("report", page(&file));
    let first = planned.run(0);
    assert_eq!(steps_of(&first), ["check", "backup", "verify", "report"].map(|step| (step, "done")), "{first:#}");
    let text = fs::read_to_string(&file).expect("the page");
    assert!(text.starts_with("<!DOCTYPE html><html lang=\"fa\" dir=\"rtl\">"), "{}", &text[..200]);
    // One that fails is on its page too.
    fs::remove_file(&file).expect("removed");
    let failing = planned.with("before", json!({ "command": ["/bin/false"] }));
    assert_eq!(failing.run(1)["outcome"], "failed");
    assert!(fs::read_to_string(&file).expect("the page").contains("/bin/false"));
    // No page is a warning.
    let nowhere = failing
        .with("before", json!({ "command": ["/bin/true"] }))
        .with("report", page("/nonexistent/a.html".as_ref()));
    let later = (Utc::now() + TimeDelta::days(2)).to_rfc3339_opts(SecondsFormat::Secs, true);
    let warned = nowhere.run_with(json!({ "now": later })).expect("a run");
    assert_eq!((&warned["outcome"], &warned["exit_code"]), (&json!("warnings"), &json!(1)), "{warned:#}");
    assert_eq!(steps_of(&warned).last(), Some(&("report", "warning")), "{warned:#}");
    world.drop_database(&nowhere.database);
}

#[cfg(unix)]
#[test]
fn a_command_before_that_fails_keeps_the_backup_from_being_made() {
    let world = World::new();
    let said = tempfile::tempdir().expect("a folder");
    let word = said.path().join("said");
    let planned = Planned::new(&world)
        .with("before", json!({ "command": ["/bin/sh", "-c", "echo not today; exit 1"] }))
        .with("on_failure", json!({ "command": ["/usr/bin/touch", word] }));
    let result = planned.run(0);
    assert_eq!((&result["outcome"], planned.backups()), (&json!("failed"), 0), "{result:#}");
    let before = result["steps"].as_array().into_iter().flatten().find(|step| step["step"] == "before");
    assert_eq!(before.expect("the step")["message"], "not today");
    assert!(word.exists());
    world.drop_database(&planned.database);
}

#[test]
fn a_server_that_is_away_is_a_failed_run_in_the_history() {
    let world = World::new();
    let planned = Planned::new(&world).with("server", json!({ "server": "127.0.0.1,1" }));
    fs::write(planned.folder.path().join("P.json"), planned.plan.to_string()).expect("written");
    let request = json!({ "v": 1, "name": "P", "folder": planned.folder.path() });
    let (_, end) = world.library.run(None, "plan_run", &request);
    let result = end.expect("a result");
    assert_eq!((&result["outcome"], &result["exit_code"]), (&json!("failed"), &json!(2)), "{result:#}");
    assert_eq!(planned.history().len(), 1);
    world.drop_database(&planned.database);
}

/// A plan whose backups go when two newer fulls are there; each full in a file of its own.
fn keeping_one<'w>(world: &'w World, path: &std::path::Path) -> Planned<'w> {
    let remove = json!({ "path": path, "rules": { "keep_last": 1 } });
    let schedule = json!({ "zone": "UTC", "lines": [{ "type": "full", "when": { "kind": "every", "minutes": 1 } }] });
    Planned::new(world).with("archive", json!(false)).with("remove", remove).with("schedule", schedule)
}

fn steps_of(result: &Value) -> Vec<(&str, &str)> {
    let steps = result["steps"].as_array().into_iter().flatten();
    steps.filter_map(|step| Some((step["step"].as_str()?, step["outcome"].as_str()?))).collect()
}

#[test]
fn what_is_old_goes_after_the_new_backup_is_made_and_verified() {
    let (world, clock) = World::with_clock(std::time::Duration::from_secs(3600));
    let seen = world.only_sandbox().host_path(&world.folder).expect("a path");
    let planned = keeping_one(&world, &seen);
    let first = planned.run_with(json!({ "force": true })).expect("a run");
    assert_eq!(steps_of(&first), ["check", "backup", "verify", "retention"].map(|step| (step, "done")), "{first:#}");
    assert_eq!((&first["removal"]["changed"], &first["made"][0]["backup"]["verified"]), (&json!(0), &json!(true)));
    clock.advance(std::time::Duration::from_secs(60));
    let second = planned.run_with(json!({ "force": true })).expect("a run");
    assert_eq!((&second["outcome"], &second["removal"]["changed"]), (&json!("done"), &json!(1)), "{second:#}");
    let there = |result: &Value| world.only_sandbox().host_path(file_of(result)).expect("a path").exists();
    assert!(!there(&first) && there(&second));
    assert_eq!(planned.history()[1]["removal"]["changed"], 1);
}

#[test]
fn a_removal_that_cannot_be_hides_nothing_else() {
    let world = World::sandbox(|builder| builder);
    let elsewhere = tempfile::tempdir().expect("a folder");
    let beat = elsewhere.path().join("beat");
    let planned = keeping_one(&world, elsewhere.path()).with("heartbeat", json!(beat));
    let result = planned.run_with(json!({ "force": true })).expect("a run");
    assert_eq!((&result["outcome"], &result["exit_code"]), (&json!("warnings"), &json!(1)), "{result:#}");
    assert_eq!(steps_of(&result)[3..], [("retention", "warning"), ("heartbeat", "done")]);
    let error = &result["steps"][3]["error"];
    assert_eq!(error["code"], "removal.not_visible", "{error:#}");
    assert!(error["hint"].is_string() && beat.exists());
}

#[test]
fn nothing_goes_when_no_backup_was_made() {
    let (world, clock) = World::with_clock(std::time::Duration::from_secs(3600));
    let seen = world.only_sandbox().host_path(&world.folder).expect("a path");
    let planned = keeping_one(&world, &seen);
    let first = planned.run_with(json!({ "force": true })).expect("a run");
    clock.advance(std::time::Duration::from_secs(60));
    let planned = planned.with("database", json!("no such database"));
    let failed = planned.run_with(json!({ "force": true })).expect("a run");
    assert_eq!((&failed["outcome"], &failed["removal"]), (&json!("failed"), &Value::Null), "{failed:#}");
    assert!(world.only_sandbox().host_path(file_of(&first)).expect("a path").exists());
}

#[cfg(unix)]
#[test]
fn where_the_files_tell_nobody_asks_the_server() {
    let (world, clock) = World::beside(std::time::Duration::from_secs(3600));
    let copies = tempfile::tempdir().expect("a folder");
    let planned = Planned::new(&world)
        .with("copy_to", json!([copies.path()]))
        .with("remove", json!({ "rules": { "older_than_days": 30 } }));
    let first = planned.run_with(json!({ "now": clock.now() })).expect("a run");
    assert_eq!(
        steps_of(&first),
        ["check", "backup", "verify", "copy", "retention"].map(|step| (step, "done")),
        "{first:#}"
    );
    let copy = PathBuf::from(first["made"][0]["copies"][0]["file"].as_str().expect("a copy"));
    assert!(fs::read(copy).expect("a copy") == fs::read(file_of(&first)).expect("its original"));
    let asked = world.statements().len();
    let idle = planned.run_with(json!({ "now": clock.now() })).expect("a run");
    assert_eq!((&idle["outcome"], world.statements().len()), (&json!("nothing_due"), asked), "{idle:#}");
    // The question without a job is answered by the same files: one that is deleted is due again.
    let question = json!({ "v": 1, "kind": "idle", "name": "P", "folder": planned.folder.path(), "now": clock.now() });
    let is_idle = || {
        let (folders, call) = pgbackup::wire::plan_call(&question.to_string(), Utc::now()).expect("a question");
        match pgbackup::ops::plan_call(&folders, call).expect("an answer") {
            pgbackup::ops::PlanAnswer::Idle(run) => run.is_some(),
            other => panic!("{other:?}"),
        }
    };
    assert!(is_idle());
    let (kept, aside) = (PathBuf::from(file_of(&first)), copies.path().join("aside"));
    fs::rename(&kept, &aside).expect("moved");
    assert!(!is_idle());
    fs::rename(&aside, &kept).expect("moved");
    assert!(is_idle());
    assert_eq!(world.statements().len(), asked);
    // A report takes the files' word too, and what the plan has had verified.
    let request = json!({ "v": 1, "folder": planned.folder.path(), "now": clock.now() });
    let (_, report) = world.library.run(None, "report", &request);
    let report = report.expect("a report");
    assert_eq!((&report["state"], world.statements().len()), (&json!("good"), asked));
    assert!(report["html"].as_str().is_some_and(|page| page.contains("read from the files in the folder")));
}

#[test]
fn what_a_run_needs_is_told_line_by_line() {
    let world = World::new();
    let planned = Planned::new(&world);
    let checked = |planned: &Planned<'_>| planned.run_with(json!({ "check_only": true })).expect("an answer");
    let line = |reply: &Value, check: &str| {
        let items = reply["items"].as_array().into_iter().flatten();
        items.into_iter().find(|item| item["check"] == check).cloned().unwrap_or_else(|| panic!("{check}: {reply:#}"))
    };
    // It was made two days ago and has not run.
    let late = checked(&planned);
    for check in ["plan", "server", "clock", "database", "rights", "last_run"] {
        assert_eq!(line(&late, check)["ok"], true, "{late:#}");
    }
    let overdue = line(&late, "last_backup");
    assert_eq!((&late["ok"], &overdue["ok"]), (&json!(false), &json!(false)), "{late:#}");
    assert!(overdue["next_step"].as_str().is_some_and(|text| text.contains("Invoke-PGBackupPlan")), "{overdue:#}");
    assert_eq!((planned.backups(), planned.history().len()), (0, 0), "nothing is changed");
    planned.run(0);
    assert_eq!(checked(&planned)["ok"], true, "{:#}", checked(&planned));

    let lines = json!([{ "type": "full", "when": { "kind": "none" } }, { "type": "log", "when": { "kind": "daily", "at": ["00:00"] } }]);
    let nowhere = std::env::temp_dir().join("pgb-nonexistent");
    let broken = Planned::new(&world)
        .with("archive", json!(false))
        .with("schedule", json!({ "zone": "UTC", "lines": lines }))
        .with("destination", json!(format!(r"{}\not there", world.folder)))
        .with("copy_to", json!([nowhere.join("away")]))
        .with("remove", json!({ "rules": { "keep_last": 1 } }))
        .with("before", json!({ "command": ["no-such-program-here"] }))
        .with("heartbeat", json!(nowhere.join("beat")))
        .with("report", json!({ "file": nowhere.join("page.html") }));
    world.sql(&format!("ALTER DATABASE [{}] SET RECOVERY SIMPLE", broken.database));
    let reply = checked(&broken);
    for check in ["database", "folder", "copy", "retention", "command", "heartbeat", "report"] {
        let line = line(&reply, check);
        assert_eq!((&line["ok"], line["next_step"].is_string()), (&json!(false), true), "{reply:#}");
    }
    assert!(line(&reply, "database")["message"].as_str().is_some_and(|text| text.contains("SIMPLE")), "{reply:#}");
    let away = Planned::new(&world).with("server", json!({ "server": "127.0.0.1,1" }));
    let (_, end) = world.library.run(None, "plan_run", &away.request(&json!({ "check_only": true })));
    assert_eq!(line(&end.expect("an answer"), "server")["ok"], false);
    let early = planned.run_with(json!({ "check_only": true, "now": "1970-01-02T00:00:00Z" })).expect("an answer");
    assert!(line(&early, "clock")["message"].as_str().is_some_and(|text| text.contains("1970")), "{early:#}");
    let run = planned.run_with(json!({ "now": "1970-01-02T00:00:00Z" })).expect("a run");
    let error = &run["steps"][0]["error"];
    assert_eq!((&run["exit_code"], &error["target"]), (&json!(1), &json!("clock")), "{run:#}");
    assert!(error["message"].as_str().is_some_and(|text| text.contains("1970")) && error["hint"].is_string());
}
