//! Where a request came from: `X-Forwarded-*`, `Forwarded`, `Via`.

use std::{fmt::Write, net::IpAddr};

use bytes::Bytes;
use gateway_core::Context;
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{self, Entry, OccupiedEntry},
    uri::Scheme,
};

static FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
static HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
static PORT: HeaderName = HeaderName::from_static("x-forwarded-port");
static PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Where a request came from, as far as the host's server says.
pub(crate) struct Origin {
    address: Option<IpAddr>,
    https: bool,
    host: Option<HeaderValue>,
}

impl Origin {
    /// To be read before the `Host` header becomes the backend's.
    pub(crate) fn of(headers: &HeaderMap, context: &Context) -> Self {
        let request = context.request();
        Self {
            address: request.source_ip.map(|address| address.to_canonical()),
            https: request.uri.scheme() == Some(&Scheme::HTTPS),
            host: clients_host(headers, context),
        }
    }

    /// Appends the client's address to `X-Forwarded-For`, and replaces what it says about port and scheme.
    pub(crate) fn add_x_forwarded(&self, headers: &mut HeaderMap) {
        if let Some(address) = self.address {
            append(headers, &FOR, address.to_string());
        }
        headers.insert(&PORT, self.port());
        headers.insert(&PROTO, HeaderValue::from_static(self.proto()));
    }

    /// The host that the client called.
    pub(crate) fn host(&self) -> Option<&HeaderValue> {
        self.host.as_ref()
    }

    /// Never lets a client's own `X-Forwarded-For` pass as the whole truth.
    pub(super) fn extend_x_forwarded_for(&self, headers: &mut HeaderMap) {
        if let (Some(address), true) = (self.address, headers.contains_key(&FOR)) {
            append(headers, &FOR, address.to_string());
        }
    }

    /// Says which host the client called, whatever the client itself said about that.
    pub(super) fn add_x_forwarded_host(&self, headers: &mut HeaderMap) {
        match &self.host {
            Some(host) => headers.insert(&HOST, host.clone()),
            None => headers.remove(&HOST),
        };
    }

    /// Appends an element to `Forwarded` (RFC 7239). `by` is left out: which address took the call is the host
    /// server's knowledge.
    pub(super) fn add_forwarded(&self, headers: &mut HeaderMap) {
        let mut element = String::with_capacity(96);
        // Writing to a String cannot fail.
        let _ = match self.address {
            Some(IpAddr::V4(address)) => write!(element, "for={address};"),
            Some(IpAddr::V6(address)) => write!(element, "for=\"[{address}]\";"),
            None => Ok(()),
        };
        if let Some(host) = self.host_name() {
            let quote = if host.contains([':', '[']) { "\"" } else { "" };
            element.extend(["host=", quote, host, quote, ";"]);
        }
        element.push_str("proto=");
        element.push_str(self.proto());
        append(headers, &header::FORWARDED, element);
    }

    /// The scheme that the client used; plain text unless the address says otherwise.
    fn proto(&self) -> &'static str {
        if self.https { "https" } else { "http" }
    }

    /// The port that the client called, which is the scheme's own unless `Host` names one.
    fn port(&self) -> HeaderValue {
        // An address in brackets has colons of its own.
        let named = self.host_name().and_then(|host| host.rsplit_once(':'));
        let port = named.filter(|(host, _)| host.ends_with(']') || !host.contains(':'));
        match port.and_then(|(_, port)| port.parse::<u16>().ok()) {
            Some(port) => HeaderValue::from(port),
            None if self.https => HeaderValue::from_static("443"),
            None => HeaderValue::from_static("80"),
        }
    }

    /// The host as the client named it, unless that is no host.
    fn host_name(&self) -> Option<&str> {
        let host = self.host.as_ref()?.to_str().ok()?;
        let valid =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b':' | b'[' | b']');
        (!host.is_empty() && host.bytes().all(valid)).then_some(host)
    }
}

/// The host that the client named: over HTTP/2 it stands in the address.
pub(in crate::http) fn clients_host(headers: &HeaderMap, context: &Context) -> Option<HeaderValue> {
    let authority = || HeaderValue::from_str(context.request().uri.authority()?.as_str()).ok();
    headers.get(header::HOST).cloned().or_else(authority)
}

/// Appends the gateway to `Via`, in AWS's own words.
pub(super) fn add_via(headers: &mut HeaderMap) {
    const VIA: &str = "HTTP/1.1 AmazonAPIGateway";
    match headers.entry(header::VIA) {
        Entry::Vacant(slot) => drop(slot.insert(HeaderValue::from_static(VIA))),
        Entry::Occupied(slot) => continue_list(slot, VIA.as_bytes()),
    }
}

/// Appends an element to a list in one header line.
pub(super) fn append(headers: &mut HeaderMap, name: &HeaderName, element: impl Into<Vec<u8>>) {
    match headers.entry(name) {
        Entry::Vacant(slot) => {
            if let Ok(value) = HeaderValue::from_maybe_shared(Bytes::from(element.into())) {
                slot.insert(value);
            }
        }
        Entry::Occupied(slot) => continue_list(slot, &element.into()),
    }
}

fn continue_list(mut slot: OccupiedEntry<'_, HeaderValue>, element: &[u8]) {
    let mut list = Vec::new();
    for value in slot.iter() {
        list.extend_from_slice(value.as_bytes());
        list.extend_from_slice(b", ");
    }
    list.extend_from_slice(element);
    if let Ok(value) = HeaderValue::from_maybe_shared(Bytes::from(list)) {
        slot.insert(value);
    }
}
