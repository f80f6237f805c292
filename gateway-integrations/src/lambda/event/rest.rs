//! The event of a REST API (payload format 1.0).

use std::{borrow::Cow, collections::BTreeMap};

use base64::Engine;
use gateway_core::{Context, HeaderCase, Parts, Variables, clf_time, media_type, query_pairs};
use http::{HeaderMap, HeaderName, header};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{ClientCert, TRACE, Values, client_cert, json, last_values, some, stage, text, values};
use crate::{headers::is_visible, http::Origin, lenient::BASE64};

static API_KEY: HeaderName = HeaderName::from_static("x-api-key");

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    resource: &'a str,
    path: Cow<'a, str>,
    http_method: &'a str,
    #[serde(serialize_with = "last_values")]
    headers: Option<&'a Values<'a>>,
    multi_value_headers: Option<&'a Values<'a>>,
    #[serde(serialize_with = "last_values")]
    query_string_parameters: Option<&'a Values<'a>>,
    multi_value_query_string_parameters: Option<&'a Values<'a>>,
    path_parameters: Option<BTreeMap<&'a str, &'a str>>,
    stage_variables: Option<&'a Variables>,
    request_context: RequestContext<'a>,
    body: Option<Cow<'a, str>>,
    is_base64_encoded: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext<'a> {
    resource_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorizer: Option<Map<String, Value>>,
    resource_path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation_name: Option<&'a str>,
    http_method: &'a str,
    extended_request_id: &'a str,
    request_time: String,
    path: &'a str,
    account_id: &'a str,
    protocol: &'static str,
    stage: &'a str,
    domain_prefix: Option<&'a str>,
    request_time_epoch: u64,
    request_id: &'a str,
    identity: Identity<'a>,
    domain_name: Option<&'a str>,
    deployment_id: &'a str,
    api_id: &'a str,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Identity<'a> {
    access_key: Option<Cow<'a, str>>,
    account_id: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key_id: Option<&'a str>,
    caller: Option<Cow<'a, str>>,
    cognito_authentication_provider: Option<Cow<'a, str>>,
    cognito_authentication_type: Option<Cow<'a, str>>,
    cognito_identity_id: Option<Cow<'a, str>>,
    cognito_identity_pool_id: Option<Cow<'a, str>>,
    principal_org_id: Option<Cow<'a, str>>,
    source_ip: Option<String>,
    user: Option<Cow<'a, str>>,
    user_agent: Option<&'a str>,
    user_arn: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_cert: Option<ClientCert<'a>>,
}

/// The event of a request, as JSON.
///
/// AWS developer guide: *Input format of a Lambda function for proxy integration*.
pub(super) fn write(parts: &Parts, body: &[u8], context: &Context) -> Vec<u8> {
    let headers = headers(parts, context);
    let spelled = spelled(parts, &headers, context);
    let query = values(query_pairs(parts.uri.query().unwrap_or_default()));
    let resource = context.route().map_or(parts.uri.path(), |route| &route.resource_path);
    let is_base64_encoded = is_binary(&parts.headers, context);
    let event = Event {
        resource,
        path: path(parts, context),
        http_method: parts.method.as_str(),
        headers: some(&spelled),
        multi_value_headers: some(&spelled),
        query_string_parameters: some(&query),
        multi_value_query_string_parameters: some(&query),
        path_parameters: context
            .path_params()
            .filter(|params| !params.is_empty())
            .map(|params| params.iter().collect()),
        stage_variables: context.stage().map(|stage| &stage.variables).filter(|variables| !variables.is_empty()),
        request_context: request_context(parts, resource, context),
        body: (!body.is_empty()).then(|| match is_base64_encoded {
            true => BASE64.encode(body).into(),
            false => String::from_utf8_lossy(body),
        }),
        is_base64_encoded,
    };
    json(&event)
}

fn request_context<'a>(parts: &'a Parts, resource: &'a str, context: &'a Context) -> RequestContext<'a> {
    RequestContext {
        resource_id: context.route().map_or("", |route| &route.resource_id),
        authorizer: authorizer(context),
        resource_path: resource,
        operation_name: context.route().and_then(|route| route.operation_name.as_deref()),
        http_method: parts.method.as_str(),
        extended_request_id: context.id().extended(),
        request_time: clf_time(context.received()),
        path: context.request().uri.path(),
        account_id: stage(context, |facts| &facts.account_id),
        protocol: "HTTP/1.1",
        stage: stage(context, |facts| &facts.stage),
        domain_prefix: context.domain_name().and_then(|name| name.split('.').next()),
        request_time_epoch: u64::try_from(context.received_millis()).unwrap_or(u64::MAX),
        request_id: context.request_id(),
        identity: identity(parts, context),
        domain_name: context.domain_name(),
        deployment_id: stage(context, |facts| &facts.deployment_id),
        api_id: stage(context, |facts| &facts.api_id),
    }
}

