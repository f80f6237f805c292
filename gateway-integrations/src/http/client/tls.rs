//! TLS with backends.

use std::{fmt, io, sync::Arc};

use gateway_core::CallCause;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};
use tokio_rustls::TlsConnector;
use tower::BoxError;

use super::{
    ClientError,
    any_root::AnyRoot,
    connector::{self, find},
    stream::Stream,
};

/// How TLS with backends is spoken: whom to trust, and who we are.
///
/// For more, [`PooledClientBuilder::tls`](super::PooledClientBuilder::tls) takes a configuration of rustls.
///
/// # Example
/// ```
/// use gateway_integrations::http::{ClientError, PooledClient, Tls};
///
/// fn client(roots: &[u8], chain: &[u8], key: &[u8]) -> Result<PooledClient, ClientError> {
///     let tls = Tls::new().roots_pem(roots)?.client_certificate_pem(chain, key)?;
///     PooledClient::builder().tls_options(tls)?.build()
/// }
/// ```
#[derive(Default)]
pub struct Tls {
    roots: Option<RootCertStore>,
    identity: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
    any_root: bool,
    name: Option<ServerName<'static>>,
}

impl Tls {
    /// Trusts the system's roots, and shows no certificate.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts these root certificates, and not the system's.
    ///
    /// # Errors
    /// [`ClientError::Roots`] when there is none in `pem`, or one that cannot be read.
    pub fn roots_pem(mut self, pem: &[u8]) -> Result<Self, ClientError> {
        let mut roots = RootCertStore::empty();
        for root in CertificateDer::pem_slice_iter(pem) {
            let root = root.map_err(|error| ClientError::Roots(error.into()))?;
            roots.add(root).map_err(|error| ClientError::Roots(error.into()))?;
        }
        if roots.is_empty() {
            return Err(ClientError::Roots("there is none".into()));
        }
        self.roots = Some(roots);
        Ok(self)
    }

    /// Shows this certificate to backends that ask for one: the chain, its own first, and its private key.
    ///
    /// AWS developer guide: *Generate and configure an SSL certificate for backend authentication*.
    ///
    /// # Errors
    /// [`ClientError::Certificate`] when one of them cannot be read.
    pub fn client_certificate_pem(mut self, chain: &[u8], key: &[u8]) -> Result<Self, ClientError> {
        let unreadable = |error| ClientError::Certificate(Box::new(error));
        let chain = CertificateDer::pem_slice_iter(chain).collect::<Result<_, _>>().map_err(unreadable)?;
        self.identity = Some((chain, PrivateKeyDer::from_pem_slice(key).map_err(unreadable)?));
        Ok(self)
    }

    /// Takes the certificates of every authority, also a backend's own. It must still be for the backend's name, in
    /// its time, and signed by the last certificate that the backend shows. Anybody can make such a certificate.
    ///
    /// AWS developer guide: *`tlsConfig`*, `insecureSkipVerification`.
    #[must_use]
    pub fn insecure_skip_verification(mut self) -> Self {
        self.any_root = true;
        self
    }

    /// The name that backends are asked for and must prove, instead of the one in their address.
    ///
    /// AWS developer guide: *`tlsConfig`*, `serverNameToVerify`.
    ///
    /// # Errors
    /// [`ClientError::Certificate`] when it is no name.
    pub fn server_name_to_verify(mut self, name: &str) -> Result<Self, ClientError> {
        let name = ServerName::try_from(name.to_owned()).map_err(|error| ClientError::Certificate(error.into()))?;
        self.name = Some(name);
        Ok(self)
    }

    pub(super) fn handshake(self) -> Result<Handshake, ClientError> {
        // Named: a process may hold two providers, and then the default one panics.
        let provider = Arc::new(aws_lc_rs::default_provider());
        let unusable = |error: rustls::Error| ClientError::Certificate(error.into());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(unusable)?;
        let builder = if self.any_root {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyRoot::new(provider)))
        } else {
            builder.with_root_certificates(self.roots.map_or_else(native_roots, Ok)?)
        };
        let config = match self.identity {
            Some((chain, key)) => builder.with_client_auth_cert(chain, key).map_err(unusable)?,
            None => builder.with_no_client_auth(),
        };
        Ok(Handshake { config: Arc::new(config), name: self.name })
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("any_root", &self.any_root).field("name", &self.name).finish_non_exhaustive()
    }
}

/// Agrees on TLS with backends.
#[derive(Clone)]
pub(super) struct Handshake {
    pub(super) config: Arc<ClientConfig>,
    name: Option<ServerName<'static>>,
}

impl From<Arc<ClientConfig>> for Handshake {
    fn from(config: Arc<ClientConfig>) -> Self {
        Self { config, name: None }
    }
}

impl Handshake {
    /// Tells whether HTTP/2 was agreed on.
    pub(super) async fn shake(&self, host: &str, stream: Stream) -> Result<(Stream, bool), BoxError> {
        let name = match &self.name {
            Some(name) => name.clone(),
            None => {
                let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
                ServerName::try_from(host.to_owned())?
            }
        };
        let stream = TlsConnector::from(Arc::clone(&self.config)).connect(name, Box::new(stream)).await?;
        let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok((Stream::tls(stream), http2))
    }

    /// Offers the protocols that the client can speak, unless the host chose.
    pub(super) fn offer(mut self, http2_only: bool) -> Self {
        if self.config.alpn_protocols.is_empty() {
            let config = Arc::make_mut(&mut self.config);
            config.alpn_protocols = vec![b"h2".to_vec()];
            if !http2_only {
                config.alpn_protocols.push(b"http/1.1".to_vec());
            }
        }
        self
    }
}

/// Why there was no agreement.
pub(super) fn cause(error: &(dyn std::error::Error + 'static)) -> CallCause {
    use rustls::Error as E;

    let said = find::<io::Error>(error).and_then(io::Error::get_ref);
    match said.and_then(|said| said.downcast_ref::<E>()) {
        Some(E::InvalidCertificate(_) | E::NoCertificatesPresented) => CallCause::Untrusted,
        Some(E::AlertReceived(_)) => CallCause::Refused,
        Some(
            E::InvalidMessage(_)
            | E::InappropriateMessage { .. }
            | E::InappropriateHandshakeMessage { .. }
            | E::PeerMisbehaved(_),
        ) => CallCause::Malformed,
        _ => connector::cause(error),
    }
}

/// The system's roots.
fn native_roots() -> Result<RootCertStore, ClientError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (usable, _) = roots.add_parsable_certificates(found.certs);
    if usable > 0 {
        return Ok(roots);
    }
    let why: BoxError = match found.errors.into_iter().next() {
        Some(error) => error.into(),
        None => "there is none".into(),
    };
    Err(ClientError::Roots(why))
}
