use std::time::SystemTime;

use gateway_core::{Context, Parts, StageFacts, clf_time};
use serde_json::{Value, json};

use super::{Values, client_certificate, headers, millis, put, source_ip, stage_variables};

/// The event of a request that opens a connection.
pub(super) fn event(arn: &str, request: &Parts, context: &Context) -> Value {
    let headers = headers(request, context);
    let (headers, query) = (Values::of_headers(&headers, request, context), Values::of_query(request));
    json!({
        "type": "REQUEST",
        "methodArn": arn,
        "headers": headers.last,
        "multiValueHeaders": headers.all,
        "queryStringParameters": query.last,
        "multiValueQueryStringParameters": query.all,
        "stageVariables": stage_variables(context),
        "requestContext": request_context(context),
    })
}

fn request_context(context: &Context) -> Value {
    let stage = |field: fn(&StageFacts) -> &String| context.stage().map_or("", |stage| field(stage));
    let connection = context.connection();
    let connected_at = connection.map_or(context.received(), |connection| connection.connected_at);
    let connected_at = connected_at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
    let mut identity = json!({ "sourceIp": source_ip(context).map(|address| address.to_string()) });
    put(&mut identity, "userAgent", context.user_agent());
    put(&mut identity, "clientCert", context.client_certificate().map(client_certificate));
    json!({
        "routeKey": context.route().map_or("$connect", |route| &route.route_key),
        "eventType": "CONNECT",
        "extendedRequestId": context.id().extended(),
        "requestTime": clf_time(context.received()),
        "messageDirection": "IN",
        "stage": stage(|facts| &facts.stage),
        "connectedAt": u64::try_from(connected_at).unwrap_or(u64::MAX),
        "requestTimeEpoch": millis(context),
        "identity": identity,
        "requestId": context.id().extended(),
        "domainName": context.domain_name(),
        "connectionId": connection.map(|connection| connection.id.as_str()),
        "apiId": stage(|facts| &facts.api_id),
    })
}
