//! TLS with backends.

use std::sync::Arc;

use rustls::{ClientConfig, pki_types::ServerName};
use tokio_rustls::TlsConnector;
use tower::BoxError;

use super::{ClientError, stream::Stream};

/// Agrees on TLS with backends.
#[derive(Clone)]
pub(super) struct Handshake {
    pub(super) config: Arc<ClientConfig>,
    /// The name that backends must prove, instead of the one in the address.
    pub(super) name: Option<ServerName<'static>>,
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
}

/// The system's roots, with a provider that is named: a process may hold two, and then the default one panics.
pub(super) fn native_roots() -> Result<ClientConfig, ClientError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| ClientError::Roots(error.into()))?;
    let found = rustls_native_certs::load_native_certs();
    let mut roots = rustls::RootCertStore::empty();
    let (usable, _) = roots.add_parsable_certificates(found.certs);
    if usable == 0 {
        let why: BoxError = match found.errors.into_iter().next() {
            Some(error) => error.into(),
            None => "there are none".into(),
        };
        return Err(ClientError::Roots(why));
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
