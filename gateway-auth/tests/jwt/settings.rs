//! Settings that cannot work are refused before they do harm.

use gateway_auth::{CryptoProvider, JwtAuthorizer, JwtError};
use jsonwebtoken::crypto::KeyUtils;
use serde_json::json;

use crate::support::*;

#[test]
fn wrong_settings_are_named() {
    let keys = || jwks(&[key_a()]);
    let good = || builder().keys(keys());
    let client = || Idp::with(&[]);
    assert!(good().build().is_ok());
    let p256 = Signer::p256("e");
    let cases = [
        (JwtAuthorizer::builder("").audience(["a"]).keys(keys()), JwtError::Issuer),
        (JwtAuthorizer::builder("x".repeat(2049)).audience(["a"]).keys(keys()), JwtError::Issuer),
        (JwtAuthorizer::builder("issuer").audience(["a"]).client(client()), JwtError::Issuer),
        (JwtAuthorizer::builder("ftp://issuer").audience(["a"]).client(client()), JwtError::Issuer),
        (JwtAuthorizer::builder("https://i/?a").audience(["a"]).client(client()), JwtError::Issuer),
        (JwtAuthorizer::builder("https://me@i").audience(["a"]).client(client()), JwtError::Issuer),
        (JwtAuthorizer::builder(ISSUER).keys(keys()), JwtError::Audience),
        (good().audience([""]), JwtError::Audience),
        (good().audience(vec!["a"; 51]), JwtError::Audience),
        (good().identity_source("$context.x"), JwtError::IdentitySource("$context.x".into())),
        (good().algorithms([]), JwtError::Algorithms),
        (builder().keys(json!({})), JwtError::Keys(gateway_auth::KeySetError)),
        (builder().keys(json!({ "keys": [] })), JwtError::NoUsableKey),
        (builder().keys(jwks(&[&p256])), JwtError::NoUsableKey),
        (builder().jwks_uri("keys").client(client()), JwtError::JwksUri),
        (builder().jwks_uri("file:///keys").client(client()), JwtError::JwksUri),
        (builder(), JwtError::NoClient),
        (builder().jwks_uri(JWKS), JwtError::NoClient),
    ];
    for (settings, error) in cases {
        assert_eq!(settings.build().unwrap_err(), error);
    }
}

#[test]
fn debug_output_shows_no_keys() {
    let authorizer = builder().keys(jwks(&[key_a()])).build().unwrap();
    let n = key_a().jwk()["n"].as_str().unwrap().to_owned();
    assert!(!format!("{authorizer:?} {:?}", builder().keys(jwks(&[key_a()]))).contains(&n));
}

/// A host may have two backends in its tree, and then the default of the process panics.
#[test]
fn no_process_wide_default_is_read() {
    static BROKEN: CryptoProvider = CryptoProvider {
        signer_factory: |_, _| panic!("the default was asked"),
        verifier_factory: |_, _| panic!("the default was asked"),
        key_utils: KeyUtils::new_unimplemented(),
    };
    let authorizer = builder().keys(jwks(&[key_a()])).token_cache(0).build().unwrap();
    assert!(ask(&authorizer, &key_a().sign(&claims(json!({}))), &[]).is_ok());
    assert!(BROKEN.install_default().is_ok(), "nobody asked for the default before");
    assert!(ask(&authorizer, &key_a().sign(&claims(json!({}))), &[]).is_ok());
}
