//! Commands of the user around a run.

use std::io::{self, Read};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::model::UserCommand;

/// So much of what a command says is kept, from its end.
const KEPT: usize = 16 * 1024;

/// Between two looks whether it has ended.
const BETWEEN: Duration = Duration::from_millis(20);

/// What is held open by a command's own children is not waited for any longer.
const DRAIN: Duration = Duration::from_secs(2);

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandEnd {
    /// Its exit code; `None` if it was ended by a signal or for its time.
    pub code: Option<i32>,
    /// It took longer than it may, or the run was cancelled, and was ended.
    pub ended: bool,
    /// The end of what it said, on both its outputs.
    pub output: String,
}

/// Runs a command to its end, or ends it after its time or when `cancelled` says so. There is no
/// shell between; variables of the environment tell what the run came to.
///
/// # Errors
///
/// The program cannot be started.
pub fn run(
    command: &UserCommand,
    variables: &[(&str, String)],
    cancelled: &dyn Fn() -> bool,
) -> io::Result<CommandEnd> {
    let mut child = Command::new(&command.program)
        .args(&command.arguments)
        .envs(variables.iter().map(|(name, value)| (*name, value.as_str())))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let (sender, said) = mpsc::channel();
    keep(child.stdout.take(), sender.clone())?;
    keep(child.stderr.take(), sender)?;
    let deadline = Instant::now().checked_add(command.limit);
    let mut ended = false;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) || cancelled() {
            ended = true;
            // It may have ended by itself just now, which is as good.
            child.kill().ok();
            break child.wait()?;
        }
        thread::sleep(BETWEEN);
    };
    let mut output = Vec::new();
    let drained = Instant::now() + DRAIN;
    while let Ok(bytes) = said.recv_timeout(drained.saturating_duration_since(Instant::now())) {
        output.extend(bytes);
        let over = output.len().saturating_sub(KEPT);
        output.drain(..over);
    }
    let output = String::from_utf8_lossy(&output).trim_end().to_owned();
    Ok(CommandEnd { code: if ended { None } else { status.code() }, ended, output })
}

/// Reads what a command says on a thread of its own, so that it never waits for a full pipe.
fn keep(stream: Option<impl Read + Send + 'static>, sender: mpsc::Sender<Vec<u8>>) -> io::Result<()> {
    let Some(mut stream) = stream else { return Ok(()) };
    thread::Builder::new().name("pgbackup-command".to_owned()).spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(length @ 1..) = stream.read(&mut buffer) {
            if sender.send(buffer[..length].to_vec()).is_err() {
                return;
            }
        }
    })?;
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn command(script: &str, limit: Duration) -> UserCommand {
        UserCommand { program: "/bin/sh".to_owned(), arguments: vec!["-c".to_owned(), script.to_owned()], limit }
    }

    #[test]
    fn its_end_and_its_words_are_kept() {
        let end = run(
            &command("echo $PGB_PLAN; echo no >&2; exit 3", Duration::from_secs(20)),
            &[("PGB_PLAN", "a b; echo c".to_owned())],
            &|| false,
        )
        .expect("an end");
        assert_eq!((end.code, end.ended), (Some(3), false));
        assert!(end.output.contains("a b; echo c") && end.output.contains("no"), "{}", end.output);
        let much = command("yes | head -c 1000000", Duration::from_secs(20));
        assert!(run(&much, &[], &|| false).expect("an end").output.len() <= KEPT);
    }

    #[test]
    fn it_is_ended_after_its_time() {
        let began = Instant::now();
        let end = run(&command("exec sleep 60", Duration::from_millis(100)), &[], &|| false).expect("an end");
        assert!(end.ended && end.code.is_none());
        assert!(began.elapsed() < Duration::from_secs(20));
        assert!(run(&command("exec sleep 60", Duration::from_secs(60)), &[], &|| true).expect("an end").ended);
    }

    #[test]
    fn arguments_reach_no_shell() {
        let echo = UserCommand {
            program: "/bin/echo".to_owned(),
            arguments: vec!["$HOME;`id`".to_owned()],
            limit: Duration::from_secs(20),
        };
        assert_eq!(run(&echo, &[], &|| false).expect("an end").output, "$HOME;`id`");
    }
}
