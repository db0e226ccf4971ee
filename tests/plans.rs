//! Plan files: written whole, read with care, refused with the field at fault.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use chrono::Utc;
use pgbackup::error::{Code, Error, Result};
use pgbackup::{ops, wire};
use serde_json::{Value, json};
use tempfile::TempDir;

fn call(request: &Value) -> Result<Value> {
    let (folders, call) = wire::plan_call(&request.to_string(), Utc::now())?;
    let answer = ops::plan_call(&folders, call)?;
    Ok(serde_json::from_str(&wire::plan_text(&answer, |_| 0)).expect("JSON"))
}

fn plan(name: &str) -> Value {
    json!({
        "version": 1,
        "name": name,
        "created_at": "2026-11-01T00:00:00Z",
        "server": { "server": ".\\PAYAMGOSTAR2" },
        "database": "PayamGostar2",
        "destination": format!(r"D:\Backup\{name}"),
        "archive": true,
        "schedule": { "zone": "Asia/Tehran", "lines": [
            { "type": "full", "when": { "kind": "weekly", "days": ["Saturday"], "at": ["02:30"] } },
            { "type": "differential", "when": { "kind": "every", "minutes": 240, "from": "02:30" } },
        ] },
    })
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().expect("a folder"))
    }

    fn call(&self, kind: &str, rest: Value) -> Result<Value> {
        let mut request = json!({ "v": 1, "kind": kind, "folder": self.0.path() });
        for (name, value) in rest.as_object().expect("fields") {
            request[name] = value.clone();
        }
        call(&request)
    }

    fn save(&self, name: &str) {
        self.call("save", json!({ "plan": plan(name) })).expect("a plan");
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(format!("{name}.json"))
    }
}

fn checked(plan: Value) -> Result<Value> {
    call(&json!({ "v": 1, "kind": "check", "folder": std::env::temp_dir(), "plan": plan }))
}

fn with(field: &str, value: Value) -> Error {
    let mut plan = plan("Night");
    plan[field] = value;
    checked(plan).expect_err(field)
}

#[test]
fn a_plan_is_saved_listed_read_and_removed() {
    let folder = Folder::new();
    assert_eq!(folder.call("list", json!({})).expect("a list")["plans"], json!([]));
    folder.save("PayamGostar");
    folder.save("شب جمعه");
    let again = folder.call("save", json!({ "plan": plan("PayamGostar") })).expect_err("it is there");
    assert_eq!(again.code, Code::Exists);
    folder.call("save", json!({ "plan": plan("PayamGostar"), "replace": true })).expect("replaced");
    let list = folder.call("list", json!({})).expect("a list");
    let names: Vec<&str> =
        list["plans"].as_array().into_iter().flatten().filter_map(|plan| plan["name"].as_str()).collect();
    assert_eq!(names, ["PayamGostar", "شب جمعه"]);
    let got = folder.call("get", json!({ "name": "PayamGostar" })).expect("a plan");
    assert_eq!(got["plan"], plan("PayamGostar"));
    assert!(got["english"].as_str().is_some_and(|text| text.contains("every Saturday at 02:30")), "{got}");
    // Nothing but the plans themselves is left in the folder.
    assert_eq!(fs::read_dir(folder.0.path()).expect("a folder").count(), 2);
    folder.call("remove", json!({ "name": "PayamGostar" })).expect("removed");
    assert_eq!(folder.call("get", json!({ "name": "PayamGostar" })).expect_err("gone").code, Code::FileNotFound);
    assert_eq!(folder.call("remove", json!({ "name": "PayamGostar" })).expect_err("gone").code, Code::FileNotFound);
}

#[test]
fn the_moment_of_making_is_added_and_nothing_else_is_changed() {
    let folder = Folder::new();
    let mut given = plan("Night");
    given.as_object_mut().expect("fields").remove("created_at");
    given["$schema"] = json!("../schemas/plan.schema.json");
    let request = json!({ "plan": given, "now": "2026-11-20T11:00:00Z" });
    let saved = folder.call("save", request).expect("a plan");
    given["created_at"] = json!("2026-11-20T11:00:00Z");
    assert_eq!(saved["plan"], given);
}

