//! Headers of the gateway's own calls.

use gateway_core::Context;
use http::{HeaderMap, HeaderName, HeaderValue, header};

static API_ID: HeaderName = HeaderName::from_static("x-amzn-apigateway-api-id");
static TRACE: HeaderName = HeaderName::from_static("x-amzn-trace-id");
static TAG: HeaderName = HeaderName::from_static("x-amzn-lambda-integration-tag");
static SOURCE_ARN: HeaderName = HeaderName::from_static("x-amz-source-arn");

/// The headers of a call: the gateway's own, with those `mapped` above its defaults.
pub(crate) fn call_headers(mapped: &HeaderMap, tagged: bool, partition: &str, context: &Context) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(mapped.len() + 8);
    let mut set = |name: &HeaderName, value: Result<HeaderValue, _>| {
        if let Ok(value) = value {
            headers.insert(name.clone(), value);
        }
    };
    let api_id = context.stage().map_or("", |stage| &stage.api_id);
    if tagged {
        set(&TAG, HeaderValue::from_str(context.request_id()));
    }
    set(&API_ID, HeaderValue::from_str(api_id));
    set(&header::ACCEPT, Ok(HeaderValue::from_static("application/json")));
    set(&header::USER_AGENT, HeaderValue::from_str(&format!("AmazonAPIGateway_{api_id}")));
    if let (Some(stage), Some(route)) = (context.stage(), context.route()) {
        let path = route.resource_path.strip_prefix('/').unwrap_or(&route.resource_path);
        let (region, account, method) = (&stage.region, &stage.account_id, &context.request().method);
        let arn = format!("arn:{partition}:execute-api:{region}:{account}:{api_id}/{}/{method}/{path}", stage.stage);
        set(&SOURCE_ARN, HeaderValue::from_str(&arn));
    }
    for name in mapped.keys() {
        headers.remove(name);
    }
    headers.extend(mapped.iter().map(|(name, value)| (name.clone(), value.clone())));
    if let Some(trace) = context.trace_id().to_header() {
        headers.insert(&TRACE, trace);
    }
    headers
}
