use std::{sync::Arc, time::SystemTime};

use http::{
    Uri, request,
    uri::{Parts, PathAndQuery},
};

use crate::{
    client::{CertificateCheck, certificate},
    context::DomainFacts,
    stage::Deployment,
};

/// Where a request goes: which deployment, and how much of its path is not the API's.
pub(crate) struct Target {
    pub(crate) deployment: Arc<Deployment>,
    /// The bytes of stage or base path in front.
    pub(crate) prefix: usize,
    pub(crate) domain: Option<Arc<DomainFacts>>,
    pub(crate) truststore: Option<Arc<dyn CertificateCheck>>,
}

impl Target {
    /// What an API's own endpoint means.
    pub(super) fn of_api(deployment: Arc<Deployment>, prefix: usize) -> Self {
        Self { deployment, prefix, domain: None, truststore: None }
    }

    /// Looks at the client's certificate, where the domain asks for one.
    pub(crate) fn authenticate(&mut self, request: &request::Parts, now: impl FnOnce() -> SystemTime) {
        if let (Some(truststore), Some(domain)) = (&self.truststore, &mut self.domain) {
            Arc::make_mut(domain).client_certificate = Some(certificate(truststore, request, now()));
        }
    }

    /// Takes stage or base path off the path.
    pub(crate) fn rewrite(&self, uri: &mut Uri) {
        if self.prefix == 0 {
            return;
        }
        let rest = uri.path().get(self.prefix..).unwrap_or_default();
        let slash = if rest.starts_with('/') { "" } else { "/" };
        let target = match uri.query() {
            Some(query) => format!("{slash}{rest}?{query}"),
            None => format!("{slash}{rest}"),
        };
        // What was a path stays one without its first segments.
        if let Ok(target) = PathAndQuery::from_maybe_shared(bytes::Bytes::from(target)) {
            let mut parts = Parts::from(std::mem::take(uri));
            parts.path_and_query = Some(target);
            *uri = Uri::from_parts(parts).unwrap_or_default();
        }
    }
}
