//! NTLM on the server's side: a NEGOTIATE comes in, a CHALLENGE goes out, an AUTHENTICATE is checked.
//!
//! Source of the messages and of the arithmetic: MS-NLMP 2.2.1, 2.2.2.1, 2.2.2.5, 2.2.2.7, 3.2.5.1 and
//! 3.3.2. Only NTLMv2 is taken, as by a Windows whose `LMCompatibilityLevel` is 5. What a real one does
//! besides and this does not: it looks at the age of the answer, and at the channel binding and the SPN
//! where SQL Server's Extended Protection is on, which it is not by default.

use hmac::{Hmac, KeyInit, Mac};
use md4::{Digest, Md4};
use md5::Md5;
use rc4::{Rc4, StreamCipher};

use super::cursor::{Cursor, Malformed, utf16};

const SIGNATURE: &[u8; 8] = b"NTLMSSP\0";

/// Bits of NegotiateFlags, MS-NLMP 2.2.2.5.
mod flag {
    pub const UNICODE: u32 = 1;
    pub const REQUEST_TARGET: u32 = 1 << 2;
    pub const SIGN: u32 = 1 << 4;
    pub const SEAL: u32 = 1 << 5;
    pub const NTLM: u32 = 1 << 9;
    pub const ALWAYS_SIGN: u32 = 1 << 15;
    pub const TARGET_TYPE_DOMAIN: u32 = 1 << 16;
    pub const TARGET_TYPE_SERVER: u32 = 1 << 17;
    pub const EXTENDED_SESSION_SECURITY: u32 = 1 << 19;
    pub const TARGET_INFO: u32 = 1 << 23;
    pub const VERSION: u32 = 1 << 25;
    pub const KEY_128: u32 = 1 << 29;
    pub const KEY_EXCHANGE: u32 = 1 << 30;
    pub const KEY_56: u32 = 1 << 31;
    /// What a client gets when it asks for it.
    pub const ON_WISH: u32 =
        UNICODE | REQUEST_TARGET | SIGN | SEAL | ALWAYS_SIGN | EXTENDED_SESSION_SECURITY | VERSION | KEYS;
    const KEYS: u32 = KEY_128 | KEY_EXCHANGE | KEY_56;
}

/// Ids of AV_PAIRs, MS-NLMP 2.2.2.1.
mod pair {
    pub const END: u16 = 0;
    pub const COMPUTER: u16 = 1;
    pub const DOMAIN: u16 = 2;
    pub const DNS_COMPUTER: u16 = 3;
    pub const DNS_DOMAIN: u16 = 4;
    pub const FLAGS: u16 = 6;
    pub const TIMESTAMP: u16 = 7;
    /// In [`FLAGS`]: the client says a MIC.
    pub const HAS_MIC: u8 = 2;
}

/// Where the MIC stands in an AUTHENTICATE, behind the version.
const MIC: std::ops::Range<usize> = 72..88;

/// Why Windows does not know the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The message is none that can be answered.
    Token,
    /// No such account, a wrong password, an older NTLM, or a message changed on its way: it is not told
    /// which.
    Denied,
}

impl From<Malformed> for Refused {
    fn from(_: Malformed) -> Refused {
        Refused::Token
    }
}

/// Who the server is, as the CHALLENGE tells it.
#[derive(Debug, Clone)]
pub struct Place {
    /// NetBIOS name of the machine.
    pub computer: String,
    /// NetBIOS name of the domain that the machine is in; outside of one, the machine's own name.
    pub domain: String,
}

impl Place {
    fn in_domain(&self) -> bool {
        self.domain != self.computer
    }

    /// TargetInfo: names and time. 100 ns since 1601 is what a FILETIME counts.
    fn pairs(&self, filetime: u64) -> Vec<u8> {
        let dns_domain = if self.in_domain() { format!("{}.local", self.domain) } else { self.computer.clone() };
        let dns_computer =
            if self.in_domain() { format!("{}.{dns_domain}", self.computer) } else { self.computer.clone() };
        let mut out = Vec::new();
        let mut put = |id: u16, value: &[u8]| {
            out.extend_from_slice(&id.to_le_bytes());
            out.extend_from_slice(&(value.len() as u16).to_le_bytes());
            out.extend_from_slice(value);
        };
        put(pair::DOMAIN, &utf16_bytes(&self.domain));
        put(pair::COMPUTER, &utf16_bytes(&self.computer));
        put(pair::DNS_DOMAIN, &utf16_bytes(&dns_domain.to_lowercase()));
        put(pair::DNS_COMPUTER, &utf16_bytes(&dns_computer.to_lowercase()));
        put(pair::TIMESTAMP, &filetime.to_le_bytes());
        put(pair::END, &[]);
        out
    }
}