#[test]
fn files_that_people_edited_are_read_or_refused_in_words() {
    let folder = Folder::new();
    folder.save("Night");
    let text = fs::read_to_string(folder.file("Night")).expect("the file");
    let get = || folder.call("get", json!({ "name": "Night" }));
    let put = |bytes: &[u8]| fs::write(folder.file("Night"), bytes).expect("written");

    put(format!("\u{feff}{text}").as_bytes());
    assert_eq!(get().expect("a mark is passed over")["plan"]["name"], "Night");
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    put(&utf16);
    assert!(get().expect_err("UTF-16").message.contains("UTF-16"));
    for length in (0..text.trim_end().len()).step_by(7) {
        put(&text.as_bytes()[..length]);
        let error = get().expect_err("cut");
        assert_eq!(error.code, Code::Request, "{length}: {error}");
        assert!(error.message.contains("Night"), "{error}");
    }
    put(text.replace("\"version\": 1", "\"version\": 7").as_bytes());
    assert!(get().expect_err("newer").message.contains("version 7"));
    put(text.replace("\"Night\"", "\"Day\"").as_bytes());
    assert_eq!(get().expect_err("another name").target.as_deref(), Some("name"));
    put(&vec![b' '; 2 << 20]);
    assert!(get().expect_err("long").message.contains("1 MiB"));
    // One that is wrong does not hide the others.
    folder.save("Good");
    let list = folder.call("list", json!({})).expect("a list");
    assert!(list["plans"][0]["error"].is_null() && list["plans"][1]["error"]["code"] == "caller.request", "{list}");
}

#[test]
fn what_cannot_be_is_refused_by_its_field() {
    for (field, value, target) in [
        ("name", json!("a/b"), "name"),
        ("name", json!("con"), "name"),
        ("created_at", json!("yesterday"), "created_at"),
        ("server", json!("host"), "server"),
        ("server", json!({ "server": "x", "connection_string": "Server=x" }), "server"),
        ("server", json!({ "server": "x", "user": "sa" }), "password_from"),
        ("password_from", json!({ "file": "/etc/x" }), "password_from"),
        ("database", json!(" "), "database"),
        ("destination", json!(""), "destination"),
        ("window", json!("22-6"), "window"),
        ("grace_minutes", json!(-1), "grace_minutes"),
        ("copy_to", json!([std::env::temp_dir(), "copies"]), "copy_to[1]"),
        ("remove", json!({ "rules": {} }), "remove"),
        ("remove", json!({ "rules": { "older_than_days": 0 } }), "remove"),
        ("remove", json!({ "rules": { "older_than_days": -1 } }), "remove"),
        ("remove", json!({ "rules": { "keep_last": 9_000_000_000_i64 } }), "remove"),
        ("remove", json!({ "rules": { "keep_last": 1 }, "grace_days": 100_000 }), "remove"),
        ("before", json!({ "command": [] }), "before"),
        ("after", json!({ "command": ["x"], "time_limit_seconds": 0 }), "after"),
        ("heartbeat", json!("beat"), "heartbeat"),
        ("report", json!({ "file": "page.html" }), "report"),
        ("schedule", json!({ "zone": "UTC", "lines": [] }), "schedule"),
    ] {
        let error = with(field, value.clone());
        assert_eq!((error.code, error.target.as_deref()), (Code::Request, Some(target)), "{field} = {value}: {error}");
        assert!(error.hint.is_some(), "{field}: {error}");
    }
    assert!(with("verfy", json!(true)).message.contains("verfy"));
    assert!(with("verify", json!("yes")).message.contains("expected a boolean"));
}

