//! Certificates made at the start, and TLS inside PRELOGIN packets.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::server::NoServerSessionStorage;
use tokio_rustls::rustls::{ServerConfig, SupportedProtocolVersion, version};

use super::packet::{HEADER, kind};

/// ALPN name of TDS 8.
const ALPN: &[u8] = b"tds/8.0";

/// Which certificate the server shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ShownCertificate {
    /// For `localhost`, 127.0.0.1 and ::1, signed by the sandbox's own authority.
    #[default]
    Good,
    /// Signed by the authority, but for another host name.
    WrongName,
    /// Right name, but signed by an authority that nobody has.
    UnknownAuthority,
    /// Right name and authority, but its time is over.
    Expired,
}

/// The authority and the certificates of one sandbox.
pub struct Certificates {
    /// The authority, for clients to trust.
    pub authority_pem: String,
    /// The good server certificate itself, for clients that compare it.
    pub server_pem: String,
    acceptors: Vec<(ShownCertificate, TlsAcceptor, TlsAcceptor)>,
}

impl Certificates {
    /// Makes an authority, and certificates good and bad.
    pub fn make() -> Result<Certificates, Box<dyn std::error::Error + Send + Sync>> {
        let authority = authority("PGBackup sandbox authority")?;
        let stranger = self::authority("Unknown authority")?;
        let mut acceptors = Vec::new();
        let mut server_pem = String::new();
        for shown in [
            ShownCertificate::Good,
            ShownCertificate::WrongName,
            ShownCertificate::UnknownAuthority,
            ShownCertificate::Expired,
        ] {
            let signer = if shown == ShownCertificate::UnknownAuthority { &stranger } else { &authority };
            let key = KeyPair::generate()?;
            let certificate = leaf(shown)?.signed_by(&key, &signer.issuer)?;
            if shown == ShownCertificate::Good {
                server_pem = certificate.pem();
            }
            let config = |versions: &[&'static SupportedProtocolVersion]| -> Result<ServerConfig, _> {
                let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
                ServerConfig::builder_with_protocol_versions(versions)
                    .with_no_client_auth()
                    .with_single_cert(vec![certificate.der().clone()], key)
            };
            // Inside TDS only 1.2: with 1.3 a client sends data before the wrapping ends.
            let mut wrapped = config(&[&version::TLS12])?;
            // With a resumed session the client would speak last, and go on unwrapped in one breath.
            wrapped.session_storage = Arc::new(NoServerSessionStorage {});
            let mut strict = config(&[&version::TLS13, &version::TLS12])?;
            strict.alpn_protocols = vec![ALPN.to_vec()];
            acceptors.push((shown, TlsAcceptor::from(Arc::new(wrapped)), TlsAcceptor::from(Arc::new(strict))));
        }
        Ok(Certificates { authority_pem: authority.pem, server_pem, acceptors })
    }

    /// For TLS inside PRELOGIN packets.
    pub fn wrapped(&self, shown: ShownCertificate) -> Option<TlsAcceptor> {
        self.acceptors.iter().find(|entry| entry.0 == shown).map(|entry| entry.1.clone())
    }

    /// For TDS 8, where TLS comes first.
    pub fn strict(&self, shown: ShownCertificate) -> Option<TlsAcceptor> {
        self.acceptors.iter().find(|entry| entry.0 == shown).map(|entry| entry.2.clone())
    }
}

impl std::fmt::Debug for Certificates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificates").finish_non_exhaustive()
    }
}

struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

fn authority(name: &str) -> Result<Authority, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::<String>::new())?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate()?;
    let pem = params.self_signed(&key)?.pem();
    Ok(Authority { pem, issuer: Issuer::new(params, key) })
}

fn leaf(shown: ShownCertificate) -> Result<CertificateParams, rcgen::Error> {
    let host = if shown == ShownCertificate::WrongName { "elsewhere.example" } else { "localhost" };
    let mut params = CertificateParams::new(vec![host.to_owned()])?;
    params.distinguished_name.push(DnType::CommonName, host);
    if shown != ShownCertificate::WrongName {
        for address in [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)] {
            params.subject_alt_names.push(SanType::IpAddress(address));
        }
    }
    if shown == ShownCertificate::Expired {
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2021, 1, 1);
    }
    Ok(params)
}

/// A stream whose bytes travel inside packets of type 0x12 until [`pass_through`].
///
/// [`pass_through`]: Wrapped::pass_through
#[derive(Debug)]
pub struct Wrapped<S> {
    inner: S,
    wrapping: bool,
    header: [u8; HEADER],
    header_filled: usize,
    packet_left: usize,
    outgoing: Vec<u8>,
    framed: Vec<u8>,
    sent: usize,
}

impl<S> Wrapped<S> {
    /// Starts wrapping.
    pub fn new(inner: S) -> Wrapped<S> {
        Wrapped {
            inner,
            wrapping: true,
            header: [0; HEADER],
            header_filled: 0,
            packet_left: 0,
            outgoing: Vec::new(),
            framed: Vec::new(),
            sent: 0,
        }
    }

    /// The handshake is over: bytes go as they are.
    pub fn pass_through(&mut self) {
        self.wrapping = false;
    }

    /// The stream below.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wrapped<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if !this.wrapping {
            return Pin::new(&mut this.inner).poll_read(cx, buf);
        }
        while this.packet_left == 0 {
            let mut header = ReadBuf::new(&mut this.header[this.header_filled..]);
            ready!(Pin::new(&mut this.inner).poll_read(cx, &mut header))?;
            let got = header.filled().len();
            if got == 0 {
                return Poll::Ready(Ok(()));
            }
            this.header_filled += got;
            if this.header_filled == HEADER {
                let length = usize::from(u16::from_be_bytes([this.header[2], this.header[3]]));
                if this.header[0] != kind::PRELOGIN || length < HEADER {
                    return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, "TLS handshake left TDS")));
                }
                this.packet_left = length - HEADER;
                this.header_filled = 0;
            }
        }
        let mut part = buf.take(this.packet_left);
        ready!(Pin::new(&mut this.inner).poll_read(cx, &mut part))?;
        let got = part.filled().len();
        this.packet_left -= got;
        // `take` filled the tail of `buf`, and only `buf` itself can say so.
        buf.advance(got);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wrapped<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if !self.wrapping {
            return Pin::new(&mut self.inner).poll_write(cx, bytes);
        }
        self.outgoing.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if !this.outgoing.is_empty() {
            const PAYLOAD: usize = 4096 - HEADER;
            let chunks = this.outgoing.chunks(PAYLOAD).count();
            for (index, chunk) in this.outgoing.chunks(PAYLOAD).enumerate() {
                let length = (chunk.len() + HEADER) as u16;
                this.framed.extend_from_slice(&[kind::PRELOGIN, u8::from(index + 1 == chunks)]);
                this.framed.extend_from_slice(&length.to_be_bytes());
                this.framed.extend_from_slice(&[0, 0, (index as u8).wrapping_add(1), 0]);
                this.framed.extend_from_slice(chunk);
            }
            this.outgoing.clear();
        }
        while this.sent < this.framed.len() {
            let n = ready!(Pin::new(&mut this.inner).poll_write(cx, &this.framed[this.sent..]))?;
            if n == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            this.sent += n;
        }
        this.framed.clear();
        this.sent = 0;
        Pin::new(&mut this.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_flush(cx))?;
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