/// A conversation with one client.
pub struct Exchange {
    negotiate: Vec<u8>,
    challenge: Vec<u8>,
    nonce: [u8; 8],
}

impl Exchange {
    /// Takes a NEGOTIATE; `nonce` is the random part of the CHALLENGE.
    pub fn begin(negotiate: &[u8], place: &Place, nonce: [u8; 8], filetime: u64) -> Result<Exchange, Refused> {
        let mut cursor = message(negotiate, 1)?;
        let wished = cursor.u32()?;
        // One that knows no Unicode would be of the time of Windows 95.
        if wished & flag::UNICODE == 0 {
            return Err(Refused::Token);
        }
        let mut flags = wished & flag::ON_WISH | flag::NTLM | flag::TARGET_INFO;
        // Who asks for the target's name must get it (2.2.2.5); Windows tells it unasked, too: winauth, which
        // tests itself against Windows, does not ask for it and reads no CHALLENGE without it.
        flags |= if place.in_domain() { flag::TARGET_TYPE_DOMAIN } else { flag::TARGET_TYPE_SERVER };
        let name = utf16_bytes(&place.domain);
        let pairs = place.pairs(filetime);
        let mut challenge = SIGNATURE.to_vec();
        challenge.extend_from_slice(&2u32.to_le_bytes());
        let field = |out: &mut Vec<u8>, length: usize, offset: usize| {
            out.extend_from_slice(&(length as u16).to_le_bytes());
            out.extend_from_slice(&(length as u16).to_le_bytes());
            out.extend_from_slice(&(offset as u32).to_le_bytes());
        };
        const PAYLOAD: usize = 56;
        field(&mut challenge, name.len(), PAYLOAD);
        challenge.extend_from_slice(&flags.to_le_bytes());
        challenge.extend_from_slice(&nonce);
        challenge.extend_from_slice(&[0; 8]);
        field(&mut challenge, pairs.len(), PAYLOAD + name.len());
        // Windows Server 2019 is 10.0.17763; 15 is NTLMSSP_REVISION_W2K3 (MS-NLMP 2.2.2.10).
        let version = if flags & flag::VERSION != 0 { [10, 0, 0x63, 0x45, 0, 0, 0, 15] } else { [0; 8] };
        challenge.extend_from_slice(&version);
        challenge.extend_from_slice(&name);
        challenge.extend_from_slice(&pairs);
        Ok(Exchange { negotiate: negotiate.to_vec(), challenge, nonce })
    }

    /// The CHALLENGE to send.
    pub fn challenge(&self) -> &[u8] {
        &self.challenge
    }

    /// Checks an AUTHENTICATE by the password that `password_of` has for a domain and a user. Gives back
    /// both as the client wrote them; both are empty for one that wants to stay anonymous.
    pub fn finish(
        &self,
        authenticate: &[u8],
        password_of: impl Fn(&str, &str) -> Option<String>,
    ) -> Result<(String, String), Refused> {
        let said = Authenticate::read(authenticate)?;
        if said.user.is_empty() && said.response.is_empty() {
            return Ok((String::new(), String::new()));
        }
        // 24 bytes are NTLMv1, with or without extended session security (MS-NLMP 2.2.2.6).
        if said.response.len() == 24 {
            return Err(Refused::Denied);
        }
        let (proof, blob) = said.response.split_at_checked(16).ok_or(Refused::Token)?;
        let has_mic = has_mic(blob)?;
        let password = password_of(&said.domain, &said.user).ok_or(Refused::Denied)?;
        // Some clients count without the domain, and servers stand it (3.2.5.1.2).
        let keys = [said.domain.as_str(), ""].map(|domain| response_key(&password, &said.user, domain));
        let key = keys.into_iter().find(|key| hmac(key, &[&self.nonce, blob]) == proof).ok_or(Refused::Denied)?;
        if has_mic {
            let told = authenticate.get(MIC).ok_or(Refused::Token)?;
            let (head, tail) = (&authenticate[..MIC.start], &authenticate[MIC.end..]);
            let session = said.exported_key(&hmac(&key, &[proof]));
            if hmac(&session, &[&self.negotiate, &self.challenge, head, &[0; 16], tail]) != told {
                return Err(Refused::Denied);
            }
        }
        Ok((said.domain, said.user))
    }
}

