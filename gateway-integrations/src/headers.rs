//! Which headers of a request exist for functions and mappings, which a mapping may set, and under which names clients
//! get those of an answer.

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Headers that are taken off a request before anything can read them.
static UNSEEN: [HeaderName; 12] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    HeaderName::from_static("content-md5"),
    header::EXPECT,
    header::MAX_FORWARDS,
    header::PROXY_AUTHENTICATE,
    header::SERVER,
    header::TE,
    header::TRANSFER_ENCODING,
    header::TRAILER,
    header::UPGRADE,
    header::WWW_AUTHENTICATE,
];

/// No mapping may set these.
static FORBIDDEN: [HeaderName; 4] = [
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    HeaderName::from_static("x-amzn-trace-id"),
    HeaderName::from_static("x-amzn-apigateway-api-id"),
];

/// Nor these, in front of AWS services.
static FORBIDDEN_FOR_AWS: [HeaderName; 5] =
    [header::AUTHORIZATION, header::CONNECTION, header::EXPECT, header::PROXY_AUTHENTICATE, header::TE];

/// In front of HTTP backends these may be mapped, and are not sent.
static UNSENT: [HeaderName; 5] =
    [header::CONNECTION, header::EXPECT, header::PROXY_AUTHENTICATE, header::TE, header::VIA];

/// Headers that clients get as `x-amzn-Remapped-NAME`; these four whatever stands behind.
static ALWAYS_REMAPPED: [HeaderName; 4] = [header::CONNECTION, header::CONTENT_LENGTH, header::DATE, header::SERVER];
static REMAPPED: [(HeaderName, HeaderName); 14] = [
    (header::AUTHORIZATION, HeaderName::from_static("x-amzn-remapped-authorization")),
    (header::CONNECTION, HeaderName::from_static("x-amzn-remapped-connection")),
    (header::CONTENT_LENGTH, HeaderName::from_static("x-amzn-remapped-content-length")),
    (HeaderName::from_static("content-md5"), HeaderName::from_static("x-amzn-remapped-content-md5")),
    (header::DATE, HeaderName::from_static("x-amzn-remapped-date")),
    (header::EXPECT, HeaderName::from_static("x-amzn-remapped-expect")),
    (header::HOST, HeaderName::from_static("x-amzn-remapped-host")),
    (header::MAX_FORWARDS, HeaderName::from_static("x-amzn-remapped-max-forwards")),
    (header::PROXY_AUTHENTICATE, HeaderName::from_static("x-amzn-remapped-proxy-authenticate")),
    (header::SERVER, HeaderName::from_static("x-amzn-remapped-server")),
    (header::TRAILER, HeaderName::from_static("x-amzn-remapped-trailer")),
    (header::UPGRADE, HeaderName::from_static("x-amzn-remapped-upgrade")),
    (header::USER_AGENT, HeaderName::from_static("x-amzn-remapped-user-agent")),
    (header::WWW_AUTHENTICATE, HeaderName::from_static("x-amzn-remapped-www-authenticate")),
];

/// What kind of backend stands behind a mapping: it decides which headers may be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "mapping"), expect(dead_code, reason = "only what is behind AWS is checked then"))]
pub(crate) enum Behind {
    Http,
    Aws,
    Nothing,
}

/// What becomes of a header that a mapping or a template sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Sent,
    Dropped,
    Forbidden,
}

impl Behind {
    pub(crate) fn fate(self, name: &HeaderName) -> Fate {
        let aws = self == Self::Aws;
        if FORBIDDEN.contains(name) || (aws && FORBIDDEN_FOR_AWS.contains(name)) {
            Fate::Forbidden
        } else if if aws { *name == header::REFERER } else { UNSENT.contains(name) } {
            Fate::Dropped
        } else {
            Fate::Sent
        }
    }

    fn remaps(self, name: &HeaderName) -> bool {
        self != Self::Nothing || ALWAYS_REMAPPED.contains(name)
    }
}

/// Whether mappings and templates can read a header of the request.
pub(crate) fn is_visible(name: &str) -> bool {
    !UNSEEN.iter().any(|unseen| unseen.as_str().eq_ignore_ascii_case(name))
}

/// Makes the headers that a mapping gave those that a client gets.
///
/// AWS developer guide: *Amazon API Gateway important notes*, as far as recordings do not say otherwise.
pub(crate) fn rename_for_client(headers: &mut HeaderMap, behind: Behind) {
    headers.remove(header::TRANSFER_ENCODING);
    for (name, remapped) in REMAPPED.iter().filter(|(name, _)| behind.remaps(name)) {
        if !headers.contains_key(name) {
            continue;
        }
        let values: Vec<_> = headers.get_all(name).iter().cloned().collect();
        headers.remove(name);
        for value in values {
            headers.append(remapped, if *name == header::DATE { date(value) } else { value });
        }
    }
}

/// A date as AWS reads it: what is none is the first second of 1970.
pub(crate) fn date(value: HeaderValue) -> HeaderValue {
    let is_date = value.to_str().is_ok_and(|text| httpdate::parse_http_date(text).is_ok());
    if is_date { value } else { HeaderValue::from_static("Thu, 01 Jan 1970 00:00:00 GMT") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_set_depends_on_what_stands_behind() {
        for (name, http, aws) in [
            ("x-own", Fate::Sent, Fate::Sent),
            ("content-length", Fate::Forbidden, Fate::Forbidden),
            ("x-amzn-trace-id", Fate::Forbidden, Fate::Forbidden),
            ("te", Fate::Dropped, Fate::Forbidden),
            ("authorization", Fate::Sent, Fate::Forbidden),
            ("via", Fate::Dropped, Fate::Sent),
            ("referer", Fate::Sent, Fate::Dropped),
        ] {
            let name = HeaderName::from_static(name);
            assert_eq!((Behind::Http.fate(&name), Behind::Aws.fate(&name)), (http, aws), "{name}");
        }
        assert!(is_visible("Authorization") && !is_visible("Content-MD5"));
    }

    #[test]
    fn clients_get_some_headers_under_another_name() {
        let mut headers = HeaderMap::new();
        for name in ["server", "transfer-encoding", "via", "x-own"] {
            headers.insert(name, HeaderValue::from_static("1"));
        }
        headers.append("server", HeaderValue::from_static("2"));
        headers.append("date", HeaderValue::from_static("soon"));
        headers.append("date", HeaderValue::from_static("Sun, 06 Nov 1994 08:49:37 GMT"));
        let mut mock = headers.clone();
        mock.append("www-authenticate", HeaderValue::from_static("Basic"));
        rename_for_client(&mut mock, Behind::Nothing);
        assert!(mock.contains_key("www-authenticate") && !mock.contains_key("server"));
        rename_for_client(&mut headers, Behind::Http);
        let dates: Vec<_> = headers.get_all("x-amzn-remapped-date").iter().collect();
        assert_eq!(dates, ["Thu, 01 Jan 1970 00:00:00 GMT", "Sun, 06 Nov 1994 08:49:37 GMT"]);
        let remapped: Vec<_> = headers.get_all("x-amzn-remapped-server").iter().collect();
        assert_eq!(remapped, ["1", "2"]);
        assert!(headers.contains_key("via") && headers.contains_key("x-own"));
        assert!(!headers.contains_key("server") && !headers.contains_key("transfer-encoding"));
    }
}
