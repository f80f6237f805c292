//! Gateways that ask what can be asked without waiting, and the request that passes all of them.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use gateway_auth::JwtAuthorizer;
use gateway_core::{
    Api, ApiKey, Authorization, Body, Context, Definition, Domain, Error, ErrorKind, Gateway, HttpClient, Observer,
    Parts, Plan, Quota, Random, Response, Route, RouteDefinition, RouteSettings, StageCache, StageDefinition, Throttle,
};
use gateway_integrations::{HttpProxy, Mock};
use http::{HeaderName, HeaderValue, Request, header};
use http_body_util::Empty;
use tower::BoxError;

/// What the backend, a mock, answers.
pub const ANSWER: &str = r#"{"id":42,"name":"Ada","kind":"cat"}"#;

const HOST: &str = "api.example.com";
const KEY: &str = "alice-0123456789-0123";

/// More than any machine asks for.
pub const UNLIMITED: f64 = 1e9;

/// Whom the authorizer knows: the `Authorization` of [`request`].
pub const CALLER: &str = "alice";

/// An HTTP API that does nothing but answer.
///
/// # Errors
/// None that is not a mistake here.
pub fn mock() -> Result<Gateway, BoxError> {
    build(http(mocked()))
}

/// A domain, a stage, and one route with a variable. In front of it stand two guards, an authorizer and a throttle of
/// the stage: four checks that look at a header or a counter. None of them ever refuses [`request`].
///
/// # Errors
/// None that is not a mistake here.
pub fn guarded() -> Result<Gateway, BoxError> {
    build(rest(mocked().guard(not_blocked).authorizer(caller()), stage()))
}

/// The same as an HTTP API.
///
/// # Errors
/// None that is not a mistake here.
pub fn guarded_http() -> Result<Gateway, BoxError> {
    build(behind_domain(Api::http("pets"), mocked().guard(not_blocked).authorizer(caller()), stage()))
}

/// [`guarded`] behind its domain, beside 999 others with ten base paths each.
///
/// # Errors
/// None that is not a mistake here.
pub fn thousand_domains() -> Result<Gateway, BoxError> {
    let definition = rest(mocked().guard(not_blocked).authorizer(caller()), stage());
    build((0..999).fold(definition, |definition, number| {
        let domain = Domain::new(format!("api-{number}.example.com"));
        definition.domain((0..10).fold(domain, |domain, path| domain.map(&format!("v{path}/pets"), "pets", "prod")))
    }))
}

/// The same with an API key, whose plan has a throttle and a quota, instead of the second guard.
///
/// # Errors
/// None that is not a mistake here.
pub fn keyed() -> Result<Gateway, BoxError> {
    build(rest(mocked().authorizer(caller()).api_key_required(), stage()).plan(plan()?))
}

/// The same with CloudWatch's metrics of the stage, and told `observer`.
///
/// # Errors
/// None that is not a mistake here.
pub fn observed(observer: impl Observer) -> Result<Gateway, BoxError> {
    let stage = stage().metrics(false).observer(observer);
    build(rest(mocked().authorizer(caller()).api_key_required(), stage).plan(plan()?))
}

/// A REST API that answers from its cache, by a variable of the path.
///
/// # Errors
/// None that is not a mistake here.
pub fn cached() -> Result<Gateway, BoxError> {
    let stage = stage().cache(StageCache::new(1 << 20)).default_settings(RouteSettings::new().caching(true));
    build(rest(mocked().cache_key(["method.request.path.id"]), stage))
}

/// An HTTP API behind a JWT authorizer.
///
/// # Errors
/// None that is not a mistake here.
pub fn jwt(authorizer: JwtAuthorizer) -> Result<Gateway, BoxError> {
    build(http(mocked().authorizer(authorizer)))
}

/// An HTTP API that passes requests on, to a backend that answers at once.
///
/// # Errors
/// None that is not a mistake here.
pub fn http_proxy() -> Result<Gateway, BoxError> {
    build(http(Route::to(HttpProxy::new("http://pets.internal:8080", Arc::new(Backend))?)))
}

/// A REST API that does the same.
///
/// # Errors
/// None that is not a mistake here.
pub fn rest_proxy() -> Result<Gateway, BoxError> {
    let proxy = HttpProxy::new("http://pets.internal:8080/pets/{id}", Arc::new(Backend))?;
    build(rest(Route::to(proxy), stage()))
}

/// Numbers are the same in each run, so that all runs do the same.
fn build(definition: Definition) -> Result<Gateway, BoxError> {
    Ok(Gateway::builder(definition).random(Random::seeded(1)).build()?)
}

fn mocked() -> RouteDefinition {
    Route::to(Mock::json(200, ANSWER))
}

fn http(route: RouteDefinition) -> Definition {
    Definition::new().api(Api::http("pets").route("$default", route).stage(StageDefinition::new("$default")))
}

fn rest(route: RouteDefinition, stage: StageDefinition) -> Definition {
    behind_domain(Api::rest("pets"), route, stage)
}

fn behind_domain(api: Api, route: RouteDefinition, stage: StageDefinition) -> Definition {
    let api = api.guard(not_blocked).route("GET /pets/{id}", route).stage(stage);
    Definition::new().api(api).domain(Domain::new(HOST).map("", "pets", "prod"))
}

fn stage() -> StageDefinition {
    StageDefinition::new("prod").default_throttle(Throttle::new(UNLIMITED, u32::MAX))
}

fn plan() -> Result<Plan, BoxError> {
    let plan = Plan::new("gold").throttle(Throttle::new(UNLIMITED, u32::MAX)).quota(Quota::per_month(u64::MAX));
    Ok(plan.stage("pets", "prod").key(ApiKey::new(CALLER, KEY)?))
}

/// A request that passes, as a client sends it.
///
/// # Errors
/// When `authorization` is no value of a header.
pub fn request(authorization: &str) -> http::Result<Request<Empty<Bytes>>> {
    Request::get("/pets/42")
        .header(header::HOST, HOST)
        .header(header::USER_AGENT, "bench/1.0")
        .header(header::ACCEPT, "*/*")
        .header(header::AUTHORIZATION, authorization)
        .header("x-api-key", KEY)
        .body(Empty::new())
}

fn not_blocked(request: &Parts, _: &Context) -> Result<(), Error> {
    static BLOCKED: HeaderName = HeaderName::from_static("x-blocked");
    if request.headers.contains_key(&BLOCKED) { Err(ErrorKind::AccessDenied.into()) } else { Ok(()) }
}

/// Knows one caller, and allocates nothing to say so: what is measured is the gateway.
fn caller() -> impl Fn(&Parts, &Context) -> Result<Authorization, Error> + Send + Sync {
    let alice = Authorization::new(CALLER);
    move |request, _| match request.headers.get(header::AUTHORIZATION) {
        Some(name) if name == alice.principal_id() => Ok(alice.clone()),
        _ => Err(ErrorKind::Unauthorized.into()),
    }
}

/// A backend's answer, without a network.
struct Backend;

#[async_trait]
impl HttpClient for Backend {
    async fn send(&self, _: gateway_core::Request) -> Result<Response, Error> {
        let mut response = Response::new(Body::from(ANSWER));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(ANSWER.len()));
        headers.insert(header::DATE, HeaderValue::from_static("Sat, 21 Nov 2026 12:00:00 GMT"));
        headers.insert(header::SERVER, HeaderValue::from_static("backend"));
        Ok(response)
    }
}