/// What an AUTHENTICATE says.
struct Authenticate<'a> {
    response: &'a [u8],
    domain: String,
    user: String,
    encrypted_key: &'a [u8],
    flags: u32,
}

impl<'a> Authenticate<'a> {
    fn read(bytes: &'a [u8]) -> Result<Authenticate<'a>, Malformed> {
        let mut cursor = message(bytes, 3)?;
        let mut field = || -> Result<&'a [u8], Malformed> {
            let length = usize::from(cursor.u16()?);
            cursor.u16()?;
            let offset = cursor.u32()? as usize;
            let end = offset.checked_add(length).ok_or(Malformed)?;
            // An empty field may point anywhere.
            if length == 0 { Ok(&[]) } else { bytes.get(offset..end).ok_or(Malformed) }
        };
        let (_lm, response, domain, user, _workstation) = (field()?, field()?, field()?, field()?, field()?);
        let encrypted_key = field()?;
        let flags = cursor.u32()?;
        Ok(Authenticate { response, domain: utf16(domain), user: utf16(user), encrypted_key, flags })
    }

    /// The key of the session: the client's own, wrapped in the one that both know, or that one itself.
    fn exported_key(&self, base: &[u8; 16]) -> [u8; 16] {
        match <[u8; 16]>::try_from(self.encrypted_key) {
            Ok(wrapped) if self.flags & flag::KEY_EXCHANGE != 0 => rc4(base, wrapped),
            _ => *base,
        }
    }
}

/// Behind the signature and the type of a message.
fn message(bytes: &[u8], kind: u32) -> Result<Cursor<'_>, Malformed> {
    let mut cursor = Cursor::new(bytes);
    if cursor.take(8)? == SIGNATURE && cursor.u32()? == kind { Ok(cursor) } else { Err(Malformed) }
}

/// Whether the pairs in a client's blob (NTLMv2_CLIENT_CHALLENGE) tell of a MIC.
fn has_mic(blob: &[u8]) -> Result<bool, Malformed> {
    let mut cursor = Cursor::new(blob);
    if cursor.take(2)? != [1, 1] {
        return Err(Malformed);
    }
    cursor.take(26)?;
    loop {
        let (id, length) = (cursor.u16()?, usize::from(cursor.u16()?));
        let value = cursor.take(length)?;
        match id {
            pair::END => return Ok(false),
            pair::FLAGS if value.first().is_some_and(|bits| bits & pair::HAS_MIC != 0) => return Ok(true),
            _ => {}
        }
    }
}

