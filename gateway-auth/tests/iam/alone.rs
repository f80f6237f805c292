//! IAM by configuration, by OpenAPI, as a layer alone, and where a connection is opened.

use std::{convert::Infallible, sync::Arc};

use gateway_auth::{Credential, IamAuthorizer, IamAuthorizers, PolicyDocument, ResourcePolicies, StaticCredentials};
use gateway_core::{
    Authorizer, Body, Clock, Context, Definition, Error, Gateway, Identity, ManualClock, Random, Request, Response,
    RouteFacts, RouteSettings, StageFacts,
    config::{Config, Registry},
    openapi::{self, ImportOptions},
    testing::{RecordingIntegration, TestGateway},
};
use serde_json::{Value, json};
use tower::{Layer, ServiceExt, service_fn};

use crate::support::*;

fn credentials() -> StaticCredentials {
    let text = json!({ "credentials": [{
        "accessKeyId": KEY, "secretAccessKey": SECRET,
        "userArn": "arn:aws:iam::123456789012:user/alice", "userId": "AIDAALICE",
        "policies": [{ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "arn:aws:execute-api:*:*:*/GET/pets*" },
        ] }],
    }] });
    StaticCredentials::from_json(&text.to_string()).unwrap()
}

fn registry() -> Registry {
    Registry::new()
        .authorizers(IamAuthorizers::new(IamAuthorizer::new(credentials())))
        .policies(ResourcePolicies)
        .service("ok", RecordingIntegration::answering("ok"))
}

fn api(policy: Value) -> Value {
    let route = |key: &str| json!({ "route": key, "iamAuthorization": true, "integration": { "type": "service", "name": "ok" } });
    let mut named = route("GET /pets/{id}");
    named["iamAuthorization"] = false.into();
    named["authorizer"] = "signed".into();
    json!({ "apis": [{
        "name": "pets", "protocolType": "REST", "id": "a1b2c3", "accountId": "123456789012", "region": REGION,
        "policy": policy, "authorizers": { "signed": { "type": "aws_iam" } },
        "routes": [route("GET /pets"), route("POST /pets"), named],
        "stages": [{ "name": "prod" }],
    }] })
}

async fn statuses(gateway: &TestGateway, calls: &[(&str, &str)]) -> Vec<u16> {
    let mut found = Vec::new();
    for (method, path) in calls {
        let request = http::Request::builder().method(*method).uri(*path);
        let request = signed_now(request, "", gateway.clock().now());
        found.push(gateway.send_request(request).await.status.as_u16());
    }
    found
}

const CALLS: &[(&str, &str)] = &[("GET", "/prod/pets"), ("POST", "/prod/pets"), ("GET", "/prod/pets/7")];

#[tokio::test]
async fn a_definition_as_data_asks_for_signatures_and_has_a_policy() {
    let only_seven = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/prod/GET/pets" },
        { "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::123456789012:user/alice" },
          "Action": "execute-api:Invoke", "Resource": "execute-api:/prod/POST/*" },
    ] });
    for (policy, expected) in [(Value::Null, [200, 403, 200]), (only_seven, [403, 200, 200])] {
        let config = Config::from_value(api(policy)).unwrap();
        let gateway = TestGateway::new(config.define(&registry())).unwrap();
        assert_eq!(statuses(&gateway, CALLS).await, expected);
        assert_eq!(gateway.send(http::Request::get("/prod/pets/7")).await.status, 403);
    }
}

#[test]
fn a_wrong_policy_has_its_place_in_the_definition() {
    let config = Config::from_value(api(json!({ "Statement": [{ "Effect": "allow" }] }))).unwrap();
    let problems = Gateway::new(config.define(&registry())).unwrap_err();
    assert_eq!(problems.all()[0].pointer, "/apis/0/policy/Statement/0/Effect");
}

