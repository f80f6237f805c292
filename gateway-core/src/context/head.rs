//! The headers that the gateway itself reads, found in one pass: a look-up for each would hash its name.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName, HeaderValue, header, request::Parts};

static TRACE: HeaderName = HeaderName::from_static("x-amzn-trace-id");
static REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
static METHOD_OVERRIDE: HeaderName = HeaderName::from_static("x-http-method-override");

/// What a request's headers say to the gateway; of a header that stands several times the first value counts.
#[derive(Default)]
pub(crate) struct Head<'a> {
    pub(crate) host: Option<&'a HeaderValue>,
    /// Whether there is more than one `Host`.
    pub(crate) hosts_differ: bool,
    pub(crate) user_agent: Option<&'a HeaderValue>,
    pub(crate) trace: Option<&'a HeaderValue>,
    pub(crate) request_id: Option<&'a HeaderValue>,
    pub(crate) overrides_method: bool,
}

impl<'a> Head<'a> {
    pub(crate) fn of(headers: &'a HeaderMap) -> Self {
        let mut head = Self::default();
        for (name, value) in headers {
            if name == header::HOST {
                head.hosts_differ |= head.host.is_some();
                head.host.get_or_insert(value);
            } else if name == header::USER_AGENT {
                head.user_agent.get_or_insert(value);
            } else if *name == TRACE {
                head.trace.get_or_insert(value);
            } else if *name == REQUEST_ID {
                head.request_id.get_or_insert(value);
            } else {
                head.overrides_method |= *name == METHOD_OVERRIDE;
            }
        }
        head
    }
}

/// The peer, where the host put its address into the request's extensions.
pub(crate) fn peer(request: &Parts) -> Option<IpAddr> {
    let socket = request.extensions.get::<SocketAddr>().map(SocketAddr::ip);
    socket.or_else(|| request.extensions.get::<IpAddr>().copied())
}

/// The host of `authority`: without user and port.
pub(crate) fn without_port(authority: &str) -> &str {
    // Hosts are short: plain loops beat the searches of `str`.
    let user = authority.bytes().rposition(|byte| byte == b'@');
    let host = user.and_then(|at| authority.get(at + 1..)).unwrap_or(authority);
    let end = match host.bytes().rposition(|byte| byte == b']') {
        Some(bracket) => Some(bracket + 1),
        None => host.bytes().position(|byte| byte == b':'),
    };
    end.and_then(|end| host.get(..end)).unwrap_or(host)
}
