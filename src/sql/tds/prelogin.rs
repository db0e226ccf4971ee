//! PRELOGIN: what both sides are, and how much is encrypted. MS-TDS 2.2.6.5.
//!
//! A table of options, each a type (1 byte), an offset from the message's begin and a length (2 bytes each,
//! big-endian); 0xFF ends it; the values follow.

use super::Wish;
use super::packet::{kind, packets};

const VERSION: u8 = 0;
const ENCRYPTION: u8 = 1;
const INSTANCE: u8 = 2;
const THREAD: u8 = 3;
const MARS: u8 = 4;
const TERMINATOR: u8 = 0xFF;

const OFF: u8 = 0;
const ON: u8 = 1;
const NOT_SUPPORTED: u8 = 2;
const REQUIRED: u8 = 3;

/// What a server offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encryption {
    /// The login only.
    Off,
    /// All, as the client wishes.
    On,
    /// None.
    NotSupported,
    /// All, and it insists.
    Required,
}

/// A client's PRELOGIN, as packets.
pub(super) fn request(wish: Wish) -> Vec<u8> {
    let encryption = if wish == Wish::Login { OFF } else { REQUIRED };
    // No version: this is a driver that no server knows. No instance: the server need not check it. No thread.
    let values: [(u8, &[u8]); 5] =
        [(VERSION, &[0; 6]), (ENCRYPTION, &[encryption]), (INSTANCE, &[0]), (THREAD, &[0; 4]), (MARS, &[0])];
    let mut offset = values.len() * 5 + 1;
    let mut body = Vec::new();
    for (option, value) in values {
        body.push(option);
        body.extend_from_slice(&(offset as u16).to_be_bytes());
        body.extend_from_slice(&(value.len() as u16).to_be_bytes());
        offset += value.len();
    }
    body.push(TERMINATOR);
    values.iter().for_each(|(_, value)| body.extend_from_slice(value));
    packets(kind::PRELOGIN, &body)
}

/// What a server's answer says of encryption; `None` when it is no such answer.
pub(super) fn encryption(answer: &[u8]) -> Option<Encryption> {
    match *answer.get(place_of_encryption(answer)?)? {
        OFF => Some(Encryption::Off),
        ON => Some(Encryption::On),
        NOT_SUPPORTED => Some(Encryption::NotSupported),
        REQUIRED => Some(Encryption::Required),
        _ => None,
    }
}

/// A server's answer as one without encryption would give it, as packets.
pub(super) fn without_encryption(answer: &[u8]) -> Vec<u8> {
    let mut answer = answer.to_vec();
    if let Some(place) = place_of_encryption(&answer)
        && let Some(byte) = answer.get_mut(place)
    {
        *byte = NOT_SUPPORTED;
    }
    packets(kind::ANSWER, &answer)
}

fn place_of_encryption(answer: &[u8]) -> Option<usize> {
    let mut options = answer.chunks_exact(5).take_while(|option| option[0] != TERMINATOR);
    let option = options.find(|option| option[0] == ENCRYPTION)?;
    (option[3..5] == [0, 1]).then(|| usize::from(u16::from_be_bytes([option[1], option[2]])))
}

#[cfg(test)]
mod tests {
    use super::super::packet::HEADER;
    use super::*;

    #[test]
    fn the_request_says_what_is_wished() {
        for (wish, said) in [(Wish::Login, Encryption::Off), (Wish::All, Encryption::Required)] {
            let request = request(wish);
            assert_eq!(request[..4], [0x12, 1, 0, request.len() as u8]);
            assert_eq!(encryption(&request[HEADER..]), Some(said));
        }
        // The version is the first value and stands behind the table.
        assert_eq!(request(Wish::All)[HEADER..HEADER + 5], [VERSION, 0, 26, 0, 6]);
    }

    #[test]
    fn an_answer_is_read_and_changed_in_one_byte() {
        let answer = [0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xFF, 16, 0, 16, 0, 0, 0, 1];
        assert_eq!(encryption(&answer), Some(Encryption::On));
        let changed = without_encryption(&answer);
        assert_eq!(changed[HEADER..changed.len() - 1], answer[..17]);
        assert_eq!(encryption(&changed[HEADER..]), Some(Encryption::NotSupported));
        for wrong in [&[][..], &[0xFF], &answer[..17], &answer[..8], &[1, 0, 5, 0, 2, 9, 9], &[1, 0, 5, 0, 1, 9, 9]] {
            assert_eq!(encryption(wrong), None, "{wrong:?}");
        }
    }
}
