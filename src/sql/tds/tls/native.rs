//! TLS by schannel, with the system's store of certificates.

use tokio_native_tls::native_tls::{Certificate, Error, TlsConnector};

use super::{ALPN, Trouble, Trust};
use crate::sql::tds::handshake::Handshake;

/// An encrypted stream.
pub(in crate::sql::tds) type Tls = tokio_native_tls::TlsStream<Handshake>;

/// The stream under it.
pub(in crate::sql::tds) fn under(tls: &mut Tls) -> &mut Handshake {
    tls.get_mut().get_mut().get_mut()
}

/// Makes the handshake.
///
/// # Errors
///
/// See [`Trouble`].
pub(in crate::sql::tds) async fn secure(stream: Handshake, trust: &Trust, is_tds_8: bool) -> Result<Tls, Trouble> {
    let mut builder = TlsConnector::builder();
    if is_tds_8 {
        builder.request_alpns(&[ALPN]);
    }
    let name = match trust {
        Trust::Anybody => {
            builder.danger_accept_invalid_certs(true).danger_accept_invalid_hostnames(true).use_sni(false);
            // Nobody reads it, and it must be one.
            "sql.invalid"
        }
        Trust::Named { name, authorities } => {
            for authority in authorities {
                let root =
                    Certificate::from_der(authority).map_err(|error| Trouble::NoAuthorities(error.to_string()))?;
                builder.add_root_certificate(root);
            }
            name.as_str()
        }
    };
    let connector = builder.build().map_err(|error| Trouble::NoAgreement(error.to_string()))?;
    tokio_native_tls::TlsConnector::from(connector).connect(name, stream).await.map_err(trouble)
}

fn trouble(error: Error) -> Trouble {
    let text = error.to_string();
    match code(&text) {
        // FACILITY_CERT: CERT_E_EXPIRED, CERT_E_UNTRUSTEDROOT, CERT_E_CN_NO_MATCH and the like (winerror.h).
        Some(code) if code >> 16 == 0x800B => Trouble::Certificate(text),
        // SEC_E_UNTRUSTED_ROOT, SEC_E_WRONG_PRINCIPAL, SEC_E_CERT_EXPIRED, SEC_E_CERT_UNKNOWN.
        Some(0x8009_0325 | 0x8009_0322 | 0x8009_0328 | 0x8009_0327) => Trouble::Certificate(text),
        Some(_) => Trouble::NoAgreement(text),
        // schannel's own words, of a stream that ended before its time.
        None => Trouble::Broken(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, text)),
    }
}

/// The system's number in an error's text, the only place where the library leaves it.
fn code(text: &str) -> Option<u32> {
    let digits = text.rsplit_once("(os error ")?.1.trim_end_matches(')');
    digits.parse::<i32>().ok().map(i32::cast_unsigned)
}
