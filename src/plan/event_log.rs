//! A run in the event log of Windows, by the program that every Windows has for it. (PowerShell 5.1
//! has `Write-EventLog`; 7 does not.)

use std::path::Path;
use std::time::Duration;

use super::model::UserCommand;

/// The log and the source under which administrators find runs.
const SOURCE: &str = "PGBackup";

/// Longer texts are cut: the history has the whole.
const LONGEST: usize = 1_000;

/// How bad a run was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// It did all.
    Information,
    /// The backup is made, and something else went wrong.
    Warning,
    /// It failed.
    Error,
}

/// The command that writes an event. `eventcreate` makes its source at its first use, for which the
/// account needs to be an administrator's; the account of a service is one.
pub fn event_command(system: &Path, severity: Severity, text: &str) -> UserCommand {
    let (word, number) = match severity {
        Severity::Information => ("INFORMATION", "1"),
        Severity::Warning => ("WARNING", "2"),
        Severity::Error => ("ERROR", "3"),
    };
    let text: String = text.chars().filter(|letter| *letter != '\0').take(LONGEST).collect();
    let words = ["/L", "APPLICATION", "/SO", SOURCE, "/T", word, "/ID", number, "/D", text.as_str()];
    UserCommand {
        program: system.join("System32").join("eventcreate.exe").display().to_string(),
        arguments: words.map(str::to_owned).to_vec(),
        limit: Duration::from_secs(30),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_argument_a_word() {
        let command = event_command(Path::new("W"), Severity::Error, "Plan \"A\" & B: failed");
        assert!(command.program.ends_with("eventcreate.exe"), "{}", command.program);
        let words: Vec<&str> = command.arguments.iter().map(String::as_str).collect();
        let plan = "Plan \"A\" & B: failed";
        assert_eq!(words, ["/L", "APPLICATION", "/SO", "PGBackup", "/T", "ERROR", "/ID", "3", "/D", plan]);
        // What `eventcreate /?` takes: these logs and types, a number from 1 to 1000, each word once.
        let mut numbers = std::collections::BTreeSet::new();
        for severity in [Severity::Information, Severity::Warning, Severity::Error] {
            let words = event_command(Path::new("W"), severity, "/D \n x\0y").arguments;
            let of = |word: &str| {
                let at = words.iter().position(|one| one == word).expect("a word");
                assert_eq!(words.iter().filter(|one| *one == word).count(), 1, "{words:?}");
                words[at + 1].clone()
            };
            assert!(["APPLICATION", "SYSTEM"].contains(&of("/L").as_str()));
            assert!(["ERROR", "WARNING", "INFORMATION", "SUCCESS"].contains(&of("/T").as_str()));
            assert!(of("/ID").parse().is_ok_and(|number: u32| (1..=1_000).contains(&number) && numbers.insert(number)));
            assert_eq!((of("/SO").as_str(), of("/D").as_str()), (SOURCE, "/D \n xy"));
        }
        let long = event_command(Path::new("W"), Severity::Warning, &"x".repeat(5_000));
        assert_eq!(long.arguments[9].len(), LONGEST);
    }
}
