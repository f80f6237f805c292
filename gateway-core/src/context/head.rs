//! The headers that the gateway itself reads, found in one pass: a look-up for each would hash its name.

use http::{HeaderMap, HeaderName, HeaderValue, header};

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
