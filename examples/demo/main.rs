//! The main job, shown: back up, list, damage, restore.
//!
//! Starts the sandbox SQL Server on this machine with a PayamGostar2 of some thousand customers and
//! works on it through the built shared library: with the PowerShell cmdlets where a `pwsh` is at
//! hand (`PWSH` or the PATH), else through the C ABI.
//!
//! `cargo run --release --example demo [-- --keep DIR] [-- --rows N] [-- --abi]`

#![allow(clippy::print_stdout, clippy::print_stderr)] // A program for people.

mod abi;
mod crm;
#[allow(unsafe_code, dead_code)] // A C ABI is called; not all of it is needed here.
#[path = "../../tests/support/library.rs"]
mod library;
mod shell;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use pgbackup_sandbox::Sandbox;

use self::crm::Crm;
use self::library::Library;

const USER: &str = "sa";
const PASSWORD: &str = "Sandbox!1";

/// Where the demo's backups go, as the server sees it.
const FOLDER: &str = r"D:\Backup";
const ARCHIVE: &str = r"D:\Backup\PayamGostar2.bak";
const MANUAL: &str = r"E:\before update.bak";

/// A way to use PGBackup: the cmdlets, or the C ABI.
trait Way {
    fn name(&self) -> String;
    fn full(&self) -> Result<(), String>;
    fn differential(&self) -> Result<(), String>;
    fn manual(&self) -> Result<(), String>;
    fn list(&self) -> Result<(), String>;
    fn restore(&self, position: u16) -> Result<(), String>;
    /// Reads a backup file of this machine without the server.
    fn check(&self, file: &str) -> Result<(), String>;
}

struct Arguments {
    keep: Option<PathBuf>,
    rows: u32,
    abi: bool,
}

fn main() -> ExitCode {
    let arguments = match arguments() {
        Ok(arguments) => arguments,
        Err(why) => {
            eprintln!("demo: {why}\nusage: demo [--keep DIR] [--rows N] [--abi]");
            return ExitCode::from(2);
        }
    };
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("\ndemo: {why}");
            ExitCode::FAILURE
        }
    }
}

fn arguments() -> Result<Arguments, String> {
    let mut arguments = Arguments { keep: None, rows: 5000, abi: false };
    let mut given = std::env::args().skip(1);
    while let Some(argument) = given.next() {
        match argument.as_str() {
            "--keep" => arguments.keep = Some(given.next().ok_or("--keep needs a folder")?.into()),
            "--rows" => {
                let rows = given.next().ok_or("--rows needs a number")?;
                let number = rows.parse().ok().filter(|rows| (1..=1_000_000).contains(rows));
                arguments.rows = number.ok_or(format!("`{rows}` is not a number of rows from 1 to 1000000"))?;
            }
            "--abi" => arguments.abi = true,
            other => return Err(format!("`{other}` is not known")),
        }
    }
    Ok(arguments)
}

fn run(arguments: &Arguments) -> Result<(), String> {
    let began = Instant::now();
    let temporary = tempfile::Builder::new().prefix("pgbackup-demo").tempdir().map_err(|error| error.to_string())?;
    let root = match &arguments.keep {
        Some(folder) => std::path::absolute(folder).map_err(|error| format!("{}: {error}", folder.display()))?,
        None => temporary.path().to_owned(),
    };
    let library = Library::load();
    let sandbox = Sandbox::builder()
        .root(&root)
        .login(USER, PASSWORD)
        .payamgostar(arguments.rows)
        .start_blocking()
        .map_err(|error| error.to_string())?;
    let server = sandbox.server_instance();
    let crm = Crm::connect(sandbox.addr())?;
    let shell = if arguments.abi { None } else { shell::Shell::find(&server, library.path()) };
    let abi;
    let way: &dyn Way = match &shell {
        Some(shell) => shell,
        None => {
            abi = abi::Abi::new(&library, &server)?;
            &abi
        }
    };

    println!("PGBackup demo: a sandbox SQL Server on {server}, PayamGostar2 with {} customers.", crm.count()?);
    println!("Library: {}\nUsed through: {}", library.path().display(), way.name());

    step(1, "A full backup, in a new file");
    way.full()?;
    step(2, "The CRM's mode: everything in one file. It begins with a full ...");
    way.differential()?;
    crm.add(120)?;
    println!("\n   (the CRM adds 120 customers: {} now)", crm.count()?);
    step(3, "... and goes on with differentials");
    way.differential()?;
    let (then, people) = (crm.count()?, crm.fingerprint()?);
    crm.add(80)?;
    println!("\n   (80 more: {} now)", crm.count()?);
    way.differential()?;
    step(4, "What is in the file, by the server");
    way.list()?;
    step(5, "A manual copy, outside the chain");
    way.manual()?;
    step(6, "Somebody damages the data");
    crm.damage()?;
    println!("   {} customers are left, such as {}", crm.count()?, crm.somebody()?);
    step(7, "Back to set 2 of the archive");
    way.restore(2)?;
    let (now, same) = (crm.count()?, crm.fingerprint()? == people);
    println!("\n   {now} customers, such as {}", crm.somebody()?);
    if now != then || !same {
        return Err(format!("the rows are not those of that moment: {now} instead of {then}"));
    }
    println!("   Every row is as it was when set 2 was made: {then} customers, the same contents.");
    step(8, "The file is whole: read without the server, page by page");
    let file = sandbox.host_path(ARCHIVE).ok_or("the archive is not where it should be")?;
    way.check(&file.display().to_string())?;

    drop(crm);
    sandbox.shutdown();
    match &arguments.keep {
        Some(_) => println!("\nThe media are in {} (folders D and E).", root.display()),
        None => println!("\nCleaned up. With --keep DIR the backup files stay to look at."),
    }
    println!("Done in {:.1} s.", began.elapsed().as_secs_f64());
    Ok(())
}

fn step(number: u32, title: &str) {
    println!("\n== {number}. {title}");
}
