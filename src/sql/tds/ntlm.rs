//! NTLM on the client's side: a NEGOTIATE goes out, a CHALLENGE comes in, an AUTHENTICATE goes out.
//!
//! NTLMv2 only, with a MIC where the server tells the time, which each Windows since Vista does. Neither signing nor
//! sealing follows: TDS has none, and encryption is TLS's. Source: MS-NLMP 2.2.1, 2.2.2, 3.1.5 and 3.3.2; its
//! published numbers (4.2.4) are the test.

use std::time::SystemTime;

use hmac::{Hmac, KeyInit, Mac};
use md4::{Digest, Md4};
use md5::Md5;
use zeroize::Zeroizing;

const SIGNATURE: &[u8; 8] = b"NTLMSSP\0";
const NEGOTIATE: u32 = 1;
const CHALLENGE: u32 = 2;
const AUTHENTICATE: u32 = 3;

/// Bits of NegotiateFlags, MS-NLMP 2.2.2.5.
mod flag {
    const UNICODE: u32 = 1;
    const REQUEST_TARGET: u32 = 1 << 2;
    const NTLM: u32 = 1 << 9;
    const ALWAYS_SIGN: u32 = 1 << 15;
    const EXTENDED_SESSION_SECURITY: u32 = 1 << 19;
    const TARGET_INFO: u32 = 1 << 23;
    const KEY_128: u32 = 1 << 29;
    const KEY_56: u32 = 1 << 31;
    /// What this client wants. No exchange of keys: the session's key is needed for the MIC alone.
    pub const WANTED: u32 =
        UNICODE | REQUEST_TARGET | NTLM | ALWAYS_SIGN | EXTENDED_SESSION_SECURITY | TARGET_INFO | KEY_128 | KEY_56;
}

/// Ids of AV_PAIRs, MS-NLMP 2.2.2.1.
mod pair {
    pub const END: u16 = 0;
    pub const FLAGS: u16 = 6;
    pub const TIME: u16 = 7;
    pub const TARGET: u16 = 9;
    pub const CHANNEL: u16 = 10;
    /// In [`FLAGS`]: there is a MIC.
    pub const HAS_MIC: u32 = 2;
}

/// Where the payload of an AUTHENTICATE begins: behind fields, flags, version (8 bytes) and MIC (16 bytes).
const PAYLOAD: usize = 88;
const MIC: std::ops::Range<usize> = 72..88;

/// From 1601, where FILETIME begins, to 1970: seconds.
const TO_1970: u64 = 11_644_473_600;

/// Who logs in, where, and from where.
pub(super) struct Who<'a> {
    /// Empty for an account that the server finds by itself, such as `user@domain.local`.
    pub domain: &'a str,
    pub user: &'a str,
    pub password: &'a str,
    /// The name of this machine.
    pub workstation: &'a str,
    /// The service's principal name, `MSSQLSvc/host:port`.
    pub service: &'a str,
}

/// The first message.
pub(super) fn negotiate() -> Vec<u8> {
    let mut out = begin(NEGOTIATE);
    out.extend_from_slice(&flag::WANTED.to_le_bytes());
    // Neither domain nor workstation is told here.
    out.extend_from_slice(&[0; 16]);
    out
}

/// The answer to a CHALLENGE; `None` when it is none.
pub(super) fn authenticate(challenge: &[u8], who: &Who<'_>, nonce: [u8; 8]) -> Option<Vec<u8>> {
    let asked = Challenge::read(challenge)?;
    let time = asked.pair(pair::TIME).and_then(|time| time.try_into().ok()).map(u64::from_le_bytes);
    let key = response_key(who);
    let pairs = asked.answered(who.service, time.is_some());
    let answer = response(&key, &asked.nonce, &nonce, time.unwrap_or_else(filetime), &pairs);
    // A server that tells the time wants no LMv2 (3.1.5.1.2).
    let lm = match time {
        Some(_) => vec![0; 24],
        None => [&hmac(&key, &[&asked.nonce, &nonce])[..], &nonce].concat(),
    };
    let mut out = begin(AUTHENTICATE);
    let (mut payload, texts) = (Vec::new(), [who.domain, who.user, who.workstation].map(utf16));
    for part in [&lm, &answer, &texts[0], &texts[1], &texts[2], &Vec::new()] {
        let length = u16::try_from(part.len()).ok()?;
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&((PAYLOAD + payload.len()) as u32).to_le_bytes());
        payload.extend_from_slice(part);
    }
    out.extend_from_slice(&(asked.flags & flag::WANTED).to_le_bytes());
    out.resize(PAYLOAD, 0);
    out.extend_from_slice(&payload);
    if time.is_some() {
        let session = Zeroizing::new(hmac(&key, &[&answer[..16]]));
        let mic = hmac(&session, &[&negotiate(), challenge, &out]);
        out[MIC].copy_from_slice(&mic);
    }
    Some(out)
}

