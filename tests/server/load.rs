//! Many jobs at once, and what they leave behind.

use serde_json::json;

use crate::world::{World, unique};

/// Names of this process's threads.
fn threads() -> Vec<String> {
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else { return Vec::new() };
    tasks
        .flatten()
        .filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok())
        .map(|name| name.trim().to_owned())
        .collect()
}

#[test]
fn a_hundred_jobs_on_few_threads() {
    let world = World::new();
    let name = unique("load");
    world.database(&name, 10);
    world.done("backup", world.full(&name));
    let server = world.server();
    let request = json!({ "v": 1, "kind": "databases", "names": [name] });
    let jobs: Vec<_> =
        (0..100).map(|_| world.library.start(Some(&server), "query", &request).expect("a job")).collect();
    if cfg!(target_os = "linux") {
        // The library's own: two that work, and a few that wait for files, of other tests too.
        let own = threads().iter().filter(|thread| thread.starts_with("pgbackup")).count();
        assert!(own < 20, "a thread a job? {:?}", threads());
    }
    for job in jobs {
        assert_eq!(job.rows().len(), 1);
        job.end().unwrap_or_else(|error| panic!("{error:#}"));
    }
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
