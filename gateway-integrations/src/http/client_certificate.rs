//! Which certificate a backend is shown: the stage's.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use gateway_core::{Context, Error, HttpClient, Parts, Request, Response};

/// The id of the certificate to show, in a request's extensions.
#[derive(Clone)]
struct Shown(Arc<str>);

/// Lets the client of a backend show the certificate of the stage that serves.
pub(super) fn show(parts: &mut Parts, context: &Context) {
    if let Some(id) = context.stage().and_then(|stage| stage.client_certificate_id.as_ref()) {
        parts.extensions.insert(Shown(Arc::clone(id)));
    }
}

/// Calls with the client that shows the certificate of the request's stage.
pub(crate) struct ByCertificate {
    pub(crate) without: Arc<dyn HttpClient>,
    /// By the ids of the certificates.
    pub(crate) with: BTreeMap<String, Arc<dyn HttpClient>>,
}

#[async_trait]
impl HttpClient for ByCertificate {
    async fn send(&self, mut request: Request) -> Result<Response, Error> {
        let shown = request.extensions_mut().remove::<Shown>();
        let client = shown.and_then(|Shown(id)| self.with.get(&*id)).unwrap_or(&self.without);
        client.send(request).await
    }
}
