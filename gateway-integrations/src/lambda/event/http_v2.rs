//! Payload format 2.0.

use std::{borrow::Cow, collections::BTreeMap};

use gateway_core::{Context, Identity, Parts, Variables, clf_time, query_pairs};
use http::{HeaderMap, header};
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::{
    ClientCert, Values, client_cert, decoded, decoded_path_params, http_body, http_headers, joined, json, raw, scopes,
    stage, text, values,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    version: &'static str,
    route_key: &'a str,
    raw_path: &'a str,
    raw_query_string: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cookies: Vec<&'a str>,
    #[serde(serialize_with = "joined")]
    headers: Values<'a>,
    #[serde(serialize_with = "joined", skip_serializing_if = "Values::is_empty")]
    query_string_parameters: Values<'a>,
    request_context: RequestContext<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_parameters: Option<BTreeMap<&'a str, Cow<'a, str>>>,
    is_base64_encoded: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage_variables: Option<&'a Variables>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext<'a> {
    account_id: &'a str,
    api_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    authentication: Option<Authentication<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorizer: Option<Authorizer<'a>>,
    domain_name: Option<&'a str>,
    domain_prefix: Option<&'a str>,
    http: Http<'a>,
    request_id: &'a str,
    route_key: &'a str,
    stage: &'a str,
    time: String,
    time_epoch: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Authentication<'a> {
    client_cert: ClientCert<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Http<'a> {
    method: &'a str,
    path: &'a str,
    protocol: &'static str,
    source_ip: String,
    user_agent: &'a str,
}

/// What the authorizer found out, below the name of its kind.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Authorizer<'a> {
    Iam(#[serde(serialize_with = "iam")] &'a Identity),
    Jwt { claims: &'a BTreeMap<String, String>, scopes: Option<&'a [String]> },
    Lambda(Option<&'a BTreeMap<String, Value>>),
}

/// AWS developer guide: *Create AWS Lambda proxy integrations for HTTP APIs*.
pub(super) fn write(parts: &Parts, body: &[u8], context: &Context) -> Vec<u8> {
    let headers = http_headers(parts, body, context);
    let (path, query) = raw(parts, context);
    // Unlike format 1.0, this one never sees what a custom domain's mapping takes off.
    let path = decoded(if context.domain().is_some() { parts.uri.path() } else { path });
    let (body, is_base64_encoded) = http_body(&parts.headers, body);
    let route_key = context.route().map_or("$default", |route| &route.route_key);
    let visible = headers.iter().filter(|(name, _)| *name != header::COOKIE);
    json(&Event {
        version: "2.0",
        route_key,
        raw_path: &path,
        raw_query_string: query,
        cookies: cookies(&headers),
        headers: values(visible.map(|(name, value)| (name.as_str().into(), text(value)))),
        query_string_parameters: values(query_pairs(query)),
        request_context: RequestContext {
            account_id: stage(context, |facts| &facts.account_id),
            api_id: stage(context, |facts| &facts.api_id),
            authentication: client_cert(context).map(|client_cert| Authentication { client_cert }),
            authorizer: authorizer(context),
            domain_name: context.domain_name(),
            domain_prefix: context.domain_name().and_then(|name| name.split('.').next()),
            http: Http {
                method: parts.method.as_str(),
                path: &path,
                protocol: "HTTP/1.1",
                source_ip: context
                    .request()
                    .source_ip
                    .map_or_else(String::new, |address| address.to_canonical().to_string()),
                user_agent: context.user_agent().unwrap_or_default(),
            },
            request_id: context.request_id(),
            route_key,
            stage: stage(context, |facts| &facts.stage),
            time: clf_time(context.received()),
            time_epoch: u64::try_from(context.received_millis()).unwrap_or(u64::MAX),
        },
        body,
        path_parameters: decoded_path_params(context),
        is_base64_encoded,
        stage_variables: context.stage().map(|stage| &stage.variables).filter(|variables| !variables.is_empty()),
    })
}

/// The cookies, one by one.
fn cookies(headers: &HeaderMap) -> Vec<&str> {
    let headers = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    headers.flat_map(|cookies| cookies.split(';')).map(str::trim).filter(|cookie| !cookie.is_empty()).collect()
}

fn authorizer(context: &Context) -> Option<Authorizer<'_>> {
    let caller = context.authorization()?;
    Some(if let Some(identity) = caller.identity() {
        Authorizer::Iam(identity)
    } else if caller.claims().is_empty() {
        Authorizer::Lambda(Some(caller.context()).filter(|context| !context.is_empty()))
    } else {
        Authorizer::Jwt { claims: caller.claims(), scopes: scopes(context) }
    })
}

fn iam<S: Serializer>(identity: &&Identity, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Iam<'a> {
        access_key: Option<&'a str>,
        account_id: &'a str,
        caller_id: &'a str,
        cognito_identity: Option<Cognito<'a>>,
        principal_org_id: Option<&'a str>,
        user_arn: &'a str,
        user_id: &'a str,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Cognito<'a> {
        amr: Vec<&'a str>,
        identity_id: &'a str,
        identity_pool_id: &'a str,
    }
    let cognito = identity.cognito.as_ref().map(|cognito| Cognito {
        amr: std::iter::once(cognito.authentication_type.as_str())
            .chain(cognito.authentication_provider.iter().flat_map(|provider| provider.split(',')))
            .collect(),
        identity_id: &cognito.identity_id,
        identity_pool_id: &cognito.identity_pool_id,
    });
    let iam = Iam {
        access_key: identity.access_key.as_deref(),
        account_id: identity.account_id(),
        caller_id: &identity.user_id,
        cognito_identity: cognito,
        principal_org_id: identity.organization_id.as_deref(),
        user_arn: &identity.user_arn,
        user_id: &identity.user_id,
    };
    iam.serialize(serializer)
}
