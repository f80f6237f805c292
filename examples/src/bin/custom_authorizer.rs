//! An authorizer of one's own, which asks a slow directory and whose results are remembered.
//!
//! `cargo run -p gateway-examples --bin custom_authorizer`

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use axum::Router;
use gateway_core::{
    Api, Authorization, Authorizer, Body, CachedAuthorizer, Context, Definition, Error, ErrorKind, Gateway,
    Integration, Parts, Request, Response, Route, StageDefinition, ValueSource,
};
use gateway_examples::{Failure, Tour, listen};

/// Who has which ticket. A real one would be a database, or another service.
struct Directory {
    tickets: HashMap<&'static str, &'static str>,
    asked: AtomicU32,
}

#[async_trait]
impl Authorizer for Directory {
    async fn authorize(&self, request: &Parts, _: &Context) -> Result<Authorization, Error> {
        let ticket = request.headers.get("x-ticket").and_then(|ticket| ticket.to_str().ok());
        let ticket = ticket.ok_or(ErrorKind::Unauthorized)?;
        // Somewhere far away, somebody looks it up.
        tokio::task::yield_now().await;
        let asked = self.asked.fetch_add(1, Ordering::Relaxed) + 1;
        match self.tickets.get(ticket) {
            Some(holder) => Ok(Authorization::new(*holder).with_context("asked", asked)),
            None => Err(Error::new(ErrorKind::AccessDenied).with_message("this ticket is not known")),
        }
    }
}

/// A backend of one's own: it sees what the authorizer found out.
struct Welcome;

#[async_trait]
impl Integration for Welcome {
    async fn invoke(&self, _: Request, context: &Context) -> Result<Response, Error> {
        let name = context.authorization().map(Authorization::principal_id).unwrap_or_default();
        let asked = context.lookup("authorizer.asked").unwrap_or_default();
        Ok(Response::new(Body::from(format!("welcome, {name}; the directory was asked {asked} time(s)\n"))))
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let directory = Directory { tickets: HashMap::from([("blue", "alice"), ("red", "bob")]), asked: AtomicU32::new(0) };
    let identity = vec![ValueSource::parse("method.request.header.x-ticket")?];
    let remembered = CachedAuthorizer::new(Arc::new(directory), identity, Duration::from_secs(300));
    let api = Api::rest("show").route("GET /show", Route::to(Welcome).authorizer(remembered));
    let gateway = Gateway::new(Definition::new().api(api.stage(StageDefinition::new("prod"))))?;

    let listener = listen().await?;
    Tour::of(listener.local_addr()?)
        .try_this("/prod/show", "", 401, "no ticket, and nobody is asked")
        .try_this("/prod/show", "-H 'x-ticket: blue'", 200, "alice; the directory was asked once")
        .try_this("/prod/show", "-H 'x-ticket: blue'", 200, "still once: the result is remembered")
        .try_this("/prod/show", "-H 'x-ticket: green'", 403, "denied, which is remembered, too")
        .end();
    Ok(axum::serve(listener, Router::new().fallback_service(gateway)).await?)
}
