//! Payload format 1.0 on HTTP APIs.

use std::{borrow::Cow, collections::BTreeMap};

use gateway_core::{Context, Parts, Variables, clf_time, query_pairs};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    ClientCert, Values, client_cert, decoded_path_params, http_body, http_headers, json as written, last_values, raw,
    scopes, some, stage, text, values,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    version: &'static str,
    resource: &'a str,
    path: &'a str,
    http_method: &'a str,
    #[serde(serialize_with = "last_values")]
    headers: Option<&'a Values<'a>>,
    multi_value_headers: Option<&'a Values<'a>>,
    #[serde(serialize_with = "last_values")]
    query_string_parameters: Option<&'a Values<'a>>,
    multi_value_query_string_parameters: Option<&'a Values<'a>>,
    request_context: RequestContext<'a>,
    path_parameters: Option<BTreeMap<&'a str, Cow<'a, str>>>,
    stage_variables: Option<&'a Variables>,
    body: Option<Cow<'a, str>>,
    is_base64_encoded: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext<'a> {
    account_id: &'a str,
    api_id: &'a str,
    authorizer: Value,
    domain_name: Option<&'a str>,
    domain_prefix: Option<&'a str>,
    extended_request_id: &'a str,
    http_method: &'a str,
    identity: Identity<'a>,
    path: &'a str,
    protocol: &'static str,
    request_id: &'a str,
    request_time: String,
    request_time_epoch: u64,
    resource_id: Option<&'a str>,
    resource_path: &'a str,
    stage: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Identity<'a> {
    #[serde(flatten)]
    known: BTreeMap<&'static str, Option<Cow<'a, str>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_cert: Option<ClientCert<'a>>,
}

/// AWS developer guide: *Create AWS Lambda proxy integrations for HTTP APIs*.
pub(super) fn write(parts: &Parts, body: &[u8], context: &Context) -> Vec<u8> {
    let headers = http_headers(parts, body, context);
    let headers = values(headers.iter().map(|(name, value)| (name.as_str().into(), text(value))));
    let (path, query) = raw(parts, context);
    let query = values(query_pairs(query));
    let (body, is_base64_encoded) = http_body(&parts.headers, body);
    let resource = context.route().map_or("$default", |route| match route.is_default {
        true => "$default",
        false => &route.resource_path,
    });
    written(&Event {
        version: "1.0",
        resource,
        path,
        http_method: parts.method.as_str(),
        headers: some(&headers),
        multi_value_headers: some(&headers),
        query_string_parameters: some(&query),
        multi_value_query_string_parameters: some(&query),
        request_context: RequestContext {
            account_id: stage(context, |facts| &facts.account_id),
            api_id: stage(context, |facts| &facts.api_id),
            authorizer: authorizer(context),
            domain_name: context.domain_name(),
            domain_prefix: context.domain_name().and_then(|name| name.split('.').next()),
            extended_request_id: context.request_id(),
            http_method: parts.method.as_str(),
            identity: identity(context),
            path,
            protocol: "HTTP/1.1",
            request_id: context.request_id(),
            request_time: clf_time(context.received()),
            request_time_epoch: u64::try_from(context.received_millis()).unwrap_or(u64::MAX),
            resource_id: None,
            resource_path: resource,
            stage: stage(context, |facts| &facts.stage),
        },
        path_parameters: decoded_path_params(context),
        stage_variables: context.stage().map(|stage| &stage.variables).filter(|variables| !variables.is_empty()),
        body,
        is_base64_encoded,
    })
}

fn identity(context: &Context) -> Identity<'_> {
    const KEYS: [(&str, &str); 11] = [
        ("accessKey", "identity.accessKey"),
        ("accountId", "identity.accountId"),
        ("caller", "identity.caller"),
        ("cognitoAuthenticationProvider", "identity.cognitoAuthenticationProvider"),
        ("cognitoAuthenticationType", "identity.cognitoAuthenticationType"),
        ("cognitoIdentityId", "identity.cognitoIdentityId"),
        ("cognitoIdentityPoolId", "identity.cognitoIdentityPoolId"),
        ("principalOrgId", "identity.principalOrgId"),
        ("user", "identity.user"),
        ("userArn", "identity.userArn"),
        ("cognitoAmr", "identity.cognitoAmr"),
    ];
    let mut known: BTreeMap<_, _> = KEYS.into_iter().map(|(key, name)| (key, context.lookup(name))).collect();
    let address = context.request().source_ip.map(|address| address.to_canonical().to_string().into());
    known.insert("sourceIp", address);
    known.insert("userAgent", context.user_agent().map(Into::into));
    Identity { known, client_cert: client_cert(context) }
}

/// The claims of a token, or what a function found out; who signed is in `identity`.
fn authorizer(context: &Context) -> Value {
    match context.authorization().filter(|caller| caller.identity().is_none()) {
        Some(caller) if caller.claims().is_empty() => Value::Object(Map::from_iter(caller.context().clone())),
        Some(caller) => json!({ "claims": caller.claims(), "scopes": scopes(context) }),
        None => json!({ "claims": null, "scopes": null }),
    }
}
