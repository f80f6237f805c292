//! The host's own rules for headers, of integrations in a definition.

use std::{net::IpAddr, sync::Arc};

use gateway_core::{
    Body, Gateway, Response,
    config::{Config, Registry},
};
use gateway_integrations::{Integrations, http::PooledClient};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::backend::{Backend, Speaks, text};

/// Answers with the headers that it was sent.
async fn telling() -> Backend {
    Backend::start(Speaks::Http1, async |request: http::Request<hyper::body::Incoming>| {
        let mut lines: Vec<_> =
            request.headers().iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        lines.sort();
        let response = http::Response::builder().header("server", "backend").header("x-team", "own");
        response.body(Body::from(lines.join("\n"))).unwrap()
    })
    .await
}

async fn call(protocol: &str, integration: &Value, peer: &str) -> Response {
    let definition = json!({
        "apis": [{
            "name": "api",
            "protocolType": protocol,
            "routes": [{
                "route": "GET /x",
                "integration": integration,
                "methodResponses": { "200": { "responseParameters": { "method.response.header.x-team": false } } },
            }],
            "stages": [{ "name": "prod" }],
        }],
    });
    let client = Arc::new(PooledClient::builder().plain_only().build().unwrap());
    let registry = Registry::new().integrations(Integrations::new(client));
    let gateway = Gateway::new(Config::from_value(definition).unwrap().define(&registry)).unwrap();
    let mut request = http::Request::get("/prod/x").body(Body::empty()).unwrap();
    for (name, value) in
        [("host", "api.example.com:8443"), ("x-forwarded-for", "203.0.113.9"), ("cookie", "a=1"), ("x-debug", "1")]
    {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    request.extensions_mut().insert(peer.parse::<IpAddr>().unwrap());
    gateway.oneshot(request).await.unwrap()
}

fn rules() -> Value {
    json!({
        "trustedProxies": ["192.0.2.0/24"],
        "via": "1.1 edge",
        "preserveHost": true,
        "request": { "X-Debug": null, "X-Team": "pets" },
        "response": { "Server": null, "X-Team": "pets" },
    })
}

#[tokio::test]
async fn a_proxy_of_a_definition_has_them() {
    let backend = telling().await;
    let proxy = json!({ "type": "http_proxy", "uri": backend.uri("/"), "headerRules": rules() });
    for (peer, forwarded) in
        [("192.0.2.1", "x-forwarded-for: 203.0.113.9, 192.0.2.1"), ("198.51.100.1", "x-forwarded-for: 198.51.100.1")]
    {
        let answer = call("REST", &proxy, peer).await;
        assert_eq!(answer.headers()["x-team"], "pets");
        let seen = text(answer).await;
        for line in [forwarded, "host: api.example.com:8443", "via: 1.1 edge", "x-team: pets", "cookie: a=1"] {
            assert!(seen.lines().any(|seen| seen == line), "{line}: {seen}");
        }
        assert!(!seen.contains("x-debug"), "{seen}");
    }
    let answer = call("HTTP", &proxy, "198.51.100.1").await;
    assert!(!answer.headers().contains_key("server"));
    let seen = text(answer).await;
    assert!(seen.contains("via: HTTP/1.1 AmazonAPIGateway, 1.1 edge") && !seen.contains("203.0.113.9"), "{seen}");
}

#[cfg(feature = "mapping")]
#[tokio::test]
async fn a_mapped_backend_of_a_definition_has_them() {
    let backend = telling().await;
    let mapped = json!({
        "type": "http",
        "uri": backend.uri("/"),
        "headerRules": rules(),
        "requestParameters": {
            "integration.request.header.x-forwarded-for": "method.request.header.x-forwarded-for",
            "integration.request.header.x-debug": "method.request.header.x-debug",
        },
        "responses": [{
            "statusCode": 200,
            "responseParameters": { "method.response.header.x-team": "integration.response.header.x-team" },
        }],
    });
    for (peer, speaks) in [("192.0.2.1", true), ("198.51.100.1", false)] {
        let answer = call("REST", &mapped, peer).await;
        assert_eq!(answer.headers()["x-team"], "pets");
        let seen = text(answer).await;
        for line in ["host: api.example.com:8443", "via: 1.1 edge", "x-team: pets"] {
            assert!(seen.lines().any(|seen| seen == line), "{line}: {seen}");
        }
        assert_eq!((seen.contains("203.0.113.9"), seen.contains("x-debug")), (speaks, false), "{seen}");
    }
}
