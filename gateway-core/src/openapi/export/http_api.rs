//! What of an HTTP API is written another way than of a REST API.

use serde_json::{Map, Value, json};

use super::{Export, ExportError, integration::map, put};
use crate::config::{ApiConfig, BackendConfig, CorsConfig, IntegrationConfig, RouteConfig};

/// The path that stands for the route without one.
pub(super) const DEFAULT: &str = "/$default";

/// The parameters of a path, which AWS writes once for all its operations.
pub(super) fn item(path: &str) -> Value {
    let variables = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let parameters: Vec<_> = variables
        .map(|name| {
            json!({
                "name": name,
                "in": "path",
                "description": format!("Generated path parameter for {name}"),
                "required": true,
                "schema": { "type": "string" },
            })
        })
        .collect();
    if parameters.is_empty() { json!({}) } else { json!({ "parameters": parameters }) }
}

pub(super) fn cors(cors: &CorsConfig) -> Value {
    let mut written = Map::new();
    for (field, texts) in [
        ("allowOrigins", &cors.allow_origins),
        ("allowMethods", &cors.allow_methods),
        ("allowHeaders", &cors.allow_headers),
        ("exposeHeaders", &cors.expose_headers),
    ] {
        put(&mut written, field, Some(texts).filter(|texts| !texts.is_empty()));
    }
    put(&mut written, "maxAge", cors.max_age.as_ref());
    put(&mut written, "allowCredentials", cors.allow_credentials.then_some(&true));
    Value::Object(written)
}

/// The tags of an API as those of a document.
pub(super) fn tags(api: &ApiConfig, extensions: bool) -> Vec<Value> {
    let tag = |(name, value): (&String, &String)| {
        let mut tag = Map::from_iter([("name".to_owned(), json!(name))]);
        put(&mut tag, "x-amazon-apigateway-tag-value", Some(value).filter(|_| extensions));
        Value::Object(tag)
    };
    api.tags.iter().map(tag).collect()
}

impl Export<'_> {
    pub(super) fn http_operation(&self, route: &RouteConfig) -> Result<Value, ExportError> {
        let mut operation = Map::new();
        let key = &route.route;
        put(&mut operation, "operationId", route.operation_name.as_ref());
        let mut parameters = self.parameters(route);
        self.body(route, &mut operation, &mut parameters)?;
        put(&mut operation, "parameters", Some(&parameters).filter(|parameters| !parameters.is_empty()));
        let answer = json!({ "default": { "description": format!("Default response for {key}") } });
        operation.insert("responses".to_owned(), answer);
        let security = self.security(route);
        put(&mut operation, "security", Some(&security).filter(|security| !security.is_empty()));
        put(&mut operation, "isDefaultRoute", (key == "$default" && self.options.integrations).then_some(&true));
        if self.options.integrations {
            put(&mut operation, "x-amazon-apigateway-request-validator", route.request_validator.as_ref());
            if let Some(integration) = &route.integration {
                let integration = integration_of(integration).ok_or_else(|| ExportError::Unknown(key.clone()))?;
                operation.insert("x-amazon-apigateway-integration".to_owned(), integration);
            }
        }
        Ok(Value::Object(operation))
    }
}

/// The integration, if AWS has such a one for HTTP APIs.
fn integration_of(config: &IntegrationConfig) -> Option<Value> {
    let (kind, backend) = match config {
        IntegrationConfig::HttpProxy(backend) => ("http_proxy", backend),
        IntegrationConfig::AwsProxy(backend) => ("aws_proxy", backend),
        _ => return None,
    };
    let mut written = Map::new();
    let version = backend.payload_format_version.as_deref().unwrap_or(match config {
        IntegrationConfig::AwsProxy(_) if backend.integration_subtype.is_none() => "2.0",
        _ => "1.0",
    });
    written.insert("payloadFormatVersion".to_owned(), json!(version));
    written.insert("type".to_owned(), json!(kind));
    call(backend, &mut written);
    map(&mut written, "requestParameters", &backend.request_parameters);
    if !backend.response_parameters.is_empty() {
        written.insert("responseParameters".to_owned(), json!(backend.response_parameters));
    }
    let keys = Some(&backend.cache_key_parameters).filter(|keys| !keys.is_empty());
    put(&mut written, "cacheKeyParameters", keys);
    put(&mut written, "cacheNamespace", backend.cache_namespace.as_ref());
    Some(Value::Object(written))
}

fn call(backend: &BackendConfig, written: &mut Map<String, Value>) {
    put(written, "integrationSubtype", backend.integration_subtype.as_ref());
    put(written, "httpMethod", backend.http_method.as_ref());
    put(written, "uri", Some(&backend.uri).filter(|uri| !uri.is_empty()));
    let connection = backend.connection_type.as_deref().unwrap_or("INTERNET");
    written.insert("connectionType".to_owned(), json!(connection));
    put(written, "connectionId", backend.connection_id.as_ref());
    put(written, "credentials", backend.credentials.as_ref());
    put(written, "timeoutInMillis", backend.timeout_in_millis.as_ref());
    if let Some(name) = backend.tls_config.as_ref().and_then(|tls| tls.server_name_to_verify.as_ref()) {
        written.insert("tlsConfig".to_owned(), json!({ "serverNameToVerify": name }));
    }
}
