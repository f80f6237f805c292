//! What lives through a reload, and what a definition says.

use gateway_core::{
    Body, Gateway, Response,
    config::{Config, Registry},
};
use gateway_integrations::{
    Integrations,
    upstream::{Health, Upstreams},
};
use hyper::body::Incoming;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{Target, client};
use crate::backend::{echo, text};

fn registry() -> (Registry, Upstreams) {
    let upstreams = Upstreams::new(client());
    let integrations = Integrations::new(client()).upstreams(upstreams.clone());
    (Registry::new().integrations(integrations), upstreams)
}

/// An HTTP API whose `GET /users/{id}` calls the upstream `users`.
fn definition(upstreams: &Value, integration: &Value) -> Config {
    let definition = json!({
        "upstreams": upstreams,
        "apis": [{
            "name": "api",
            "protocolType": "HTTP",
            "routes": [{ "route": "GET /users/{id}", "integration": integration }],
            "stages": [{ "name": "$default" }],
        }],
    });
    Config::from_value(definition).unwrap()
}

fn proxy() -> Value {
    json!({ "type": "http_proxy", "upstream": "users", "uri": "/v1/{id}" })
}

fn over(targets: &[&Target], settings: &Value) -> Value {
    let targets: Vec<_> = targets.iter().map(|target| json!({ "uri": target.uri() })).collect();
    let mut config = json!({ "targets": targets });
    config.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    json!({ "users": config })
}

async fn call(gateway: &Gateway, path: &str) -> (u16, String) {
    let request = http::Request::get(path).body(Body::empty()).unwrap();
    let response: Response = gateway.clone().oneshot(request).await.unwrap();
    (response.status().as_u16(), text(response).await)
}

#[tokio::test]
async fn an_upstream_stands_for_the_vpc_link_of_its_name() {
    let target = &Target::start(echo).await;
    let (registry, _) = registry();
    let over = |name: &str| json!({ name: { "targets": [{ "uri": target.uri() }] } });
    let linked = |kind: &str, id: Value| json!({ "type": "http_proxy", "uri": "http://nlb.internal/v1/{id}", "connectionType": kind, "connectionId": id });
    let gateway =
        Gateway::new(definition(&over("link1"), &linked("VPC_LINK", json!("link1"))).define(&registry)).unwrap();
    let (status, seen) = call(&gateway, "/users/7").await;
    assert!(status == 200 && seen.contains("GET /v1/7 host=nlb.internal"), "{seen}");
    let by_variable = |value: &str| {
        let mut config = definition(&over("link1"), &linked("VPC_LINK", json!("link${stageVariables.number}")));
        let variables = std::collections::BTreeMap::from([("number".to_owned(), value.to_owned())]);
        let mut stage = gateway_core::config::StageConfig::from("$default");
        stage.variables = variables;
        let mut api = config.apis.remove(0).get().unwrap().clone();
        api.stages = vec![stage.into()];
        config.apis.push(api.into());
        Gateway::new(config.define(&registry))
    };
    assert_eq!(call(&by_variable("1").unwrap(), "/users/7").await.0, 200);
    let problems = by_variable("2").unwrap_err();
    assert_eq!(problems.all()[0].pointer, "/apis/0/routes/0/integration/connectionId");
    for (kind, id, field) in [
        ("VPC_LINK", json!("link2"), "connectionId"),
        ("VPC_LINK", json!(null), "connectionId"),
        ("TUNNEL", json!("link1"), "connectionType"),
    ] {
        let problems = Gateway::new(definition(&over("link1"), &linked(kind, id)).define(&registry)).unwrap_err();
        let places: Vec<_> = problems.all().iter().map(|problem| problem.pointer.as_str()).collect();
        assert_eq!(places, [format!("/apis/0/routes/0/integration/{field}")]);
    }
}

#[tokio::test]
async fn an_integration_calls_an_upstream_by_name() {
    let target = &Target::start(echo).await;
    let (registry, _) = registry();
    let upstreams = over(&[target], &json!({}));
    let gateway = Gateway::new(definition(&upstreams, &proxy()).define(&registry)).unwrap();
    let (status, said) = call(&gateway, "/users/7?x=1").await;
    let host = target.uri().replace("http://", "");
    assert_eq!((status, said), (200, format!("HTTP/1.1 GET /v1/7?x=1 host={host} length=- body=")));

    let named = json!({ "type": "http_proxy", "upstream": "users", "uri": "https://users.example/v2/{id}" });
    let gateway = Gateway::new(definition(&upstreams, &named).define(&registry)).unwrap();
    assert!(call(&gateway, "/users/7").await.1.contains("GET /v2/7 host=users.example"), "the address says the name");

    #[cfg(feature = "mapping")]
    {
        let mapped = json!({
            "type": "http", "upstream": "users", "uri": "/v3", "responses": [{ "statusCode": 200 }],
        });
        let mut config = definition(&upstreams, &mapped);
        config = Config::from_value(json!({
            "upstreams": upstreams,
            "apis": [{
                "name": "api",
                "protocolType": "REST",
                "routes": [{
                    "route": "GET /users", "integration": mapped, "methodResponses": { "200": {} },
                }],
                "stages": [{ "name": "prod" }],
            }],
        }))
        .unwrap_or(config);
        let gateway = Gateway::new(config.define(&registry)).unwrap();
        assert!(call(&gateway, "/prod/users").await.1.contains("GET /v3 "));
    }
}

