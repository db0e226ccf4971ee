//! The texts that register a plan: whole texts as they should be, and what they should hold under every
//! schedule; checked by the schedulers' own tools where they are installed. (Plan.Tests.ps1 checks the
//! tasks of Windows against the facts of their schema.)

#[path = "support/run.rs"]
mod run;
#[path = "support/skip.rs"]
mod skip;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use chrono::Utc;
use pgbackup::error::{Code, Result};
use pgbackup::{ops, wire};
use run::{program, run};
use serde_json::{Value, json};
use skip::skip;

/// Makes a plan with a schedule and gives the texts that register it.
fn register(schedule: &Value, rest: &Value) -> Result<Value> {
    let folder = tempfile::tempdir().expect("a folder");
    let call = |request: &Value| {
        let (folders, call) = wire::plan_call(&request.to_string(), Utc::now())?;
        let answer = ops::plan_call(&folders, call)?;
        Ok(serde_json::from_str::<Value>(&wire::plan_text(&answer, |_| 0)).expect("JSON"))
    };
    let plan = json!({
        "version": 1, "name": "CRM 100", "created_at": "2026-11-01T00:00:00Z", "server": { "server": ".\\PAYAMGOSTAR2" },
        "database": "PayamGostar2", "destination": r"D:\Backup", "schedule": schedule,
    });
    call(&json!({ "v": 1, "kind": "save", "folder": folder.path(), "plan": plan }))?;
    let mut request = json!({ "v": 1, "kind": "register", "folder": folder.path(), "name": "CRM 100",
        "now": "2026-11-20T11:00:00Z", "command": ["/bin/true", "-Name", "CRM 100%", "$HOME \"x\"", "it's", "C:\\a b\\"] });
    for (name, value) in rest.as_object().expect("fields") {
        request[name] = value.clone();
    }
    call(&request)
}

/// A full on Saturdays, differentials every four hours, Tehran time.
fn weekly() -> Value {
    json!({ "zone": "Asia/Tehran", "lines": [
        { "type": "full", "when": { "kind": "weekly", "days": ["Saturday"], "at": ["02:30"] } },
        { "type": "differential", "when": { "kind": "every", "minutes": 240, "from": "02:30" } },
    ] })
}

fn one(when: Value) -> Value {
    json!({ "zone": "UTC", "lines": [{ "type": "full", "when": when }] })
}

fn registered() -> Value {
    register(&weekly(), &json!({})).expect("texts")
}

/// Compares a text with the one that is kept; `UPDATE_GOLDEN=1` keeps it instead.
fn golden(name: &str, text: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/register").join(name);
    let text = text.as_str().expect("a text");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, text).expect("written");
    }
    let kept = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(text, kept.replace("\r\n", "\n"), "{name}");
}

#[test]
fn the_tasks_of_windows_are_as_they_should_be() {
    golden("task.xml", &registered()["task"]);
    let night = one(json!({ "kind": "monthly", "calendar": "persian", "days": ["Last"], "at": ["23:00"] }));
    let account = json!({ "account": r"CRM\backup$", "wake": true });
    golden("task-wake.xml", &register(&night, &account).expect("texts")["task"]);
    let uneven = one(json!({ "kind": "daily", "at": ["02:30", "14:37"] }));
    golden("task-uneven.xml", &register(&uneven, &json!({ "account": r"CRM\ali" })).expect("texts")["task"]);
}

#[test]
fn no_task_has_more_triggers_than_windows_takes() {
    let times: Vec<String> = (0..60).filter(|minute| minute % 7 != 3).map(|minute| format!("02:{minute:02}")).collect();
    for (when, triggers, interval) in [
        (json!({ "kind": "every", "minutes": 1 }), 1, "PT1M"),
        (json!({ "kind": "every", "minutes": 5 }), 1, "PT5M"),
        (json!({ "kind": "every", "minutes": 60 }), 1, "PT15M"),
        (json!({ "kind": "none" }), 1, "PT15M"),
        (json!({ "kind": "daily", "at": ["02:37"] }), 1, "PT15M"),
        (json!({ "kind": "daily", "at": ["02:30", "14:37"] }), 5, "PT60M"),
        (json!({ "kind": "daily", "at": times }), 1, "PT1M"),
        (json!({ "kind": "every", "minutes": 7 }), 1, "PT1M"),
    ] {
        let texts = register(&one(when.clone()), &json!({})).expect("texts");
        let task = texts["task"].as_str().expect("a task");
        assert_eq!(task.matches("<TimeTrigger>").count(), triggers, "{when}: {task}");
        assert_eq!(task.matches(&format!("<Interval>{interval}</Interval>")).count(), triggers, "{when}: {task}");
        // A line of a crontab is short, and each of these minutes is on it.
        let cron = texts["cron"].as_str().and_then(|line| line.split(' ').next()).expect("minutes");
        assert!(cron.len() < 200, "{when}: {cron}");
        // A machine that is woken is woken at the times of the plan, if they are few.
        let texts = register(&one(when.clone()), &json!({ "wake": true })).expect("texts");
        let task = texts["task"].as_str().expect("a task");
        assert!(task.contains("<WakeToRun>true</WakeToRun>"), "{when}: {task}");
        assert!((1..=48).contains(&task.matches("<StartBoundary>").count()), "{when}: {task}");
    }
}

