//! What of a token is checked, in the order of the specification, and how a refusal looks.

use std::time::Duration;

use gateway_auth::{JwtAuthorizer, SignatureAlgorithm};
use gateway_core::{Authorizer, ErrorKind};
use serde_json::json;

use crate::support::*;

fn authorizer() -> JwtAuthorizer {
    builder().keys(jwks(&[key_a(), key_b()])).build().unwrap()
}

fn challenge(request: http::request::Builder) -> String {
    let parts = request.body(()).unwrap().into_parts().0;
    let context = context(&parts, &Default::default(), &[]);
    let error = authorizer().authorize_now(&parts, &context).unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
    error.header().unwrap().1.to_str().unwrap().to_owned()
}

#[test]
fn a_good_token_tells_who_calls() {
    let over = json!({ "cognito:groups": ["admins", "users"], "admin": true, "scope": "a b", "x": { "y": [1] } });
    let token = key_a().sign(&claims(over));
    let alice = ask(&authorizer(), &token, &[]).unwrap();
    assert_eq!(alice.principal_id(), "alice");
    let text = |name: &str| alice.claims().get(name).map(String::as_str);
    assert_eq!(text("exp"), Some("1704067800"));
    assert_eq!(text("cognito:groups"), Some("[admins users]"));
    assert_eq!(text("admin"), Some("true"));
    assert_eq!(text("scope"), Some("a b"));
    assert_eq!(text("x"), Some(r#"{"y":[1]}"#));
    assert_eq!(alice.claims().len(), 9);
    assert!(alice.scopes().is_empty(), "a route without scopes shows none");
    assert_eq!(ask(&authorizer(), &token, &["b"]).unwrap().scopes(), ["a", "b"]);
}

#[test]
fn without_a_token_the_challenge_is_bare() {
    assert_eq!(challenge(http::Request::get("/")), "Bearer");
    assert_eq!(challenge(http::Request::get("/").header("authorization", "")), "Bearer");
    assert_eq!(challenge(http::Request::get("/").header("authorization", "bearer")), "Bearer");
}

#[test]
fn the_token_comes_bare_or_as_a_bearer() {
    let token = key_a().sign(&claims(json!({})));
    for value in [token.clone(), format!("Bearer {token}"), format!("bEARER {token}")] {
        let parts = http::Request::get("/").header("authorization", value).body(()).unwrap().into_parts().0;
        let context = context(&parts, &Default::default(), &[]);
        assert!(authorizer().authorize_now(&parts, &context).unwrap().is_ok());
    }
    let twice = http::Request::get("/").header("authorization", &token).header("authorization", &token);
    assert!(challenge(twice).contains("the token is malformed"));
    let in_query = builder().keys(jwks(&[key_a()])).identity_source("$request.querystring.t").build().unwrap();
    let parts = http::Request::get(format!("/?t={token}")).body(()).unwrap().into_parts().0;
    let context = context(&parts, &Default::default(), &[]);
    assert!(in_query.authorize_now(&parts, &context).unwrap().is_ok());
}

#[test]
fn what_is_no_token_is_malformed() {
    let good = key_a().sign(&claims(json!({})));
    let header = r#"{"alg":"RS256","kid":"a"}"#;
    for token in [
        "x".to_owned(),
        "a.b.c".to_owned(),
        format!("{good}."),
        format!("{good}="),
        format!("{good} "),
        "A".repeat(16 * 1024 + 1),
        key_a().sign_raw("RS256", r#"{"alg":"RS256","kid":"a","crit":["x"],"x":1}"#, "{}"),
        key_a().sign_raw("RS256", r#"{"alg":"RS256","kid":"a","b64":false}"#, &claims(json!({})).to_string()),
        key_a().sign_raw("RS256", r#"{"alg":"RS256","alg":"RS256","kid":"a"}"#, &claims(json!({})).to_string()),
        key_a().sign_raw("RS256", header, "Test"),
        key_a().sign_raw("RS256", header, "[]"),
        key_a().sign_raw("RS256", header, &claims(json!({})).to_string().replace("{", r#"{"sub":"bob","#)),
        key_a().sign(&claims(json!({ "exp": null }))),
        key_a().sign(&claims(json!({ "exp": (NOW + 600).to_string() }))),
        key_a().sign(&claims(json!({ "nbf": "0" }))),
        key_a().sign(&claims(json!({ "iat": [0] }))),
        key_a().sign(&claims(json!({ "aud": 5 }))),
        key_a().sign(&claims(json!({ "iss": [ISSUER] }))),
    ] {
        assert_eq!(why(ask(&authorizer(), &token, &[])), "the token is malformed", "{token}");
    }
}

#[test]
fn the_algorithm_must_be_one_that_is_taken() {
    let p256 = Signer::p256("e");
    let signers = [key_a(), &p256];
    let aws = builder().keys(jwks(&signers)).build().unwrap();
    for alg in ["RS256", "RS384", "RS512"] {
        assert!(ask(&aws, &key_a().sign_with(alg, &claims(json!({}))), &[]).is_ok(), "{alg}");
    }
    let refused = "the token has an unsupported signature algorithm";
    for alg in ["PS256", "PS384", "PS512", "HS256", "none", "NONE", "rs256", ""] {
        assert_eq!(why(ask(&aws, &key_a().sign_with(alg, &claims(json!({}))), &[])), refused, "{alg}");
    }
    assert_eq!(why(ask(&aws, &p256.sign_with("ES256", &claims(json!({}))), &[])), refused);
    let unsigned = key_a().sign_raw("RS256", r#"{"alg":"none"}"#, &claims(json!({})).to_string());
    let unsigned = format!("{}.", unsigned.rsplit_once('.').unwrap().0);
    assert_eq!(why(ask(&aws, &unsigned, &[])), refused);
}

#[test]
fn other_algorithms_can_be_asked_for() {
    let (p256, p384, ed) = (Signer::p256("e"), Signer::p384("f"), Signer::ed25519("g"));
    let p521 = Signer::p521("h");
    let keys = jwks(&[key_a(), &p256, &p384, &p521, &ed]);
    let all = builder().keys(keys).algorithms(SignatureAlgorithm::ALL.iter().copied()).build().unwrap();
    let tokens = [
        (key_a(), "RS256"),
        (key_a(), "PS256"),
        (key_a(), "PS384"),
        (key_a(), "PS512"),
        (&p256, "ES256"),
        (&p384, "ES384"),
        (&p521, "ES512"),
        (&ed, "EdDSA"),
    ];
    for (signer, alg) in tokens {
        let token = signer.sign_with(alg, &claims(json!({})));
        assert!(ask(&all, &token, &[]).is_ok(), "{alg}");
        let other = key_b().sign_raw(
            "RS256",
            &json!({ "alg": alg, "kid": signer.kid }).to_string(),
            &claims(json!({})).to_string(),
        );
        assert_eq!(why(ask(&all, &other, &[])), "invalid signature", "{alg}");
    }
    // The key's type decides too: an RSA key does not answer for an elliptic curve, nor the other way round.
    let mixed = key_a().sign_raw("RS256", r#"{"alg":"ES256","kid":"a"}"#, &claims(json!({})).to_string());
    assert_eq!(why(ask(&all, &mixed, &[])), "signing key not found");
}

#[test]
fn the_key_is_the_one_that_the_header_names() {
    let body = claims(json!({})).to_string();
    let signed = |header: &str| key_a().sign_raw("RS256", header, &body);
    let two = authorizer();
    assert!(ask(&two, &signed(r#"{"alg":"RS256","kid":"a"}"#), &[]).is_ok());
    assert_eq!(why(ask(&two, &signed(r#"{"alg":"RS256","kid":"b"}"#), &[])), "invalid signature");
    assert_eq!(why(ask(&two, &signed(r#"{"alg":"RS256","kid":"A"}"#), &[])), "signing key not found");
    assert_eq!(why(ask(&two, &signed(r#"{"alg":"RS256","kid":""}"#), &[])), "signing key not found");
    assert_eq!(why(ask(&two, &signed(r#"{"alg":"RS256"}"#), &[])), "signing key not found", "which one?");
    let one = builder().keys(jwks(&[key_a()])).build().unwrap();
    assert!(ask(&one, &signed(r#"{"alg":"RS256"}"#), &[]).is_ok(), "there is only one");
    let mut anonymous = key_a().jwk();
    anonymous.as_object_mut().unwrap().remove("kid");
    let one = builder().keys(json!({ "keys": [anonymous] })).build().unwrap();
    assert!(ask(&one, &signed(r#"{"alg":"RS256"}"#), &[]).is_ok());
    assert_eq!(why(ask(&one, &signed(r#"{"alg":"RS256","kid":"a"}"#), &[])), "signing key not found");
    let mut restricted = key_a().jwk();
    restricted["alg"] = json!("RS512");
    let one = builder().keys(json!({ "keys": [restricted] })).build().unwrap();
    assert_eq!(why(ask(&one, &signed(r#"{"alg":"RS256","kid":"a"}"#), &[])), "signing key not found");
}

#[test]
fn a_changed_token_is_not_the_issuers() {
    let (good, other) = (key_a().sign(&claims(json!({}))), key_a().sign(&claims(json!({ "sub": "mallory" }))));
    let (signed, _) = other.rsplit_once('.').unwrap();
    let (_, signature) = good.rsplit_once('.').unwrap();
    assert_eq!(why(ask(&authorizer(), &format!("{signed}.{signature}"), &[])), "invalid signature");
    assert_eq!(why(ask(&authorizer(), &format!("{signed}."), &[])), "invalid signature");
}

#[test]
fn the_signature_is_judged_before_the_claims() {
    let forged = key_b().sign_raw("RS256", r#"{"alg":"RS256","kid":"a"}"#, r#"{"exp":1,"iss":"x"}"#);
    assert_eq!(why(ask(&authorizer(), &forged, &[])), "invalid signature");
}

#[test]
fn issuer_and_audience_must_be_known() {
    for (over, text) in [
        (json!({ "iss": format!("{ISSUER}/") }), "the token has an invalid issuer"),
        (json!({ "iss": "https://ISSUER.example/pool" }), "the token has an invalid issuer"),
        (json!({ "iss": null }), "the token has an invalid issuer"),
        (json!({ "aud": "other" }), "the token does not have a valid audience"),
        (json!({ "aud": ["other", "third"] }), "the token does not have a valid audience"),
        (json!({ "aud": [] }), "the token does not have a valid audience"),
        (json!({ "aud": null }), "the token does not have a valid audience"),
        (json!({ "aud": "other", "client_id": "pets" }), "the token does not have a valid audience"),
        (json!({ "aud": null, "client_id": "other" }), "the token does not have a valid audience"),
    ] {
        assert_eq!(why(ask(&authorizer(), &key_a().sign(&claims(over.clone())), &[])), text, "{over}");
    }
    for over in [json!({ "aud": ["x", "shop"] }), json!({ "aud": null, "client_id": "pets" })] {
        assert!(ask(&authorizer(), &key_a().sign(&claims(over.clone())), &[]).is_ok(), "{over}");
    }
}

#[test]
fn an_audience_may_be_left_out_only_where_that_is_said() {
    let optional = builder().keys(jwks(&[key_a()])).audience_optional().build().unwrap();
    assert!(ask(&optional, &key_a().sign(&claims(json!({ "aud": null }))), &[]).is_ok());
    for over in [json!({ "aud": "other" }), json!({ "aud": [] }), json!({ "aud": null, "client_id": "other" })] {
        let refused = ask(&optional, &key_a().sign(&claims(over.clone())), &[]);
        assert_eq!(why(refused), "the token does not have a valid audience", "{over}");
    }
}

#[test]
fn times_are_judged_on_the_gateways_clock() {
    for (over, skew, text) in [
        (json!({ "exp": NOW }), 0, Some("the token has expired")),
        (json!({ "exp": NOW + 1 }), 0, None),
        (json!({ "exp": NOW }), 1, None),
        (json!({ "exp": NOW - 60 }), 60, Some("the token has expired")),
        (json!({ "nbf": NOW }), 0, None),
        (json!({ "nbf": NOW + 1 }), 0, Some("the token is not yet valid")),
        (json!({ "nbf": NOW + 60 }), 60, None),
        (json!({ "iat": NOW + 1 }), 0, Some("the token was issued in the future")),
        (json!({ "iat": NOW + 60 }), 60, None),
        (json!({ "iat": null }), 0, None),
    ] {
        let authorizer = builder().keys(jwks(&[key_a()])).clock_skew(Duration::from_secs(skew)).build().unwrap();
        let answer = ask(&authorizer, &key_a().sign(&claims(over.clone())), &[]);
        match text {
            Some(text) => assert_eq!(why(answer), text, "{over}"),
            None => assert!(answer.is_ok(), "{over}"),
        }
    }
}

#[test]
fn one_scope_of_the_route_is_needed() {
    for (over, passes) in [
        (json!({ "scope": "x write" }), true),
        (json!({ "scp": "read x" }), true),
        (json!({ "scp": ["x", "read"] }), true),
        (json!({ "scope": "x", "scp": ["write"] }), true),
        (json!({ "scope": "reads" }), false),
        (json!({ "scope": "READ" }), false),
        (json!({ "scp": [] }), false),
        (json!({}), false),
    ] {
        let token = key_a().sign(&claims(over.clone()));
        assert!(ask(&authorizer(), &token, &[]).is_ok());
        let answer = ask(&authorizer(), &token, &["read", "write"]);
        if passes {
            assert!(answer.is_ok(), "{over}");
            continue;
        }
        let error = answer.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AccessDenied, "{over}");
        assert_eq!(
            error.header().unwrap().1,
            r#"Bearer scope="read write" error="insufficient_scope" error_description="the token does not have a required scope""#
        );
    }
}

#[test]
fn an_authorizer_that_stands_alone_has_scopes_of_its_own() {
    let alone = builder().keys(jwks(&[key_a()])).scopes(["read"]).build().unwrap();
    let token = |scope: &str| key_a().sign(&claims(json!({ "scope": scope })));
    assert!(ask(&alone, &token("read"), &[]).is_ok());
    assert!(ask(&alone, &token("read"), &["other"]).is_ok(), "its own come first");
    assert_eq!(ask(&alone, &token("other"), &["other"]).unwrap_err().kind(), ErrorKind::AccessDenied);
}

#[test]
fn refusals_hold_nothing_of_the_token() {
    let secret = "s3cr3t-value";
    for token in [
        key_a().sign(&claims(json!({ "iss": secret }))),
        key_a().sign(&claims(json!({ "aud": secret }))),
        key_a().sign(&claims(json!({ "exp": secret }))),
        key_a().sign_raw("RS256", &json!({ "alg": secret }).to_string(), "{}"),
        key_a().sign_raw("RS256", &json!({ "alg": "RS256", "kid": secret }).to_string(), "{}"),
        secret.to_owned(),
    ] {
        let error = ask(&authorizer(), &token, &[]).unwrap_err();
        let seen = format!("{error} {error:?} {:?} {:?}", error.header(), std::error::Error::source(&error));
        assert!(!seen.contains(secret), "{seen}");
        assert!(!seen.contains(&token), "{seen}");
    }
}