#[test]
fn two_plans_never_share_an_archive() {
    let folder = Folder::new();
    folder.save("Weekly");
    let mut other = plan("Other");
    let save = |plan: &Value| folder.call("save", json!({ "plan": plan, "replace": true }));
    // The same folder, written another way.
    other["destination"] = json!(r"d:\backup\weekly\");
    other["archive"] = json!(false);
    let error = save(&other).expect_err("one archive");
    assert_eq!((error.code, error.target.as_deref()), (Code::Exists, Some("destination")), "{error}");
    assert!(error.message.contains("Weekly") && error.hint.is_some_and(|hint| hint.contains("folder of its own")));
    let log = json!([{ "type": "log", "when": { "kind": "every", "minutes": 15 } }]);
    let fulls = other["schedule"].clone();
    other["schedule"] = json!({ "zone": "UTC", "lines": log });
    save(&other).expect("log backups are not appended");
    other["schedule"] = fulls;
    for (field, value) in
        [("destination", json!("D:\\Other")), ("database", json!("Other")), ("server", json!({ "server": "far" }))]
    {
        let mut apart = other.clone();
        apart[field] = value;
        save(&apart).expect(field);
    }
    save(&plan("Weekly")).expect("a plan may take its own place");
}

#[cfg(target_os = "linux")]
#[test]
fn a_plan_folder_that_is_none_is_named_with_the_next_step() {
    let at = |folder: &Path, kind: &str, rest: Value| {
        let mut request = json!({ "v": 1, "kind": kind, "folder": folder });
        for (name, value) in rest.as_object().expect("fields") {
            request[name] = value.clone();
        }
        call(&request)
    };
    let told = |error: &Error, folder: &Path| {
        let named = error.target.as_deref().is_some_and(|target| target.contains(&folder.display().to_string()));
        assert!(named && error.hint.is_some(), "{error:?}");
    };
    let place = tempfile::tempdir().expect("a folder");
    // Not there yet: nothing is wrong, and the first plan makes it.
    let missing = place.path().join("not/yet");
    assert_eq!(at(&missing, "list", json!({})).expect("a list")["plans"], json!([]));
    let error = at(&missing, "get", json!({ "name": "A" })).expect_err("no plan");
    assert!(error.hint.as_deref().is_some_and(|hint| hint.contains("not/yet")), "{error:?}");
    at(&missing, "save", json!({ "plan": plan("A") })).expect("a plan");
    // A file in its place, and a folder where nobody may write, not even root.
    let file = place.path().join("file");
    fs::write(&file, "").expect("written");
    told(&at(&file, "list", json!({})).expect_err("a file"), &file);
    told(&at(&file, "save", json!({ "plan": plan("A") })).expect_err("a file"), &file);
    let kernel = Path::new("/proc/pgbackup");
    told(&at(kernel, "save", json!({ "plan": plan("A") })).expect_err("read-only"), kernel);
}

#[test]
fn a_password_in_a_plan_is_refused_and_not_repeated() {
    for (field, value) in [
        ("password", json!("hunter2")),
        ("server", json!({ "server": "x", "user": "sa", "Password": "hunter2" })),
        ("before", json!({ "command": ["x"], "secret": "hunter2" })),
    ] {
        let error = with(field, value);
        assert!(error.message.contains("password does not belong"), "{error}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
    // Where its place belongs.
    for value in [
        json!("hunter2"),
        json!({ "hunter2": "x" }),
        json!({ "file": "x", "hunter2": "y" }),
        json!({ "file": 702_702 }),
    ] {
        let error = with("password_from", value);
        assert_eq!(error.target.as_deref(), Some("password_from"));
        assert!(!["hunter2", "702702"].iter().any(|secret| format!("{error:?}").contains(secret)), "{error:?}");
    }
}

#[cfg(unix)]
#[test]
fn what_others_may_change_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode");
    let folder = Folder::new();
    folder.save("Night");
    let get = || folder.call("get", json!({ "name": "Night" }));
    mode(&folder.file("Night"), 0o666);
    let error = get().expect_err("open to all");
    assert_eq!(error.code, Code::Permission);
    assert!(error.hint.is_some_and(|hint| hint.contains("chmod go-w")));
    mode(&folder.file("Night"), 0o644);
    mode(folder.0.path(), 0o777);
    assert_eq!(get().expect_err("open to all").code, Code::Permission);
    assert_eq!(folder.call("save", json!({ "plan": plan("B") })).expect_err("open to all").code, Code::Permission);
    mode(folder.0.path(), 0o755);
    get().expect("a plan");
}

#[test]
fn the_schema_knows_the_fields_that_the_reader_knows() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/plan.schema.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(path).expect("the schema")).expect("JSON");
    let fields: BTreeSet<String> = schema["properties"].as_object().expect("fields").keys().cloned().collect();
    // serde names all fields when it meets one that it does not know.
    let message = with("zzz", json!(1)).message;
    let (_, expected) = message.split_once("expected one of ").expect("the fields");
    let known: BTreeSet<String> = expected.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    assert_eq!(fields, known);
}

