//! Options of a server.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use zeroize::Zeroizing;

use crate::error::{Code, Error, Result};
use crate::sql::{Address, CONNECT_TIMEOUT, Encrypt, Login, Options, Secret, connection_string};

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

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SecretIs {
    Password,
    ConnectionString,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    #[serde(rename = "v")]
    _v: u32,
    server: Option<String>,
    connection_string: Option<String>,
    secret_is: Option<SecretIs>,
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
    if let Some(options) = by_connection_string(&request, &secret)? {
        return Ok(options);
    }
    let server = request
        .server
        .ok_or_else(|| refuse("no server was named").hint("give `server`, or a connection string").target("server"))?;
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
        address: Address::parse(&server)?,
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

/// The options of a connection string, if the request is made of one.
fn by_connection_string(request: &Request, secret: &Option<Zeroizing<String>>) -> Result<Option<Options>> {
    let whole = matches!(request.secret_is, Some(SecretIs::ConnectionString));
    let (text, password) = match (&request.connection_string, secret) {
        (None, Some(secret)) if whole => (secret.clone(), None),
        (None, None) if whole => return Err(refuse("the connection string is missing").target("secret")),
        (Some(_), _) if whole => {
            return Err(refuse("give the connection string once: as the secret or in `connection_string`")
                .target("connection_string"));
        }
        (Some(text), password) => (Zeroizing::new(text.clone()), password.clone()),
        (None, _) => return Ok(None),
    };
    let others = request.server.is_some()
        || request.auth.is_some()
        || request.user.is_some()
        || request.encrypt.is_some()
        || request.trust_server_certificate.is_some()
        || request.ca_file.is_some()
        || request.host_name_in_certificate.is_some()
        || request.connect_timeout_ms.is_some();
    if others {
        return Err(refuse("beside a connection string only `app_name` can be given").target("connection_string"));
    }
    if !whole && connection_string::has_password(&text)? {
        return Err(refuse("the connection string holds a password: requests may be logged")
            .hint("leave it out and give it as the secret, or give the whole string as the secret with \"secret_is\": \"connection_string\"")
            .target("connection_string"));
    }
    let mut options = connection_string::parse(&text, password)?;
    if let Some(name) = &request.app_name {
        options.app_name = name.chars().take(128).collect();
    }
    Ok(Some(options))
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
    fn connection_strings() {
        let whole = r#"{"v":1,"secret_is":"connection_string"}"#;
        let options = server(whole, secret("Server=.,1433;User ID=sa;Password=x y")).expect("options");
        assert!(matches!(&options.login, Login::Sql { user, .. } if user == "sa"));
        let apart = r#"{"v":1,"connection_string":"Server=.;User ID=sa"}"#;
        assert!(server(apart, secret("x y")).is_ok());
        let open = r#"{"v":1,"connection_string":"Server=.;User ID=sa;Pwd=hunter2"}"#;
        let error = server(open, None).expect_err("a password in the open");
        assert!(!format!("{error:?}").contains("hunter2"));
        let misplaced = server(r#"{"v":1,"secret_is":"hunter2"}"#, None).expect_err("a password in the open");
        assert!(!format!("{misplaced:?}").contains("hunter2"));
        assert!(server(r#"{"v":1,"connection_string":"Server=.","user":"sa"}"#, None).is_err());
        assert!(server(r#"{"v":1}"#, None).is_err());
    }

    #[test]
    fn logins_that_lack_something() {
        assert!(server(r#"{"v":1,"server":".","user":"sa"}"#, None).is_err());
        assert!(server(r#"{"v":1,"server":".","auth":"sql"}"#, secret("x")).is_err());
        assert!(server(r#"{"v":1,"server":".","auth":"integrated"}"#, secret("x")).is_err());
        assert!(server(r#"{"v":1,"server":".","connect_timeout_ms":0}"#, None).is_err());
    }
}