fn utf16_bytes(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// NTOWFv2: what the password becomes. The user counts in capitals, the domain as it is written.
fn response_key(password: &str, user: &str, domain: &str) -> [u8; 16] {
    let hash = Md4::digest(utf16_bytes(password));
    // Windows makes one letter of one letter, where Rust makes two of a few (ß).
    let capital = |letter: char| {
        let mut all = letter.to_uppercase();
        if all.len() == 1 { all.next().unwrap_or(letter) } else { letter }
    };
    let user: String = user.chars().map(capital).collect();
    hmac(&hash, &[&utf16_bytes(&user), &utf16_bytes(domain)])
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 16] {
    let Ok(mut mac) = <Hmac<Md5> as KeyInit>::new_from_slice(key) else { unreachable!("HMAC takes any key") };
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

fn rc4(key: &[u8; 16], mut data: [u8; 16]) -> [u8; 16] {
    let Ok(mut cipher) = Rc4::new_from_slice(key) else { unreachable!("RC4 takes 16 bytes") };
    cipher.apply_keystream(&mut data);
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        digits.chunks(2).map(byte).collect()
    }

    // The numbers of MS-NLMP 4.2: user "User", domain "Domain", password "Password", workstation "COMPUTER".
    const NONCE: [u8; 8] = [0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF];
    /// 4.2.4.2.2 and 4.2.4.1.3: NTProofStr and the blob behind it.
    const RESPONSE: &str = "68cd0ab851e51c96aabc927bebef6a1c 01010000000000000000000000000000aaaaaaaaaaaaaaaa00000000
        02000c0044006f006d00610069006e0001000c005300650072007600650072000000000000000000";
    /// 4.2.4.3, up to the responses.
    const HEAD: &str = "4e544c4d53535000 03000000 180018006c000000 5400540084000000 0c000c0048000000
        0800080054000000 100010005c000000 10001000d8000000 358288e2 0501280a0000000f
        44006f006d00610069006e00 5500730065007200 43004f004d0050005500540045005200
        86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa";
    /// 4.2.4.2.3: the session key, encrypted.
    const KEY: &str = "c5dad2544fc9799094ce1ce90bc9d03e";

    fn exchange() -> Exchange {
        let negotiate = bytes("4e544c4d53535000 01000000 358288e2 0000000000000000 0000000000000000");
        let place = Place { computer: "Server".into(), domain: "Domain".into() };
        Exchange::begin(&negotiate, &place, NONCE, 0).unwrap()
    }

    fn authenticate() -> Vec<u8> {
        [bytes(HEAD), bytes(RESPONSE), bytes(KEY)].concat()
    }

    fn password(domain: &str, user: &str) -> Option<String> {
        (domain == "Domain" && user == "User").then(|| "Password".to_owned())
    }

    #[test]
    fn keys_of_the_specification() {
        let key = response_key("Password", "User", "Domain");
        assert_eq!(key[..], bytes("0c868a403bfd7a93a3001ef22ef02e3f")); // 4.2.4.1.1
        let response = bytes(RESPONSE);
        let (proof, blob) = response.split_at(16);
        assert_eq!(hmac(&key, &[&NONCE, blob]), proof); // 4.2.4.2.2
        let base = hmac(&key, &[proof]);
        assert_eq!(base[..], bytes("8de40ccadbc14a82f15cb0ad0de95ca3")); // 4.2.4.1.2
        let said = authenticate();
        let said = Authenticate::read(&said).unwrap();
        assert_eq!(said.exported_key(&base), [0x55; 16]); // 4.2.1: RandomSessionKey
    }

    #[test]
    fn the_specifications_answer_is_taken_and_no_other() {
        let known = Ok(("Domain".to_owned(), "User".to_owned()));
        assert_eq!(exchange().finish(&authenticate(), password), known);
        assert_eq!(exchange().finish(&authenticate(), |_, _| Some("password".into())), Err(Refused::Denied));
        assert_eq!(exchange().finish(&authenticate(), |_, _| None), Err(Refused::Denied));
        let other = Exchange { nonce: [7; 8], ..exchange() };
        assert_eq!(other.finish(&authenticate(), password), Err(Refused::Denied));
        // A letter of the blob, which nobody but the client has written.
        let mut changed = authenticate();
        changed[0x84 + 50] ^= 0x20;
        assert_eq!(exchange().finish(&changed, password), Err(Refused::Denied));
    }

    #[test]
    fn ntlm_version_1_is_refused_by_the_right_password() {
        // 4.2.2.3's NtChallengeResponse, at the place and with the length of one.
        let mut old = authenticate();
        old.splice(0x84..0x84 + 24, bytes("67c43011f30298a2ad35ece64f16331c44bdbed927841f94"));
        old[20..22].copy_from_slice(&[24, 0]);
        assert_eq!(exchange().finish(&old, password), Err(Refused::Denied));
    }

    #[test]
    fn a_message_that_ends_early_or_points_outside_is_none() {
        let whole = authenticate();
        for length in 0..whole.len() - bytes(KEY).len() {
            assert!(exchange().finish(&whole[..length], password).is_err(), "{length}");
        }
        let place = Place { computer: "S".into(), domain: "S".into() };
        // Cut, another signature, no Unicode, SPNEGO.
        let wrong = [
            "4e544c4d53535000010000",
            "4e544c4d53535100 01000000 01000000",
            "4e544c4d53535000 01000000 02000000",
            "6076",
        ];
        for wrong in wrong.map(bytes) {
            assert!(Exchange::begin(&wrong, &place, NONCE, 0).is_err_and(|why| why == Refused::Token), "{wrong:?}");
        }
    }

    #[test]
    fn a_challenge_tells_names() {
        let challenge = exchange().challenge().to_vec();
        assert_eq!(challenge[..12], *b"NTLMSSP\0\x02\0\0\0");
        assert_eq!(challenge[24..32], NONCE);
        assert_eq!(challenge[56..68], utf16_bytes("Domain"));
        let flags = u32::from_le_bytes(challenge[20..24].try_into().unwrap());
        assert_eq!(flags & 0x0083_0000, 0x0081_0000, "a domain's name, and pairs: {flags:x}");
        let negotiate = bytes("4e544c4d53535000 01000000 01820800");
        let alone = Place { computer: "BOX".into(), domain: "BOX".into() };
        let challenge = Exchange::begin(&negotiate, &alone, NONCE, 0).unwrap().challenge;
        assert_eq!(challenge[22] & 0x83, 0x82, "a server's name, and pairs");
        assert_eq!(challenge[62..72], [2, 0, 6, 0, b'B', 0, b'O', 0, b'X', 0]);
    }
}
