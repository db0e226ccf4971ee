//! Options of a server.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use zeroize::Zeroizing;

use crate::error::{Code, Error, Result};
use crate::sql::{Address, CONNECT_TIMEOUT, Encrypt, Login, Options, Secret};

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Auth {
    Sql,
    Windows,
    Integrated,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum EncryptField {
    Strict,
    Mandatory,
    Optional,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    #[serde(rename = "v")]
    _v: u32,
    server: String,
    auth: Option<Auth>,
    user: Option<String>,
    encrypt: Option<EncryptField>,
    trust_server_certificate: Option<bool>,
    ca_file: Option<String>,
    host_name_in_certificate: Option<String>,
    connect_timeout_ms: Option<u64>,
    app_name: Option<String>,
}

/// Reads the options of a server; `secret` is the password, if there is one.
///
/// # Errors
///
/// [`Code::Request`] with the field at fault.
pub fn server(text: &str, secret: Option<Zeroizing<String>>) -> Result<Options> {
    let request: Request = super::read("server options", text)?;
    let auth = request.auth.unwrap_or(if request.user.is_some() { Auth::Sql } else { Auth::Integrated });
    let login = match (auth, request.user, secret) {
        (Auth::Sql, Some(user), Some(secret)) => Login::Sql { user, secret: Secret::new(secret) },
        (Auth::Windows, Some(user), Some(secret)) => Login::Windows { user, secret: Secret::new(secret) },
        (Auth::Integrated, None, None) => Login::Integrated,
        (Auth::Integrated, ..) => {
            return Err(refuse("an integrated login takes neither user nor password").target("auth"));
        }
        (_, None, _) => return Err(refuse("a login needs a user").target("user")),
        (_, _, None) => return Err(refuse("a login needs a password").hint("give it as the secret").target("secret")),
    };
    let connect_timeout = match request.connect_timeout_ms {
        None => CONNECT_TIMEOUT,
        Some(ms @ 1..=86_400_000) => Duration::from_millis(ms),
        Some(ms) => {
            return Err(refuse(format!("{ms} ms is no time limit for connecting: 1 ms to a day is"))
                .target("connect_timeout_ms"));
        }
    };
    Ok(Options {
        address: Address::parse(&request.server)?,
        login,
        encrypt: match request.encrypt {
            Some(EncryptField::Strict) => Encrypt::Strict,
            Some(EncryptField::Mandatory) | None => Encrypt::Mandatory,
            Some(EncryptField::Optional) => Encrypt::Optional,
        },
        trust_server_certificate: request.trust_server_certificate,
        ca_file: request.ca_file.map(PathBuf::from),
        host_name_in_certificate: request.host_name_in_certificate,
        connect_timeout,
        // SQL Server keeps 128 characters.
        app_name: request.app_name.map_or_else(|| "PGBackup".to_owned(), |name| name.chars().take(128).collect()),
    })
}

fn refuse(message: impl Into<String>) -> Error {
    Error::new(Code::Request, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Option<Zeroizing<String>> {
        Some(Zeroizing::new(text.to_owned()))
    }

    #[test]
    fn a_sql_login() {
        let options = server(r#"{"v":1,"server":".,1433","user":"sa"}"#, secret("x y")).expect("options");
        assert!(matches!(&options.login, Login::Sql { user, .. } if user == "sa"));
        assert_eq!((options.encrypt, options.connect_timeout), (Encrypt::Mandatory, CONNECT_TIMEOUT));
        assert!(!format!("{options:?}").contains("x y"));
    }

    #[test]
    fn logins_that_lack_something() {
        assert!(server(r#"{"v":1,"server":".","user":"sa"}"#, None).is_err());
        assert!(server(r#"{"v":1,"server":".","auth":"sql"}"#, secret("x")).is_err());
        assert!(server(r#"{"v":1,"server":".","auth":"integrated"}"#, secret("x")).is_err());
        assert!(server(r#"{"v":1,"server":".","connect_timeout_ms":0}"#, None).is_err());
    }
}
