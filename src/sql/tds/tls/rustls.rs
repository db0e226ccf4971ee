//! TLS 1.2 and 1.3 by rustls.

use std::io;
use std::sync::Arc;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::{ALPN, Trouble, Trust};
use crate::sql::tds::handshake::Handshake;

/// An encrypted stream.
pub(in crate::sql::tds) type Tls = tokio_rustls::client::TlsStream<Handshake>;

/// The stream under it.
pub(in crate::sql::tds) fn under(tls: &mut Tls) -> &mut Handshake {
    tls.get_mut().0
}

/// Makes the handshake.
///
/// # Errors
///
/// See [`Trouble`].
pub(in crate::sql::tds) async fn secure(stream: Handshake, trust: &Trust, is_tds_8: bool) -> Result<Tls, Trouble> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| Trouble::NoAgreement(error.to_string()))?;
    let mut config = match trust {
        Trust::Anybody => {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(Anybody(provider))).with_no_client_auth()
        }
        Trust::Named { authorities, .. } => builder.with_root_certificates(roots(authorities)?).with_no_client_auth(),
    };
    if is_tds_8 {
        config.alpn_protocols.push(ALPN.as_bytes().to_vec());
    }
    let name = match trust {
        // Nobody reads it, and it must be one.
        Trust::Anybody => ServerName::try_from("sql.invalid"),
        Trust::Named { name, .. } => ServerName::try_from(name.clone()),
    };
    let name = name.map_err(|error| Trouble::Certificate(error.to_string()))?;
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.map_err(trouble)
}

fn trouble(error: io::Error) -> Trouble {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(Error::InvalidCertificate(_) | Error::NoCertificatesPresented) => Trouble::Certificate(error.to_string()),
        Some(_) => Trouble::NoAgreement(error.to_string()),
        None if error.kind() == io::ErrorKind::InvalidData => Trouble::NoAgreement(error.to_string()),
        None => Trouble::Broken(error),
    }
}

fn roots(authorities: &[CertificateDer<'static>]) -> Result<RootCertStore, Trouble> {
    let mut roots = RootCertStore::empty();
    let system = rustls_native_certs::load_native_certs();
    // Stores have certificates that are no authorities, and very old ones: the others count all the same.
    roots.add_parsable_certificates(system.certs);
    for authority in authorities {
        roots.add(authority.clone()).map_err(|error| Trouble::NoAuthorities(error.to_string()))?;
    }
    if roots.is_empty() {
        let why = system.errors.first().map_or_else(|| "it has none".to_owned(), ToString::to_string);
        return Err(Trouble::NoAuthorities(why));
    }
    Ok(roots)
}

/// Takes any certificate.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    // SQL Server's own certificate may be older than what the check of a signature reads (X.509 version 1).
    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