#[tokio::test]
async fn a_reload_keeps_ejections_and_changes_the_rest() {
    let [a, b, c] = &[Target::saying("a").await, Target::failing(500).await, Target::saying("c").await];
    let (registry, upstreams) = registry();
    let outliers = json!({ "outlierDetection": { "consecutiveFailures": 1 } });
    let gateway = Gateway::new(definition(&over(&[a, b], &outliers), &proxy()).define(&registry)).unwrap();
    let answers = [call(&gateway, "/users/1").await.0, call(&gateway, "/users/1").await.0];
    assert_eq!(answers, [200, 500]);
    assert!(upstreams.drain("users", &a.uri(), true));

    let balanced = json!({ "outlierDetection": { "consecutiveFailures": 1 }, "balance": "RANDOM" });
    let reloaded = definition(&over(&[b, a, c], &balanced), &proxy()).define(&registry);
    assert_eq!(upstreams.status()[0].targets.len(), 2, "what is not served changes nothing");
    gateway.handle().reload(&reloaded).unwrap();
    let status = upstreams.status().remove(0);
    let seen: Vec<_> =
        status.targets.iter().map(|target| (target.ejected_for.is_some(), target.drained, target.requests)).collect();
    assert_eq!(seen, [(true, false, 1), (false, true, 1), (false, false, 0)]);
    for _ in 0..10 {
        assert_eq!(call(&gateway, "/users/1").await, (200, "c".to_owned()));
    }
    assert!(serde_json::to_value(&status).unwrap()["targets"][0]["ejectedForMillis"].as_u64().unwrap() > 29_000);

    assert!(upstreams.drain("users", &a.uri(), false) && !upstreams.drain("users", "http://10.0.0.1", true));
    let mut answers = String::new();
    while !(answers.contains('a') && answers.contains('c')) {
        answers += &call(&gateway, "/users/1").await.1;
    }

    // Nobody asks any more whether a target is well: what was said last does not count.
    let checked = json!({ "healthCheck": { "path": "/", "unhealthyThreshold": 1 } });
    gateway.handle().reload(&definition(&over(&[a, b, c], &checked), &proxy()).define(&registry)).unwrap();
    while upstreams.status()[0].targets[1].health != Health::Unhealthy {
        tokio::task::yield_now().await;
    }
    gateway.handle().reload(&definition(&over(&[a, b, c], &json!({})), &proxy()).define(&registry)).unwrap();
    assert!(upstreams.status()[0].targets.iter().all(|target| target.health == Health::Unknown));

    // A definition that is wrong leaves all as it is.
    let wrong = definition(&over(&[c], &json!({ "retry": { "maxAttempts": 0 } })), &proxy()).define(&registry);
    let problems = gateway.handle().reload(&wrong).unwrap_err();
    assert_eq!(problems.all()[0].pointer, "/upstreams/users/retry/maxAttempts");
    assert_eq!(upstreams.status()[0].targets.len(), 3);
    let gone = json!({ "type": "fixed" });
    gateway.handle().reload(&definition(&json!({}), &gone).define(&registry)).unwrap();
    assert!(upstreams.status().is_empty());
}

#[test]
fn problems_say_where_they_are() {
    let (registry, _) = registry();
    let target = json!([{ "uri": "http://127.0.0.1:1" }]);
    for (upstreams, integration, pointers) in [
        (json!({}), proxy(), &["/apis/0/routes/0/integration/upstream"][..]),
        (json!({ "users": { "targets": [{ "uri": "127.0.0.1" }] } }), proxy(), &["/upstreams/users/targets/0/uri"]),
        (json!({ "users": { "target": [] } }), json!({ "type": "fixed" }), &["/upstreams/users/target"]),
        (json!({ "a/b": { "targets": target } }), json!({ "type": "fixed" }), &["/upstreams/a~1b"]),
        (
            json!({ "users": { "targets": target, "shadow": { "upstream": "none", "percent": 1 } } }),
            proxy(),
            &["/upstreams/users/shadow/upstream"],
        ),
        (
            json!({ "users": { "targets": target } }),
            json!({ "type": "http_proxy", "upstream": "users", "uri": "x" }),
            &["/apis/0/routes/0/integration/uri"],
        ),
    ] {
        let problems = Gateway::new(definition(&upstreams, &integration).define(&registry)).unwrap_err();
        let found: Vec<_> = problems.all().iter().map(|problem| problem.pointer.as_str()).collect();
        assert_eq!(found, pointers, "{upstreams}");
    }
}

#[tokio::test]
async fn one_caller_stays_with_one_target() {
    let id = |request: http::Request<Incoming>| async move { Response::new(request.uri().path().to_owned().into()) };
    let [a, b] = &[Target::start(id).await, Target::start(id).await];
    let (registry, upstreams) = registry();
    let hashed = json!({ "balance": "HASH", "hashKey": "method.request.path.id" });
    let gateway = Gateway::new(definition(&over(&[a, b], &hashed), &proxy()).define(&registry)).unwrap();
    for _ in 0..5 {
        for id in 0..20 {
            assert_eq!(call(&gateway, &format!("/users/{id}")).await.0, 200);
        }
    }
    let counts: Vec<_> = upstreams.status()[0].targets.iter().map(|target| target.requests).collect();
    assert!(counts.iter().all(|count| *count > 0 && count % 5 == 0), "{counts:?}");
}
