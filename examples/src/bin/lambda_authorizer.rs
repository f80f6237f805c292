//! A Lambda authorizer that runs in this process: it answers with a policy, which holds for a while.
//!
//! `cargo run -p gateway-examples --bin lambda_authorizer`

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use async_trait::async_trait;
use axum::Router;
use gateway_auth::LambdaAuthorizers;
use gateway_core::{
    Body, Context, Error, Functions, Gateway, Integration, Request, Response, TypedFunction,
    config::{Config, Registry},
};
use gateway_examples::{Failure, Tour, listen};
use serde_json::{Value, json};
use tower::service_fn;

/// What the definition of an API on AWS would say; the function's ARN finds the one in this process.
const API: &str = r#"{ "apis": [{
    "name": "library", "protocolType": "REST", "accountId": "123456789012", "region": "eu-west-1",
    "authorizers": { "doorkeeper": {
        "type": "token",
        "authorizerUri": "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:doorkeeper/invocations",
        "identitySource": "method.request.header.Authorization",
        "identityValidationExpression": "Bearer [a-z]+",
        "authorizerResultTtlInSeconds": 300
    } },
    "routes": [
        { "route": "GET /books", "authorizer": "doorkeeper", "integration": { "type": "service", "name": "desk" } },
        { "route": "DELETE /books", "authorizer": "doorkeeper", "integration": { "type": "service", "name": "desk" } }
    ],
    "stages": [{ "name": "prod" }]
}] }"#;

/// Who has which card. Readers may read; the librarian may do everything.
fn doorkeeper(cards: &HashMap<&str, &str>, event: &Value, asked: u32) -> Result<Value, &'static str> {
    let card = event["authorizationToken"].as_str().and_then(|token| token.strip_prefix("Bearer "));
    let holder = card.and_then(|card| cards.get(card)).ok_or("Unauthorized")?;
    let method = if *holder == "librarian" { "*" } else { "GET" };
    Ok(json!({
        "principalId": holder,
        "policyDocument": { "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "execute-api:Invoke",
            "Resource": format!("arn:aws:execute-api:*:*:*/prod/{method}/*"),
        }] },
        "context": { "asked": asked },
    }))
}

/// A backend of one's own: it sees what the function said.
struct Desk;

#[async_trait]
impl Integration for Desk {
    async fn invoke(&self, _: Request, context: &Context) -> Result<Response, Error> {
        let told = |name: &str| context.lookup(name).unwrap_or_default();
        let (name, asked) = (told("authorizer.principalId"), told("authorizer.asked"));
        Ok(Response::new(Body::from(format!("hello, {name}; the doorkeeper was asked {asked} time(s)\n"))))
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let cards = Arc::new(HashMap::from([("blue", "reader"), ("gold", "librarian")]));
    let asked = Arc::new(AtomicU32::new(0));
    let function = TypedFunction::new(service_fn(move |event: Value| {
        let answer = doorkeeper(&cards, &event, asked.fetch_add(1, Ordering::Relaxed) + 1);
        async move { answer }
    }));
    let registry = Registry::new()
        .authorizers(LambdaAuthorizers::new(Functions::new().with("doorkeeper", function)))
        .service("desk", Desk);
    let gateway = Gateway::new(Config::from_json(API)?.define(&registry))?;

    let listener = listen().await?;
    Tour::of(listener.local_addr()?)
        .try_this("/prod/books", "", 401, "no card, and nobody is asked")
        .try_this("/prod/books", "-H 'Authorization: Bearer 7'", 401, "no card looks so, and nobody is asked")
        .try_this("/prod/books", "-H 'Authorization: Bearer green'", 401, "the doorkeeper does not know it")
        .try_this("/prod/books", "-H 'Authorization: Bearer blue'", 200, "a reader")
        .try_this(
            "/prod/books",
            "-X DELETE -H 'Authorization: Bearer blue'",
            403,
            "the policy that is remembered says no",
        )
        .try_this("/prod/books", "-X DELETE -H 'Authorization: Bearer gold'", 200, "the librarian")
        .end();
    Ok(axum::serve(listener, Router::new().fallback_service(gateway)).await?)
}
