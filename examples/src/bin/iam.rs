//! Callers sign their requests with AWS credentials (Signature Version 4): their own policies and the API's decide.
//!
//! `cargo run -p gateway-examples --bin iam`

use async_trait::async_trait;
use axum::Router;
use gateway_auth::{IamAuthorizer, IamAuthorizers, ResourcePolicies, StaticCredentials};
use gateway_core::{
    Body, Context, Error, Gateway, Integration, Request, Response,
    config::{Config, Registry},
};
use gateway_examples::{Failure, Tour, listen};

/// A backend of one's own: it sees who signed.
struct Desk;

#[async_trait]
impl Integration for Desk {
    async fn invoke(&self, _: Request, context: &Context) -> Result<Response, Error> {
        let caller = context.lookup("identity.userArn").unwrap_or_default();
        Ok(Response::new(Body::from(format!("hello, {caller}\n"))))
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let credentials = StaticCredentials::from_file(concat!(env!("CARGO_MANIFEST_DIR"), "/iam.credentials.json"))
        .map_err(|problem| problem.to_string())?;
    let registry = Registry::new()
        .authorizers(IamAuthorizers::new(IamAuthorizer::new(credentials)))
        .policies(ResourcePolicies)
        .service("desk", Desk);
    let config = Config::from_yaml(include_str!("../../iam.yaml"))?;
    let gateway = Gateway::new(config.define(&registry))?;

    let signed = |name: &str| {
        let key = format!("AKID{}:{name}-secret-for-this-example", name.to_uppercase());
        format!("--aws-sigv4 aws:amz:eu-west-1:execute-api -u {key}")
    };
    let (alice, bob, carol) = (signed("alice"), signed("bob"), signed("carol"));
    let listener = listen().await?;
    Tour::of(listener.local_addr()?)
        .try_this("/prod/books", "", 403, "nobody signed it")
        .try_this("/prod/books", &alice, 200, "her policy lets her read")
        .try_this("/prod/books?shelf=7", &alice, 200, "a signature covers the query")
        .try_this("/prod/books", &alice.replace("alice-", "guessed-"), 403, "signed with another secret")
        .try_this("/prod/books", &format!("-X DELETE {alice}"), 403, "her policy says no more than reading")
        .try_this("/prod/books", &format!("-X DELETE {bob}"), 200, "his allows everything")
        .try_this("/prod/vault", &bob, 403, "but the API's own policy denies this to all")
        .try_this("/prod/books", &carol, 200, "of another account: her policy and the API's allow it")
        .try_this("/prod/books", &format!("-X DELETE {carol}"), 403, "of another account: the API's is silent")
        .end();
    Ok(axum::serve(listener, Router::new().fallback_service(gateway)).await?)
}
