//! A REST API that asks all that can be asked without waiting, and the request that passes.

use bytes::Bytes;
use gateway_core::{
    Api, ApiKey, Authorization, Context, Definition, Domain, Error, ErrorKind, Gateway, Parts, Plan, Quota, Route,
    RouteDefinition, StageDefinition, Throttle,
};
use gateway_integrations::Mock;
use http::{HeaderName, Request, header};
use http_body_util::Empty;
use tower::BoxError;

/// What the backend, a mock, answers.
pub const ANSWER: &str = r#"{"id":42,"name":"Ada","kind":"cat"}"#;

const HOST: &str = "api.example.com";
const KEY: &str = "alice-0123456789-0123";

/// More than any machine asks for.
pub const UNLIMITED: f64 = 1e9;

/// A domain, a stage, and one route with a variable. In front of it stand a guard, an authorizer, an API key whose plan
/// has a throttle and a quota, and a throttle of the stage. None of them ever refuses [`request`].
///
/// # Errors
/// None that is not a mistake here.
pub fn gateway() -> Result<Gateway, BoxError> {
    let plan = Plan::new("gold")
        .throttle(Throttle::new(UNLIMITED, u32::MAX))
        .quota(Quota::per_month(u64::MAX))
        .stage("pets", "prod")
        .key(ApiKey::new("alice", KEY)?);
    let route = Route::to(Mock::json(200, ANSWER)).authorizer(caller()).api_key_required();
    Ok(Gateway::new(pets(route).plan(plan))?)
}

/// The same without the API key and its plan, and with a second guard: four checks that look at a header or a counter.
///
/// # Errors
/// None that is not a mistake here.
pub fn without_key() -> Result<Gateway, BoxError> {
    let route = Route::to(Mock::json(200, ANSWER)).guard(not_blocked).authorizer(caller());
    Ok(Gateway::new(pets(route))?)
}

fn pets(route: RouteDefinition) -> Definition {
    let stage = StageDefinition::new("prod").default_throttle(Throttle::new(UNLIMITED, u32::MAX));
    let api = Api::rest("pets").guard(not_blocked).route("GET /pets/{id}", route).stage(stage);
    Definition::new().api(api).domain(Domain::new(HOST).map("", "pets", "prod"))
}

/// A request that passes, as a client sends it.
///
/// # Errors
/// None that is not a mistake here.
pub fn request() -> http::Result<Request<Empty<Bytes>>> {
    Request::get("/pets/42")
        .header(header::HOST, HOST)
        .header(header::USER_AGENT, "bench/1.0")
        .header(header::ACCEPT, "*/*")
        .header(header::AUTHORIZATION, "alice")
        .header("x-api-key", KEY)
        .body(Empty::new())
}

fn not_blocked(request: &Parts, _: &Context) -> Result<(), Error> {
    static BLOCKED: HeaderName = HeaderName::from_static("x-blocked");
    if request.headers.contains_key(&BLOCKED) { Err(ErrorKind::AccessDenied.into()) } else { Ok(()) }
}

/// Knows one caller, and allocates nothing to say so: what is measured is the gateway.
fn caller() -> impl Fn(&Parts, &Context) -> Result<Authorization, Error> + Send + Sync {
    let alice = Authorization::new("alice");
    move |request, _| match request.headers.get(header::AUTHORIZATION) {
        Some(name) if name == alice.principal_id() => Ok(alice.clone()),
        _ => Err(ErrorKind::Unauthorized.into()),
    }
}
