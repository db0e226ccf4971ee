//! Turns what SQL Server said into an [`Error`]: the code, the operating system's part, the next
//! step, and every message in order.

mod table;

pub use table::{Explanation, LOGIN_STATES, OS_ERRORS, TABLE, explain, explain_os, severity};

use crate::error::{Code, Error, ServerMessage};

/// Closing words that never say anything by themselves.
const CLOSING: [u32; 3] = [3013, 3041, 3119];

/// An error of the messages of a refused statement. `doing` completes "SQL Server could not ...".
pub(super) fn refused(doing: &str, target: &str, server: Vec<ServerMessage>) -> Error {
    let telling = server
        .iter()
        .find(|message| message.number.is_some_and(|number| !CLOSING.contains(&number)))
        .or_else(|| server.first());
    let Some(telling) = telling else {
        return Error::new(Code::Server, format!("SQL Server could not {doing}, and did not say why")).target(target);
    };
    let known = telling.number.and_then(explain);
    let os = operating_system_error(&telling.text);
    let code = match (known.map(|known| known.code), os) {
        // The same 3201 or 3202 is a full disk or a missing file by its operating-system error.
        (Some(Code::BackupDevice), Some(112)) => Code::DiskFull,
        (Some(Code::BackupDevice), Some(2 | 3)) => Code::FileNotFound,
        (Some(code), _) => code,
        (None, _) => Code::Server,
    };
    let mut error = Error::new(code, format!("SQL Server could not {doing}: {}", telling.text.trim_end_matches('.')));
    error.target = Some(target.to_owned());
    error.retryable = known.is_some_and(|known| known.retryable) || (code == Code::BackupDevice && os == Some(32));
    error.hint =
        os.and_then(explain_os).map(|(_, next)| next.to_owned()).or_else(|| known.map(|known| known.next.to_owned()));
    error.server = server;
    error
}

/// The operating system's error number in a message: "Operating system error 5(Access is denied.)"
/// (3201), "Write on "x" failed: 112(There is not enough space on the disk.)" (3202, 3203).
pub fn operating_system_error(text: &str) -> Option<u32> {
    let lower = text.to_ascii_lowercase();
    ["operating system error ", "operating system returned the error ", " failed: "].iter().find_map(|before| {
        let rest = &lower[lower.find(before)? + before.len()..];
        let rest = rest.trim_start_matches(['\'', '"']);
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        rest[..digits].parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(number: u32, text: &str) -> ServerMessage {
        ServerMessage {
            number: Some(number),
            severity: Some(16),
            state: Some(1),
            line: Some(1),
            procedure: None,
            text: text.into(),
        }
    }

    #[test]
    fn the_telling_message_wins_and_all_are_kept() {
        let device = r"Cannot open backup device 'D:\x\a.bak'. Operating system error 5(Access is denied.).";
        let closing = "BACKUP DATABASE is terminating abnormally.";
        let error = refused("back up `x`", "x", vec![message(3201, device), message(3013, closing)]);
        assert_eq!(error.code, Code::BackupDevice);
        assert_eq!(error.server.len(), 2);
        assert!(error.message.contains("Access is denied"));
        assert!(error.hint.is_some_and(|hint| hint.contains("account")));
    }

    #[test]
    fn a_full_disk_is_a_full_disk() {
        let text = "Write on \"D:\\a.bak\" failed: 112(There is not enough space on the disk.)";
        assert_eq!(refused("back up `x`", "x", vec![message(3202, text)]).code, Code::DiskFull);
        let text = "Cannot open backup device 'a'. Operating system error 112(There is not enough space on the disk.).";
        let error = refused("back up `x`", "x", vec![message(3201, text)]);
        assert_eq!(error.code, Code::DiskFull);
    }

    #[test]
    fn closing_words_stand_alone_only_when_nothing_else_was_said() {
        let error = refused("back up `x`", "x", vec![message(3013, "BACKUP DATABASE is terminating abnormally.")]);
        assert_eq!(error.code, Code::Server);
        assert_eq!(refused("x", "x", Vec::new()).code, Code::Server);
    }

    #[test]
    fn a_passing_error_may_be_tried_again() {
        assert!(refused("back up `x`", "x", vec![message(3023, "must be serialized")]).retryable);
        assert!(!refused("back up `x`", "x", vec![message(911, "does not exist")]).retryable);
        let busy = "Cannot open backup device 'a'. Operating system error 32(The process cannot access the file).";
        assert!(refused("back up `x`", "x", vec![message(3201, busy)]).retryable);
    }
}
