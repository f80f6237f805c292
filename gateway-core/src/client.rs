//! Who the client is, as far as his connection tells: his address behind proxies, and his certificate.

use std::{
    fmt,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use bytes::Bytes;

use tower::BoxError;

use crate::{context::ClientCertificate, service::Parts};

/// The proxies in front whose word about a client's address counts; `gateway_auth` has them (feature `proxies`).
///
/// A closure `|peer: IpAddr, request: &Parts| -> IpAddr` is one too.
pub trait Proxies: Send + Sync + 'static {
    /// The address of the client that sent a request, which came from `peer`.
    fn client(&self, peer: IpAddr, request: &Parts) -> IpAddr;
}

impl<F> Proxies for F
where
    F: Fn(IpAddr, &Parts) -> IpAddr + Send + Sync + 'static,
{
    fn client(&self, peer: IpAddr, request: &Parts) -> IpAddr {
        self(peer, request)
    }
}

/// What checks the certificates of clients for a domain; `gateway_auth` has it (feature `mtls`).
pub trait CertificateCheck: Send + Sync + 'static {
    /// Checks the certificates that a client sent, as DER and his own first, and gives what that says.
    ///
    /// # Errors
    /// Why it is not taken, which the client does not see.
    fn check(&self, chain: &[Bytes], now: SystemTime) -> Result<ClientCertificate, BoxError>;
}

/// The certificates that the client of a connection sent, his own first, as DER: what rustls calls `peer_certificates`.
///
/// The host's TLS asks for them, proves that the client holds the key, and leaves all else to the truststore of the domain
/// that is called ([`Domain::mutual_tls`](crate::Domain::mutual_tls)). The host makes one for each connection, of no
/// certificates where the client sent none, and puts it into the extensions of all its requests: what a truststore said is
/// remembered in it. Cloning is cheap.
///
/// # Example
/// ```
/// use gateway_core::PeerCertificates;
///
/// # fn example(peer_certificates: Option<&[Vec<u8>]>) {
/// let certificates = PeerCertificates::new(peer_certificates.unwrap_or_default());
/// let mut request = http::Request::new(());
/// request.extensions_mut().insert(certificates.clone()); // of each request of the connection
/// # }
/// ```
#[derive(Clone)]
pub struct PeerCertificates(Arc<Peer>);

struct Peer {
    chain: Box<[Bytes]>,
    /// What the check that was asked last said.
    told: Mutex<Option<Told>>,
}

struct Told {
    by: Arc<dyn CertificateCheck>,
    outcome: Result<ClientCertificate, Arc<str>>,
}

impl PeerCertificates {
    /// The certificates of a connection.
    #[must_use]
    pub fn new<T: AsRef<[u8]>>(chain: impl IntoIterator<Item = T>) -> Self {
        let chain = chain.into_iter().map(|certificate| Bytes::copy_from_slice(certificate.as_ref())).collect();
        Self(Arc::new(Peer { chain, told: Mutex::default() }))
    }

    /// What `check` says of them, which it is asked once a connection.
    fn told(&self, check: &Arc<dyn CertificateCheck>, now: SystemTime) -> Result<ClientCertificate, Arc<str>> {
        let mut told = self.0.told.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(told) = told.as_ref().filter(|told| Arc::ptr_eq(&told.by, check)) {
            return told.outcome.clone();
        }
        let outcome = check.check(&self.0.chain, now).map_err(|error| error.to_string().into());
        *told = Some(Told { by: Arc::clone(check), outcome: outcome.clone() });
        outcome
    }
}

impl fmt::Debug for PeerCertificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeerCertificates").field("certificates", &self.0.chain.len()).finish_non_exhaustive()
    }
}

/// What `check` says of the client that sent `request`; nothing but the host's own word of his certificates counts.
pub(crate) fn certificate(
    check: &Arc<dyn CertificateCheck>,
    request: &Parts,
    now: SystemTime,
) -> Result<ClientCertificate, Arc<str>> {
    match request.extensions.get::<PeerCertificates>() {
        Some(peer) => peer.told(check, now),
        None => Err("the host does not say what certificates the client sent".into()),
    }
}