/// What a CHALLENGE says.
struct Challenge<'a> {
    flags: u32,
    nonce: [u8; 8],
    pairs: Vec<(u16, &'a [u8])>,
}

impl<'a> Challenge<'a> {
    fn read(bytes: &'a [u8]) -> Option<Challenge<'a>> {
        let number = |at: usize| bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes);
        if !bytes.starts_with(SIGNATURE) || number(8)? != CHALLENGE {
            return None;
        }
        let (flags, nonce) = (number(20)?, bytes.get(24..32)?.try_into().ok()?);
        let length = usize::from(u16::from_le_bytes(bytes.get(40..42)?.try_into().ok()?));
        let begin = number(44)? as usize;
        let mut rest = bytes.get(begin..begin.checked_add(length)?)?;
        let mut pairs = Vec::new();
        loop {
            let (head, value) = rest.split_first_chunk::<4>()?;
            let (id, length) = (u16::from_le_bytes([head[0], head[1]]), u16::from_le_bytes([head[2], head[3]]));
            if id == pair::END {
                return Some(Challenge { flags, nonce, pairs });
            }
            let value = value.split_at_checked(usize::from(length))?;
            pairs.push((id, value.0));
            rest = value.1;
        }
    }

    fn pair(&self, id: u16) -> Option<&'a [u8]> {
        self.pairs.iter().find(|(other, _)| *other == id).map(|(_, value)| *value)
    }

    /// The pairs of the answer: the server's, and the client's own (3.1.5.1.2).
    fn answered(&self, service: &str, has_mic: bool) -> Vec<u8> {
        let flags = self.pair(pair::FLAGS).and_then(|flags| flags.try_into().ok()).map_or(0, u32::from_le_bytes);
        let flags = if has_mic { flags | pair::HAS_MIC } else { flags };
        let mut out = Vec::new();
        let mut put = |id: u16, value: &[u8]| {
            out.extend_from_slice(&id.to_le_bytes());
            out.extend_from_slice(&(value.len() as u16).to_le_bytes());
            out.extend_from_slice(value);
        };
        for (id, value) in &self.pairs {
            if ![pair::FLAGS, pair::TARGET, pair::CHANNEL].contains(id) {
                put(*id, value);
            }
        }
        put(pair::FLAGS, &flags.to_le_bytes());
        // Bound to no channel, which is said so.
        put(pair::CHANNEL, &[0; 16]);
        put(pair::TARGET, &utf16(service));
        put(pair::END, &[]);
        out
    }
}

/// NTLMv2_RESPONSE: the proof, and what it proves (2.2.2.7, 2.2.2.8, 3.3.2).
fn response(key: &[u8; 16], server: &[u8; 8], client: &[u8; 8], time: u64, pairs: &[u8]) -> Vec<u8> {
    let blob = [&[1, 1, 0, 0, 0, 0, 0, 0][..], &time.to_le_bytes(), client, &[0; 4], pairs, &[0; 4]].concat();
    [&hmac(key, &[server, &blob])[..], &blob].concat()
}

/// NTOWFv2 (3.3.2).
fn response_key(who: &Who<'_>) -> Zeroizing<[u8; 16]> {
    let wide = Zeroizing::new(utf16(who.password));
    let hash = Zeroizing::new(<[u8; 16]>::from(Md4::digest(wide.as_slice())));
    Zeroizing::new(hmac(&hash, &[&utf16(&upper(who.user)), &utf16(who.domain)]))
}

/// As Windows does: letter for letter.
fn upper(text: &str) -> String {
    let one = |letter: char| {
        let mut upper = letter.to_uppercase();
        if upper.len() == 1 { upper.next().unwrap_or(letter) } else { letter }
    };
    text.chars().map(one).collect()
}

