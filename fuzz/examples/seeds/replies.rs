//! Answers of the sandbox, heard on their way to the client.

use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pgbackup_fuzz::reply::{BY_WINDOWS, GREETING, QUESTIONS, ask, options, windows_account};
use pgbackup_sandbox::Sandbox;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const HEADER: usize = 8;
/// The packets of a TLS handshake.
const WRAPPED: u8 = 0x12;

/// Two seeds for each question, and one of a Windows login.
pub fn replies() -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let root = std::env::temp_dir().join(format!("pgbackup-seeds-{}", std::process::id()));
    let builder = Sandbox::builder().root(&root).login("sa", "x").windows_login(r"PAYAM\admin", "x").payamgostar(20);
    let sandbox = builder.start_blocking()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut seeds = Vec::new();
    // The backup comes first: the others ask about it.
    for question in (0..QUESTIONS).rev() {
        let messages = runtime.block_on(heard(question, false, &sandbox))?;
        // To `meet` the session's number belongs to the first answer. And once from the answer to LOGIN7 on.
        for from in [if question == 0 { GREETING - 1 } else { GREETING }, 1] {
            seeds.push(seed(question, &messages, from));
        }
    }
    seeds.push(seed(BY_WINDOWS | 4, &runtime.block_on(heard(4, true, &sandbox))?, 1));
    drop(sandbox);
    std::fs::remove_dir_all(&root)?;
    Ok(seeds)
}

/// A question and its answers, of which the server says so many by itself.
fn seed(question: u8, messages: &[Vec<u8>], from: usize) -> Vec<u8> {
    let mut seed = vec![question, 2 * (GREETING - from) as u8];
    for message in messages.iter().skip(from) {
        seed.extend_from_slice(&u16::try_from(message.len()).unwrap_or(u16::MAX).to_le_bytes());
        seed.extend_from_slice(&message[..message.len().min(usize::from(u16::MAX))]);
    }
    seed
}

/// What the sandbox says to a question, message by message, without headers.
async fn heard(question: u8, by_windows: bool, sandbox: &Sandbox) -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let mut options = options(listener.local_addr()?.port(), Duration::from_secs(5));
    if by_windows {
        options.login = windows_account();
    }
    let messages = Arc::new(Mutex::new(Vec::new()));
    let (upstream, kept) = (sandbox.addr(), Arc::clone(&messages));
    let between = async move {
        let (client, _) = listener.accept().await?;
        let (mut from_client, mut to_client) = client.into_split();
        let (mut from_server, mut to_server) = TcpStream::connect(upstream).await?.into_split();
        let there = async move {
            tokio::io::copy(&mut from_client, &mut to_server).await?;
            to_server.shutdown().await
        };
        let back = async move {
            let mut message = Vec::new();
            let mut header = [0; HEADER];
            while from_server.read_exact(&mut header).await.is_ok() {
                let mut body = vec![0; usize::from(u16::from_be_bytes([header[2], header[3]])) - HEADER];
                from_server.read_exact(&mut body).await?;
                to_client.write_all(&header).await?;
                to_client.write_all(&body).await?;
                if header[0] == WRAPPED {
                    continue;
                }
                message.extend_from_slice(&body);
                if header[1] & 1 == 1 {
                    kept.lock().map_err(|_| std::io::ErrorKind::Other)?.push(std::mem::take(&mut message));
                }
            }
            std::io::Result::Ok(())
        };
        tokio::try_join!(there, back).map(|_| ())
    };
    let ((), relayed) = tokio::join!(ask(question, &options), between);
    // A client that goes in the middle is no matter here.
    drop(relayed);
    let messages = messages.lock().map_err(|_| "a thread panicked")?.clone();
    Ok(messages)
}
