//! Opens the stream by which a server is reached.

use std::io;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout_at};

use super::address::{Address, DEFAULT_PORT};
use super::browser;
use super::route::{Route, routes};
use super::tds::Transport;
use super::{machine, pipe};
use crate::error::{Code, Error, Result};

/// An open stream.
pub(super) struct Line {
    /// The stream.
    pub stream: Box<dyn Transport>,
    /// The port, as it stands in the server's service principal name.
    pub port: u16,
    /// Whether the other end can be on this machine only.
    pub is_local: bool,
}

/// What did not lead to a server.
#[derive(Default)]
struct Tried {
    causes: Vec<String>,
    is_host_unknown: bool,
}

/// Opens the first way that leads to a server.
///
/// # Errors
///
/// [`Code::Connect`] or [`Code::Timeout`] with every way that was tried.
pub(super) async fn dial(address: &Address, deadline: Instant) -> Result<Line> {
    let machine = machine::here();
    let mut tried = Tried::default();
    for route in routes(address, &machine)? {
        match timeout_at(deadline, open(&route, &mut tried)).await {
            Ok(Some(line)) => return Ok(line),
            Ok(None) => {}
            Err(_) => {
                let mut error = timed_out(address, &format!("{route} did not answer in time"));
                error.causes = tried.causes;
                return Err(error);
            }
        }
    }
    let hint = if tried.is_host_unknown {
        "check the spelling of the host; on the server itself use `.` or `localhost`".to_owned()
    } else {
        machine.hint(address)
    };
    let mut error = Error::new(Code::Connect, format!("SQL Server `{address}` cannot be reached"))
        .hint(hint)
        .target(address.to_string())
        .retryable();
    error.causes = tried.causes;
    Err(error)
}

/// Opens one way; where that fails, says in `tried` why.
async fn open(route: &Route, tried: &mut Tried) -> Option<Line> {
    match route {
        Route::SharedMemory { path } => piped(pipe::open(path).await, true, route, tried),
        Route::Pipe { path, is_local } => piped(pipe::open(path).await, *is_local, route, tried),
        Route::Tcp { host, port } => {
            for peer in resolve(host, *port, tried).await {
                match TcpStream::connect(peer).await {
                    Ok(stream) => return Some(line(stream, *port)),
                    Err(error) => tried.causes.push(format!("TCP {peer}: {error}")),
                }
            }
            None
        }
        Route::Browser { host, instance } => {
            for mut peer in resolve(host, browser::PORT, tried).await {
                match browser::port_of(peer, instance).await {
                    Ok(port) => peer.set_port(port),
                    Err(why) => {
                        tried.causes.push(why);
                        continue;
                    }
                }
                match TcpStream::connect(peer).await {
                    Ok(stream) => return Some(line(stream, peer.port())),
                    Err(error) => tried.causes.push(format!("TCP {peer}: {error}")),
                }
            }
            None
        }
        Route::Closed { why } => {
            tried.causes.push(why.clone());
            None
        }
    }
}

fn piped(opened: io::Result<Box<dyn Transport>>, is_local: bool, route: &Route, tried: &mut Tried) -> Option<Line> {
    match opened {
        Ok(pipe) => Some(Line { stream: pipe, port: DEFAULT_PORT, is_local }),
        Err(error) => {
            tried.causes.push(format!("{route}: {error}"));
            None
        }
    }
}

async fn resolve(host: &str, port: u16, tried: &mut Tried) -> Vec<std::net::SocketAddr> {
    match lookup_host((host, port)).await {
        Ok(peers) => peers.collect(),
        Err(error) => {
            tried.causes.push(format!("the name `{host}` was not found: {error}"));
            tried.is_host_unknown = true;
            Vec::new()
        }
    }
}

fn line(stream: TcpStream, port: u16) -> Line {
    // Statements are small and answers matter at once.
    stream.set_nodelay(true).ok();
    Line { stream: Box::new(stream), port, is_local: false }
}

pub(super) fn timed_out(address: &Address, what: &str) -> Error {
    Error::new(Code::Timeout, format!("no connection to SQL Server `{address}` in time: {what}"))
        .hint("check host, port and firewall, or allow more time with -ConnectTimeoutSec")
        .target(address.to_string())
        .retryable()
}
