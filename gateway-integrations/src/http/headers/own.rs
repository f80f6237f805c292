//! `HeaderRules`: what the host says about headers, beyond Amazon API Gateway's rules.

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

/// The host's own rules for the headers of HTTP backends: [`HttpProxy`](crate::HttpProxy), `HttpBackend`, and in a
/// definition `headerRules`.
///
/// # Example
/// ```
/// use http::{HeaderValue, header};
/// use gateway_integrations::{HttpProxy, http::HeaderRules};
///
/// fn behind_our_balancer(proxy: HttpProxy) -> HttpProxy {
///     let rules = HeaderRules::new()
///         .trust_forwarded(|peer| peer.is_loopback())
///         .preserve_host(true)
///         .request_header(header::COOKIE, None)
///         .response_header(header::SERVER, HeaderValue::from_static("edge"));
///     proxy.header_rules(rules)
/// }
/// ```
#[derive(Clone, Default)]
pub struct HeaderRules {
    trusts: Option<Trusts>,
    via: Option<HeaderValue>,
    preserves_host: bool,
    request: Changes,
    response: Changes,
}

/// Headers that are set or removed.
#[derive(Clone, Default)]
struct Changes(Vec<(HeaderName, Option<HeaderValue>)>);

impl HeaderRules {
    /// No rules so far.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Continues what a client says in `X-Forwarded-*` and `Forwarded` only if `trusts` holds for the peer's address, and
    /// begins anew for others. Everybody is trusted unless this is set, as by Amazon API Gateway.
    ///
    /// What a mapping makes is the definition's word and not the client's: of an `HttpBackend`, which is sent nothing
    /// else, this says nothing, unless a definition has made it with its mapping.
    #[must_use]
    pub fn trust_forwarded(mut self, trusts: impl Fn(IpAddr) -> bool + Send + Sync + 'static) -> Self {
        self.trusts = Some(Arc::new(trusts));
        self
    }

    /// Appends this to `Via`, such as `1.1 edge` (RFC 9110, 7.6.3). Nothing unless set, but what AWS says in front of
    /// an HTTP API.
    #[must_use]
    pub fn via(mut self, via: HeaderValue) -> Self {
        self.via = Some(via);
        self
    }

    /// Whether the backend sees the `Host` that the client named, instead of its own. No unless said.
    ///
    /// Over HTTP/2 the backend's own name stays in `:authority`.
    #[must_use]
    pub fn preserve_host(mut self, preserve: bool) -> Self {
        self.preserves_host = preserve;
        self
    }

    /// Sets a header of every request to the backend, or with `None` removes it; `Host` too. After all other rules, in
    /// the order of the calls.
    #[must_use]
    pub fn request_header(mut self, name: HeaderName, value: impl Into<Option<HeaderValue>>) -> Self {
        self.request.0.push((name, value.into()));
        self
    }

    /// Sets a header of every answer of the backend, or with `None` removes it. After all other rules, in the order of
    /// the calls; a mapping of the answer finds it changed.
    #[must_use]
    pub fn response_header(mut self, name: HeaderName, value: impl Into<Option<HeaderValue>>) -> Self {
        self.response.0.push((name, value.into()));
        self
    }

    /// Whether some who speak for others are not believed.
    #[cfg(feature = "mapping")]
    pub(crate) fn distrusts(&self) -> bool {
        self.trusts.is_some()
    }

    /// Forgets what a client says about where it comes from, unless it is trusted.
    pub(crate) fn distrust(&self, headers: &mut HeaderMap, context: &Context) {
        let Some(trusts) = &self.trusts else { return };
        if context.request().source_ip.is_some_and(|peer| trusts(peer.to_canonical())) {
            return;
        }
        for name in X_FORWARDED.iter().chain([&header::FORWARDED]) {
            headers.remove(name);
        }
    }

    /// The `Host` to call with: the one that `clients` gives, where that is preserved, or else `own`.
    pub(in crate::http) fn host(&self, own: HeaderValue, clients: impl FnOnce() -> Option<HeaderValue>) -> HeaderValue {
        if self.preserves_host { clients().unwrap_or(own) } else { own }
    }

    /// Changes what goes to the backend, after everything else.
    pub(in crate::http) fn request(&self, headers: &mut HeaderMap) {
        if let Some(via) = &self.via {
            append(headers, &header::VIA, via.as_bytes().to_vec());
        }
        self.request.apply(headers);
    }

    /// Changes what comes from the backend.
    pub(in crate::http) fn response(&self, headers: &mut HeaderMap) {
        self.response.apply(headers);
    }
}

impl Changes {
    fn apply(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.0 {
            match value {
                Some(value) => headers.insert(name, value.clone()),
                None => headers.remove(name),
            };
        }
    }
}

/// Without values, which may be credentials.
impl fmt::Debug for HeaderRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |changes: &Changes| changes.0.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        f.debug_struct("HeaderRules")
            .field("via", &self.via)
            .field("preserves_host", &self.preserves_host)
            .field("request", &names(&self.request))
            .field("response", &names(&self.response))
            .finish_non_exhaustive()
    }
}
