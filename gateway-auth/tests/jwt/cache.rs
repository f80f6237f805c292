//! Verified tokens are not verified again, and never trusted longer than they should be.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use gateway_auth::{CryptoProvider, JwtAuthorizer, JwtAuthorizerBuilder};
use gateway_core::{ErrorKind, ManualClock};
use serde_json::json;

use crate::support::*;

/// A provider that counts; a function of its own for each test, for a provider holds plain functions.
macro_rules! counting {
    ($count:ident, $provider:ident) => {
        static $count: AtomicUsize = AtomicUsize::new(0);
        static $provider: std::sync::LazyLock<CryptoProvider> = std::sync::LazyLock::new(|| CryptoProvider {
            verifier_factory: |algorithm, key| {
                $count.fetch_add(1, Ordering::SeqCst);
                (jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.verifier_factory)(algorithm, key)
            },
            ..jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.clone()
        });
    };
}

fn fixed(settings: impl FnOnce(JwtAuthorizerBuilder) -> JwtAuthorizerBuilder) -> JwtAuthorizer {
    settings(builder().keys(jwks(&[key_a()]))).build().unwrap()
}

#[test]
fn a_token_is_verified_once_and_its_scopes_each_time() {
    counting!(COUNT, PROVIDER);
    let authorizer = fixed(|builder| builder.crypto_provider(&PROVIDER));
    let token = key_a().sign(&claims(json!({ "scope": "read" })));
    for _ in 0..3 {
        assert_eq!(ask(&authorizer, &token, &[]).unwrap().principal_id(), "alice");
        assert_eq!(ask(&authorizer, &token, &["read"]).unwrap().scopes(), ["read"]);
        assert_eq!(ask(&authorizer, &token, &["write"]).unwrap_err().kind(), ErrorKind::AccessDenied);
        assert!(ask(&authorizer, &token, &[]).unwrap().scopes().is_empty());
    }
    assert_eq!(COUNT.load(Ordering::SeqCst), 1);
    let other = key_a().sign(&claims(json!({ "scope": "write" })));
    assert!(ask(&authorizer, &other, &["write"]).is_ok());
    assert_eq!(COUNT.load(Ordering::SeqCst), 2);
}

#[test]
fn without_a_cache_each_is_verified() {
    counting!(COUNT, PROVIDER);
    let authorizer = fixed(|builder| builder.crypto_provider(&PROVIDER).token_cache(0));
    let token = key_a().sign(&claims(json!({})));
    for _ in 0..3 {
        assert!(ask(&authorizer, &token, &[]).is_ok());
    }
    assert_eq!(COUNT.load(Ordering::SeqCst), 3);
}

#[test]
fn refused_tokens_are_not_remembered_as_good() {
    let authorizer = fixed(|builder| builder);
    let good = key_a().sign(&claims(json!({})));
    assert!(ask(&authorizer, &good, &[]).is_ok());
    let forged = key_b().sign_raw("RS256", r#"{"alg":"RS256","kid":"a"}"#, &claims(json!({})).to_string());
    for _ in 0..2 {
        assert_eq!(why(ask(&authorizer, &forged, &[])), "invalid signature");
    }
    assert!(ask(&authorizer, &good, &[]).is_ok());
}

#[tokio::test]
async fn a_remembered_token_expires() {
    let authorizer = fixed(|builder| builder.clock_skew(Duration::from_secs(5)));
    let clock = Arc::new(ManualClock::default());
    let token = key_a().sign(&claims(json!({ "exp": NOW + 60 })));
    assert!(ask_at(&authorizer, &clock, &token).await.is_ok());
    clock.advance(Duration::from_secs(64));
    assert!(ask_at(&authorizer, &clock, &token).await.is_ok());
    clock.advance(Duration::from_secs(1));
    for _ in 0..2 {
        assert_eq!(why(ask_at(&authorizer, &clock, &token).await), "the token has expired");
    }
}

#[tokio::test]
async fn a_token_before_its_time_is_taken_later() {
    let authorizer = fixed(|builder| builder);
    let clock = Arc::new(ManualClock::default());
    let token = key_a().sign(&claims(json!({ "nbf": NOW + 60 })));
    assert_eq!(why(ask_at(&authorizer, &clock, &token).await), "the token is not yet valid");
    clock.advance(Duration::from_secs(60));
    assert!(ask_at(&authorizer, &clock, &token).await.is_ok());
}

#[tokio::test]
async fn a_key_that_was_taken_back_takes_its_tokens_along() {
    let idp = Idp::with(&[key_a(), key_b()]);
    let authorizer = builder().client(idp.clone()).build().unwrap();
    let clock = Arc::new(ManualClock::default());
    let (a, b) = (
        key_a().sign(&claims(json!({ "exp": NOW + 100_000 }))),
        key_b().sign(&claims(json!({ "exp": NOW + 100_000 }))),
    );
    assert!(ask_at(&authorizer, &clock, &a).await.is_ok());
    assert!(ask_at(&authorizer, &clock, &b).await.is_ok());
    idp.set(JWKS, Reply::Json(jwks(&[key_b()])));
    clock.advance(Duration::from_secs(7200));
    assert!(ask_at(&authorizer, &clock, &a).await.is_ok(), "the old keys serve while the new ones are fetched");
    settle().await;
    assert_eq!(why(ask_at(&authorizer, &clock, &a).await), "signing key not found");
    assert!(ask_at(&authorizer, &clock, &b).await.is_ok());
}
