//! What a client sends may be anything: no bytes make a reader panic or take memory they do not justify.

use proptest::prelude::*;

use super::login::Login;
use super::ntlm::{Exchange, Place};
use super::packet::read_message;
use super::prelogin::Prelogin;
use super::rpc;

proptest! {
    #[test]
    fn readers_take_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = Prelogin::parse(&bytes);
        let _ = Login::parse(&bytes);
        let _ = rpc::parse(&bytes);
    }

    #[test]
    fn windows_logins_take_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200), kind in 1u8..4) {
        let bytes = [b"NTLMSSP\0".as_slice(), &[kind, 0, 0, 0], &bytes].concat();
        let place = Place { computer: "BOX".into(), domain: "PAYAM".into() };
        let _ = Exchange::begin(&bytes, &place, [0; 8], 0);
        let negotiate = b"NTLMSSP\0\x01\0\0\0\x01\0\0\0";
        let exchange = Exchange::begin(negotiate, &place, [0; 8], 0).unwrap();
        let known = exchange.finish(&bytes, |_, _| Some("x".into()));
        prop_assert!(known.is_err() || known == Ok((String::new(), String::new())));
    }

    #[test]
    fn a_call_may_end_anywhere(cut in 0usize..120, flip in 0usize..120, with in any::<u8>()) {
        let mut call = sample_call();
        let flip = flip % call.len();
        call[flip] ^= with;
        call.truncate(cut);
        let _ = rpc::parse(&call);
    }

    #[test]
    fn packets_may_lie_about_their_length(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut stream = bytes.as_slice();
        let message = runtime.block_on(read_message(&mut stream));
        prop_assert!(!matches!(&message, Ok(Some(message)) if message.body.len() > 64));
    }
}

/// `sp_executesql` with a statement, declarations and an int.
fn sample_call() -> Vec<u8> {
    let mut call = 22u32.to_le_bytes().to_vec();
    call.extend_from_slice(&[0; 18]);
    call.extend_from_slice(&[0xFF, 0xFF, 10, 0, 0, 0]);
    for text in ["SELECT @p", "@p int"] {
        call.extend_from_slice(&[0, 0, 0xE7]);
        call.extend_from_slice(&8000u16.to_le_bytes());
        call.extend_from_slice(&super::types::COLLATION);
        call.extend_from_slice(&(text.len() as u16 * 2).to_le_bytes());
        text.encode_utf16().for_each(|unit| call.extend_from_slice(&unit.to_le_bytes()));
    }
    call.extend_from_slice(&[2, b'@', 0, b'p', 0, 0, 0x26, 4, 4, 7, 0, 0, 0]);
    call
}

#[test]
fn the_sample_is_a_call() {
    let calls = rpc::parse(&sample_call()).unwrap();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].name, "sp_executesql");
    assert_eq!(calls[0].parameters.len(), 3);
    assert_eq!(calls[0].parameters[2].value, crate::value::Value::Int(7));
    assert_eq!(calls[0].parameters[2].name, "@p");
}
