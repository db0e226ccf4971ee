//! Connection strings, as the secret of a server and beside one.

use pgbackup::error::Error;
use pgbackup::sql::{Options, connection_string::parse};
use pgbackup::wire;
use serde_json::json;
use zeroize::Zeroizing;

/// What no error and no printed option may hold.
const SECRET: &str = "hunter2";

/// The bytes: how the password is quoted, what stands before it, and, behind a zero, in it, and behind it.
pub fn connection_string(data: &[u8]) {
    let [how, text @ ..] = data else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    if text.contains(SECRET) {
        return;
    }
    all_ways(text, true);
    let mut parts = text.splitn(4, '\0');
    let mut part = || parts.next().unwrap_or_default();
    let (before, start, end, behind) = (part(), part(), part(), part());
    let key = ["Password", "pwd", "PASS WORD", "pass_word"][usize::from(how / 8 % 4)];
    // As somebody types it: a password that would need quotes may stand there without them.
    let password = match how % 4 {
        0 => format!("{start}{SECRET}{end}"),
        1 => format!("'{}'", format!("{start}{SECRET}{end}").replace('\'', "''")),
        2 => format!("\"{}\"", format!("{start}{SECRET}{end}").replace('"', "\"\"")),
        _ => format!("'{start}{SECRET}{end}"),
    };
    // Then what looks like the password is, by the rules, the value of something else.
    let is_apart =
        !(before.contains(['\'', '"']) || how % 4 % 3 == 0 && format!("{start}{end}").contains([';', '\'', '"']));
    all_ways(&format!("{before};{key}={password};{behind}"), is_apart);
}

/// `is_apart`: whether the secret can stand in the password only, so that what was accepted must not show it.
fn all_ways(text: &str, is_apart: bool) {
    let secret = |text: &str| Some(Zeroizing::new(text.to_owned()));
    let told = |read| told(read, is_apart);
    told(parse(text, None));
    told(parse(text, secret(SECRET)));
    let whole = r#"{"v":1,"secret_is":"connection_string"}"#;
    told(wire::server(whole, secret(text)));
    let apart = json!({ "v": 1, "connection_string": text }).to_string();
    told(wire::server(&apart, None));
    told(wire::server(&apart, secret(SECRET)));
}

fn told(read: Result<Options, Error>, is_apart: bool) {
    let said = match &read {
        Ok(options) if is_apart => format!("{options:?} {}", options.address),
        Ok(_) => return,
        Err(error) => format!("{error} {error:?} {}", wire::error_text(error, 1)),
    };
    assert!(!said.contains(SECRET), "a password is repeated: {said}");
}
