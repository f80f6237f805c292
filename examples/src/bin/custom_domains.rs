//! Three APIs under custom domains: base paths, a wildcard, and a routing rule by header.
//!
//! `cargo run -p gateway-examples --bin custom_domains`, then follow what it prints. The definition is
//! `custom_domains.yaml`.

use std::{net::SocketAddr, sync::Arc};

use axum::Router;
use gateway_core::{
    Body, Context, Error, ErrorKind, Gateway, Request, Response,
    config::{Config, Registry},
};
use gateway_examples::{Failure, Tour, listen};
use serde_json::json;

const DEFINITION: &str = include_str!("../../custom_domains.yaml");

/// The backend of all of them: it answers with who serves, and what of the domain matched.
async fn tell(request: Request) -> Result<Response, Error> {
    let context = request.extensions().get::<Arc<Context>>().ok_or(ErrorKind::ApiConfigurationError)?;
    let told = json!({
        "api": context.lookup("apiId"),
        "stage": context.lookup("stage"),
        "path": request.uri().path(),
        "label": context.lookup("domainPrefix"),
        "basePath": context.lookup("customDomain.basePathMatched"),
        "rule": context.lookup("customDomain.routingRuleIdMatched"),
    });
    Ok(Response::new(Body::from(told.to_string())))
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let definition = Config::from_yaml(DEFINITION)?.define(&Registry::new().service("tell", tell));
    let gateway = Gateway::new(definition)?;
    let listener = listen().await?;
    tour(listener.local_addr()?);
    Ok(axum::serve(listener, Router::new().fallback_service(gateway)).await?)
}

fn tour(address: SocketAddr) {
    let host = |host: &str| format!("-H 'Host: {host}'");
    let (api, beta) = (host("api.example.com"), "-H 'x-version: beta2'");
    Tour::of(address)
        .try_this("/pets/7", &api, 200, "the REST API; its base path is taken off")
        .try_this("/shop/toys", &api, 200, "the HTTP API, under the same domain")
        .try_this("/shop/pets/7", &api, 200, "the longest base path wins: the REST API again")
        .try_this("/none", &api, 403, "no base path begins this one")
        .note("A rule is asked before the mappings:")
        .try_this("/pets/7", &format!("{api} {beta}"), 200, "the stage beta")
        .try_this("/pets/7", &format!("{api} -H 'cookie: a=b; ux=beta'"), 200, "the same, by a cookie")
        .try_this("/shop/toys", &format!("{api} {beta}"), 200, "the rule is about /pets alone")
        .note("Every other name takes the wildcard's API:")
        .try_this("/hello", &host("acme.example.com"), 200, "the first label says who it is")
        .try_this("/pets/7", &host("acme.example.com"), 404, "no such route, as an HTTP API says it")
        .note("The REST API has no endpoint of its own:")
        .try_this("/prod/7", &host("pets.local"), 403, "disableExecuteApiEndpoint")
        .try_this("/toys", &host("shop.local"), 200, "the HTTP API has one")
        .end();
}
