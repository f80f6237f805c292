//! Authorizers by definition.

use std::sync::Arc;

use gateway_auth::JwtAuthorizers;
use gateway_core::{
    Authorizer, ManualClock, Problem,
    config::{ApiConfig, AuthorizerConfig, AuthorizerFactory, AuthorizerPlace, Registry},
};
use serde_json::{Value, json};

use crate::support::*;

fn config(over: Value) -> AuthorizerConfig {
    let mut config = json!({ "type": "jwt", "issuer": ISSUER, "audience": ["pets"] });
    config.as_object_mut().unwrap().extend(over.as_object().unwrap().clone());
    serde_json::from_value(config).unwrap()
}

fn make(factory: &JwtAuthorizers, over: Value) -> Result<Arc<dyn Authorizer>, Problem> {
    let (api, registry) = (ApiConfig::default(), Registry::new());
    factory.authorizer(&config(over), AuthorizerPlace::new(&api, "jwt", &registry)).expect("a type that it knows")
}

async fn passes(authorizer: &Arc<dyn Authorizer>, token: &str) -> bool {
    let parts = parts(token);
    let context = context(&parts, &Arc::new(ManualClock::default()), &[]);
    match authorizer.authorize_now(&parts, &context) {
        Some(answer) => answer.is_ok(),
        None => authorizer.authorize(&parts, &context).await.is_ok(),
    }
}

#[tokio::test]
async fn every_setting_counts() {
    let p256 = Signer::p256("e");
    let factory = JwtAuthorizers::new();
    let keys = jwks(&[key_a(), &p256]);
    let plain = make(&factory, json!({ "jwks": keys })).unwrap();
    let token = key_a().sign(&claims(json!({})));
    assert!(passes(&plain, &token).await);
    assert!(!passes(&plain, &key_a().sign(&claims(json!({ "aud": "shop" })))).await);
    let expired = key_a().sign(&claims(json!({ "exp": NOW - 5 })));
    assert!(!passes(&plain, &expired).await);
    let patient = make(&factory, json!({ "jwks": keys, "clockSkewInSeconds": 6 })).unwrap();
    assert!(passes(&patient, &expired).await);
    let curved = make(&factory, json!({ "jwks": keys, "algorithms": ["ES256"] })).unwrap();
    assert!(!passes(&curved, &token).await);
    assert!(passes(&curved, &p256.sign_with("ES256", &claims(json!({})))).await);
    let elsewhere = make(&factory, json!({ "jwks": keys, "identitySource": "$request.header.x-token" })).unwrap();
    assert!(!passes(&elsewhere, &token).await);
}

#[tokio::test]
async fn keys_and_tokens_outlive_a_reload() {
    let idp = Idp::with(&[key_a()]);
    let factory = JwtAuthorizers::new().with_client(idp.clone());
    let token = key_a().sign(&claims(json!({})));
    let first = make(&factory, json!({})).unwrap();
    assert!(passes(&first, &token).await);
    assert_eq!(idp.calls(), [DISCOVERY, JWKS]);
    let same = make(&factory, json!({})).unwrap();
    assert!(Arc::ptr_eq(&first, &same), "an unchanged definition keeps its authorizer");
    drop((first, same));
    let changed = make(&factory, json!({ "audience": ["pets", "shop"] })).unwrap();
    assert!(passes(&changed, &token).await);
    assert!(idp.calls().is_empty(), "the keys are known");
    let elsewhere = make(&factory, json!({ "jwksUri": JWKS })).unwrap();
    assert!(passes(&elsewhere, &token).await);
    assert_eq!(idp.calls(), [JWKS], "another address is another source");
}

#[test]
fn problems_point_at_the_setting() {
    let factory = JwtAuthorizers::new().with_client(Idp::with(&[]));
    let keys = jwks(&[key_a()]);
    for (over, pointer) in [
        (json!({ "issuer": "" }), "/issuer"),
        (json!({ "issuer": "pool" }), "/issuer"),
        (json!({ "audience": [] }), "/audience"),
        (json!({ "identitySource": "x" }), "/identitySource"),
        (json!({ "jwksUri": "x" }), "/jwksUri"),
        (json!({ "jwksUri": JWKS, "jwks": keys }), "/jwksUri"),
        (json!({ "jwks": [] }), "/jwks"),
        (json!({ "jwks": { "keys": [] } }), "/jwks"),
        (json!({ "jwks": keys, "algorithms": ["RS256", "HS256"] }), "/algorithms/1"),
        (json!({ "jwks": keys, "algorithms": ["none"] }), "/algorithms/0"),
    ] {
        let problem = make(&factory, over.clone()).err().expect("a problem");
        assert_eq!(problem.pointer, pointer, "{over}");
    }
    assert_eq!(make(&JwtAuthorizers::new(), json!({})).err().unwrap().pointer, "");
    let other = serde_json::from_value(json!({ "type": "custom", "name": "x" })).unwrap();
    let (api, registry) = (ApiConfig::default(), Registry::new());
    assert!(factory.authorizer(&other, AuthorizerPlace::new(&api, "x", &registry)).is_none());
}

#[test]
fn what_nobody_uses_is_forgotten_at_last() {
    let factory = JwtAuthorizers::new();
    let keys = jwks(&[key_a()]);
    let make_nth = |n: u32| make(&factory, json!({ "jwks": keys, "clockSkewInSeconds": n })).unwrap();
    let used = make_nth(0);
    let unused = Arc::downgrade(&make_nth(1));
    assert!(unused.upgrade().is_some(), "kept for the next snapshot");
    for n in 2..300 {
        make_nth(n);
    }
    assert!(unused.upgrade().is_none());
    assert!(Arc::ptr_eq(&used, &make_nth(0)));
}
