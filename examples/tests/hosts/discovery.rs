use std::sync::Arc;

use axum::{Json, Router, routing::get};
use gateway_auth::JwtAuthorizers;
use gateway_core::{Body, Gateway, config::Config, config::Registry};
use gateway_examples::{Issuer, backend};
use gateway_integrations::{Integrations, http::PooledClient};
use serde_json::json;
use tokio::net::TcpListener;
use tower::ServiceExt;

use crate::host::Outcome;

/// An issuer on the loopback that is found by discovery, a definition in YAML, a real backend: nothing is stubbed.
#[tokio::test]
async fn tokens_are_judged_by_keys_that_discovery_finds() -> Outcome {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let name = format!("http://{address}");
    let issuer = Issuer::named(&name).map_err(|error| error.to_string())?;
    let jwks = issuer.jwks();
    let discovery = json!({ "issuer": name, "jwks_uri": format!("{name}/keys") });
    let app = Router::new()
        .route("/.well-known/openid-configuration", get(async move || Json(discovery)))
        .route("/keys", get(async move || Json(jwks)));
    tokio::spawn(async move { axum::serve(listener, app).await });

    let backend = backend().await.map_err(|error| error.to_string())?;
    let yaml = format!(
        "
apis:
  - name: pets
    protocolType: HTTP
    authorizers:
      users: {{ type: jwt, issuer: '{name}', audience: [pets], algorithms: [ES256] }}
    routes:
      - route: GET /pets/{{id}}
        integration: {{ type: http_proxy, uri: 'http://{backend}/pets/{{id}}' }}
        authorizer: users
        authorizationScopes: [pets:read]
    stages: [{{ name: $default }}]
"
    );
    let client = Arc::new(PooledClient::builder().plain_only().build()?);
    let registry = Registry::new()
        .integrations(Integrations::new(client.clone()))
        .authorizers(JwtAuthorizers::new().with_client(client));
    let gateway = Gateway::new(Config::from_yaml(&yaml)?.define(&registry))?;

    let token = |audience, scope| issuer.token("alice", audience, scope).map_err(|error| error.to_string());
    for (token, status, challenge, body) in [
        (None, 401, "Bearer", r#"{"message":"Unauthorized"}"#),
        (Some(token("pets", "pets:read")?), 200, "", r#"{"id":7,"name":"Rex"}"#),
        (
            Some(token("others", "pets:read")?),
            401,
            r#"Bearer scope="" error="invalid_token" error_description="the token does not have a valid audience""#,
            r#"{"message":"Unauthorized"}"#,
        ),
        (Some(token("pets", "pets:write")?), 403, "insufficient_scope", r#"{"message":"Forbidden"}"#),
    ] {
        let mut request = http::Request::get("/pets/7");
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let response = gateway.clone().oneshot(request.body(Body::empty())?).await?;
        assert_eq!(response.status(), status);
        let given = response.headers().get("www-authenticate").map(|value| value.to_str()).transpose()?;
        assert!(given.unwrap_or_default().contains(challenge), "{given:?}");
        assert_eq!(response.into_body().collect().await?, body);
    }
    Ok(())
}
