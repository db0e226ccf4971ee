//! What tells a scheduler to ask a plan: systemd units, a cron line, a Windows task. Text only.
//!
//! A scheduler knows neither Persian months nor the backups that exist, so it decides nothing: it
//! asks at every minute of the hour at which the schedule has a time, and at least each quarter of an
//! hour, and the run does nothing if nothing is due. That also catches up after the machine was off,
//! and tries again after a failure.

use std::collections::BTreeSet;

use chrono::{DateTime, SecondsFormat, Timelike, Utc};

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
    /// The task of Windows' Task Scheduler, version 1.2 of its schema, in the order that the schema has.
    pub task: String,
}

/// What a scheduler runs, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunBy {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// The account, where it is not that of the system.
    pub account: Option<String>,
    /// Whether a machine that sleeps is woken.
    pub wake: bool,
}

/// Makes the texts. `times` are times of the schedule, as many as are worth looking at; `offset_minutes`
/// is what the machine's clock adds to UTC, which cron goes by.
pub fn registration(
    plan: &str,
    times: &[DateTime<Utc>],
    by: &RunBy,
    offset_minutes: i32,
    now: DateTime<Utc>,
) -> Registration {
    let name = unit_name(plan);
    let minutes = minutes(times);
    let wakes = if by.wake { times_of_day(times) } else { BTreeSet::new() };
    Registration {
        service: service(plan, by),
        timer: timer(plan, &minutes, by.wake, &wakes),
        cron: cron(&minutes, offset_minutes, &by.command),
        task: task(plan, &minutes, by, &wakes, now),
        name,
        minutes,
    }
}

/// No task of Windows has more triggers.
const MOST_TRIGGERS: usize = 48;

/// The times of day of a schedule, UTC. A machine that is to sleep is not to be asked each quarter of an hour:
/// it is woken at these, and asked again within the hour after. None if there are too many.
fn times_of_day(times: &[DateTime<Utc>]) -> BTreeSet<(u32, u32)> {
    let times: BTreeSet<(u32, u32)> = times.iter().map(|time| (time.hour(), time.minute())).collect();
    if times.len() > MOST_TRIGGERS { BTreeSet::new() } else { times }
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

fn service(plan: &str, by: &RunBy) -> String {
    let words: Vec<String> = by.command.iter().map(|word| systemd_word(word)).collect();
    let user = by.account.as_deref().map(|account| format!("User={}\n", account.replace('%', "%%")));
    format!(
        "[Unit]\nDescription=PGBackup plan {}\nWants=network-online.target\nAfter=network-online.target\n\n\
         [Service]\nType=oneshot\n{}ExecStart={}\n",
        plan.replace('%', "%%"),
        user.unwrap_or_default(),
        words.join(" ")
    )
}

/// A word of `ExecStart`: quoted, and `%` and `$` doubled, which systemd would put values in for.
fn systemd_word(word: &str) -> String {
    let escaped = word.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%").replace('$', "$$");
    format!("\"{escaped}\"")
}

fn timer(plan: &str, minutes: &[u32], wake: bool, wakes: &BTreeSet<(u32, u32)>) -> String {
    let mut when = format!("OnCalendar=*-*-* *:{}:00 UTC\n", listed(minutes));
    if wake {
        if !wakes.is_empty() {
            let each = wakes.iter().map(|(hour, minute)| format!("OnCalendar=*-*-* {hour:02}:{minute:02}:00 UTC\n"));
            when = each.collect();
        }
        when += "WakeSystem=true\n";
    }
    format!(
        "[Unit]\nDescription=Asks PGBackup plan {} whether it is due\n\n\
         [Timer]\n{when}Persistent=true\nAccuracySec=1s\n\n\
         [Install]\nWantedBy=timers.target\n",
        plan.replace('%', "%%"),
    )
}

fn cron(minutes: &[u32], offset_minutes: i32, command: &[String]) -> String {
    let local = minutes.iter().map(|minute| (*minute as i32 + offset_minutes).rem_euclid(60).unsigned_abs());
    let local: Vec<u32> = local.collect::<BTreeSet<u32>>().into_iter().collect();
    // Cron cuts long lines.
    let when = match even(&local) {
        Some((_, 1)) => "*".to_owned(),
        Some((first, step)) if step < 60 => format!("{first}-59/{step}"),
        _ => local.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
    };
    let words: Vec<String> = command.iter().map(|word| shell_word(word)).collect();
    format!("{when} * * * * {}", words.join(" "))
}

/// A word for the shell that cron calls; `%` would end the command there (crontab(5)).
fn shell_word(word: &str) -> String {
    let plain = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./:=,".contains(&byte));
    let quoted = if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) };
    quoted.replace('%', "\\%")
}

