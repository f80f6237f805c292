//! What the host says about headers, beyond Amazon API Gateway's rules.

use std::{fmt, net::IpAddr, sync::Arc};

use gateway_core::Context;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::forwarded::append;

static X_FORWARDED: [HeaderName; 4] = [
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-port"),
    HeaderName::from_static("x-forwarded-proto"),
];

/// Tells whether a peer may speak for others.
type Trusts = Arc<dyn Fn(IpAddr) -> bool + Send + Sync>;

/// The host's own rules for a proxy's headers.
#[derive(Clone, Default)]
pub(in crate::http) struct OwnRules {
    pub(in crate::http) trusts: Option<Trusts>,
    pub(in crate::http) via: Option<HeaderValue>,
    pub(in crate::http) request: Changes,
    pub(in crate::http) response: Changes,
}

/// Headers that are set or removed.
#[derive(Clone, Default)]
pub(in crate::http) struct Changes(Vec<(HeaderName, Option<HeaderValue>)>);

impl OwnRules {
    /// Forgets what a client says about where it comes from, unless it is trusted.
    pub(in crate::http) fn distrust(&self, headers: &mut HeaderMap, context: &Context) {
        let Some(trusts) = &self.trusts else { return };
        if context.request().source_ip.is_some_and(|peer| trusts(peer.to_canonical())) {
            return;
        }
        for name in X_FORWARDED.iter().chain([&header::FORWARDED]) {
            headers.remove(name);
        }
    }

    /// Changes what goes to the backend, after everything else.
    pub(in crate::http) fn request(&self, headers: &mut HeaderMap) {
        if let Some(via) = &self.via {
            append(headers, &header::VIA, via.as_bytes().to_vec());
        }
        self.request.apply(headers);
    }
}

impl Changes {
    pub(in crate::http) fn push(&mut self, name: HeaderName, value: Option<HeaderValue>) {
        self.0.push((name, value));
    }

    pub(in crate::http) fn apply(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.0 {
            match value {
                Some(value) => headers.insert(name, value.clone()),
                None => headers.remove(name),
            };
        }
    }
}

/// Without values, which may be credentials.
impl fmt::Debug for OwnRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |changes: &Changes| changes.0.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        f.debug_struct("OwnRules")
            .field("via", &self.via)
            .field("request", &names(&self.request))
            .field("response", &names(&self.response))
            .finish_non_exhaustive()
    }
}
