//! TLS over a stream: rustls, and on Windows schannel with the system's store of certificates.

#[cfg(windows)]
mod native;
#[cfg(not(windows))]
mod rustls;

use std::io;
use std::path::Path;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

#[cfg(windows)]
pub(super) use native::{Tls, secure, under};
#[cfg(not(windows))]
pub(super) use rustls::{Tls, secure, under};

/// The protocol that TDS 8 names in its handshake. MS-TDS 3.2.5.1.
const ALPN: &str = "tds/8.0";

/// Whom to trust.
pub(in crate::sql) enum Trust {
    /// Anybody: no certificate is looked at.
    Anybody,
    /// Who shows a certificate for a name.
    Named {
        /// That name, or an IP address.
        name: String,
        /// Authorities besides the system's.
        authorities: Vec<Certificate>,
    },
}

/// Why there is no TLS.
pub(in crate::sql) enum Trouble {
    /// The certificate is not to be trusted.
    Certificate(String),
    /// No agreement, or what came is no TLS.
    NoAgreement(String),
    /// The stream ended or broke.
    Broken(io::Error),
    /// Certificates of this system cannot be read, or there are none.
    NoAuthorities(String),
}

/// A certificate as DER.
pub(in crate::sql) type Certificate = CertificateDer<'static>;

/// Why a file of certificates is none.
#[derive(Debug, thiserror::Error)]
pub(in crate::sql) enum Unreadable {
    /// It cannot be read at all.
    #[error("{0}")]
    File(io::Error),
    /// What is in it is none.
    #[error("{0}")]
    Content(String),
}

/// The certificates of a file: any number as PEM, or one as DER.
///
/// # Errors
///
/// When it cannot be read or has none.
pub(in crate::sql) fn certificates(file: &Path) -> Result<Vec<Certificate>, Unreadable> {
    let bytes = std::fs::read(file).map_err(Unreadable::File)?;
    let none = |why: &str| Unreadable::Content(why.to_owned());
    // Editors of Windows put a byte-order mark before PEM.
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    if bytes.windows(10).any(|part| part == b"-----BEGIN") {
        let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bytes).collect();
        // The library tells bytes as numbers.
        let all = all.map_err(|_| none("a part of its PEM is cut off or garbled"))?;
        return if all.is_empty() { Err(none("there is no certificate in it")) } else { Ok(all) };
    }
    // A certificate is a SEQUENCE (RFC 5280, 4.1).
    match bytes.first() {
        Some(0x30) => Ok(vec![CertificateDer::from(bytes.to_vec())]),
        _ => Err(none("it is neither PEM nor DER")),
    }
}
