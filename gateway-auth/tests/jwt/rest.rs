//! REST APIs: Cognito user pools, and several issuers.

use std::sync::Arc;

use gateway_auth::{CognitoAuthorizer, JwtAuthorizer, JwtAuthorizers, JwtError, JwtIssuers, KeySet, KeySource};
use gateway_core::{
    Authorizer, Definition, ManualClock, Problem,
    config::{ApiConfig, AuthorizerFactory, AuthorizerPlace, Config, Registry},
    testing::{RecordingIntegration, TestGateway, TestResponse},
};
use serde_json::{Value, json};

use crate::support::*;

const POOL: &str = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_pool";
const POOL_ISSUER: &str = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_pool";
const OTHER_POOL: &str = "arn:aws:cognito-idp:us-east-1:210987654321:userpool/us-east-1_other";
const OTHER_ISSUER: &str = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_other";

fn keys(signer: &Signer) -> Arc<KeySource> {
    Arc::new(KeySource::fixed(KeySet::from_value(jwks(&[signer])).unwrap()))
}

/// An ID token's claims.
fn id(over: Value) -> Value {
    let mut id = json!({ "iss": POOL_ISSUER, "token_use": "id", "aud": "client1", "cognito:groups": ["a", "b"] });
    id.as_object_mut().unwrap().extend(over.as_object().unwrap().clone());
    claims(id)
}

/// An access token's claims.
fn access(scope: &str) -> Value {
    id(json!({ "token_use": "access", "aud": null, "client_id": "client1", "scope": scope }))
}

/// A gateway with a route for ID tokens and one for access tokens with scopes.
fn gateway(factory: JwtAuthorizers, authorizer: Value) -> (TestGateway, RecordingIntegration) {
    let route = |key: &str, scopes: Value| {
        json!({ "route": key, "authorizer": "pool", "authorizationScopes": scopes,
                "integration": { "type": "service", "name": "pets" } })
    };
    let config = json!({ "apis": [{
        "name": "pets", "protocolType": "REST", "authorizers": { "pool": authorizer },
        "routes": [route("GET /id", json!([])), route("GET /access", json!(["pets/read", "pets/write"]))],
        "stages": [{ "name": "prod" }],
    }] });
    let backend = RecordingIntegration::answering("ok");
    let registry = Registry::new().authorizers(factory).service("pets", backend.clone());
    (TestGateway::new(Config::from_value(config).unwrap().define(&registry)).unwrap(), backend)
}

async fn send(gateway: &TestGateway, path: &str, token: &str) -> TestResponse {
    let request = http::Request::get(format!("/prod{path}"));
    gateway.send(if token.is_empty() { request } else { request.header("authorization", token) }).await
}

fn told(response: &TestResponse) -> (u16, &str, &str) {
    assert_eq!(response.header("www-authenticate"), "");
    (response.status.as_u16(), response.text(), response.header("x-amzn-errortype"))
}

