//! What an HTTP API must do with tokens, row by row; and documents that name several issuers.

use std::sync::Arc;

use gateway_auth::{JwtAuthorizer, JwtIssuers, SignatureAlgorithm};
use gateway_core::{
    Api, Authorizer, Definition, ManualClock, Route, StageDefinition,
    config::AuthorizerConfig,
    openapi::{self, ExportOptions, ImportOptions, Specification},
    testing::{RecordingIntegration, TestGateway},
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::*;

fn gateway(scopes: &[&str]) -> (TestGateway, RecordingIntegration) {
    let backend = RecordingIntegration::answering("ok");
    let authorizer = builder().keys(jwks(&[key_a(), &Signer::p256("e")])).build().unwrap();
    let route = Route::to(backend.clone()).authorizer(authorizer).scopes(scopes.iter().copied());
    let api = Api::http("pets").route("GET /pets", route).stage(StageDefinition::new("$default"));
    (TestGateway::new(Definition::new().api(api)).unwrap(), backend)
}

async fn send(gateway: &TestGateway, token: &str) -> (u16, String, String) {
    let request = http::Request::get("/pets").header("authorization", token);
    let answer = gateway.send(request).await;
    (answer.status.as_u16(), answer.text().to_owned(), answer.header("www-authenticate").to_owned())
}

#[tokio::test]
async fn check_8_an_audience_decides_over_the_client() {
    let (gateway, _) = gateway(&[]);
    let wrong = key_a().sign(&claims(json!({ "aud": "x", "client_id": "pets" })));
    let challenge =
        r#"Bearer scope="" error="invalid_token" error_description="the token does not have a valid audience""#;
    let refused = (401, r#"{"message":"Unauthorized"}"#.to_owned(), challenge.to_owned());
    assert_eq!(send(&gateway, &wrong).await, refused);
    let without = key_a().sign(&claims(json!({ "aud": null, "client_id": "pets" })));
    assert_eq!(send(&gateway, &without).await.0, 200);
}

#[tokio::test]
async fn check_9_claims_are_text_and_scopes_are_told_where_the_route_has_some() {
    let token = key_a().sign(&claims(json!({ "cognito:groups": ["a", "b"], "level": 3, "scope": "r w" })));
    for (scopes, told) in [(&[][..], &[][..]), (&["w"], &["r", "w"])] {
        let (gateway, backend) = gateway(scopes);
        assert_eq!(send(&gateway, &token).await.0, 200);
        let calls = backend.calls();
        let context = calls[0].context.as_ref().unwrap();
        assert_eq!(context.lookup("authorizer.claims.cognito:groups").as_deref(), Some("[a b]"));
        assert_eq!(context.lookup("authorizer.claims.level").as_deref(), Some("3"));
        assert_eq!(context.lookup("authorizer.claims"), None);
        assert_eq!(context.authorization().unwrap().scopes(), told);
    }
}

#[tokio::test]
async fn check_10_an_elliptic_curve_is_refused_and_no_token_is_a_bare_challenge() {
    let (gateway, _) = gateway(&[]);
    let curve = Signer::p256("e").sign_with("ES256", &claims(json!({})));
    assert_eq!(send(&gateway, &curve).await.0, 401);
    let answer = gateway.send(http::Request::get("/pets")).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (401, r#"{"message":"Unauthorized"}"#));
    assert_eq!(answer.header("www-authenticate"), "Bearer");
}

#[test]
fn a_document_may_name_several_issuers_and_an_audience_for_a_pool() {
    let scheme = |authorizer: Value| json!({ "type": "apiKey", "in": "header", "name": "Authorization", "x-amazon-apigateway-authorizer": authorizer });
    let issuers = json!([
        { "issuer": "https://one.example", "audiences": ["pets"],
          "additionalClaims": [{ "claimName": "tenant", "required": true, "expectedValues": ["t1"] }] },
        { "issuer": "https://two.example", "audiences": ["pets", "shop"] },
    ]);
    let pool = json!(["arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_pool"]);
    let document = json!({
        "openapi": "3.0.1", "info": { "title": "pets", "version": "1" },
        "paths": { "/pets": { "get": {
            "security": [{ "tokens": ["read"] }], "x-amazon-apigateway-integration": { "type": "mock" },
        } } },
        "components": { "securitySchemes": {
            "tokens": scheme(json!({
                "type": "jwt", "jwtConfiguration": { "issuers": issuers, "defaultAlgorithms": ["RS256", "ES256"] },
            })),
            "pool": scheme(json!({
                "type": "cognito_user_pools", "providerARNs": pool, "identityValidationExpression": "client.*",
            })),
        } },
    });
    let api = openapi::import(&document.to_string(), &ImportOptions::default()).unwrap().api;
    let named = |api: &gateway_core::config::ApiConfig, name: &str| api.authorizers[name].get().unwrap().clone();
    let AuthorizerConfig::Jwt(tokens) = named(&api, "tokens") else { panic!("a JWT authorizer") };
    assert_eq!(tokens.algorithms, ["RS256", "ES256"]);
    assert_eq!(tokens.identity_source.as_deref(), Some("method.request.header.Authorization"));
    let first = &tokens.issuers[0];
    assert_eq!((first.issuer.as_str(), &*first.audiences), ("https://one.example", &["pets".to_owned()][..]));
    assert_eq!((first.additional_claims[0].claim_name.as_str(), first.additional_claims[0].required), ("tenant", true));
    assert_eq!(tokens.issuers[1].audiences, ["pets", "shop"]);
    let AuthorizerConfig::CognitoUserPools(cognito) = named(&api, "pool") else { panic!("a pool") };
    assert_eq!(cognito.identity_validation_expression.as_deref(), Some("client.*"));

    let exported = openapi::export(&api, &ExportOptions::new(Specification::Oas30, "prod").extensions(true)).unwrap();
    let again = openapi::import(&exported.to_string(), &ImportOptions::default()).unwrap().api;
    assert_eq!(named(&again, "tokens"), named(&api, "tokens"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn several_issuers_refuse_any_text(
        token in prop_oneof![".{0,80}", "[A-Za-z0-9_-]{0,20}\\.[A-Za-z0-9_-]{0,60}\\.[A-Za-z0-9_-]{0,20}"],
    ) {
        let issuer = |name: &str, signer: &Signer| {
            JwtAuthorizer::builder(name).audience(["a"]).algorithms([SignatureAlgorithm::Rs256]).keys(jwks(&[signer])).build()
        };
        let both = JwtIssuers::new([issuer("one", key_a()).unwrap(), issuer("two", key_b()).unwrap()]).unwrap();
        let mut request = http::Request::get("/");
        if let Ok(value) = http::HeaderValue::from_bytes(token.as_bytes()) {
            request = request.header("authorization", value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let context = context(&parts, &Arc::new(ManualClock::default()), &[]);
        let error = both.authorize_now(&parts, &context).unwrap().unwrap_err();
        prop_assert_eq!(error.status().as_u16(), 401);
    }
}
