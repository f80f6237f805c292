//! Facts for the tests of this folder.

use std::{collections::BTreeMap, net::IpAddr, sync::Arc, time::Duration};

use http::{HeaderValue, StatusCode, Uri};

use crate::{
    clock::ManualClock,
    context::{ApiKeyFacts, ApiKind, Authorization, Context, IntegrationFacts, ResponseFacts, RouteFacts, StageFacts},
    random::Random,
};

pub(super) const REQUEST_ID_LENGTH: usize = 36;

pub(super) fn stage(kind: ApiKind) -> StageFacts {
    StageFacts {
        kind,
        api_id: "api1".into(),
        api_name: "Pets".into(),
        account_id: "123456789012".into(),
        region: "eu-west-1".into(),
        stage: "prod".into(),
        deployment_id: "d1".into(),
        variables: BTreeMap::new(),
        ..StageFacts::default()
    }
}

pub(super) fn route() -> RouteFacts {
    RouteFacts { resource_path: "/pets/{id}".into(), route_key: "GET /pets/{id}".into(), ..RouteFacts::default() }
}

/// A request that has reached its stage.
pub(super) fn begun(kind: ApiKind, target: &str, user_agent: &[u8]) -> Context {
    let target = target.parse().unwrap_or(Uri::from_static("/unfit"));
    let request = http::Request::get(target).header("authorization", "Bearer secret-token");
    let (mut parts, ()) = request.header("x-api-key", "secret-key").body(()).unwrap().into_parts();
    if let Ok(value) = HeaderValue::from_bytes(user_agent) {
        parts.headers.insert("user-agent", value);
    }
    parts.extensions.insert(IpAddr::from([192, 0, 2, 7]));
    let context = Context::begin(&parts, Arc::new(ManualClock::default()), &Random::seeded(7));
    context.set_stage(Arc::new(stage(kind)));
    context
}

/// A request that was answered.
pub(super) fn answered(kind: ApiKind, status: Option<u16>) -> Context {
    let context = begun(kind, "/prod/pets/1?token=secret-query", b"curl/8");
    context.set_route(Arc::new(route()));
    context.set_api_key(ApiKeyFacts { id: "key1".into(), plan: "plan1".into() });
    context.set_authorization(Authorization::new("alice").with_usage_key("secret-usage-key"));
    let status = status.map(|status| StatusCode::from_u16(status).unwrap());
    let latency = Duration::from_millis(20);
    let error = None;
    context.set_integration(IntegrationFacts { status, latency, error, request_id: None, request_id2: None });
    context.set_response(response(status));
    context
}

pub(super) fn response(status: Option<StatusCode>) -> ResponseFacts {
    let (latency, complete) = (Duration::from_millis(30), status.is_some());
    ResponseFacts { status, length: 512, latency, complete, failure: None }
}
