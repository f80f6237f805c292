use std::sync::Arc;

use http::{
    Uri,
    uri::{Parts, PathAndQuery},
};

use crate::{context::DomainFacts, stage::Deployment};

/// Where a request goes: which deployment, and how much of its path is not the API's.
pub(crate) struct Target {
    pub(crate) deployment: Arc<Deployment>,
    /// The bytes of stage or base path in front.
    pub(crate) prefix: usize,
    pub(crate) domain: Option<Arc<DomainFacts>>,
}

impl Target {
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
