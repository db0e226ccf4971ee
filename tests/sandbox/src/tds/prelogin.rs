//! PRELOGIN: the options a client sends first, and what is answered. MS-TDS 2.2.6.5.

use super::cursor::Malformed;

/// What is agreed about TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreed {
    /// No TLS at all.
    Plain,
    /// TLS for LOGIN7 only.
    LoginOnly,
    /// TLS for all.
    Full,
}

/// How the server stands to encryption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encryption {
    /// Has TLS and leaves it to the client: an installation's default.
    #[default]
    Optional,
    /// "Force Encryption": clients that have no TLS are turned away.
    Required,
    /// Has no TLS.
    NotSupported,
    /// "Force Strict Encryption": TDS 8 and nothing else.
    Strict,
}

/// A client's PRELOGIN.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prelogin {
    /// ENCRYPTION, one of the `ENCRYPT_*` bytes.
    pub encryption: Option<u8>,
    /// INSTOPT: the instance that the client believes it talks to.
    pub instance: Option<String>,
    /// The client asks whether federated authentication is wanted.
    pub asks_federated: bool,
}

const VERSION: u8 = 0;
const ENCRYPTION: u8 = 1;
const INSTANCE: u8 = 2;
const THREAD: u8 = 3;
const MARS: u8 = 4;
const FEDERATED: u8 = 6;
const TERMINATOR: u8 = 0xFF;

const ENCRYPT_OFF: u8 = 0;
const ENCRYPT_ON: u8 = 1;
const ENCRYPT_NOT_SUPPORTED: u8 = 2;
const ENCRYPT_REQUIRED: u8 = 3;

impl Prelogin {
    /// Reads the option table and the options.
    pub fn parse(body: &[u8]) -> Result<Prelogin, Malformed> {
        let mut prelogin = Prelogin::default();
        let mut at = 0;
        loop {
            let token = *body.get(at).ok_or(Malformed)?;
            if token == TERMINATOR {
                return Ok(prelogin);
            }
            let entry = body.get(at + 1..at + 5).ok_or(Malformed)?;
            let offset = usize::from(u16::from_be_bytes([entry[0], entry[1]]));
            let length = usize::from(u16::from_be_bytes([entry[2], entry[3]]));
            let data = body.get(offset..offset + length).ok_or(Malformed)?;
            match token {
                ENCRYPTION => prelogin.encryption = data.first().copied(),
                INSTANCE => {
                    let name = data.split(|&byte| byte == 0).next().unwrap_or_default();
                    prelogin.instance = Some(String::from_utf8_lossy(name).into_owned());
                }
                FEDERATED => prelogin.asks_federated = true,
                _ => {}
            }
            at += 5;
        }
    }

    /// What the two sides come to, by the table of MS-TDS 2.2.6.5, and the byte that says so.
    ///
    /// `Err` holds the byte to answer before the connection is closed.
    pub fn agree(&self, server: Encryption) -> Result<(Agreed, u8), u8> {
        // A client certificate (0x80) is a wish on top of the level.
        let client = self.encryption.unwrap_or(ENCRYPT_NOT_SUPPORTED) & 0x7F;
        match (server, client) {
            (Encryption::Strict, _) => Err(ENCRYPT_REQUIRED),
            (Encryption::NotSupported, ENCRYPT_REQUIRED) => Err(ENCRYPT_NOT_SUPPORTED),
            (Encryption::NotSupported, _) => Ok((Agreed::Plain, ENCRYPT_NOT_SUPPORTED)),
            (Encryption::Optional, ENCRYPT_NOT_SUPPORTED) => Ok((Agreed::Plain, ENCRYPT_NOT_SUPPORTED)),
            (Encryption::Optional, ENCRYPT_OFF) => Ok((Agreed::LoginOnly, ENCRYPT_OFF)),
            (Encryption::Optional, _) => Ok((Agreed::Full, ENCRYPT_ON)),
            (Encryption::Required, ENCRYPT_NOT_SUPPORTED) => Err(ENCRYPT_REQUIRED),
            (Encryption::Required, _) => Ok((Agreed::Full, ENCRYPT_REQUIRED)),
        }
    }

    /// The answer: version, encryption, instance check, no MARS, no federated authentication.
    pub fn answer(&self, version: [u8; 6], encryption: u8, instance: &str) -> Vec<u8> {
        let wrong_instance = match &self.instance {
            Some(asked) if !asked.is_empty() => !asked.eq_ignore_ascii_case(instance),
            _ => false,
        };
        let mut options: Vec<(u8, Vec<u8>)> = vec![
            (VERSION, version.to_vec()),
            (ENCRYPTION, vec![encryption]),
            (INSTANCE, vec![u8::from(wrong_instance)]),
            (THREAD, Vec::new()),
            (MARS, vec![0]),
        ];
        if self.asks_federated {
            options.push((FEDERATED, vec![0]));
        }
        let mut offset = options.len() * 5 + 1;
        let mut table = Vec::new();
        let mut data = Vec::new();
        for (token, bytes) in &options {
            table.push(*token);
            table.extend_from_slice(&(offset as u16).to_be_bytes());
            table.extend_from_slice(&(bytes.len() as u16).to_be_bytes());
            data.extend_from_slice(bytes);
            offset += bytes.len();
        }
        table.push(TERMINATOR);
        table.extend_from_slice(&data);
        table
    }
}