#[test]
fn an_account_and_waking_are_told_to_each_scheduler_that_knows_them() {
    let night = one(json!({ "kind": "daily", "at": ["02:30", "14:37"] }));
    let texts = register(&night, &json!({ "account": "mssql", "wake": true })).expect("texts");
    let timer = texts["timer"].as_str().expect("a timer");
    assert!(
        timer.contains(
            "OnCalendar=*-*-* 02:30:00 UTC\nOnCalendar=*-*-* 14:37:00 UTC\nWakeSystem=true\nPersistent=true\n"
        ),
        "{timer}"
    );
    assert!(texts["service"].as_str().is_some_and(|unit| unit.contains("\nUser=mssql\nExecStart=")), "{texts}");
    for (account, kept) in [
        (r"NT AUTHORITY\NETWORK SERVICE", r"<UserId>NT AUTHORITY\NETWORK SERVICE</UserId>"),
        (r"CRM\ali", "<UserId>CRM\\ali</UserId>\n      <LogonType>S4U</LogonType>"),
        (r"CRM\backup$", "<UserId>CRM\\backup$</UserId>\n      <LogonType>Password</LogonType>"),
    ] {
        let texts = register(&night, &json!({ "account": account })).expect("texts");
        assert!(texts["task"].as_str().is_some_and(|task| task.contains(kept)), "{account}: {texts:#}");
    }
    let error = register(&night, &json!({ "account": "a\nExecStart=/bin/sh" })).expect_err("two lines");
    assert_eq!((error.code, error.target.as_deref()), (Code::Request, Some("account")));
}

#[test]
fn schedulers_get_every_argument_as_it_is() {
    let texts = registered();
    // 02:30 in Tehran is 23:00 UTC, in summers before 2023 22:00.
    assert_eq!(texts["minutes"], json!([0, 15, 30, 45]));
    assert_eq!(texts["name"], "pgbackup-CRM\\x20100");
    let service = texts["service"].as_str().expect("a service");
    assert!(
        service.contains(r#"ExecStart="/bin/true" "-Name" "CRM 100%%" "$$HOME \"x\"" "it's" "C:\\a b\\""#),
        "{service}"
    );
    let timer = texts["timer"].as_str().expect("a timer");
    assert!(timer.contains("OnCalendar=*-*-* *:00,15,30,45:00 UTC\nPersistent=true\n"), "{timer}");
    let cron = texts["cron"].as_str().expect("a line");
    assert!(cron.ends_with(r#"* * * * /bin/true -Name 'CRM 100\%' '$HOME "x"' 'it'\''s' 'C:\a b\'"#), "{cron}");
    let task = texts["task"].as_str().expect("a task");
    assert!(task.contains("<Command>/bin/true</Command>"), "{task}");
    let arguments = r#"<Arguments>-Name &quot;CRM 100%&quot; &quot;$HOME \&quot;x\&quot;&quot; it's &quot;C:\a b\\&quot;</Arguments>"#;
    assert!(task.contains(arguments), "{task}");
    for setting in
        ["StartWhenAvailable>true", "DisallowStartIfOnBatteries>false", "IgnoreNew", "PT15M", "2026-11-20T11:00:00Z"]
    {
        assert!(task.contains(setting), "{setting}: {task}");
    }
}

#[test]
fn systemd_takes_the_units() {
    let Some(analyze) = program("systemd-analyze") else { return skip("systemd units", "there is no systemd-analyze") };
    let twice = one(json!({ "kind": "daily", "at": ["02:30", "14:37"] }));
    let woken = register(&twice, &json!({ "account": "root", "wake": true })).expect("texts");
    for texts in [registered(), woken] {
        systemd_takes(&analyze, &texts);
    }
}

fn systemd_takes(analyze: &Path, texts: &Value) {
    let folder = tempfile::tempdir().expect("a folder");
    let name = texts["name"].as_str().expect("a name");
    let files = ["service", "timer"].map(|kind| {
        let path = folder.path().join(format!("{name}.{kind}"));
        fs::write(&path, texts[kind].as_str().expect("a unit")).expect("written");
        path
    });
    let mut command = Command::new(analyze);
    let ran = run(command.arg("verify").args(&files), Duration::from_secs(60));
    let ours = |line: &&str| line.contains(name);
    assert!(!ran.err.lines().any(|line| ours(&line)), "{}", ran.err);
    let timer = texts["timer"].as_str().expect("a timer");
    for when in timer.lines().filter_map(|line| line.strip_prefix("OnCalendar=")) {
        let mut command = Command::new(analyze);
        let ran = run(command.args(["calendar", "--iterations=2", when]), Duration::from_secs(60));
        assert!(ran.status.success() && ran.out.contains("Next elapse"), "{}{}", ran.out, ran.err);
    }
}

#[test]
fn cron_takes_the_line() {
    let Some(crontab) = program("crontab") else { return skip("cron line", "there is no crontab") };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("crontab");
    // Only a check: `-T` of cronie, `-n` of Debian's cron.
    let line = |check: &str, text: &str| {
        fs::write(&path, format!("{text}\n")).expect("written");
        run(Command::new(&crontab).arg(check).arg(&path), Duration::from_secs(60))
    };
    // Whether this crontab checks at all is seen by a line that is wrong.
    let checks = |check: &&str| {
        let wrong = line(check, "61 * * * * /bin/true");
        !wrong.status.success() && !wrong.err.contains("invalid option")
    };
    let Some(check) = ["-T", "-n"].into_iter().find(|check| checks(check)) else {
        return skip("cron line", "this crontab checks no file (-T, -n)");
    };
    for when in [json!({ "kind": "daily", "at": ["02:37"] }), json!({ "kind": "every", "minutes": 1 })] {
        let texts = register(&one(when), &json!({})).expect("texts");
        for texts in [registered(), texts] {
            let right = line(check, texts["cron"].as_str().expect("a line"));
            assert!(right.status.success(), "{}{}", right.out, right.err);
        }
    }
}
