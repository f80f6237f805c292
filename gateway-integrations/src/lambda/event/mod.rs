//! From a request to the event that a function gets.

mod http_v1;
mod http_v2;
mod rest;

use std::{
    borrow::Cow,
    collections::{BTreeMap, btree_map::Entry},
};

use gateway_core::{Authorization, Context, Parts, StageFacts, media_type};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::{Serialize, Serializer};

use super::format::Format;
use crate::http::{Origin, remove_hop_by_hop};
#[cfg(feature = "mapping")]
use crate::mapping::{MappedHost, MappedRequest};

static TRACE: HeaderName = HeaderName::from_static("x-amzn-trace-id");

/// Names to all their values.
type Values<'a> = BTreeMap<Cow<'a, str>, Vec<Cow<'a, str>>>;

/// The event of a request, as JSON.
pub(super) fn write(format: Format, parts: &Parts, body: &[u8], context: &Context) -> Vec<u8> {
    match format {
        Format::Rest => rest::write(parts, body, context),
        Format::HttpV1 => http_v1::write(parts, body, context),
        Format::HttpV2 => http_v2::write(parts, body, context),
    }
}

/// Texts, numbers and maps with texts for keys cannot fail.
fn json(event: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(event).unwrap_or_default()
}

/// A fact of the stage.
fn stage(context: &Context, fact: fn(&StageFacts) -> &String) -> &str {
    context.stage().map_or("", |stage| fact(stage))
}

fn text(value: &HeaderValue) -> Cow<'_, str> {
    String::from_utf8_lossy(value.as_bytes())
}

/// What the client's certificate says.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ClientCert<'a> {
    client_cert_pem: &'a str,
    #[serde(rename = "subjectDN")]
    subject_dn: &'a str,
    #[serde(rename = "issuerDN")]
    issuer_dn: &'a str,
    serial_number: &'a str,
    validity: Validity<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Validity<'a> {
    not_before: &'a str,
    not_after: &'a str,
}

fn client_cert(context: &Context) -> Option<ClientCert<'_>> {
    let fields = context.client_certificate()?.fields();
    Some(ClientCert {
        client_cert_pem: &fields.pem,
        subject_dn: &fields.subject_dn,
        issuer_dn: &fields.issuer_dn,
        serial_number: &fields.serial_number,
        validity: Validity { not_before: &fields.not_before, not_after: &fields.not_after },
    })
}

/// Names and values, each name with all its values in the order in which they came.
fn values<'a>(pairs: impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)>) -> Values<'a> {
    let mut values = Values::new();
    for (name, value) in pairs {
        match values.entry(name) {
            Entry::Occupied(mut known) => known.get_mut().push(value),
            Entry::Vacant(new) => drop(new.insert(vec![value])),
        }
    }
    values
}

fn some<'a>(values: &'a Values<'a>) -> Option<&'a Values<'a>> {
    Some(values).filter(|values| !values.is_empty())
}

fn last_values<S: Serializer>(values: &Option<&Values<'_>>, serializer: S) -> Result<S::Ok, S::Error> {
    match values {
        Some(values) => serializer.collect_map(values.iter().map(|(name, values)| (name, values.last()))),
        None => serializer.serialize_none(),
    }
}

fn joined<S: Serializer>(values: &Values<'_>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(values.iter().map(|(name, values)| (name, values.join(","))))
}

/// The headers that functions of HTTP APIs see.
fn http_headers(parts: &Parts, body: &[u8], context: &Context) -> HeaderMap {
    let origin = Origin::of(&parts.headers, context);
    let mut headers = parts.headers.clone();
    remove_hop_by_hop(&mut headers);
    headers.remove(header::EXPECT);
    if headers.remove(header::CONTENT_LENGTH).is_some() || !body.is_empty() {
        headers.insert(header::CONTENT_LENGTH, body.len().into());
    }
    if let (false, Some(host)) = (headers.contains_key(header::HOST), origin.host()) {
        headers.insert(header::HOST, host.clone());
    }
    #[cfg(feature = "mapping")]
    match parts.extensions.get().map(|MappedRequest { host, .. }| host) {
        Some(MappedHost::Value(host)) => drop(headers.insert(header::HOST, host.clone())),
        Some(MappedHost::Removed) => drop(headers.remove(header::HOST)),
        Some(MappedHost::Unmapped) | None => {}
    }
    origin.add_x_forwarded(&mut headers);
    if let Some(trace) = context.trace_id().to_header() {
        headers.insert(&TRACE, trace);
    }
    headers
}

/// The body of a request to an HTTP API, and whether it is base64: by its content type.
fn http_body<'a>(headers: &HeaderMap, body: &'a [u8]) -> (Option<Cow<'a, str>>, bool) {
    use base64::Engine;

    if body.is_empty() {
        return (None, false);
    }
    match std::str::from_utf8(body) {
        Ok(text) if is_text(headers) => (Some(text.into()), false),
        _ => (Some(crate::lenient::BASE64.encode(body).into()), true),
    }
}

fn is_text(headers: &HeaderMap) -> bool {
    const TEXTS: [&str; 3] = ["application/json", "application/xml", "application/javascript"];
    let media = headers.get(header::CONTENT_TYPE).and_then(media_type).map(str::to_ascii_lowercase);
    media.is_some_and(|media| media.starts_with("text/") || TEXTS.contains(&media.as_str()))
}

/// The path variables of a request to an HTTP API, decoded.
fn decoded_path_params(context: &Context) -> Option<BTreeMap<&str, Cow<'_, str>>> {
    let params = context.path_params().filter(|params| !params.is_empty())?;
    Some(params.iter().map(|(name, value)| (name, decoded(value))).collect())
}

fn decoded(text: &str) -> Cow<'_, str> {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy()
}

/// The path and the query of a request to an HTTP API: as they came, unless they are mapped.
fn raw<'a>(parts: &'a Parts, context: &'a Context) -> (&'a str, &'a str) {
    #[cfg(feature = "mapping")]
    let is_mapped = parts.extensions.get::<MappedRequest>().is_some_and(|mapped| mapped.has_path);
    #[cfg(not(feature = "mapping"))]
    let is_mapped = false;
    let path = if is_mapped { parts.uri.path() } else { context.request().uri.path() };
    (path, parts.uri.query().unwrap_or_default())
}

/// The scopes of a token, where the route asks for some.
fn scopes(context: &Context) -> Option<&[String]> {
    let asked = context.route().is_some_and(|route| !route.authorization_scopes.is_empty());
    context.authorization().map(Authorization::scopes).filter(|_| asked)
}
