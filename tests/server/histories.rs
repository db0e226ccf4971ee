//! A sample of random histories, played on the server: what the planner promises it restores, row for
//! row, before a removal and after it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, NaiveDateTime};
use pgbackup_sandbox::engine::EngineOptions;
use serde_json::{Value, json};

use crate::world::{ServerClock, World, quoted, unique};

#[path = "../policy/dice.rs"]
mod dice;

use dice::Dice;

/// How many histories are played.
const SAMPLE: u64 = 6;

/// A database, its backups, and what it held when.
struct History {
    world: World,
    clock: ServerClock,
    name: String,
    /// By the server's clock.
    moments: Vec<(NaiveDateTime, BTreeSet<i32>)>,
    /// Kind and first file of each backup.
    made: Vec<(String, Value)>,
}

impl History {
    /// A database that is written to and backed up for two weeks or so.
    fn play(seed: u64) -> History {
        let mut dice = Dice(seed);
        // Servers differ in when they take a moment in a quiet time for reached.
        let strict = EngineOptions { stops_by_records: seed % 2 == 1, ..EngineOptions::default() };
        let (world, clock) = World::with_clock_and(Duration::from_secs(30 * 86_400), strict);
        let name = unique("history");
        world.database(&name, 3);
        if !dice.one_in(4) {
            world.sql(&format!("ALTER DATABASE {} SET RECOVERY FULL", quoted(&name)));
        }
        let mut history = History { world, clock, name, moments: Vec::new(), made: Vec::new() };
        let mut next = 100;
        for step in 0..16 {
            history.clock.advance(Duration::from_secs(60 + dice.roll(150_000)));
            match dice.roll(10) {
                _ if step == 0 => history.backup("full", json!({})),
                0..=2 => {
                    next += 1;
                    history.world.insert(&history.name, next, 1);
                    if dice.one_in(3) {
                        history.world.sql(&format!(
                            "DELETE FROM {}.dbo.T WHERE Id = {}",
                            quoted(&history.name),
                            next - dice.roll(3) as u32
                        ));
                    }
                }
                3 => history.backup("full", json!({ "stripes": 1 + dice.roll(3) })),
                4 => history.backup("full", json!({ "copy_only": true })),
                5 | 6 => history.backup("differential", json!({})),
                _ => history.backup("log", json!({})),
            }
            history.clock.advance(Duration::from_secs(30));
            let (at, ids) = (history.now(), history.ids(&history.name));
            history.moments.push((at, ids));
        }
        history
    }

    fn now(&self) -> NaiveDateTime {
        let utc = DateTime::parse_from_rfc3339(&self.clock.now()).expect("a moment");
        utc.naive_utc()
    }

    fn ids(&self, database: &str) -> BTreeSet<i32> {
        let rows = self.world.sql(&format!("SELECT Id FROM {}.dbo.T", quoted(database)));
        rows.iter().map(|row| row.get::<i32, _>(0).expect("an id")).collect()
    }

    /// Makes a backup; in SIMPLE recovery there are none of the log, and the server says so.
    fn backup(&mut self, kind: &str, how: Value) {
        let mut request = json!({ "v": 1, "database": self.name, "type": kind, "destination": self.world.folder });
        for (name, value) in how.as_object().expect("options") {
            request[name] = value.clone();
        }
        match self.world.run("backup", request).1 {
            Ok(made) => self.made.push((kind.to_owned(), made["files"][0].clone())),
            Err(error) => assert_eq!((kind, &error["server"][0]["number"]), ("log", &json!(4208)), "{error:#}"),
        }
    }

    fn seen(&self) -> PathBuf {
        self.world.only_sandbox().host_path(&self.world.folder).expect("a path")
    }

    /// The files of the plan for a moment, as the server names them; `None` if it cannot be restored.
    fn planned(&self, at: NaiveDateTime) -> Option<Vec<Value>> {
        let request = json!({ "v": 1, "kind": "restore", "paths": [self.seen()], "database": self.name,
                              "point_in_time": text(at) });
        let (steps, end) = self.world.library.run(None, "chain", &request);
        match end {
            Ok(_) => {
                let files = steps.iter().flat_map(|step| step["files"].as_array().expect("files"));
                let name = |file: &Value| {
                    let file = Path::new(file.as_str().expect("a file"));
                    file.file_name().expect("a name").to_string_lossy().into_owned()
                };
                Some(files.map(|file| json!({ "file": self.world.path(&name(file)) })).collect())
            }
            Err(error) => {
                assert_eq!(error["code"], "chain.missing_set", "{error:#}");
                None
            }
        }
    }

