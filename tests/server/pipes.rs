//! Local pipes: SQL Server Express has TCP switched off when it is installed.
//!
//! The sandbox listens on TCP; a bridge in front of it stands for the server's pipes.

use std::time::Duration;

use pgbackup_sandbox::Sandbox;
use serde_json::{Value, json};
use tokio::io::copy_bidirectional;
use tokio::net::TcpStream;
use tokio::net::windows::named_pipe::{ClientOptions, ServerOptions};
use tokio::runtime::Runtime;
use winreg::RegKey;
use winreg::enums::HKEY_LOCAL_MACHINE;

use crate::skip::skip;
use crate::world::{World, unique};

/// A pipe that leads to a sandbox, for as long as this lives.
pub struct Bridge(Runtime);

impl Bridge {
    /// At most so many clients have it open at a time.
    pub fn new(path: &str, sandbox: &Sandbox, clients: usize) -> Bridge {
        let runtime = Runtime::new().expect("threads");
        let (path, server) = (path.to_owned(), sandbox.server_instance().replace(',', ":"));
        let entered = runtime.enter();
        let make = move |first: bool| {
            ServerOptions::new().first_pipe_instance(first).max_instances(clients).create(&path).expect("a pipe")
        };
        let mut pipe = make(true);
        drop(entered);
        runtime.spawn(async move {
            loop {
                pipe.connect().await.expect("a client");
                let (mut mine, to) = (pipe, server.clone());
                let crossing = async move {
                    let mut line = TcpStream::connect(to).await.expect("the sandbox");
                    // Ends when either side hangs up, however it does.
                    let _ = copy_bidirectional(&mut mine, &mut line).await;
                };
                if clients == 1 {
                    crossing.await;
                    pipe = make(false);
                } else {
                    tokio::spawn(crossing);
                    pipe = make(false);
                }
            }
        });
        Bridge(runtime)
    }
}

/// The instance of that name on this machine, with a login as usual.
fn options(world: &World, server: &str) -> Value {
    let mut options = world.options();
    options["server"] = json!(server);
    // Through a pipe of this machine the server's own certificate is good enough.
    options["trust_server_certificate"] = Value::Null;
    options
}

fn list(world: &World, options: &Value) -> Result<usize, Value> {
    let server = world.library.server(options, world.password())?;
    let (rows, end) = world.library.run(Some(&server), "query", &json!({ "v": 1, "kind": "databases" }));
    end.map(|_| rows.len())
}

/// A name that an instance can have: 16 letters at most.
pub fn instance() -> String {
    unique("P").replace('_', "")
}

#[test]
fn every_name_of_this_machine_leads_to_its_pipes() {
    let world = World::sandbox(|builder| builder);
    let computer = std::env::var("COMPUTERNAME").expect("a name");
    for shared in [true, false] {
        let name = instance();
        let pipe =
            if shared { format!(r"\\.\pipe\SQLLocal\{name}") } else { format!(r"\\.\pipe\MSSQL${name}\sql\query") };
        let _bridge = Bridge::new(&pipe, world.only_sandbox(), 254);
        let by_protocol = if shared { format!(r"lpc:.\{name}") } else { format!(r"np:.\{name}") };
        for server in [
            format!(r".\{name}"),
            format!(r"(local)\{name}"),
            format!(r"{computer}\{}", name.to_lowercase()),
            by_protocol,
            format!("np:{pipe}"),
            pipe.clone(),
        ] {
            let count = list(&world, &options(&world, &server)).unwrap_or_else(|error| panic!("{server}: {error:#}"));
            assert!(count >= 4, "{server}");
        }
    }
}

#[test]
fn a_backup_through_a_pipe() {
    let world = World::sandbox(|builder| builder);
    let name = instance();
    let _bridge = Bridge::new(&format!(r"\\.\pipe\SQLLocal\{name}"), world.only_sandbox(), 254);
    world.database("Db", 2_000);
    let server = world.library.server(&options(&world, &format!(r".\{name}")), world.password()).expect("a handle");
    let done = |kind: &str, request: Value| {
        world.library.run(Some(&server), kind, &request).1.unwrap_or_else(|error| panic!("{kind}: {error:#}"))
    };
    let made = done("backup", world.full("Db"));
    let sets =
        world.library.run(Some(&server), "query", &json!({ "v": 1, "kind": "backup_sets", "files": made["files"] }));
    sets.1.unwrap_or_else(|error| panic!("{error:#}"));
    assert_eq!(sets.0.len(), 1);
}

