use gateway_core::{Context, Parts, StageFacts, clf_time};
use http::HeaderName;
use serde_json::{Value, json};

use super::{Values, client_certificate, headers, millis, path_parameters, put, source_ip, stage_variables, text};

static API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// The event of the type `REQUEST`.
pub(super) fn event(arn: &str, request: &Parts, context: &Context) -> Value {
    let headers = headers(request, context);
    let (headers, query) = (Values::of_headers(&headers, request, context), Values::of_query(request));
    let route = context.route();
    let resource = route.map_or(request.uri.path(), |route| &route.resource_path);
    json!({
        "type": "REQUEST",
        "methodArn": arn,
        "resource": resource,
        "path": request.uri.path(),
        "httpMethod": request.method.as_str(),
        "headers": headers.last,
        "multiValueHeaders": headers.all,
        "queryStringParameters": query.last,
        "multiValueQueryStringParameters": query.all,
        "pathParameters": path_parameters(context),
        "stageVariables": stage_variables(context),
        "requestContext": request_context(resource, request, context),
    })
}

fn request_context(resource: &str, request: &Parts, context: &Context) -> Value {
    let stage = |field: fn(&StageFacts) -> &String| context.stage().map_or("", |stage| field(stage));
    json!({
        "resourceId": context.route().map_or("", |route| &route.resource_id),
        "resourcePath": resource,
        "httpMethod": request.method.as_str(),
        "extendedRequestId": context.id().extended(),
        "requestTime": clf_time(context.received()),
        "requestTimeEpoch": millis(context),
        "path": context.request().uri.path(),
        "accountId": stage(|facts| &facts.account_id),
        "protocol": "HTTP/1.1",
        "stage": stage(|facts| &facts.stage),
        "domainPrefix": context.domain_name().and_then(|name| name.split('.').next()),
        "domainName": context.domain_name(),
        "requestId": context.request_id(),
        "identity": identity(request, context),
        "deploymentId": stage(|facts| &facts.deployment_id),
        "apiId": stage(|facts| &facts.api_id),
    })
}

/// Who calls is what the function is asked.
fn identity(request: &Parts, context: &Context) -> Value {
    let mut identity = json!({
        "sourceIp": source_ip(context).map(|address| address.to_string()),
        "userAgent": context.user_agent(),
        "cognitoIdentityPoolId": null, "cognitoIdentityId": null, "cognitoAuthenticationType": null,
        "cognitoAuthenticationProvider": null, "accountId": null, "caller": null, "user": null, "userArn": null,
        "accessKey": null,
    });
    put(&mut identity, "apiKey", request.headers.get(&API_KEY).map(|key| text(key).into_owned()));
    put(&mut identity, "clientCert", context.client_certificate().map(client_certificate));
    identity
}
