//! `pgbackup-sandbox`: a small SQL Server on the loopback interface, for trying things out.

use std::io::{Read, Write};
use std::process::ExitCode;
use std::time::Duration;

use pgbackup_sandbox::engine::{Edition, EngineOptions, Version};
use pgbackup_sandbox::{Builder, Encryption, Sandbox};

const HELP: &str = "\
A small SQL Server of our own, close enough to the real one to test backups and restores on.

usage: pgbackup-sandbox --root DIR [options]

  --root DIR             folder for databases and media; D:\\Backup is DIR/D/Backup
  --listen ADDRESS       loopback address and port (default 127.0.0.1:0, a free port)
  --browser ADDRESS      answer as SQL Server Browser on this UDP address
  --login USER:PASSWORD  a login that may do everything; may be repeated (default sa:Sandbox!1)
  --windows-login DOMAIN\\USER:PASSWORD
                         the same by a Windows account (NTLM)
  --rows N               make PayamGostar2 with N customers, if it is not there
  --edition NAME         Developer (default) or Express
  --version YEAR         2019 (default) or 2022
  --name HOST\\INSTANCE   @@SERVERNAME
  --encryption MODE      optional (default), required, off or strict
  --pace-ms N            wait N ms after each extent of a backup or restore
  --until-eof            end when standard input ends, instead of at ctrl-c

When it is ready it prints one line of JSON with the address.
";

fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            // Nobody is left to tell when standard error is gone.
            let _ = writeln!(std::io::stderr(), "pgbackup-sandbox: {why}");
            ExitCode::FAILURE
        }
    }
}

/// What the arguments ask for.
struct Wish {
    builder: Builder,
    until_eof: bool,
}

fn run(arguments: impl Iterator<Item = String>) -> Result<(), String> {
    let Some(wish) = parse(arguments)? else {
        return say(HELP.trim_end());
    };
    let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let sandbox = wish.builder.start().await.map_err(|error| error.to_string())?;
        say(&ready(&sandbox))?;
        if wish.until_eof {
            let ended = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
            ended.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
        } else {
            tokio::signal::ctrl_c().await.map_err(|error| error.to_string())?;
        }
        sandbox.shutdown();
        Ok(())
    })
}

fn say(line: &str) -> Result<(), String> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).map_err(|error| error.to_string())
}

fn ready(sandbox: &Sandbox) -> String {
    let quoted = |text: String| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let browser = sandbox.browser_addr().map_or_else(|| "null".to_owned(), |addr| quoted(addr.to_string()));
    format!(
        "{{\"address\":{},\"server_instance\":{},\"browser\":{browser},\"ca_file\":{},\"certificate\":{},\"pid\":{}}}",
        quoted(sandbox.addr().to_string()),
        quoted(sandbox.server_instance()),
        quoted(sandbox.ca_pem_path().display().to_string()),
        quoted(sandbox.server_pem_path().display().to_string()),
        std::process::id()
    )
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Option<Wish>, String> {
    let mut builder = Sandbox::builder();
    let mut options = EngineOptions::default();
    let mut until_eof = false;
    let mut root = None;
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--help" | "-h" => return Ok(None),
            "--until-eof" => until_eof = true,
            "--root" => root = Some(value()?),
            "--listen" => builder = builder.listen(value()?),
            "--browser" => builder = builder.browser(value()?),
            "--login" => {
                let login = value()?;
                let (user, password) = login.split_once(':').ok_or("--login needs USER:PASSWORD")?;
                builder = builder.login(user, password);
            }
            "--windows-login" => {
                let login = value()?;
                let parts = login.split_once(':').filter(|(user, _)| user.contains('\\'));
                let (user, password) = parts.ok_or("--windows-login needs DOMAIN\\USER:PASSWORD")?;
                builder = builder.windows_login(user, password);
            }
            "--rows" => builder = builder.payamgostar(number(&argument, &value()?)?),
            "--pace-ms" => builder = builder.pace(Duration::from_millis(u64::from(number(&argument, &value()?)?))),
            "--name" => options.server_name = value()?,
            "--edition" => {
                options.edition = match value()?.to_lowercase().as_str() {
                    "developer" => Edition::Developer,
                    "express" => Edition::Express,
                    other => return Err(format!("unknown edition '{other}': Developer or Express")),
                }
            }
            "--version" => {
                options.version = match value()?.as_str() {
                    "2019" => Version { major: 15, minor: 0, build: 4261, revision: 1 },
                    "2022" => Version { major: 16, minor: 0, build: 4085, revision: 2 },
                    other => return Err(format!("unknown version '{other}': 2019 or 2022")),
                }
            }
            "--encryption" => {
                builder = builder.encryption(match value()?.to_lowercase().as_str() {
                    "optional" => Encryption::Optional,
                    "required" => Encryption::Required,
                    "off" => Encryption::NotSupported,
                    "strict" => Encryption::Strict,
                    other => return Err(format!("unknown encryption '{other}': optional, required, off or strict")),
                })
            }
            other => return Err(format!("unknown argument '{other}' (try --help)")),
        }
    }
    let root = root.ok_or("--root DIR is needed (try --help)")?;
    Ok(Some(Wish { builder: builder.engine_options(options).root(root), until_eof }))
}

fn number(argument: &str, text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("{argument} needs a number, not '{text}'"))
}