fn hmac(key: &[u8; 16], parts: &[&[u8]]) -> [u8; 16] {
    // A key of any length is one.
    let Ok(mut hmac) = Hmac::<Md5>::new_from_slice(key) else { unreachable!("HMAC takes any key") };
    parts.iter().for_each(|part| hmac.update(part));
    hmac.finalize().into_bytes().into()
}

fn begin(kind: u32) -> Vec<u8> {
    [&SIGNATURE[..], &kind.to_le_bytes()].concat()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn filetime() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    (now.as_secs() + TO_1970) * 10_000_000 + u64::from(now.subsec_nanos() / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        digits.chunks(2).map(byte).collect()
    }

    // The numbers of MS-NLMP 4.2.
    const USER: Who<'static> =
        Who { domain: "Domain", user: "User", password: "Password", workstation: "COMPUTER", service: "" };
    const SERVER: [u8; 8] = [0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF];
    const CLIENT: [u8; 8] = [0xAA; 8];
    /// 4.2.4.1.3: the pairs of the server, without a time.
    const PAIRS: &str = "02000c0044006f006d00610069006e0001000c005300650072007600650072000000 0000";
    /// 4.2.4.3.
    const ASKED: &str = "4e544c4d53535000 02000000 0c000c0038000000 33828ae2 0123456789abcdef 0000000000000000
        2400240044000000 0600701700 00000f 530065007200760065007200
        02000c0044006f006d00610069006e0001000c005300650072007600650072000000 0000";

    #[test]
    fn numbers_of_the_specification() {
        let key = response_key(&USER);
        assert_eq!(key[..], bytes("0c868a403bfd7a93a3001ef22ef02e3f")); // 4.2.4.1.1
        let answer = response(&key, &SERVER, &CLIENT, 0, &bytes(PAIRS));
        assert_eq!(answer[..16], bytes("68cd0ab851e51c96aabc927bebef6a1c")); // 4.2.4.2.2
        assert_eq!(hmac(&key, &[&answer[..16]])[..], bytes("8de40ccadbc14a82f15cb0ad0de95ca3")); // 4.2.4.1.2
        assert_eq!(hmac(&key, &[&SERVER, &CLIENT])[..], bytes("86c35097ac9cec102554764a57cccc19")); // 4.2.4.2.1
    }

    #[test]
    fn the_specifications_challenge_is_answered() {
        let answer = authenticate(&bytes(ASKED), &USER, CLIENT).unwrap();
        assert_eq!(answer[..12], bytes("4e544c4d53535000 03000000"));
        let field = |at: usize| {
            let length = usize::from(u16::from_le_bytes([answer[at], answer[at + 1]]));
            let begin = u32::from_le_bytes(answer[at + 4..at + 8].try_into().unwrap()) as usize;
            &answer[begin..begin + length]
        };
        // 4.2.4.2.1, as the challenge tells no time.
        assert_eq!(field(12), bytes("86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa"));
        assert_eq!(
            (field(28), field(36), field(44)),
            (&utf16("Domain")[..], &utf16("User")[..], &utf16("COMPUTER")[..])
        );
        assert_eq!(field(52), [0; 0]);
        assert_eq!(answer[MIC], [0; 16]);
        let said = field(20);
        let key = response_key(&USER);
        assert_eq!(hmac(&key, &[&SERVER, &said[16..]]), said[..16]);
        assert_eq!(said[44..44 + 32], bytes(PAIRS)[..32]);
    }

    #[test]
    fn what_is_no_challenge_is_not_answered() {
        let whole = bytes(ASKED);
        for length in 0..whole.len() {
            assert!(authenticate(&whole[..length], &USER, CLIENT).is_none(), "{length}");
        }
        for (at, byte) in [(0, b'n'), (8, 1), (44, 0xFF), (47, 0xFF), (70, 0xFF)] {
            let mut wrong = whole.clone();
            wrong[at] = byte;
            assert!(authenticate(&wrong, &USER, CLIENT).is_none(), "{at}");
        }
    }

    #[test]
    fn a_name_is_raised_letter_for_letter() {
        assert_eq!(upper("straße ǰ رضا ı"), "STRAßE ǰ رضا I");
    }
}
