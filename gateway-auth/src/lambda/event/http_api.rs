use gateway_core::{Context, Parts, StageFacts, clf_time};
use http::{HeaderName, header};
use serde_json::{Map, Value, json};

use super::{
    Identity, Values, client_certificate, filled, headers, millis, path_parameters, put, source_ip, stage_variables,
    text,
};

static API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// The event of the payload format version 1.0.
pub(super) fn version_1(identity: &Identity<'_>, arn: &str, request: &Parts, context: &Context) -> Value {
    let stage = |field: fn(&StageFacts) -> &String| context.stage().map_or("", |stage| field(stage));
    let headers = headers(request, context);
    let headers = Values::of_headers(&headers, request, context).last;
    let route = context.route();
    let resource = route.map_or(request.uri.path(), |route| &route.resource_path);
    let given = (!identity.values().is_empty()).then(|| identity.values().join(","));
    let mut caller = json!({ "sourceIp": source_ip(context).map(|address| address.to_string()) });
    put(&mut caller, "userAgent", context.user_agent());
    put(&mut caller, "apiKey", request.headers.get(&API_KEY).map(|key| text(key).into_owned()));
    put(&mut caller, "clientCert", context.client_certificate().map(client_certificate));
    json!({
        "version": "1.0",
        "type": "REQUEST",
        "methodArn": arn,
        "identitySource": given,
        "authorizationToken": given,
        "resource": resource,
        "path": request.uri.path(),
        "httpMethod": request.method.as_str(),
        "headers": headers,
        "queryStringParameters": Values::of_query(request).last,
        "pathParameters": path_parameters(context),
        "stageVariables": stage_variables(context),
        "requestContext": {
            "path": request.uri.path(),
            "accountId": stage(|facts| &facts.account_id),
            "resourceId": route.map_or("", |route| &route.resource_id),
            "stage": stage(|facts| &facts.stage),
            "requestId": context.request_id(),
            "identity": caller,
            "resourcePath": resource,
            "httpMethod": request.method.as_str(),
            "apiId": stage(|facts| &facts.api_id),
        },
    })
}

/// The event of the payload format version 2.0: what is not there is left out.
pub(super) fn version_2(identity: &Identity<'_>, arn: &str, request: &Parts, context: &Context) -> Value {
    let facts = context.request();
    let mut headers = headers(request, context);
    let cookies: Vec<_> = headers
        .get_all(header::COOKIE)
        .iter()
        .flat_map(|value| text(value).split(';').map(|cookie| cookie.trim().to_owned()).collect::<Vec<_>>())
        .filter(|cookie| !cookie.is_empty())
        .collect();
    headers.remove(header::COOKIE);
    let route_key = context.route().map(|route| route.route_key.as_str());
    let mut event = json!({
        "version": "2.0",
        "type": "REQUEST",
        "routeArn": arn,
        "identitySource": (!identity.values().is_empty()).then(|| identity.values()),
        "routeKey": route_key,
        "rawPath": facts.uri.path(),
        "rawQueryString": facts.uri.query().unwrap_or_default(),
        "headers": joined(Values::of(headers.iter().map(|(name, value)| (name.as_str().into(), text(value))))),
        "requestContext": request_context(route_key, request, context),
    });
    put(&mut event, "cookies", Some(cookies).filter(|cookies| !cookies.is_empty()));
    put(&mut event, "queryStringParameters", filled(joined(Values::of_query(request))));
    put(&mut event, "pathParameters", filled(path_parameters(context)));
    put(&mut event, "stageVariables", filled(stage_variables(context)));
    event
}

fn request_context(route_key: Option<&str>, request: &Parts, context: &Context) -> Value {
    let stage = |field: fn(&StageFacts) -> &String| context.stage().map_or("", |stage| field(stage));
    let mut written = json!({
        "accountId": stage(|facts| &facts.account_id),
        "apiId": stage(|facts| &facts.api_id),
        "domainName": context.domain_name(),
        "domainPrefix": context.domain_name().and_then(|name| name.split('.').next()),
        "http": {
            "method": request.method.as_str(),
            "path": context.request().uri.path(),
            "protocol": "HTTP/1.1",
            "sourceIp": source_ip(context).map(|address| address.to_string()),
            "userAgent": context.user_agent(),
        },
        "requestId": context.request_id(),
        "routeKey": route_key,
        "stage": stage(|facts| &facts.stage),
        "time": clf_time(context.received()),
        "timeEpoch": millis(context),
    });
    let certificate = context.client_certificate().map(client_certificate);
    put(&mut written, "authentication", certificate.map(|certificate| json!({ "clientCert": certificate })));
    written
}

/// Values of one name, joined by a comma.
fn joined(values: Values) -> Map<String, Value> {
    let join = |values: Value| {
        let texts = values.as_array().into_iter().flatten().filter_map(Value::as_str);
        Value::from(texts.collect::<Vec<_>>().join(","))
    };
    values.all.into_iter().map(|(name, values)| (name, join(values))).collect()
}