    /// The moments that can be restored; every `step`th of them is.
    fn restore(&self, step: usize, told: &str) -> BTreeSet<NaiveDateTime> {
        let mut done = BTreeSet::new();
        for (at, ids) in &self.moments {
            let Some(sources) = self.planned(*at) else { continue };
            done.insert(*at);
            if done.len() % step != 0 {
                continue;
            }
            let copy = unique("copy");
            let request = json!({ "v": 1, "database": copy, "sources": sources, "point_in_time": text(*at) });
            let restored = self.world.done("restore", request);
            assert_eq!(&self.ids(&copy), ids, "{told}, {at}: {restored:#}");
            self.world.sql(&format!("DROP DATABASE {}", quoted(&copy)));
        }
        done
    }
}

fn text(at: NaiveDateTime) -> String {
    at.format("%Y-%m-%dT%H:%M:%S").to_string()
}

#[test]
fn what_is_planned_for_random_histories_the_server_restores_row_for_row() {
    let (mut restored, mut refused, mut removed) = (0, 0, 0);
    for seed in 0..SAMPLE {
        let history = History::play(seed);
        let kinds: Vec<&str> = history.made.iter().map(|(kind, _)| kind.as_str()).collect();
        let told = format!("history {seed}: {kinds:?}");
        let before = history.restore(2, &told);
        restored += before.len();
        refused += history.moments.len() - before.len();

        // The removal goes by this machine's clock, which the history has not reached.
        let now = chrono::Utc::now().naive_utc();
        let days = (now - history.now()).num_days() + 3 + seed as i64;
        let rules = json!({ "v": 1, "kind": "removal", "paths": [history.seen()], "recovery_window_days": days });
        let (_, planned) = history.world.library.run(None, "chain", &rules);
        let planned = planned.expect("a plan");
        assert_eq!(planned["refused"], Value::Null, "{told}");
        let apply = json!({ "v": 1, "kind": "apply", "plan": planned["plan"] });
        let (_, end) = history.world.library.run(None, "prune", &apply);
        removed += end.unwrap_or_else(|error| panic!("{told}: {error:#}"))["changed"].as_u64().unwrap_or(0);
        let from = now - chrono::TimeDelta::days(days);
        let promised: BTreeSet<NaiveDateTime> = before.range(from..).copied().collect();
        let after = history.restore(3, &format!("{told}, of which {}", planned["text"]));
        assert!(after.is_superset(&promised), "{told}: {:?}", promised.difference(&after));
    }
    assert!(restored > 30 && refused > 5 && removed > 5, "all must be common: {restored} {refused} {removed}");
}

/// The server's own behaviour in an idle time, and what the plan does with it.
#[test]
fn a_moment_in_the_idle_time_after_a_full_is_restored() {
    for strict in [false, true] {
        let options = EngineOptions { stops_by_records: strict, ..EngineOptions::default() };
        let (world, clock) = World::with_clock_and(Duration::from_secs(86_400), options);
        let name = unique("idle");
        world.database(&name, 5);
        world.sql(&format!("ALTER DATABASE {} SET RECOVERY FULL", quoted(&name)));
        let mut history = History { world, clock, name, moments: Vec::new(), made: Vec::new() };
        // Nobody writes: a full, and then a log every hour.
        for kind in ["full", "log", "log", "log"] {
            history.backup(kind, json!({}));
            history.clock.advance(Duration::from_secs(1800));
            let at = history.now();
            history.moments.push((at, history.ids(&history.name)));
            history.clock.advance(Duration::from_secs(1800));
        }
        // The moments after the full and after the first two logs; what came after the last log nobody knows.
        assert_eq!(history.restore(1, "idle").len(), 3);

        // By hand: the server takes a log that adds nothing, and may wait for more of it. It is not left waiting.
        let world = &history.world;
        let copy = unique("by_hand");
        let source = |at: usize| json!([{ "file": history.made[at].1 }]);
        let full = json!({ "v": 1, "database": copy, "sources": source(0), "recovery": "norecovery" });
        world.done("restore", full);
        let stop = text(history.moments[0].0);
        let log = json!({ "v": 1, "database": copy, "sources": source(1), "point_in_time": stop });
        let restored = world.done("restore", log);
        let waits = restored["messages"].to_string().contains("is being left in the restoring state");
        assert_eq!(waits, strict, "{restored:#}");
        assert_eq!(history.ids(&copy), history.moments[0].1);
        let statements = restored["statements"].to_string();
        assert!(statements.contains("RESTORE LOG") && statements.contains("STOPAT"), "{statements}");
    }
}
