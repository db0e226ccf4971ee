//! One point: a restore in a client of its own meets one fault.

use std::io::{Read, Write};
use std::process::ChildStdin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use pgbackup_sandbox::Fate;
use pgbackup_sandbox::engine::OsError;
use serde_json::Value;

use crate::child;
use crate::scene::{Scene, Shape, Template};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The client is killed; the server still runs the statement.
    Killed,
    /// The client is killed, and the statement does not reach the server.
    KilledBefore,
    /// The client's machine goes down: another one repairs, and later the first one once more.
    Gone,
    /// The connection ends; the statement ran.
    Cut,
    /// The connection ends; the statement did not run.
    CutBefore,
    /// The server is restarted.
    Restarted,
    /// The caller cancels.
    Cancelled,
    /// The login loses its rights.
    Withdrawn,
    /// The disk with the backup, or for it, fails or is full.
    Disk,
}

impl Fault {
    pub const ALL: [Fault; 9] = [
        Fault::Killed,
        Fault::KilledBefore,
        Fault::Gone,
        Fault::Cut,
        Fault::CutBefore,
        Fault::Restarted,
        Fault::Cancelled,
        Fault::Withdrawn,
        Fault::Disk,
    ];

    pub const fn word(self) -> &'static str {
        match self {
            Fault::Killed => "client killed",
            Fault::KilledBefore => "client killed before",
            Fault::Gone => "machine gone",
            Fault::Cut => "connection cut",
            Fault::CutBefore => "connection cut before",
            Fault::Restarted => "server restarted",
            Fault::Cancelled => "cancelled",
            Fault::Withdrawn => "right withdrawn",
            Fault::Disk => "disk fails",
        }
    }
}

/// Where it strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// At the statement of this number, from 0.
    Statement(usize),
    /// In that statement, after so many extents.
    Extent(usize, u64),
}

/// One point of the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    pub shape: Shape,
    pub fault: Fault,
    pub place: Place,
}

/// What came of it.
pub struct Played {
    /// What the client said, if it lived.
    pub told: Option<Value>,
    /// What the repairs said.
    pub repairs: Vec<Value>,
    /// The statement that was struck.
    pub struck: Option<String>,
    pub scene: Scene,
}

type Pipe = Arc<Mutex<Option<ChildStdin>>>;

/// The statements of a restore that nothing happens to.
pub fn statements(template: &Template, shape: Shape) -> Vec<String> {
    let scene = template.scene();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let list = seen.clone();
    scene.sandbox().on_statement(move |statement| {
        if statement.login == child::USER {
            list.lock().expect("no panic").push(statement.text.clone());
        }
        Fate::Run
    });
    let value = child::end(scene.start("restore", &scene.request(shape)));
    assert!(value.get("ok").is_some(), "{}: {value:#}", shape.word());
    scene.sandbox().let_go();
    seen.lock().expect("no panic").clone()
}

/// Plays a point.
pub fn play(template: &Template, point: Point) -> Played {
    let mut scene = template.scene();
    let struck = Arc::new(Mutex::new(None));
    let pipe: Pipe = Arc::default();
    let id = Arc::new(AtomicUsize::new(0));
    let (sender, wishes) = channel();
    arm(&scene, point, &struck, &pipe, &id, sender);
    let mut client = scene.start("restore", &scene.request(point.shape));
    id.store(client.id() as usize, Ordering::Release);
    *pipe.lock().expect("no panic") = client.stdin.take();
    let mut out = client.stdout.take().expect("a pipe");
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        out.read_to_string(&mut text).map(|_| text)
    });
    let until = Instant::now() + Duration::from_secs(150);
    while client.try_wait().expect("a state").is_none() {
        if let Ok(()) = wishes.recv_timeout(Duration::from_millis(3)) {
            scene.restart();
        }
        if Instant::now() > until {
            client.kill().expect("it can be killed");
            panic!("{point:?}: the client does not end");
        }
    }
    let text = reader.join().expect("no panic").unwrap_or_default();
    let told = serde_json::from_str(&text).ok();
    if wishes.try_recv().is_ok() {
        scene.restart();
    }
    scene.sandbox().let_go();
    scene.sandbox().withdraw(child::USER, false);
    // Statements that the server still ran for a client that is gone come to their end.
    let quiet = Instant::now() + Duration::from_secs(10);
    while !scene.sandbox().sessions().is_empty() && Instant::now() < quiet {
        std::thread::sleep(Duration::from_millis(5));
    }
    let mut repairs = Vec::new();
    if point.fault == Fault::Gone {
        let elsewhere = tempfile::tempdir().expect("a folder");
        repairs.push(scene.repair(point.shape, elsewhere.path()));
    }
    repairs.push(scene.repair(point.shape, scene.journals.path()));
    let struck = struck.lock().expect("no panic").clone();
    Played { told, repairs, struck, scene }
}

