//! Whose word about a client's address counts.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    task,
};

use gateway_core::{Parts, Problem, Proxies};
use http::HeaderName;
use ipnet::IpNet;
use tower::{Layer, Service};

static FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies in front whose `X-Forwarded-For` is believed; nobody's unless listed.
///
/// The client's address is that of the peer. Only where the peer is one of these the last address in `X-Forwarded-For`
/// counts instead, and where that is one of these too, the one before it, and so on. What is no address ends the search:
/// who wrote it is the client, as far as can be told.
///
/// The peer is the [`SocketAddr`] or [`IpAddr`] in the request's extensions, where the host put it; nothing in the request
/// itself ever stands for it.
///
/// # Example
/// ```
/// use gateway_auth::TrustedProxies;
/// use gateway_core::{Api, Definition};
///
/// let proxies = TrustedProxies::new(["10.0.0.0/8", "2001:db8::1"])?;
/// let definition = Definition::new().api(Api::rest("pets")).trusted_proxies(proxies); // in front of other layers: `.layer(proxies)`
/// # Ok::<(), gateway_auth::TrustedProxiesError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Arc<[IpNet]>);

/// A text that is neither an address nor a range of addresses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither an address nor a range such as 10.0.0.0/8")]
pub struct TrustedProxiesError(String);

impl TrustedProxies {
    /// Believes the proxies at these addresses, or in these ranges.
    ///
    /// # Errors
    /// The first text that is neither.
    pub fn new<T: AsRef<str>>(ranges: impl IntoIterator<Item = T>) -> Result<Self, TrustedProxiesError> {
        Ok(Self(ranges.into_iter().map(|text| range(text.as_ref())).collect::<Result<_, _>>()?))
    }

    /// Makes them of what a definition says (`trustedProxies`): `Registry::new().proxies(TrustedProxies::define)`.
    ///
    /// # Errors
    /// The first text that is neither; the pointer starts at the list.
    pub fn define(ranges: &[String]) -> Result<Arc<dyn Proxies>, Problem> {
        let read =
            |(place, text): (usize, &String)| range(text).map_err(|error| Problem::new(format!("/{place}"), error));
        Ok(Arc::new(Self(ranges.iter().enumerate().map(read).collect::<Result<_, _>>()?)))
    }

    /// The address of the client that sent a request; `None` where the host does not say who the peer is.
    #[must_use]
    pub fn client(&self, request: &Parts) -> Option<IpAddr> {
        let socket = request.extensions.get::<SocketAddr>().map(SocketAddr::ip);
        let peer = socket.or_else(|| request.extensions.get::<IpAddr>().copied())?;
        Some(self.behind(peer, request))
    }

    fn behind(&self, peer: IpAddr, request: &Parts) -> IpAddr {
        let mut client = peer;
        let values = request.headers.get_all(&FOR).iter().rev();
        let elements = values.flat_map(|value| value.to_str().unwrap_or("?").rsplit(','));
        for element in elements {
            if !self.trusts(client) {
                break;
            }
            let Some(address) = address(element.trim()) else { break };
            client = address;
        }
        client
    }

    fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|range| range.contains(&address))
    }
}

impl Proxies for TrustedProxies {
    fn client(&self, peer: IpAddr, request: &Parts) -> IpAddr {
        self.behind(peer, request)
    }
}

/// An address, or a range of them.
fn range(text: &str) -> Result<IpNet, TrustedProxiesError> {
    let range = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    range.map_err(|_| TrustedProxiesError(text.to_owned()))
}

/// An address, as proxies write it: some with the port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
}

impl<S> Layer<S> for TrustedProxies {
    type Service = TrustedProxiesService<S>;

    fn layer(&self, inner: S) -> TrustedProxiesService<S> {
        TrustedProxiesService { inner, proxies: self.clone() }
    }
}

/// A service whose requests come with the client's address.
#[derive(Clone)]
pub struct TrustedProxiesService<S> {
    inner: S,
    proxies: TrustedProxies,
}

impl<S: Service<http::Request<B>>, B> Service<http::Request<B>> for TrustedProxiesService<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut task::Context<'_>) -> task::Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: http::Request<B>) -> S::Future {
        let (mut parts, body) = request.into_parts();
        if let Some(client) = self.proxies.client(&parts) {
            parts.extensions.remove::<SocketAddr>();
            parts.extensions.insert(client);
        }
        self.inner.call(http::Request::from_parts(parts, body))
    }
}

