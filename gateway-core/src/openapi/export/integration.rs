//! `x-amazon-apigateway-integration`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Export, put};
use crate::config::{BackendConfig, ContentHandling, IntegrationConfig, IntegrationResponseConfig};

impl Export<'_> {
    /// The integration, if AWS has such a one.
    pub(super) fn integration(config: &IntegrationConfig) -> Option<Value> {
        let (kind, backend) = (config.aws_type()?, config.backend()?);
        let mut written = Map::new();
        let behavior = backend.passthrough_behavior.as_str().to_ascii_lowercase();
        written.insert("type".to_owned(), json!(kind.to_ascii_lowercase()));
        written.insert("passthroughBehavior".to_owned(), json!(behavior));
        call(backend, &mut written);
        map(&mut written, "requestParameters", &backend.request_parameters);
        map(&mut written, "requestTemplates", &backend.request_templates);
        if !backend.cache_key_parameters.is_empty() {
            written.insert("cacheKeyParameters".to_owned(), json!(backend.cache_key_parameters));
        }
        let responses: Map<_, _> = backend.responses.iter().map(response).collect();
        if !responses.is_empty() {
            written.insert("responses".to_owned(), Value::Object(responses));
        }
        Some(Value::Object(written))
    }
}

fn call(backend: &BackendConfig, written: &mut Map<String, Value>) {
    let uri = Some(&backend.uri).filter(|uri| !uri.is_empty());
    put(written, "uri", uri);
    put(written, "httpMethod", backend.http_method.as_ref());
    put(written, "credentials", backend.credentials.as_ref());
    put(written, "connectionType", backend.connection_type.as_ref().filter(|kind| *kind != "INTERNET"));
    put(written, "connectionId", backend.connection_id.as_ref());
    put(written, "integrationTarget", backend.integration_target.as_ref());
    put(written, "timeoutInMillis", backend.timeout_in_millis.as_ref().filter(|timeout| **timeout != 29_000));
    put(written, "responseTransferMode", backend.response_transfer_mode.as_ref().filter(|mode| *mode != "BUFFERED"));
    put(written, "cacheNamespace", backend.cache_namespace.as_ref());
    put(written, "contentHandling", backend.content_handling.map(ContentHandling::as_str).as_ref());
    if let Some(tls) = &backend.tls_config {
        let tls = json!({ "insecureSkipVerification": tls.insecure_skip_verification });
        written.insert("tlsConfig".to_owned(), tls);
    }
}

fn response(response: &IntegrationResponseConfig) -> (String, Value) {
    let mut written = Map::new();
    written.insert("statusCode".to_owned(), json!(response.status_code.to_string()));
    map(&mut written, "responseParameters", &response.response_parameters);
    map(&mut written, "responseTemplates", &response.response_templates);
    put(&mut written, "contentHandling", response.content_handling.map(ContentHandling::as_str).as_ref());
    let pattern = response.selection_pattern.clone().unwrap_or_else(|| "default".to_owned());
    (pattern, Value::Object(written))
}

pub(super) fn map(written: &mut Map<String, Value>, field: &str, texts: &BTreeMap<String, String>) {
    if !texts.is_empty() {
        written.insert(field.to_owned(), json!(texts));
    }
}
