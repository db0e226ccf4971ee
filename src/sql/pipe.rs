//! Named pipes of Windows as streams.

use std::io;

use super::tds::Transport;

/// How long to wait when every instance of a pipe is taken: the server makes a new one at once.
#[cfg(windows)]
const PAUSE: std::time::Duration = std::time::Duration::from_millis(50);

/// Opens a pipe. While the server has no free instance of it, this waits; the caller limits how long.
///
/// # Errors
///
/// Those of the operating system, first of all that there is no such pipe.
#[cfg(windows)]
pub(super) async fn open(path: &str) -> io::Result<Box<dyn Transport>> {
    use tokio::net::windows::named_pipe::ClientOptions;
    /// `ERROR_PIPE_BUSY`
    const BUSY: i32 = 231;
    loop {
        let path = path.to_owned();
        // For a pipe of another machine it blocks until that has answered. The server may know who
        // calls, and may not act in the caller's name: tokio asks for SECURITY_IDENTIFICATION.
        let opened = tokio::task::spawn_blocking(move || ClientOptions::new().open(path)).await?;
        match opened {
            Err(error) if error.raw_os_error() == Some(BUSY) => tokio::time::sleep(PAUSE).await,
            opened => return Ok(Box::new(opened?)),
        }
    }
}

/// There are none here; [`super::route`] does not ask for any.
#[cfg(not(windows))]
pub(super) async fn open(path: &str) -> io::Result<Box<dyn Transport>> {
    Err(io::Error::new(io::ErrorKind::Unsupported, format!("{path} is a pipe of Windows")))
}