fn task(plan: &str, minutes: &[u32], by: &RunBy, wakes: &BTreeSet<(u32, u32)>, now: DateTime<Utc>) -> String {
    let at = |hour: u32, minute: u32| {
        let start = now.date_naive().and_hms_opt(hour, minute, 0).map_or(now, |start| start.and_utc());
        start.to_rfc3339_opts(SecondsFormat::Secs, true)
    };
    let triggers: String = if !wakes.is_empty() {
        wakes.iter().map(|(hour, minute)| daily_trigger(&at(*hour, *minute))).collect()
    } else if let Some((first, step)) = even(minutes) {
        time_trigger(&at(now.hour(), first), step)
    } else if minutes.len() > MOST_TRIGGERS {
        time_trigger(&at(now.hour(), 0), 1)
    } else {
        minutes.iter().map(|minute| time_trigger(&at(now.hour(), *minute), 60)).collect()
    };
    let (program, arguments) =
        by.command.split_first().map(|(program, rest)| (program.as_str(), rest)).unwrap_or_default();
    let arguments: Vec<String> = arguments.iter().map(|word| windows_word(word)).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-16\"?>\n\
         <Task version=\"1.2\" xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\">\n  \
         <RegistrationInfo>\n    <Description>PGBackup plan {}</Description>\n  </RegistrationInfo>\n  \
         <Triggers>\n{triggers}  </Triggers>\n  \
         <Principals>\n    <Principal id=\"Author\">\n{}    </Principal>\n  </Principals>\n  \
         <Settings>\n    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>\n    \
         <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>\n    \
         <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>\n    \
         <StartWhenAvailable>true</StartWhenAvailable>\n    \
         <WakeToRun>{}</WakeToRun>\n    \
         <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>\n    <Enabled>true</Enabled>\n  </Settings>\n  \
         <Actions Context=\"Author\">\n    <Exec>\n      <Command>{}</Command>\n      \
         <Arguments>{}</Arguments>\n    </Exec>\n  </Actions>\n</Task>\n",
        xml(plan),
        principal(by.account.as_deref()),
        by.wake,
        xml(program),
        xml(&arguments.join(" "))
    )
}

/// The account of a task: SYSTEM, one of the system's by its name, or another one. A task keeps no password:
/// of a managed service account (its name ends in `$`) Windows knows it, for others it makes do without
/// (S4U), and then reaches this machine only.
fn principal(account: Option<&str>) -> String {
    let user = |name: &str| format!("      <UserId>{}</UserId>\n", xml(name));
    match account {
        None => user("S-1-5-18") + "      <RunLevel>HighestAvailable</RunLevel>\n",
        Some(name) if name.ends_with('$') => user(name) + "      <LogonType>Password</LogonType>\n",
        Some(name) if name.to_uppercase().starts_with("NT ") => user(name),
        Some(name) => user(name) + "      <LogonType>S4U</LogonType>\n",
    }
}

/// The first minute and the step of minutes that lie evenly over the hour.
fn even(minutes: &[u32]) -> Option<(u32, u32)> {
    let step = 60 / u32::try_from(minutes.len()).ok().filter(|count| *count > 0 && 60 % count == 0)?;
    minutes.windows(2).all(|pair| pair[1] - pair[0] == step).then(|| (minutes[0], step))
}

/// Again and again from a moment on.
fn time_trigger(start: &str, minutes: u32) -> String {
    format!(
        "    <TimeTrigger>\n      <Enabled>true</Enabled>\n      <StartBoundary>{start}</StartBoundary>\n      \
         <Repetition>\n        <Interval>PT{minutes}M</Interval>\n        \
         <StopAtDurationEnd>false</StopAtDurationEnd>\n      </Repetition>\n    </TimeTrigger>\n"
    )
}

/// Each day at a time, and each quarter of the hour that follows, for what has failed.
fn daily_trigger(start: &str) -> String {
    format!(
        "    <CalendarTrigger>\n      <Enabled>true</Enabled>\n      <StartBoundary>{start}</StartBoundary>\n      \
         <Repetition>\n        <Interval>PT15M</Interval>\n        <Duration>PT1H</Duration>\n        \
         <StopAtDurationEnd>false</StopAtDurationEnd>\n      </Repetition>\n      \
         <ScheduleByDay>\n        <DaysInterval>1</DaysInterval>\n      </ScheduleByDay>\n    </CalendarTrigger>\n"
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