#[tokio::test]
async fn an_openapi_document_asks_for_signatures_and_has_a_policy() {
    let operation = json!({
        "security": [{ "sigv4": [] }],
        "x-amazon-apigateway-integration": { "type": "http_proxy", "httpMethod": "GET", "uri": "http://backend.example" },
    });
    let document = json!({
        "openapi": "3.0.1", "info": { "title": "pets", "version": "1" },
        "paths": { "/pets": { "get": operation, "post": operation } },
        "components": { "securitySchemes": { "sigv4": {
            "type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4",
        } } },
        "x-amazon-apigateway-policy": { "Version": "2012-10-17", "Statement": [
            { "Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/prod/POST/*" },
        ] },
    });
    for options in [ImportOptions::new(), ImportOptions::new().account("123456789012", REGION).api_id("a1b2c3")] {
        let mut imported = openapi::import(&document.to_string(), &options).unwrap().api;
        imported.stages = serde_json::from_value(json!([{ "name": "prod" }])).unwrap();
        imported.region = Some(REGION.to_owned());
        imported.account_id = Some("123456789012".to_owned());
        let backend =
            Registry::new().authorizers(IamAuthorizers::new(open_to_alice())).policies(ResourcePolicies).integrations(
                |_: &gateway_core::config::IntegrationConfig, _: gateway_core::config::IntegrationPlace<'_>| {
                    Some(Ok(Arc::new(RecordingIntegration::answering("ok")) as Arc<dyn gateway_core::Integration>))
                },
            );
        let config = Config { apis: vec![imported.into()], ..Config::default() };
        let gateway = TestGateway::new(config.define(&backend)).unwrap();
        assert_eq!(statuses(&gateway, &[("GET", "/prod/pets"), ("POST", "/prod/pets")]).await, [200, 403]);
        assert_eq!(gateway.send(http::Request::get("/prod/pets")).await.status, 403);
    }
}

fn stage(api: &str, name: &str) -> StageFacts {
    let [account_id, region] = ["123456789012", REGION].map(str::to_owned);
    let [api_id, stage] = [api, name].map(str::to_owned);
    StageFacts { account_id, region, api_id, stage, ..StageFacts::default() }
}

async fn who(request: Request) -> Result<Response, Infallible> {
    let context = request.extensions().get::<Arc<Context>>().unwrap();
    let caller = context.lookup("identity.user").unwrap().into_owned();
    let body = request.into_body().collect().await.unwrap();
    Ok(Response::new(Body::from(format!("{caller} {}", String::from_utf8_lossy(&body)))))
}

