//! The invariants: what has to be true after each point, by the sandbox's own truth.

use pgbackup_sandbox::engine::{DatabaseState, UserAccess};
use serde_json::Value;

use crate::play::{Played, Point};

/// How a point ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The content of before.
    Before,
    /// The wanted content.
    Wanted,
}

/// Judges a point.
///
/// # Errors
/// Which invariant does not hold.
pub fn judge(point: Point, played: &Played) -> Result<Verdict, String> {
    let (scene, shape) = (&played.scene, point.shape);
    let engine = scene.sandbox().engine();
    let words = words(played);
    let failed = |what: String| Err(format!("{what}\n  struck: {:?}\n  told: {words}", played.struck));
    for repair in &played.repairs {
        if repair.get("error").is_some() {
            return failed(format!("the repair failed: {repair:#}"));
        }
    }
    let verdict = match engine.database(shape.database()) {
        Err(_) if shape.before().is_none() => Verdict::Before,
        Err(_) => return failed("the database is gone".to_owned()),
        Ok(facts) => {
            if facts.state != DatabaseState::Online || facts.user_access != UserAccess::Multi || facts.read_only {
                let (state, access, closed) = (facts.state, facts.user_access, facts.read_only);
                return failed(format!("it is {state:?}, {access:?}, read-only {closed}"));
            }
            match scene.rows(shape.database()) {
                Ok(rows) if Some(rows) == shape.before() => Verdict::Before,
                Ok(rows) if rows == shape.wanted() => Verdict::Wanted,
                Ok(rows) => return failed(format!("it has {rows} rows")),
                Err(error) => return failed(format!("nobody gets in: {error}")),
            }
        }
    };
    let journals = scene.journals.path().join("state").join("restores");
    if std::fs::read_dir(journals).is_ok_and(|mut entries| entries.next().is_some()) {
        return failed("the journal is still there".to_owned());
    }
    let running = scene.running();
    if running != ["host", "agent"] {
        return failed(format!("of the services run {running:?}"));
    }
    // Other databases: only those that were told.
    let system = ["master", "model", "msdb", "tempdb", "Crm]2"];
    let all = engine.databases();
    for facts in all.iter().filter(|facts| !system.contains(&facts.name.as_str()) && facts.name != shape.database()) {
        if !words.contains(&facts.name.replace('\\', "\\\\")) {
            return failed(format!("`{}` was left, and nobody was told", facts.name));
        }
        if facts.state != DatabaseState::Online || facts.user_access != UserAccess::Multi {
            return failed(format!("`{}` was left {:?}, {:?}", facts.name, facts.state, facts.user_access));
        }
    }
    // Files: those of databases, the backups of before, and those that were told.
    let used: Vec<std::path::PathBuf> = all
        .iter()
        .flat_map(|facts| facts.files.iter().filter_map(|file| engine.host_path(&file.physical_name).ok()))
        .collect();
    let ours = ["full.bak", "log1.trn", "log2.trn", "ca.pem", "server.pem"];
    for path in scene.files() {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if used.contains(&path) || ours.contains(&name.as_str()) {
            continue;
        }
        if !words.contains(&name) {
            return failed(format!("the file `{}` was left, and nobody was told", path.display()));
        }
    }
    for name in ours.iter().take(3) {
        let path = engine.host_path(&format!("D:\\Backup\\{name}"));
        if !path.is_ok_and(|path| path.is_file()) {
            return failed(format!("the backup `{name}` is gone"));
        }
    }
    Ok(verdict)
}

fn words(played: &Played) -> String {
    let mut all: Vec<String> = played.told.iter().map(Value::to_string).collect();
    all.extend(played.repairs.iter().map(Value::to_string));
    all.join("\n")
}
