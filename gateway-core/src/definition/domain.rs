use std::{fmt, sync::Arc};

use crate::client::CertificateCheck;

/// A custom domain with its base path mappings.
///
/// The longest mapping whose segments begin the path wins, and is taken off it; an exact name beats a wildcard, which
/// beats [`Domain::any`].
///
/// AWS developer guide: *Working with API mappings for REST APIs*.
///
/// # Example
/// ```
/// use gateway_core::Domain;
///
/// let domain = Domain::new("api.example.com").map("", "shop", "prod").map("orders/v2", "orders", "prod");
/// ```
#[derive(Clone)]
pub struct Domain {
    pub(crate) name: String,
    pub(crate) mappings: Vec<Mapping>,
    pub(crate) truststore: Option<Arc<dyn CertificateCheck>>,
}

/// One base path mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mapping {
    pub(crate) base_path: String,
    pub(crate) api: String,
    pub(crate) stage: String,
}

impl Domain {
    /// A domain by its name; `*.example.com` takes any first label.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into().to_ascii_lowercase(), mappings: Vec::new(), truststore: None }
    }

    /// Every host name that no other domain takes.
    #[must_use]
    pub fn any() -> Self {
        Self::new("*")
    }

    /// Maps a base path, such as `orders/v2`, to a stage of an API; the empty one takes every path.
    #[must_use]
    pub fn map(mut self, base_path: &str, api: impl Into<String>, stage: impl Into<String>) -> Self {
        let base_path = base_path.trim_matches('/').to_owned();
        self.mappings.push(Mapping { base_path, api: api.into(), stage: stage.into() });
        self
    }

    /// Takes only requests of clients with a certificate that `truststore` takes (403 for others), whatever they call; the
    /// host says by [`PeerCertificates`](crate::PeerCertificates) what they sent. It is refused before anything else is
    /// looked at, and the API's own endpoint is not concerned: see [`Api::default_endpoint`](super::Api::default_endpoint).
    ///
    /// AWS developer guide: *How to turn on mutual TLS authentication for your REST APIs*.
    #[must_use]
    pub fn mutual_tls(mut self, truststore: impl CertificateCheck) -> Self {
        self.truststore = Some(Arc::new(truststore));
        self
    }
}

impl fmt::Debug for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Domain").field("name", &self.name).field("mappings", &self.mappings).finish_non_exhaustive()
    }
}
