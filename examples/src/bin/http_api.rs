//! Two HTTP APIs under one domain: tokens, CORS for a page of another origin, and two services behind them.
//!
//! `cargo run -p gateway-examples --bin http_api`, then follow what it prints.

use std::{net::SocketAddr, sync::Arc};

use axum::{Router, extract::ConnectInfo};
use gateway_auth::{JwtAuthorizer, SignatureAlgorithm};
use gateway_core::{Api, ApiKey, Cors, Definition, Domain, Gateway, HttpClient, Plan, Quota, Route, StageDefinition};
use gateway_examples::{Failure, Issuer, Tour, backend, listen};
use gateway_integrations::{HttpProxy, http::PooledClient, mapping::ParameterMapping};

const ISSUER: &str = "https://issuer.example";
const PAGE: &str = "https://www.example.com";
const KEY: &str = "http-api-demo-key-0001";

/// The service of pets: who has a token may read, and a scope is needed to write.
fn pets(service: SocketAddr, client: &Arc<dyn HttpClient>, users: &Arc<JwtAuthorizer>) -> Result<Api, Failure> {
    let to = |path: &str| HttpProxy::new(&format!("http://{service}{path}"), Arc::clone(client));
    // The service learns who calls, and from another place than the client's own header.
    let owned =
        |proxy| ParameterMapping::new(proxy).request("overwrite:header.x-owner", "$context.authorizer.claims.sub");
    let created = owned(to("/pets")?)?.response(201, "append:header.location", "/pets/new")?;
    Ok(Api::http("pets")
        .cors(Cors::origins([PAGE]).methods(["GET", "POST"]).headers(["authorization", "content-type"]).max_age(600))
        .route("GET /", Route::to(owned(to("/pets")?)?).authorizer(Arc::clone(users)))
        .route("GET /{id}", Route::to(owned(to("/pets/{id}")?)?).authorizer(Arc::clone(users)))
        .route("POST /", Route::to(created).authorizer(Arc::clone(users)).scopes(["pets:write"]))
        .stage(StageDefinition::new("$default")))
}

/// The service of the catalog: open to every page, and with an API key, which HTTP APIs of AWS have not.
fn catalog(service: SocketAddr, client: &Arc<dyn HttpClient>) -> Result<Api, Failure> {
    let pages = HttpProxy::new(&format!("http://{service}"), Arc::clone(client))?;
    let pages = ParameterMapping::new(pages).request("overwrite:path", "/catalog${request.path}")?.response(
        404,
        "overwrite:statuscode",
        "410",
    )?;
    Ok(Api::http("catalog")
        .cors(Cors::origins(["*"]).headers(["x-api-key"]))
        .route("GET /{page+}", Route::to(pages).api_key_required())
        .stage(StageDefinition::new("$default")))
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let issuer = Issuer::named(ISSUER)?;
    let users = JwtAuthorizer::builder(ISSUER)
        .audience(["pets"])
        .keys(issuer.jwks())
        .algorithms([SignatureAlgorithm::Es256])
        .build()?;
    let client: Arc<dyn HttpClient> = Arc::new(PooledClient::builder().plain_only().build()?);
    let free = Plan::new("free").quota(Quota::per_day(2)).stage("catalog", "$default").key(ApiKey::new("demo", KEY)?);
    let definition = Definition::new()
        .api(pets(backend().await?, &client, &Arc::new(users))?)
        .api(catalog(backend().await?, &client)?)
        .plan(free)
        .domain(Domain::new("*").map("pets", "pets", "$default").map("shop", "catalog", "$default"));
    let gateway = Gateway::builder(definition)
        .source_ip(|parts| parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip()))
        .build()?;

    let listener = listen().await?;
    tour(listener.local_addr()?, &issuer.token("alice", "pets", "pets:read")?);
    let app = Router::new().fallback_service(gateway);
    Ok(axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?)
}

fn tour(address: SocketAddr, token: &str) {
    let bearer = r#"-H "Authorization: Bearer $TOKEN""#;
    let preflight = |origin| format!("-X OPTIONS -H 'Origin: {origin}' -H 'Access-Control-Request-Method: GET'");
    let key = format!("-H 'x-api-key: {KEY}'");
    Tour::of(address)
        .try_this("/pets", "", 401, "no token")
        .try_this("/pets/none/at/all", "", 404, "no such route, as an HTTP API says it")
        .note("A browser asks first, and needs no token for that; the answer is for one page alone:")
        .try_this("/pets", &preflight(PAGE), 204, "the page may call")
        .try_this("/pets", &preflight("https://evil.example"), 204, "no header says that this one may")
        .try_this("/pets", &format!("-H 'Origin: {PAGE}'"), 401, "the page can read that it needs a token")
        .variable("TOKEN", token)
        .try_this("/pets", bearer, 200, "from the first service")
        .try_this("/pets/2", bearer, 200, "a path variable")
        .try_this(
            "/pets",
            &format!("{bearer} --json '{{\"name\":\"Mia\"}}'"),
            403,
            "the token lacks the scope pets:write",
        )
        .note("The second service, under the same domain, with an API key and two requests a day:")
        .try_this("/shop/toys", "", 403, "no key")
        .try_this("/shop/toys", &key, 200, "from the second service, at another path")
        .try_this("/shop/toys/balls", &key, 200, "the second request")
        .try_this("/shop/toys", &key, 429, "the quota is used up")
        .end();
}
