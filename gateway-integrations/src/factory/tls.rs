//! Which client backends are called through: `tlsConfig` asks for one of its own, and so does a stage's certificate.

use std::sync::Arc;
#[cfg(feature = "tls-aws-lc-rs")]
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, PoisonError},
};

use gateway_core::{HttpClient, Problem, config::BackendConfig};

#[cfg(feature = "tls-aws-lc-rs")]
use super::Integrations;
#[cfg(feature = "tls-aws-lc-rs")]
use crate::http::{ByCertificate, ClientError, PooledClient, Tls};

/// The clients of the integrations.
#[derive(Clone)]
pub(super) struct Clients {
    usual: Arc<dyn HttpClient>,
    #[cfg(feature = "tls-aws-lc-rs")]
    own: Arc<Mutex<HashMap<Settings, Arc<dyn HttpClient>>>>,
    #[cfg(feature = "tls-aws-lc-rs")]
    certificates: BTreeMap<String, Arc<Identity>>,
}

/// The settings of a client of its own.
#[cfg(feature = "tls-aws-lc-rs")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Settings {
    any_root: bool,
    /// The name to verify.
    name: Option<String>,
    /// The id of the certificate to show.
    certificate: Option<String>,
}

/// A certificate and its key, in PEM.
#[cfg(feature = "tls-aws-lc-rs")]
struct Identity {
    chain: Vec<u8>,
    key: Vec<u8>,
}

#[cfg(feature = "tls-aws-lc-rs")]
impl Integrations {
    /// The certificate, its own first, and the private key with which stages whose `clientCertificateId` is `id` show
    /// themselves to HTTP backends over TLS; both in PEM. Such backends are called through a client with the defaults of
    /// [`PooledClientBuilder`](crate::http::PooledClientBuilder); the targets of an upstream are called by its own.
    ///
    /// AWS developer guide: *Generate and configure an SSL certificate for backend authentication in API Gateway*.
    ///
    /// # Errors
    /// When they cannot be read or do not fit, or the system has no root certificates.
    pub fn client_certificate(mut self, id: &str, chain: &[u8], key: &[u8]) -> Result<Self, ClientError> {
        let identity = Identity { chain: chain.to_vec(), key: key.to_vec() };
        self.clients.certificates.insert(id.to_owned(), Arc::new(identity));
        self.clients.made(Settings { certificate: Some(id.to_owned()), ..Settings::default() })?;
        Ok(self)
    }
}

impl Clients {
    pub(super) fn new(usual: Arc<dyn HttpClient>) -> Self {
        Self {
            usual,
            #[cfg(feature = "tls-aws-lc-rs")]
            own: Arc::default(),
            #[cfg(feature = "tls-aws-lc-rs")]
            certificates: BTreeMap::new(),
        }
    }

    /// The client for a backend.
    ///
    /// AWS developer guide: *`tlsConfig`*.
    #[cfg(feature = "tls-aws-lc-rs")]
    pub(super) fn of(&self, config: &BackendConfig) -> Result<Arc<dyn HttpClient>, Problem> {
        let tls = config.tls_config.clone().unwrap_or_default();
        let settings =
            Settings { any_root: tls.insecure_skip_verification, name: tls.server_name_to_verify, certificate: None };
        let made = |certificate: Option<&String>| {
            let made = self.made(Settings { certificate: certificate.cloned(), ..settings.clone() });
            made.map_err(|error| Problem::new("/tlsConfig", error))
        };
        let without = made(None)?;
        if self.certificates.is_empty() {
            return Ok(without);
        }
        let with = self.certificates.keys().map(|id| Ok((id.clone(), made(Some(id))?)));
        Ok(Arc::new(ByCertificate { without, with: with.collect::<Result<_, Problem>>()? }))
    }

    /// The client with these settings, made when it is first asked for.
    #[cfg(feature = "tls-aws-lc-rs")]
    fn made(&self, settings: Settings) -> Result<Arc<dyn HttpClient>, ClientError> {
        if settings == Settings::default() {
            return Ok(Arc::clone(&self.usual));
        }
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = own.get(&settings) {
            return Ok(Arc::clone(client));
        }
        let mut options = if settings.any_root { Tls::new().insecure_skip_verification() } else { Tls::new() };
        if let Some(name) = &settings.name {
            options = options.server_name_to_verify(name)?;
        }
        if let Some(identity) = settings.certificate.as_ref().and_then(|id| self.certificates.get(id)) {
            options = options.client_certificate_pem(&identity.chain, &identity.key)?;
        }
        let client: Arc<dyn HttpClient> = Arc::new(PooledClient::builder().tls_options(options)?.build()?);
        own.insert(settings, Arc::clone(&client));
        Ok(client)
    }

    /// Whether there is a certificate with this id.
    #[cfg(feature = "tls-aws-lc-rs")]
    pub(super) fn has_certificate(&self, id: &str) -> bool {
        self.certificates.contains_key(id)
    }

    #[cfg(not(feature = "tls-aws-lc-rs"))]
    #[expect(clippy::unused_self, reason = "with TLS it is used")]
    pub(super) fn has_certificate(&self, _: &str) -> bool {
        false
    }

    #[cfg(not(feature = "tls-aws-lc-rs"))]
    #[expect(clippy::unnecessary_wraps, reason = "with TLS it can fail")]
    pub(super) fn of(&self, _: &BackendConfig) -> Result<Arc<dyn HttpClient>, Problem> {
        Ok(Arc::clone(&self.usual))
    }
}