impl<S: fmt::Debug> fmt::Debug for TrustedProxiesService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrustedProxiesService").field("inner", &self.inner).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn client(proxies: &TrustedProxies, peer: &str, forwarded: &[&[u8]]) -> Option<String> {
        let mut request = http::Request::get("/");
        for value in forwarded {
            request = request.header(&FOR, *value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        if let Ok(peer) = peer.parse::<IpAddr>() {
            parts.extensions.insert(SocketAddr::new(peer, 1234));
        }
        proxies.client(&parts).map(|address| address.to_string())
    }

    #[test]
    fn only_listed_proxies_are_believed() {
        let none = TrustedProxies::default();
        let some = TrustedProxies::new(["10.0.0.0/8", "2001:db8::1"]).unwrap();
        for (proxies, peer, forwarded, found) in [
            (&none, "10.0.0.1", &[&b"192.0.2.1"[..]][..], "10.0.0.1"),
            (&some, "192.0.2.9", &[b"192.0.2.1"], "192.0.2.9"),
            (&some, "10.0.0.1", &[], "10.0.0.1"),
            (&some, "10.0.0.1", &[b"192.0.2.1"], "192.0.2.1"),
            (&some, "10.0.0.1", &[b"203.0.113.1, 192.0.2.1"], "192.0.2.1"),
            (&some, "10.0.0.1", &[b"192.0.2.1, 10.1.2.3"], "192.0.2.1"),
            (&some, "10.0.0.1", &[b"192.0.2.1", b"10.1.2.3 "], "192.0.2.1"),
            (&some, "::ffff:10.0.0.1", &[b"192.0.2.1:4711"], "192.0.2.1"),
            (&some, "2001:db8::1", &[b"[2001:db8::7]"], "2001:db8::7"),
            (&some, "2001:db8::1", &[b"[2001:db8::7]:443"], "2001:db8::7"),
            (&some, "10.0.0.1", &[b"192.0.2.1, unknown"], "10.0.0.1"),
            (&some, "10.0.0.1", &[b"192.0.2.1, \xff"], "10.0.0.1"),
            (&some, "10.0.0.1", &[b"192.0.2.1,"], "10.0.0.1"),
        ] {
            assert_eq!(client(proxies, peer, forwarded).as_deref(), Some(found), "{peer} {forwarded:?}");
        }
        assert_eq!(client(&some, "nobody", &[b"192.0.2.1"]), None);
        assert_eq!(TrustedProxies::new(["10.0.0.0/33"]).unwrap_err().0, "10.0.0.0/33");
    }

    #[tokio::test]
    async fn a_definition_lists_them() {
        use gateway_core::{
            config::{Config, Registry},
            testing::{RecordingIntegration, TestGateway},
        };
        use serde_json::json;

        let backend = RecordingIntegration::answering("ok");
        let registry = Registry::new().proxies(TrustedProxies::define).service("pets", backend.clone());
        let define = |proxies: &[&str]| {
            let routes = json!([{ "route": "$default", "integration": { "type": "service", "name": "pets" } }]);
            let api =
                json!({ "name": "p", "protocolType": "HTTP", "routes": routes, "stages": [{ "name": "$default" }] });
            Config::from_value(json!({ "apis": [api], "trustedProxies": proxies })).unwrap().define(&registry)
        };
        let gateway = TestGateway::new(define(&["10.0.0.0/8"])).unwrap();
        let request = || http::Request::get("/").header(&FOR, "192.0.2.1").extension(IpAddr::from([10, 0, 0, 1]));
        gateway.send(request()).await;
        gateway.gateway().handle().reload(&define(&[])).unwrap();
        gateway.send(request()).await;
        let seen =
            |call: &gateway_core::testing::RecordedCall| call.context.as_ref().unwrap().lookup("identity.sourceIp");
        let seen: Vec<_> = backend.calls().iter().filter_map(seen).collect();
        assert_eq!(seen, ["192.0.2.1", "10.0.0.1"]);
        let problems = TestGateway::new(define(&["10.0.0.0/8", "10.0.0.0/33"])).unwrap_err();
        assert_eq!(
            problems.all().iter().map(|problem| problem.pointer.as_str()).collect::<Vec<_>>(),
            ["/trustedProxies/1"]
        );
    }

    proptest! {
        #[test]
        fn nothing_a_client_sends_speaks_for_a_peer_that_is_not_listed(value in "[ -~]{0,60}") {
            let some = TrustedProxies::new(["10.0.0.0/8"]).unwrap();
            prop_assert_eq!(client(&some, "192.0.2.9", &[value.as_bytes()]), Some("192.0.2.9".to_owned()));
            let _ = client(&some, "10.0.0.1", &[value.as_bytes()]);
        }
    }
}