#[test]
fn the_schedule_of_a_plan_far_from_its_server_says_what_it_does_not_know() {
    let folder = Folder::new();
    let mut far = plan("Far");
    far["server"] = json!({ "server": "crm.example" });
    folder.call("save", json!({ "plan": far })).expect("a plan");
    let request = json!({ "name": "Far", "now": "2026-11-20T11:00:00Z", "count": 3 });
    let reply = folder.call("schedule", request).expect("an answer");
    assert_eq!((&reply["known"], &reply["due"]), (&json!(false), &json!(false)));
    assert_eq!(reply["items"].as_array().map(Vec::len), Some(3));
}

/// The plan `Near`, whose backups lie in a folder of this machine.
#[cfg(unix)]
fn near(folder: &Folder, backups: &Path) -> Value {
    let mut near = plan("Near");
    near["server"] = json!({ "server": "127.0.0.1,1" });
    near["destination"] = json!(backups);
    folder.call("save", json!({ "plan": near })).expect("a plan");
    near
}

#[cfg(unix)]
#[test]
fn whether_a_run_has_nothing_to_do_is_told_from_the_files_at_once() {
    let folder = Folder::new();
    let backups = tempfile::tempdir().expect("a folder");
    let near = near(&folder, backups.path());
    let idle = |name: &str, now: &str| folder.call("idle", json!({ "name": name, "now": now }));
    // Before its first time there is nothing to do.
    let early = idle("Near", "2026-11-01T00:10:00Z").expect("an answer");
    assert_eq!((&early["idle"], &early["run"]["outcome"]), (&json!(true), &json!("nothing_due")), "{early:#}");
    assert_eq!((&early["run"]["exit_code"], &early["run"]["steps"]), (&json!(0), &json!([])), "{early:#}");
    assert!(early["run"]["next"]["at"].is_string(), "{early:#}");
    // The PowerShell module looks at these letters, and reads no more where only the exit code is wanted.
    assert!(early.to_string().starts_with(r#"{"v":1,"kind":"idle","idle":true,"#), "{early}");
    let due = idle("Near", "2026-11-20T11:00:00Z").expect("an answer");
    assert_eq!((&due["idle"], &due["run"]), (&json!(false), &Value::Null));
    // Files that cannot be seen from here tell nothing.
    let mut far = plan("Far");
    far["server"] = json!({ "server": "crm.example" });
    folder.call("save", json!({ "plan": far })).expect("a plan");
    assert_eq!(idle("Far", "2026-11-01T00:10:00Z").expect("an answer")["idle"], false);
    // By a clock of 1970 nothing is ever due: that is no rest, and the run says so.
    assert_eq!(idle("Near", "1970-01-01T00:10:00Z").expect("an answer")["idle"], false);
    // A bad plan is no idle one.
    assert_eq!(idle("Gone", "2026-11-01T00:10:00Z").expect_err("none").code, Code::FileNotFound);
    let twin = near.to_string().replace(r#""Near""#, r#""Twin""#);
    fs::write(folder.file("Twin"), twin).expect("written");
    assert_eq!(idle("Near", "2026-11-01T00:10:00Z").expect_err("one archive").code, Code::Exists);
}

#[cfg(unix)]
#[test]
fn a_folder_that_is_seen_and_empty_makes_the_plan_due() {
    let folder = Folder::new();
    let backups = tempfile::tempdir().expect("a folder");
    near(&folder, backups.path());
    let request = json!({ "name": "Near", "now": "2026-11-20T11:00:00Z" });
    let reply = folder.call("schedule", request).expect("an answer");
    assert_eq!(
        (&reply["known"], &reply["due"], &reply["runs"][0]["type"]),
        (&json!(true), &json!(true), &json!("full"))
    );
}
