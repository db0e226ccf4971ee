//! Asks SQL Server Browser for the TCP port of a named instance.
//!
//! Source: \[MC-SQLR\], the SQL Server Resolution Protocol: a `CLNT_UCAST_INST` datagram (0x04 and
//! the name) to UDP port 1434 is answered by `SVR_RESP` (0x05, length, `key;value;...;;`).

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

/// UDP port of SQL Server Browser.
pub const PORT: u16 = 1434;

/// How long one question waits. Browser answers at once or, for an unknown instance, never.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often a question is sent: datagrams get lost.
const TRIES: u32 = 2;

/// The TCP port of `instance` by the word of the browser at `browser`.
///
/// # Errors
///
/// One line on what was asked and what came back.
pub async fn port_of(browser: SocketAddr, instance: &str) -> Result<u16, String> {
    let instance = instance.to_owned();
    // On a thread of its own: where the other machine refuses datagrams, a polled socket may wake
    // without end (seen under wine), and no time limit would be kept.
    let asked = tokio::task::spawn_blocking(move || ask(browser, &instance)).await;
    asked.unwrap_or_else(|error| Err(format!("UDP {browser}: {error}")))
}

fn ask(browser: SocketAddr, instance: &str) -> Result<u16, String> {
    let failed = |error: io::Error| format!("UDP {browser}: {error}");
    let local: SocketAddr = if browser.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0u16; 8], 0).into() };
    let socket = UdpSocket::bind(local).map_err(failed)?;
    socket.connect(browser).map_err(failed)?;
    socket.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
    let mut question = vec![0x04];
    question.extend_from_slice(instance.as_bytes());
    question.push(0);
    let mut answer = [0; 4096];
    for _ in 0..TRIES {
        socket.send(&question).map_err(failed)?;
        match socket.recv(&mut answer) {
            Ok(length) => return read_port(&answer[..length], instance),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Err(format!("UDP {browser}: no answer from SQL Server Browser for instance `{instance}`"))
}

fn read_port(answer: &[u8], instance: &str) -> Result<u16, String> {
    let odd = || "SQL Server Browser gave an answer that is not one".to_owned();
    let [0x05, low, high, data @ ..] = answer else { return Err(odd()) };
    let data = data.get(..usize::from(u16::from_le_bytes([*low, *high]))).ok_or_else(odd)?;
    let text = String::from_utf8_lossy(data);
    let fields: Vec<&str> = text.split(';').collect();
    let value = |key: &str| fields.chunks_exact(2).find(|pair| pair[0].eq_ignore_ascii_case(key)).map(|pair| pair[1]);
    if !value("InstanceName").is_some_and(|name| name.eq_ignore_ascii_case(instance)) {
        return Err(odd());
    }
    match value("tcp").map(str::parse) {
        Some(Ok(port)) if port > 0 => Ok(port),
        _ => Err(format!("instance `{instance}` exists, but TCP is switched off for it")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str) -> Vec<u8> {
        let mut bytes = vec![0x05];
        bytes.extend_from_slice(&u16::try_from(text.len()).expect("short").to_le_bytes());
        bytes.extend_from_slice(text.as_bytes());
        bytes
    }

    #[test]
    fn the_port_is_read() {
        let text =
            "ServerName;CRM;InstanceName;PAYAMGOSTAR2;IsClustered;No;Version;15.0.2000.5;tcp;50123;np;\\\\CRM\\pipe;;";
        assert_eq!(read_port(&answer(text), "payamgostar2"), Ok(50123));
    }

    #[test]
    fn answers_without_a_port_say_why() {
        let no_tcp = "ServerName;CRM;InstanceName;X;IsClustered;No;Version;15.0.2000.5;;";
        assert!(read_port(&answer(no_tcp), "X").is_err_and(|why| why.contains("TCP is switched off")));
        assert!(read_port(&answer(no_tcp), "Y").is_err());
        assert!(read_port(&[0x05, 200, 0, b'x'], "X").is_err());
        assert!(read_port(&[], "X").is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(mut bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..90)) {
            let _ = read_port(&bytes, "X");
            // With a right beginning, and text behind it.
            bytes.splice(..bytes.len().min(3), [0x05, 60, 0]);
            bytes.extend_from_slice(b"InstanceName;X;tcp;");
            let _ = read_port(&bytes, "X");
        }
    }
}
