//! The main job: an axum host with a gateway in front of a real HTTP backend. One of everything that a gateway does.
//!
//! `cargo run -p gateway-examples --bin petstore`, then follow what it prints.

use std::net::SocketAddr;

use axum::{Router, extract::ConnectInfo, routing::get};
use gateway_auth::{JwtAuthorizer, SignatureAlgorithm};
use gateway_core::{
    AccessLog, AccessLogFormat, Api, ApiKey, ApiKind, Authorization, Context, Definition, Error, ErrorKind,
    FromService, Gateway, Parts, Plan, Quota, Route, StageDefinition, Throttle,
};
use gateway_examples::{Failure, Issuer, Tour, backend, listen};
use gateway_integrations::{HttpProxy, Mock};

const ISSUER: &str = "https://issuer.example";
const KEY: &str = "petstore-demo-key-0001";

/// An authorizer by hand: whoever shows a badge is somebody, and the boss may enter.
fn badge(request: &Parts, _: &Context) -> Result<Authorization, Error> {
    match request.headers.get("x-badge").and_then(|badge| badge.to_str().ok()) {
        Some("boss") => Ok(Authorization::new("boss").with_context("floor", 3)),
        Some(_) => Err(ErrorKind::AccessDenied.into()),
        None => Err(ErrorKind::Unauthorized.into()),
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let issuer = Issuer::named(ISSUER)?;
    let users = JwtAuthorizer::builder(ISSUER)
        .audience(["petstore"])
        .keys(issuer.jwks())
        .algorithms([SignatureAlgorithm::Es256])
        .build()?;
    let users = std::sync::Arc::new(users);
    let own = Router::new().route("/admin/stats", get(async || "the host's own router\n"));

    let pets = HttpProxy::to("http://${stageVariables.backend}/pets")?;
    let pet = HttpProxy::to("http://${stageVariables.backend}/pets/{id}")?;
    let catalog = HttpProxy::to("http://${stageVariables.backend}/catalog/{page}")?;
    let create = HttpProxy::to("http://${stageVariables.backend}/pets")?;
    let api = Api::rest("petstore")
        .route("GET /health", Route::to(Mock::json(200, r#"{"status":"up"}"#)))
        .route("GET /pets", Route::to(pets).authorizer(users.clone()).scopes(["pets:read"]))
        .route("GET /pets/{id}", Route::to(pet).authorizer(users.clone()).scopes(["pets:read"]))
        .route("POST /pets", Route::to(create).authorizer(users).scopes(["pets:write"]))
        .route("GET /catalog/{page+}", Route::to(catalog).api_key_required())
        .route("ANY /admin/{proxy+}", Route::to(FromService::new(own)).authorizer(badge))
        .route("GET /slow", Route::to(Mock::json(200, r#"{"speed":"slow"}"#)))
        .stage(
            StageDefinition::new("prod")
                .variable("backend", backend().await?.to_string())
                .throttle("GET /slow", Throttle::new(0.05, 1))
                .observer(AccessLog::to_writer(AccessLogFormat::clf(ApiKind::Rest), std::io::stderr())),
        );
    let free = Plan::new("free")
        .throttle(Throttle::new(100.0, 200))
        .quota(Quota::per_day(2))
        .stage("petstore", "prod")
        .key(ApiKey::new("demo", KEY)?);
    let gateway = Gateway::builder(Definition::new().api(api).plan(free))
        .source_ip(|parts| parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip()))
        .build()?;

    let listener = listen().await?;
    tour(listener.local_addr()?, &issuer.token("alice", "petstore", "pets:read")?);
    let app = Router::new().fallback_service(gateway);
    Ok(axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?)
}

fn tour(address: SocketAddr, token: &str) {
    let bearer = r#"-H "Authorization: Bearer $TOKEN""#;
    let create = format!("{bearer} --json '{{\"name\":\"Mia\"}}'");
    let key = format!("-H 'x-api-key: {KEY}'");
    Tour::of(address)
        .try_this("/prod/health", "", 200, "a mock")
        .try_this("/prod/nowhere", "", 403, "no such route, as a REST API says it")
        .note("A JSON Web Token:")
        .variable("TOKEN", token)
        .try_this("/prod/pets", "", 401, "no token")
        .try_this("/prod/pets", "-H 'Authorization: Bearer forged'", 401, "no good token")
        .try_this("/prod/pets", bearer, 200, "from the backend")
        .try_this("/prod/pets/2", bearer, 200, "a path variable")
        .try_this("/prod/pets", &create, 403, "the token lacks the scope pets:write")
        .note("An authorizer by hand, before the host's own axum router:")
        .try_this("/prod/admin/stats", "", 401, "no badge")
        .try_this("/prod/admin/stats", "-H 'x-badge: guest'", 403, "not the boss")
        .try_this("/prod/admin/stats", "-H 'x-badge: boss'", 200, "the boss")
        .note("An API key with a quota of two requests a day, and a greedy path variable:")
        .try_this("/prod/catalog/toys/balls", "", 403, "no key")
        .try_this("/prod/catalog/toys/balls", &key, 200, "the first")
        .try_this("/prod/catalog/toys/ropes", &key, 200, "the second")
        .try_this("/prod/catalog/toys/bones", &key, 429, "the quota is used up")
        .note("A throttle of one request in 20 seconds:")
        .try_this("/prod/slow", "", 200, "in time")
        .try_this("/prod/slow", "", 429, "too fast")
        .end();
}
