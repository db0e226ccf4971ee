//! What tells a scheduler to ask a plan: systemd units, a cron line, a Windows task. Text only.
//!
//! A scheduler knows neither Persian months nor the backups that exist, so it decides nothing: it
//! asks at every minute of the hour at which the schedule has a time, and at least each quarter of an
//! hour, and the run does nothing if nothing is due. That also catches up after the machine was off,
//! and tries again after a failure.

use std::collections::BTreeSet;

use chrono::{DateTime, SecondsFormat, TimeDelta, Timelike, Utc};

/// At least so often a plan is asked, in minutes.
const AT_LEAST: u32 = 15;

/// The texts that register a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// Name of the task, and of the systemd units without their endings.
    pub name: String,
    /// Minutes of the hour at which the plan is asked, UTC.
    pub minutes: Vec<u32>,
    /// The systemd service.
    pub service: String,
    /// The systemd timer.
    pub timer: String,
    /// The line of a crontab.
    pub cron: String,
    /// The task of Windows' Task Scheduler, version 1.2 of its schema.
    pub task: String,
}

/// Makes the texts. `times` are times of the schedule, as many as are worth looking at; `command` is
/// the program and its arguments; `offset_minutes` is what the machine's clock adds to UTC, which cron
/// goes by.
pub fn registration(
    plan: &str,
    times: &[DateTime<Utc>],
    command: &[String],
    offset_minutes: i32,
    now: DateTime<Utc>,
) -> Registration {
    let name = unit_name(plan);
    let minutes = minutes(times);
    Registration {
        service: service(plan, command),
        timer: timer(plan, &minutes),
        cron: cron(&minutes, offset_minutes, command),
        task: task(plan, &minutes, command, now),
        name,
        minutes,
    }
}

fn minutes(times: &[DateTime<Utc>]) -> Vec<u32> {
    let mut minutes: BTreeSet<u32> = times.iter().map(|time| time.minute()).collect();
    // Quarters that follow the first time, so that a plan at 02:37 is asked at 07, 22, 37 and 52.
    let first = minutes.first().map_or(0, |minute| minute % AT_LEAST);
    minutes.extend((0..60 / AT_LEAST).map(|quarter| first + quarter * AT_LEAST));
    minutes.into_iter().collect()
}

fn listed(minutes: &[u32]) -> String {
    minutes.iter().map(|minute| format!("{minute:02}")).collect::<Vec<_>>().join(",")
}

/// A unit's name: what systemd does not take as it is becomes `\xNN` (systemd.unit(5), escaping).
pub fn unit_name(plan: &str) -> String {
    let escaped = plan.bytes().fold(String::new(), |text, byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.' => text + char::from(byte).encode_utf8(&mut [0; 4]),
        other => format!("{text}\\x{other:02x}"),
    });
    format!("pgbackup-{escaped}")
}

fn service(plan: &str, command: &[String]) -> String {
    let words: Vec<String> = command.iter().map(|word| systemd_word(word)).collect();
    format!(
        "[Unit]\nDescription=PGBackup plan {}\nWants=network-online.target\nAfter=network-online.target\n\n\
         [Service]\nType=oneshot\nExecStart={}\n",
        plan.replace('%', "%%"),
        words.join(" ")
    )
}

/// A word of `ExecStart`: quoted, and `%` and `$` doubled, which systemd would put values in for.
fn systemd_word(word: &str) -> String {
    let escaped = word.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%").replace('$', "$$");
    format!("\"{escaped}\"")
}

fn timer(plan: &str, minutes: &[u32]) -> String {
    format!(
        "[Unit]\nDescription=Asks PGBackup plan {} whether it is due\n\n\
         [Timer]\nOnCalendar=*-*-* *:{}:00 UTC\nPersistent=true\nAccuracySec=1s\n\n\
         [Install]\nWantedBy=timers.target\n",
        plan.replace('%', "%%"),
        listed(minutes)
    )
}

fn cron(minutes: &[u32], offset_minutes: i32, command: &[String]) -> String {
    let local: BTreeSet<i32> = minutes.iter().map(|minute| (*minute as i32 + offset_minutes).rem_euclid(60)).collect();
    let local: Vec<String> = local.iter().map(ToString::to_string).collect();
    let words: Vec<String> = command.iter().map(|word| shell_word(word)).collect();
    format!("{} * * * * {}", local.join(","), words.join(" "))
}

/// A word for the shell that cron calls; `%` would end the command there (crontab(5)).
fn shell_word(word: &str) -> String {
    let plain = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./:=,".contains(&byte));
    let quoted = if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) };
    quoted.replace('%', "\\%")
}

fn task(plan: &str, minutes: &[u32], command: &[String], now: DateTime<Utc>) -> String {
    let hour = now.with_minute(0).and_then(|now| now.with_second(0)).and_then(|now| now.with_nanosecond(0));
    let hour = hour.unwrap_or(now);
    let triggers: String = minutes
        .iter()
        .map(|minute| {
            let start = hour.checked_add_signed(TimeDelta::minutes(i64::from(*minute))).unwrap_or(hour);
            format!(
                "    <TimeTrigger>\n      <Repetition>\n        <Interval>PT1H</Interval>\n        \
                 <StopAtDurationEnd>false</StopAtDurationEnd>\n      </Repetition>\n      \
                 <StartBoundary>{}</StartBoundary>\n      <Enabled>true</Enabled>\n    </TimeTrigger>\n",
                start.to_rfc3339_opts(SecondsFormat::Secs, true)
            )
        })
        .collect();
    let (program, arguments) =
        command.split_first().map(|(program, rest)| (program.as_str(), rest)).unwrap_or_default();
    let arguments: Vec<String> = arguments.iter().map(|word| windows_word(word)).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-16\"?>\n\
         <Task version=\"1.2\" xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\">\n  \
         <RegistrationInfo>\n    <Description>PGBackup plan {}</Description>\n  </RegistrationInfo>\n  \
         <Triggers>\n{triggers}  </Triggers>\n  \
         <Principals>\n    <Principal id=\"Author\">\n      <UserId>S-1-5-18</UserId>\n      \
         <RunLevel>HighestAvailable</RunLevel>\n    </Principal>\n  </Principals>\n  \
         <Settings>\n    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>\n    \
         <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>\n    \
         <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>\n    \
         <StartWhenAvailable>true</StartWhenAvailable>\n    \
         <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>\n    <Enabled>true</Enabled>\n  </Settings>\n  \
         <Actions Context=\"Author\">\n    <Exec>\n      <Command>{}</Command>\n      \
         <Arguments>{}</Arguments>\n    </Exec>\n  </Actions>\n</Task>\n",
        xml(plan),
        xml(program),
        xml(&arguments.join(" "))
    )
}

/// A word as `CommandLineToArgvW` reads it back.
fn windows_word(word: &str) -> String {
    if !word.is_empty() && !word.contains([' ', '\t', '"']) {
        return word.to_owned();
    }
    let mut quoted = String::from("\"");
    let mut slashes = 0;
    for letter in word.chars() {
        match letter {
            '\\' => slashes += 1,
            '"' => {
                // Twice before a quote, and one more for the quote.
                quoted.push_str(&"\\".repeat(slashes + 1));
                slashes = 0;
            }
            _ => slashes = 0,
        }
        quoted.push(letter);
    }
    quoted.push_str(&"\\".repeat(slashes));
    quoted.push('"');
    quoted
}

fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