#[test]
fn a_pipe_that_is_taken_is_waited_for() {
    let world = World::sandbox(|builder| builder);
    let name = instance();
    let path = format!(r"\\.\pipe\MSSQL${name}\sql\query");
    let bridge = Bridge::new(&path, world.only_sandbox(), 1);
    let entered = bridge.0.enter();
    let holder = ClientOptions::new().open(&path).expect("the pipe");
    drop(entered);
    let mut hurried = options(&world, &format!(r"np:.\{name}"));
    hurried["connect_timeout_ms"] = json!(300);
    let error = list(&world, &hurried).expect_err("somebody else has it");
    assert_eq!(error["code"], "connect.timeout", "{error:#}");
    assert!(error["message"].as_str().is_some_and(|message| message.contains(&path)), "{error:#}");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| list(&world, &options(&world, &format!(r"np:.\{name}"))));
        std::thread::sleep(Duration::from_millis(200));
        drop(holder);
        assert!(waiting.join().expect("no panic").unwrap_or_else(|error| panic!("{error:#}")) >= 4);
    });
}

#[test]
fn every_way_that_was_tried_is_told() {
    let world = World::sandbox(|builder| builder);
    let name = instance();
    let error = list(&world, &options(&world, &format!(r".\{name}"))).expect_err("there is no such instance");
    assert_eq!(error["code"], "connect.unreachable");
    let causes: Vec<&str> = error["causes"].as_array().expect("causes").iter().filter_map(Value::as_str).collect();
    assert!(causes[0].starts_with(&format!(r"shared memory (\\.\pipe\SQLLocal\{name}): ")), "{causes:?}");
    assert!(causes[1].starts_with(&format!(r"named pipe \\.\pipe\MSSQL${name}\sql\query: ")), "{causes:?}");
    assert!(causes.iter().any(|cause| cause.contains("1434")), "{causes:?}");
    // Whether this machine has instances is not this test's to say.
    let hint = error["hint"].as_str().expect("a next step");
    assert!(hint.contains(&name) || hint.contains("no SQL Server is installed"), "{hint}");
    let error = list(&world, &options(&world, r"lpc:far\X")).expect_err("another machine");
    assert_eq!(error["code"], "caller.request", "{error:#}");
}

/// What setup and Configuration Manager of SQL Server write.
#[test]
fn an_instance_is_found_by_the_registry() {
    if std::env::var_os("PGB_TEST_REGISTRY").is_none() {
        return skip("instances of the registry", "they would be written into the registry of this machine");
    }
    const ROOT: &str = r"SOFTWARE\Microsoft\Microsoft SQL Server";
    let world = World::sandbox(|builder| builder);
    let (_, port) = world.instance.split_once(',').expect("a port");
    let name = instance();
    let settings = format!(r"{ROOT}\MSSQL15.{name}\MSSQLServer\SuperSocketNetLib");
    let machine = RegKey::predef(HKEY_LOCAL_MACHINE);
    let key = |path: &str| machine.create_subkey(path).expect("a key").0;
    key(&format!(r"{ROOT}\Instance Names\SQL")).set_value(&name, &format!("MSSQL15.{name}")).expect("a value");
    let tcp = key(&format!(r"{settings}\Tcp"));
    tcp.set_value("Enabled", &1_u32).expect("a value");
    key(&format!(r"{settings}\Tcp\IPAll")).set_value("TcpDynamicPorts", &port).expect("a value");
    let local = format!(r".\{name}");
    assert!(list(&world, &world_options(&world, &local)).unwrap_or_else(|error| panic!("{error:#}")) >= 4);

    tcp.set_value("Enabled", &0_u32).expect("a value");
    let error = list(&world, &world_options(&world, &local)).expect_err("TCP is off");
    assert!(error["causes"].to_string().contains(&format!("TCP is switched off for the instance {name}")), "{error:#}");
    assert!(error["hint"].as_str().is_some_and(|hint| hint.contains(&format!("MSSQL${name}"))), "{error:#}");
    let error = list(&world, &world_options(&world, r".\NOSUCH")).expect_err("no such instance");
    assert!(error["hint"].as_str().is_some_and(|hint| hint.contains(&name)), "{error:#}");

    let path = format!(r"\\.\pipe\{name}\renamed");
    key(&format!(r"{settings}\Np")).set_value("PipeName", &path).expect("a value");
    let _bridge = Bridge::new(&path, world.only_sandbox(), 254);
    assert!(list(&world, &options(&world, &local)).unwrap_or_else(|error| panic!("{error:#}")) >= 4);
    machine.delete_subkey_all(format!(r"{ROOT}\MSSQL15.{name}")).expect("removed");
    key(&format!(r"{ROOT}\Instance Names\SQL")).delete_value(&name).expect("removed");
}

/// By TCP the certificate is taken because the caller says so.
fn world_options(world: &World, server: &str) -> Value {
    let mut options = world.options();
    options["server"] = json!(server);
    options
}