const OK: (u16, &str, &str) = (200, "ok", "");
const UNAUTHORIZED: (u16, &str, &str) = (401, r#"{"message":"Unauthorized"}"#, "UnauthorizedException");
const EXPIRED: (u16, &str, &str) = (401, r#"{"message":"The incoming token has expired"}"#, "UnauthorizedException");

#[tokio::test]
async fn check_18_cognito_takes_the_kind_of_token_that_the_method_asks_for() {
    let idp = Idp::with(&[]);
    idp.set(&format!("{POOL_ISSUER}/.well-known/jwks.json"), Reply::Json(jwks(&[key_a()])));
    idp.set(&format!("{OTHER_ISSUER}/.well-known/jwks.json"), Reply::Json(jwks(&[key_b()])));
    let config = json!({ "type": "cognito_user_pools", "providerARNs": [POOL, OTHER_POOL],
                         "identitySource": "method.request.header.Authorization" });
    let (gateway, backend) = gateway(JwtAuthorizers::new().with_client(idp.clone()), config);
    let a = |claims: Value| key_a().sign(&claims);
    for (path, token, outcome) in [
        ("/id", a(id(json!({}))), OK),
        ("/id", format!("Bearer {}", a(id(json!({})))), OK),
        ("/id", key_b().sign(&id(json!({ "iss": OTHER_ISSUER }))), OK),
        ("/id", a(access("pets/read")), UNAUTHORIZED),
        ("/access", a(access("pets/read x")), OK),
        ("/access", a(access("pets")), UNAUTHORIZED),
        ("/access", a(id(json!({}))), UNAUTHORIZED),
        ("/access", a(id(json!({ "scope": "pets/read" }))), UNAUTHORIZED),
        ("/id", a(id(json!({ "token_use": null }))), UNAUTHORIZED),
        ("/id", a(id(json!({ "token_use": ["id"] }))), UNAUTHORIZED),
        ("/id", a(id(json!({ "iss": OTHER_ISSUER }))), UNAUTHORIZED),
        ("/id", a(id(json!({ "iss": "https://elsewhere.example" }))), UNAUTHORIZED),
        ("/id", a(id(json!({ "exp": NOW - 1 }))), EXPIRED),
        ("/id", "a.b.c".to_owned(), UNAUTHORIZED),
        ("/id", String::new(), UNAUTHORIZED),
    ] {
        for _ in 0..2 {
            assert_eq!(told(&send(&gateway, path, &token).await), outcome, "{path} {token}");
        }
    }
    let calls = backend.calls();
    let context = calls[0].context.as_ref().unwrap();
    assert_eq!(context.lookup("authorizer.claims.cognito:groups").as_deref(), Some("a,b"));
    assert_eq!(context.lookup("authorizer.claims.sub").as_deref(), Some("alice"));
    assert_eq!(context.lookup("authorizer.claims"), None);
}

#[tokio::test]
async fn check_18_an_expression_asks_for_an_audience_which_access_tokens_have_not() {
    let authorizer = |expression: &str| {
        CognitoAuthorizer::builder().user_pool_with_keys(POOL, keys(key_a())).identity_validation(expression)
    };
    let ask = |authorizer: &CognitoAuthorizer, token: &str, scopes: &[&str]| {
        let parts = parts(token);
        let context = context(&parts, &Arc::new(ManualClock::default()), scopes);
        authorizer.authorize_now(&parts, &context).expect("the keys are there").is_ok()
    };
    let strict = authorizer("client[12]").build().unwrap();
    assert!(ask(&strict, &key_a().sign(&id(json!({}))), &[]));
    for audience in ["client3", "client12", "xclient1"] {
        assert!(!ask(&strict, &key_a().sign(&id(json!({ "aud": audience }))), &[]), "{audience}");
    }
    assert!(!ask(&strict, &key_a().sign(&access("a")), &["a"]));
    assert!(ask(&authorizer("").build().unwrap(), &key_a().sign(&access("a")), &["a"]));
    assert!(matches!(authorizer("(").build(), Err(JwtError::Expression(_))));
}

#[tokio::test]
async fn a_pool_that_cannot_be_reached_is_a_500() {
    let config = json!({ "type": "cognito_user_pools", "providerARNs": [POOL] });
    let idp = Idp::with(&[]);
    idp.set(&format!("{POOL_ISSUER}/.well-known/jwks.json"), Reply::Unreachable);
    let (gateway, _) = gateway(JwtAuthorizers::new().with_client(idp), config);
    let response = send(&gateway, "/id", &key_a().sign(&id(json!({})))).await;
    assert_eq!(told(&response), (500, r#"{"message":null}"#, "AuthorizerConfigurationException"));
}

fn issuers(second: Value) -> Value {
    json!({
        "type": "jwt", "identitySource": "method.request.header.Authorization", "algorithms": ["RS256", "ES256"],
        "issuers": [
            { "issuer": ISSUER, "audiences": ["pets"], "jwks": jwks(&[key_a()]),
              "additionalClaims": [
                  { "claimName": "tenant", "format": "SINGLE_STRING", "required": true, "expectedValues": ["t1", "t2"] },
                  { "claimName": "device", "expectedValues": ["phone"] },
              ] },
            second,
        ],
    })
}

#[tokio::test]
async fn several_issuers_have_keys_audiences_and_claims_of_their_own() {
    let curve = Signer::p256("e");
    let second = json!({ "issuer": "https://other.example", "audiences": ["shop"], "jwks": jwks(&[&curve]) });
    let (gateway, backend) = gateway(JwtAuthorizers::new(), issuers(second));
    let first = |over: Value| {
        let mut all = json!({ "tenant": "t1" });
        all.as_object_mut().unwrap().extend(over.as_object().unwrap().clone());
        key_a().sign(&claims(all))
    };
    let other = |over: Value| {
        let mut all = json!({ "iss": "https://other.example", "aud": ["x", "shop"] });
        all.as_object_mut().unwrap().extend(over.as_object().unwrap().clone());
        curve.sign_with("ES256", &claims(all))
    };
    let scope_missing =
        (403, r#"{"Message":"User is not authorized to access this resource"}"#, "AccessDeniedException");
    for (path, token, outcome) in [
        ("/id", first(json!({})), OK),
        ("/id", other(json!({})), OK),
        ("/access", other(json!({ "scp": ["pets/write"] })), OK),
        ("/access", other(json!({ "scope": "a b" })), scope_missing),
        ("/id", first(json!({ "tenant": "t3" })), UNAUTHORIZED),
        ("/id", first(json!({ "tenant": null })), UNAUTHORIZED),
        ("/id", first(json!({ "tenant": ["t1"] })), UNAUTHORIZED),
        ("/id", first(json!({ "device": "phone" })), OK),
        ("/id", first(json!({ "device": "Phone" })), UNAUTHORIZED),
        ("/id", first(json!({ "aud": "shop" })), UNAUTHORIZED),
        ("/id", first(json!({ "aud": null, "client_id": "pets" })), UNAUTHORIZED),
        ("/id", first(json!({ "iss": "https://other.example", "aud": "shop" })), UNAUTHORIZED),
        ("/id", first(json!({ "iss": format!("{ISSUER}/") })), UNAUTHORIZED),
        ("/id", other(json!({ "exp": NOW })), EXPIRED),
    ] {
        for _ in 0..2 {
            assert_eq!(told(&send(&gateway, path, &token).await), outcome, "{path} {token}");
        }
    }
    assert_eq!(backend.calls()[2].context.as_ref().unwrap().lookup("authorizer.claims.aud").as_deref(), Some("x,shop"));
}

type Change = &'static dyn Fn(&mut Value);

#[test]
fn wrong_issuers_have_their_places() {
    let problem = |change: Change| -> Problem {
        let mut config =
            issuers(json!({ "issuer": "https://other.example", "audiences": ["shop"], "jwks": jwks(&[key_b()]) }));
        change(&mut config);
        let config = serde_json::from_value(config).unwrap();
        let (api, registry) = (ApiConfig::default(), Registry::new());
        let place = AuthorizerPlace::new(&api, "jwt", &registry);
        JwtAuthorizers::new().authorizer(&config, place).unwrap().err().expect("a problem")
    };
    let cases: &[(&str, Change)] = &[
        ("/issuers", &|config| config["issuers"][1]["issuer"] = ISSUER.into()),
        ("/issuers/1/issuer", &|config| config["issuers"][1]["issuer"] = "http://other.example".into()),
        ("/issuers/1/issuer", &|config| config["issuers"][1]["issuer"] = "https://u@other.example".into()),
        ("/issuers/1/issuer", &|config| config["issuers"][1]["issuer"] = "https://other.example?x".into()),
        ("/issuers/1/audiences", &|config| config["issuers"][1]["audiences"] = json!([])),
        ("/issuers/1/audiences", &|config| config["issuers"][1]["audiences"] = json!([""])),
        ("/issuers/0/additionalClaims/1/claimName", &|config| {
            config["issuers"][0]["additionalClaims"][1]["claimName"] = "tenant".into();
        }),
        ("/issuers/0/additionalClaims/0/claimName", &|config| {
            config["issuers"][0]["additionalClaims"][0]["claimName"] = "scope".into();
        }),
        ("/issuers/0/additionalClaims/0/format", &|config| {
            config["issuers"][0]["additionalClaims"][0]["format"] = "LIST".into();
        }),
        ("/algorithms", &|config| config["algorithms"] = json!([])),
        ("/algorithms/0", &|config| config["algorithms"] = json!(["HS256"])),
        ("/identitySource", &|config| config["identitySource"] = Value::Null),
        ("/identitySource", &|config| config["identitySource"] = "method.request.querystring.token".into()),
        ("/issuer", &|config| config["issuer"] = ISSUER.into()),
    ];
    for (pointer, change) in cases {
        assert_eq!(problem(change).pointer, *pointer);
    }
}

#[tokio::test]
async fn in_code_too_each_issuer_is_its_own() {
    let issuer =
        |name: &str, signer: &Signer| JwtAuthorizer::builder(name).audience(["pets"]).keys(jwks(&[signer])).build();
    let both = || [issuer(ISSUER, key_a()).unwrap(), issuer("two", key_b()).unwrap()];
    let authorizer = JwtIssuers::new(both()).unwrap().identity_source("$request.header.x-token").unwrap();
    let api = gateway_core::Api::rest("pets")
        .route("GET /id", gateway_core::Route::to(RecordingIntegration::answering("ok")).authorizer(authorizer))
        .stage(gateway_core::StageDefinition::new("prod"));
    let gateway = TestGateway::new(Definition::new().api(api)).unwrap();
    for (token, status) in [
        (key_a().sign(&claims(json!({}))), 200),
        (key_b().sign(&claims(json!({ "iss": "two" }))), 200),
        (key_b().sign(&claims(json!({}))), 401),
    ] {
        let request = http::Request::get("/prod/id").header("x-token", token);
        assert_eq!(gateway.send(request).await.status.as_u16(), status);
    }
    assert!(matches!(JwtIssuers::new([]), Err(JwtError::Issuers)));
    let [one, _] = both();
    let [two, _] = both();
    assert!(matches!(JwtIssuers::new([one, two]), Err(JwtError::Issuers)));
}