#[tokio::test]
async fn a_layer_lets_in_or_answers() {
    let policy = identity_policy(json!({ "Effect": "Allow", "Action": "execute-api:Invoke",
        "Resource": "arn:aws:execute-api:us-east-1:123456789012:inner/live/POST/pets" }));
    let stage = stage("inner", "live");
    let clock = Arc::new(ManualClock::default());
    let authorizer = IamAuthorizer::new(store(credential().policy(policy))).for_stage(stage);
    let layer = authorizer.into_layer().with_clock(Arc::clone(&clock) as Arc<dyn Clock>);
    let call = async |request: Request| {
        let response = layer.layer(service_fn(who)).oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    };
    let good = || signed_now(http::Request::post("/pets"), "rex", clock.now());
    assert_eq!(call(good()).await, (200, "AIDAALICE rex".to_owned()));
    assert_eq!(call(good().map(|_| Body::from("rox"))).await.0, 403);
    assert_eq!(call(signed_now(http::Request::get("/pets"), "", clock.now())).await.0, 403, "another method");
    let stranger = Identity::new("arn:aws:iam::999999999999:user/eve", "AIDAEVE");
    let stranger = Credential::new(KEY, SECRET, stranger).policy(PolicyDocument::allow_all());
    let closed = IamAuthorizer::new(store(stranger)).for_stage(self::stage("inner", "live")).into_layer();
    let closed = closed.with_clock(Arc::clone(&clock) as Arc<dyn Clock>).layer(service_fn(who));
    assert_eq!(closed.oneshot(good()).await.unwrap().status(), 403, "another account");
    let unsigned = http::Request::post("/pets").body(Body::empty()).unwrap();
    assert_eq!(call(unsigned).await, (403, r#"{"message":"Missing Authentication Token"}"#.to_owned()));
}

#[tokio::test]
async fn a_layer_that_knows_no_region_says_so() {
    let layer = IamAuthorizer::new(StaticCredentials::new()).into_layer();
    let request = signed_now(http::Request::get("/"), "", then());
    assert_eq!(layer.layer(service_fn(who)).oneshot(request).await.unwrap().status(), 500);
}

/// §8.11: the resource of a handshake has no method.
#[tokio::test]
async fn a_connection_is_opened_by_its_route_key() {
    let clock = Arc::new(ManualClock::default());
    let connect = async |pattern: &str, how| {
        let policy = identity_policy(json!({ "Effect": "Allow", "Action": "execute-api:Invoke",
            "Resource": format!("arn:aws:execute-api:us-east-1:123456789012:ws/prod/{pattern}") }));
        let authorizer = IamAuthorizer::new(store(credential().policy(policy)));
        let (parts, _) = signed(http::Request::get("/prod"), "", clock.now(), how).into_parts();
        let context = Context::begin(&parts, Arc::clone(&clock) as Arc<dyn Clock>, &Random::seeded(1));
        let stage = stage("ws", "prod");
        context.set_stage(Arc::new(stage));
        let route = RouteFacts { route_key: "$connect".to_owned(), ..RouteFacts::default() };
        context.set_route(Arc::new(route));
        let found: Result<_, Error> = authorizer.authorize(&parts, &context).await;
        found.is_ok_and(|caller| !caller.is_silent())
    };
    let presigned = Signing { presigned: true, ..Signing::default() };
    for (pattern, expected) in [("$connect", true), ("*", true), ("*/*", false), ("GET/*", false)] {
        assert_eq!(connect(pattern, Signing::default()).await, expected, "{pattern}");
        assert_eq!(connect(pattern, presigned).await, expected, "{pattern}, as a browser does it");
    }
}

#[tokio::test]
async fn kept_answers_are_renewed_by_who_may() {
    let policy = |action: &str| {
        identity_policy(json!({ "Effect": "Allow", "Action": ["execute-api:Invoke", action], "Resource": "*" }))
    };
    for (action, calls) in [("execute-api:InvalidateCache", 3), ("x:y", 1)] {
        let backend = RecordingIntegration::answering("ok");
        let authorizer = IamAuthorizer::new(store(credential().policy(policy(action))));
        let stage = gateway_core::StageDefinition::new("prod")
            .cache(gateway_core::StageCache::new(1 << 20))
            .default_settings(RouteSettings::new().caching(true));
        let api = gateway_core::Api::rest("pets")
            .account("123456789012", REGION)
            .route("GET /pets", gateway_core::Route::to(backend.clone()).authorizer(authorizer))
            .stage(stage);
        let gateway = TestGateway::new(Definition::new().api(api)).unwrap();
        for renew in [true, true, false, true] {
            let request = http::Request::get("/prod/pets");
            let request = if renew { request.header("cache-control", "max-age=0") } else { request };
            let answer = gateway.send_request(signed_now(request, "", gateway.clock().now())).await;
            assert_eq!(answer.status, 200);
        }
        assert_eq!(backend.calls().len(), calls, "{action}");
    }
}

#[test]
fn credentials_in_json_tell_what_is_wrong_and_no_secret() {
    let good = || {
        json!({ "accessKeyId": KEY, "secretAccessKey": SECRET, "userId": "x",
        "userArn": "arn:aws:iam::123456789012:user/alice" })
    };
    let with = |field: &str, value: Value| {
        let mut credential = good();
        credential[field] = value;
        json!({ "credentials": [credential] })
    };
    for (document, pointer) in [
        (json!({}), "/credentials"),
        (with("secret", json!(SECRET)), "/credentials/0"),
        (with("tags", json!(SECRET)), "/credentials/0"),
        (with("userArn", json!("alice")), "/credentials/0/userArn"),
        (with("policies", json!([{}])), "/credentials/0/policies/0"),
        (with("boundaries", json!([[{ "Statement": 1 }]])), "/credentials/0/boundaries/0/0/Statement"),
        (json!({ "credentials": [good(), good()] }), "/credentials/1/accessKeyId"),
    ] {
        let problem = StaticCredentials::from_json(&document.to_string()).unwrap_err();
        assert_eq!(problem.pointer, pointer);
        assert!(!problem.to_string().contains(SECRET));
    }
    let broken = StaticCredentials::from_json(&format!("{{ \"secretAccessKey\": {SECRET}")).unwrap_err();
    assert!(!broken.to_string().contains(SECRET));
    let folder = std::env::temp_dir().join(format!("iam-credentials-{}.json", std::process::id()));
    std::fs::write(&folder, json!({ "credentials": [good()] }).to_string()).unwrap();
    assert!(StaticCredentials::from_file(&folder).is_ok());
    std::fs::remove_file(&folder).unwrap();
    assert!(StaticCredentials::from_file(&folder).is_err());
}