fn arm(
    scene: &Scene,
    point: Point,
    struck: &Arc<Mutex<Option<String>>>,
    pipe: &Pipe,
    id: &Arc<AtomicUsize>,
    restart: Sender<()>,
) {
    let count = AtomicUsize::new(0);
    let (number, extent) = match point.place {
        Place::Statement(number) => (number, None),
        Place::Extent(number, extent) => (number, Some(extent)),
    };
    let (struck, pipe, id) = (struck.clone(), pipe.clone(), id.clone());
    let engine = scene.sandbox().engine().clone();
    let restart = Mutex::new(restart);
    let withdraw = Arc::downgrade(&scene.sandbox().server());
    scene.sandbox().on_statement(move |statement| {
        if statement.login != child::USER || count.fetch_add(1, Ordering::AcqRel) != number {
            return Fate::Run;
        }
        *struck.lock().expect("no panic") = Some(statement.text.clone());
        let act = {
            let (pipe, id, engine, withdraw) = (pipe.clone(), id.clone(), engine.clone(), withdraw.clone());
            let restart = restart.lock().expect("no panic").clone();
            move || match point.fault {
                Fault::Killed | Fault::KilledBefore | Fault::Gone => kill(id.load(Ordering::Acquire)),
                Fault::Restarted => {
                    restart.send(()).ok();
                    // The restart ends this statement at its next extent.
                    std::thread::sleep(Duration::from_millis(60));
                }
                Fault::Cancelled => {
                    if let Some(pipe) = pipe.lock().expect("no panic").as_mut() {
                        writeln!(pipe, "cancel").and_then(|()| pipe.flush()).ok();
                    }
                    std::thread::sleep(Duration::from_millis(60));
                }
                Fault::Withdrawn => {
                    if let Some(server) = withdraw.upgrade() {
                        server.accounts.withdraw(child::USER, true);
                    }
                }
                Fault::Disk => {
                    engine.faults().fail_media_read(0, OsError::Crc);
                    engine.faults().fail_media_write(0, OsError::DiskFull);
                }
                Fault::Cut | Fault::CutBefore => {}
            }
        };
        if let Some(extent) = extent {
            let gone = matches!(point.fault, Fault::Cut | Fault::CutBefore);
            if gone {
                let session = statement.session;
                let server = withdraw.clone();
                engine.faults().at_extent(extent, move || {
                    if let Some(seat) = server.upgrade().and_then(|server| server.sessions.get(session)) {
                        seat.stop(pgbackup_sandbox::server::Interrupt::Killed);
                    }
                });
            } else {
                engine.faults().at_extent(extent, act);
            }
            return Fate::Run;
        }
        act();
        match point.fault {
            Fault::KilledBefore | Fault::CutBefore => Fate::Lost,
            Fault::Cut => Fate::Unanswered,
            _ => Fate::Run,
        }
    });
}

/// Ends the client without a chance to say anything, and waits until it is gone.
fn kill(id: usize) {
    std::process::Command::new("kill").args(["-KILL", &id.to_string()]).status().expect("kill");
    let gone = || {
        std::fs::read_to_string(format!("/proc/{id}/stat"))
            .map_or(true, |text| text.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z')))
    };
    while !gone() {
        std::thread::sleep(Duration::from_millis(1));
    }
}
