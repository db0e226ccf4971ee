//! A client of a few lines, from the protocol's description ([MS-TDS]): every message of a batch with its
//! number, severity, state and line. Drivers hand out less.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

/// An ERROR or INFO token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub number: i32,
    pub severity: u8,
    pub state: u8,
    pub line: u32,
    pub text: String,
    /// Told as an error, not as information.
    pub is_error: bool,
}

/// A login without encryption.
pub struct Wire(TcpStream);

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn u16_at(bytes: &[u8], at: usize) -> usize {
    usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]))
}

fn i32_at(bytes: &[u8], at: usize) -> i32 {
    i32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

impl Wire {
    /// Connects and logs in; what the server said is there in any case.
    pub fn connect(server: SocketAddr, user: &str, password: &str, database: &str) -> (Wire, Vec<Said>) {
        let mut wire = Wire::greet(server);
        wire.send(0x10, &login(user, password, database, &[]));
        let said = said(&wire.answer());
        (wire, said)
    }

    /// The same by Windows: `next` makes a message of the server's, the first one of none. The second is sent
    /// as a packet of this type.
    pub fn by_windows(
        server: SocketAddr,
        kind: u8,
        mut next: impl FnMut(Option<&[u8]>) -> Vec<u8>,
    ) -> (Wire, Vec<Said>) {
        let mut wire = Wire::greet(server);
        wire.send(0x10, &login("", "", "", &next(None)));
        let answer = wire.answer();
        // An SSPI token alone, or the reason why there is none.
        if answer[0] != 0xED {
            return (wire, said(&answer));
        }
        assert_eq!(answer.len(), 3 + u16_at(&answer, 1));
        wire.send(kind, &next(Some(&answer[3..])));
        let said = said(&wire.answer());
        (wire, said)
    }

    fn greet(server: SocketAddr) -> Wire {
        let mut wire = Wire(TcpStream::connect(server).unwrap());
        // One option, ENCRYPTION, whose value 2 is "not supported".
        wire.send(0x12, &[1, 0, 6, 0, 1, 0xFF, 2]);
        wire.answer();
        wire
    }

    /// Runs a batch that has no rows; what the server said.
    pub fn run(&mut self, batch: &str) -> Vec<Said> {
        // ALL_HEADERS with the transaction descriptor.
        let mut body = vec![22, 0, 0, 0, 18, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0];
        body.extend(utf16(batch));
        self.send(1, &body);
        said(&self.answer())
    }

    /// Sends a batch and does not wait for its answer.
    pub fn start(&mut self, batch: &str) {
        let mut body = vec![22, 0, 0, 0, 18, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0];
        body.extend(utf16(batch));
        self.send(1, &body);
    }

    fn send(&mut self, kind: u8, body: &[u8]) {
        let length = u16::try_from(body.len() + 8).unwrap().to_be_bytes();
        let mut packet = vec![kind, 1, length[0], length[1], 0, 0, 1, 0];
        packet.extend_from_slice(body);
        self.0.write_all(&packet).unwrap();
    }

    fn answer(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        loop {
            let mut head = [0; 8];
            if self.0.read_exact(&mut head).is_err() {
                return all;
            }
            let mut body = vec![0; usize::from(u16::from_be_bytes([head[2], head[3]])) - 8];
            self.0.read_exact(&mut body).unwrap();
            all.extend(body);
            if head[1] & 1 == 1 {
                return all;
            }
        }
    }
}

/// LOGIN7: the fixed part, the table of texts, the texts; by Windows where there is a message for it.
fn login(user: &str, password: &str, database: &str, sspi: &[u8]) -> Vec<u8> {
    const FIXED: usize = 94;
    let hidden = utf16(password).into_iter().map(|byte| byte.rotate_left(4) ^ 0xA5).collect();
    let texts: [Vec<u8>; 9] = [
        utf16("wire"),
        utf16(user),
        hidden,
        utf16("wire"),
        Vec::new(),
        Vec::new(),
        utf16("wire"),
        Vec::new(),
        utf16(database),
    ];
    let mut fixed = vec![0u8; FIXED];
    fixed[4..8].copy_from_slice(&0x7400_0004u32.to_le_bytes());
    fixed[8..12].copy_from_slice(&4096u32.to_le_bytes());
    let mut data = Vec::new();
    let mut put = |at: usize, text: &[u8]| {
        let offset = u16::try_from(FIXED + data.len()).unwrap().to_le_bytes();
        fixed[at..at + 2].copy_from_slice(&offset);
        fixed[at + 2..at + 4].copy_from_slice(&u16::try_from(text.len() / 2).unwrap().to_le_bytes());
        data.extend_from_slice(text);
    };
    for (index, text) in texts.iter().enumerate() {
        put(36 + 4 * index, text);
    }
    // Behind the client's hardware address: SSPI, file to attach, new password.
    for at in [78, 82, 86] {
        put(at, &[]);
    }
    if !sspi.is_empty() {
        fixed[25] |= 0x80;
        // The one field that counts bytes.
        fixed[78..80].copy_from_slice(&u16::try_from(FIXED + data.len()).unwrap().to_le_bytes());
        fixed[80..82].copy_from_slice(&u16::try_from(sspi.len()).unwrap().to_le_bytes());
        data.extend_from_slice(sspi);
    }
    fixed.extend(data);
    let length = u32::try_from(fixed.len()).unwrap().to_le_bytes();
    fixed[..4].copy_from_slice(&length);
    fixed
}

/// The messages in an answer without rows.
fn said(mut tokens: &[u8]) -> Vec<Said> {
    let mut out = Vec::new();
    while let Some(kind) = tokens.first() {
        let length = match kind {
            0xAA | 0xAB => {
                let body = &tokens[3..];
                let text = 8 + 2 * u16_at(body, 6);
                let server = text + 1 + 2 * usize::from(body[text]);
                let procedure = server + 1 + 2 * usize::from(body[server]);
                let words: Vec<u16> =
                    body[8..text].chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
                out.push(Said {
                    number: i32_at(body, 0),
                    state: body[4],
                    severity: body[5],
                    line: u32::try_from(i32_at(body, procedure)).unwrap(),
                    text: String::from_utf16(&words).unwrap(),
                    is_error: *kind == 0xAA,
                });
                3 + u16_at(tokens, 1)
            }
            // ENVCHANGE, LOGINACK, FEATUREEXTACK is not asked for.
            0xE3 | 0xAD => 3 + u16_at(tokens, 1),
            0xFD..=0xFF => 13,
            0x79 => 5,
            other => panic!("token {other:#x} in an answer without rows"),
        };
        tokens = &tokens[length..];
    }
    out
}