fn identity<'a>(parts: &'a Parts, context: &'a Context) -> Identity<'a> {
    let key = context.api_key();
    let given = || {
        let of_authorizer = context.authorization().and_then(|caller| caller.usage_key()).map(Cow::from);
        of_authorizer.or_else(|| parts.headers.get(&API_KEY).map(text))
    };
    let known = |name| context.lookup(name);
    Identity {
        access_key: known("identity.accessKey"),
        account_id: known("identity.accountId"),
        api_key: key.and_then(|_| given()),
        api_key_id: key.map(|key| &*key.id),
        caller: known("identity.caller"),
        cognito_authentication_provider: known("identity.cognitoAuthenticationProvider"),
        cognito_authentication_type: known("identity.cognitoAuthenticationType"),
        cognito_identity_id: known("identity.cognitoIdentityId"),
        cognito_identity_pool_id: known("identity.cognitoIdentityPoolId"),
        principal_org_id: known("identity.principalOrgId"),
        source_ip: context.request().source_ip.map(|address| address.to_canonical().to_string()),
        user: known("identity.user"),
        user_agent: context.user_agent(),
        user_arn: known("identity.userArn"),
        client_cert: client_cert(context),
    }
}

/// What the authorizer found out: claims of a token alone, or the principal with its context, as text. Who signed is in
/// `identity`.
fn authorizer(context: &Context) -> Option<Map<String, Value>> {
    let caller = context.authorization().filter(|caller| caller.identity().is_none())?;
    let mut map = Map::new();
    if caller.claims().is_empty() {
        for (name, value) in caller.context() {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Number(_) | Value::Bool(_) => value.to_string(),
                Value::Null | Value::Array(_) | Value::Object(_) => continue,
            };
            map.insert(name.clone(), text.into());
        }
        map.insert("principalId".to_owned(), caller.principal_id().into());
        if let Some(call) = context.authorizer() {
            let latency = u64::try_from(call.latency.as_millis()).unwrap_or(u64::MAX);
            map.insert("integrationLatency".to_owned(), latency.into());
        }
    } else {
        let claims = caller.claims().iter().map(|(name, claim)| (name.clone(), claim.as_str().into()));
        map.insert("claims".to_owned(), Value::Object(claims.collect()));
    }
    Some(map)
}

/// The headers that a function sees.
fn headers(parts: &Parts, context: &Context) -> HeaderMap {
    let origin = Origin::of(&parts.headers, context);
    let visible = parts.headers.iter().filter(|(name, _)| is_visible(name.as_str()));
    let mut headers: HeaderMap = visible.map(|(name, value)| (name.clone(), value.clone())).collect();
    if let Some(date) = headers.remove(header::DATE) {
        headers.insert(header::DATE, crate::headers::date(date));
    }
    if headers.get(header::AUTHORIZATION).is_some_and(|value| value.as_bytes().starts_with(b"AWS4-HMAC-SHA256")) {
        headers.remove(header::AUTHORIZATION);
    }
    if let (false, Some(host)) = (headers.contains_key(header::HOST), origin.host()) {
        headers.insert(header::HOST, host.clone());
    }
    origin.add_x_forwarded(&mut headers);
    if let Some(trace) = context.trace_id().to_header() {
        headers.insert(&TRACE, trace);
    }
    headers
}

/// The headers under the names that AWS shows.
fn spelled<'a>(parts: &'a Parts, headers: &'a HeaderMap, context: &Context) -> Values<'a> {
    let endpoint = context.stage().map(|stage| stage.endpoint).unwrap_or_default();
    let sent = parts.extensions.get::<HeaderCase>();
    let values = |name| headers.get_all(name).iter().map(text).collect();
    headers.keys().map(|name| (HeaderCase::spell(name, sent, endpoint), values(name))).collect()
}

/// The path without the stage; behind a custom domain with its base path.
fn path<'a>(parts: &'a Parts, context: &'a Context) -> Cow<'a, str> {
    let uri = if context.domain().is_some() { &context.request().uri } else { &parts.uri };
    match uri.path().strip_prefix("//") {
        Some(rest) => format!("/{}", rest.trim_start_matches('/')).into(),
        None => uri.path().into(),
    }
}

/// Whether the body is no text.
fn is_binary(headers: &HeaderMap, context: &Context) -> bool {
    context.stage().is_some_and(|stage| {
        let media = headers.get(header::CONTENT_TYPE).and_then(media_type);
        stage.binary_media_types.contain_all() || media.is_some_and(|media| stage.binary_media_types.contain(media))
    })
}
