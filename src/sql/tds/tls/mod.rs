//! TLS over a stream: rustls, and on Windows schannel with the system's store of certificates.

#[cfg(windows)]
mod native;
#[cfg(not(windows))]
mod rustls;

use std::io;
use std::path::{Path, PathBuf};

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
        authorities: Vec<CertificateDer<'static>>,
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

/// Why a file of certificates is none.
pub(in crate::sql) struct Unreadable {
    /// The file.
    pub file: PathBuf,
    /// The cause.
    pub why: String,
}

/// The certificates of a file: any number as PEM, or one as DER.
///
/// # Errors
///
/// When it cannot be read or has none.
pub(in crate::sql) fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Unreadable> {
    let unreadable = |why: String| Unreadable { file: file.to_owned(), why };
    let bytes = std::fs::read(file).map_err(|error| unreadable(error.to_string()))?;
    // Editors of Windows put a byte-order mark before PEM.
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    if bytes.windows(10).any(|part| part == b"-----BEGIN") {
        let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bytes).collect();
        let all = all.map_err(|error| unreadable(error.to_string()))?;
        return if all.is_empty() { Err(unreadable("there is no certificate in it".to_owned())) } else { Ok(all) };
    }
    // A certificate is a SEQUENCE (RFC 5280, 4.1).
    match bytes.first() {
        Some(0x30) => Ok(vec![CertificateDer::from(bytes.to_vec())]),
        _ => Err(unreadable("it is neither PEM nor DER".to_owned())),
    }
}
