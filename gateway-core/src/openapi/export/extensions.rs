//! The extensions at the root of a document.

use serde_json::{Map, Value, json};

use super::{Export, http_api, put};
use crate::{
    config::{DocumentationConfig, GatewayResponseConfig},
    usage_plan::ApiKeySource,
};

pub(super) const ENDPOINT: &str = "x-amazon-apigateway-endpoint-configuration";

impl Export<'_> {
    pub(super) fn extensions(&self, document: &mut Map<String, Value>) {
        let api = self.api;
        let mut add = |name: &str, part: Value| {
            document.insert(format!("x-amazon-apigateway-{name}"), part);
        };
        if self.is_http() {
            add("importexport-version", json!("1.0"));
            if let Some(cors) = &api.cors {
                add("cors", http_api::cors(cors));
            }
        } else if !api.binary_media_types.is_empty() {
            add("binary-media-types", json!(api.binary_media_types));
        }
        if api.api_key_source == ApiKeySource::Authorizer {
            add("api-key-source", json!("AUTHORIZER"));
        }
        if let Some(size) = api.minimum_compression_size.filter(|_| !self.is_http()) {
            add("minimum-compression-size", json!(size));
        }
        if let Some(policy) = &api.policy {
            add("policy", policy.clone());
        }
        let responses = api.gateway_responses.iter();
        let responses: Map<_, _> =
            responses.filter_map(|(name, part)| Some((name.clone(), gateway_response(part.get().ok()?)))).collect();
        if !responses.is_empty() {
            add("gateway-responses", Value::Object(responses));
        }
        let validators: Map<_, _> = api
            .request_validators
            .iter()
            .filter_map(|(name, part)| {
                let validator = part.get().ok()?;
                let written = json!({
                    "validateRequestBody": validator.validate_request_body,
                    "validateRequestParameters": validator.validate_request_parameters,
                });
                Some((name.clone(), written))
            })
            .collect();
        if !validators.is_empty() {
            add("request-validators", Value::Object(validators));
        }
        if let Some(name) = &api.request_validator {
            add("request-validator", json!(name));
        }
        if let Some(documentation) = api.documentation.as_ref().filter(|_| self.options.documentation) {
            add("documentation", documented(documentation));
        }
        if let Some(endpoint) = self.endpoint().filter(|_| self.swagger()) {
            document.insert(ENDPOINT.to_owned(), endpoint);
        }
    }

    /// What of the endpoint an import reads.
    pub(super) fn endpoint(&self) -> Option<Value> {
        let mut written = Map::new();
        if self.api.disable_execute_api_endpoint {
            written.insert("disableExecuteApiEndpoint".to_owned(), json!(true));
        }
        let endpoint = &self.api.endpoint_configuration;
        if !endpoint.vpc_endpoint_ids.is_empty() {
            written.insert("vpcEndpointIds".to_owned(), json!(endpoint.vpc_endpoint_ids));
        }
        put(&mut written, "ipAddressType", endpoint.ip_address_type.as_ref());
        (self.options.integrations && !written.is_empty()).then_some(Value::Object(written))
    }
}

fn gateway_response(response: &GatewayResponseConfig) -> Value {
    let mut written = Map::new();
    put(&mut written, "statusCode", response.status_code.map(|status| status.to_string()).as_ref());
    for (field, texts) in
        [("responseParameters", &response.response_parameters), ("responseTemplates", &response.response_templates)]
    {
        if !texts.is_empty() {
            written.insert(field.to_owned(), json!(texts));
        }
    }
    Value::Object(written)
}

fn documented(documentation: &DocumentationConfig) -> Value {
    let parts = documentation.documentation_parts.iter();
    let parts: Vec<_> = parts.map(|part| json!({ "location": part.location, "properties": part.properties })).collect();
    json!({ "version": documentation.version, "documentationParts": parts })
}
