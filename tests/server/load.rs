//! Many jobs at once, and what they leave behind.

use serde_json::json;

use crate::world::{World, unique};

/// Names of this process's threads.
#[cfg(target_os = "linux")]
fn threads() -> Vec<String> {
    let tasks = std::fs::read_dir("/proc/self/task").expect("this process's threads");
    tasks
        .flatten()
        .filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok())
        .map(|name| name.trim().to_owned())
        .collect()
}

/// Where the threads are counted has this: a process with no other test in it, whose jobs would have
/// threads too (one that waits for a file hands its worker's place on).
#[cfg(target_os = "linux")]
const ALONE: &str = "PGB_TEST_ALONE";

#[cfg(target_os = "linux")]
#[test]
fn a_hundred_jobs_have_two_threads() {
    if std::env::var_os(ALONE).is_none() {
        let ran = std::process::Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "load::a_hundred_jobs_have_two_threads", "--nocapture"])
            .env(ALONE, "1")
            .output()
            .expect("to run");
        let told = String::from_utf8_lossy(&ran.stdout);
        assert!(ran.status.success() && told.contains("1 passed"), "{told}{}", String::from_utf8_lossy(&ran.stderr));
        return;
    }
    let world = World::new();
    let name = unique("load");
    world.database(&name, 10);
    world.done("backup", world.full(&name));
    let server = world.server();
    let request = json!({ "v": 1, "kind": "databases", "names": [name] });
    let jobs: Vec<_> =
        (0..100).map(|_| world.library.start(Some(&server), "query", &request).expect("a job")).collect();
    let own = |names: &[String]| names.iter().filter(|name| name.starts_with("pgbackup")).count();
    let at_work = threads();
    assert_eq!(own(&at_work), 2, "{at_work:?}");
    for job in jobs {
        assert_eq!(job.rows().len(), 1);
        job.end().unwrap_or_else(|error| panic!("{error:#}"));
    }
    let after = threads();
    assert_eq!(own(&after), 2, "{after:?}");
    world.drop_database(&name);
}

#[test]
fn no_text_of_a_job_holds_the_password() {
    let world = World::sandbox(|builder| builder);
    let name = unique("secret");
    world.database(&name, 10);
    let password = "Sandbox!1 ;'رمز";
    let server = world.server();
    let mut texts = Vec::new();
    for (kind, request) in [
        ("backup", world.full(&name)),
        ("backup", world.full("no such database")),
        ("backup", json!({ "v": 1, "database": name, "type": "full", "backup_file": r"D:\CON" })),
        ("query", json!({ "v": 1, "kind": "databases" })),
        ("restore", json!({ "v": 1, "database": "x", "sources": [{ "file": r"D:\no.bak" }] })),
    ] {
        match world.library.start(Some(&server), kind, &request) {
            Ok(job) => {
                texts.push(format!("{:?}", job.rows()));
                texts.push(format!("{:?}", job.end()));
                texts.push(job.status(0).to_string());
            }
            Err(error) => texts.push(error.to_string()),
        }
    }
    texts.extend(world.only_sandbox().statements().into_iter().map(|statement| statement.text));
    let part = "Sandbox!1";
    assert!(texts.iter().all(|text| !text.contains(password) && !text.contains(part)), "a password got out");
}
