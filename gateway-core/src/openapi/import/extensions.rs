//! The extensions at the root of a document.

use serde_json::Value;

use super::{Import, REST_ONLY};
use crate::{
    config::{EndpointConfig, GatewayResponseConfig},
    error::ErrorKind,
    openapi::document::{Node, Object, Place},
    usage_plan::ApiKeySource,
    validate::RequestValidator,
};

/// What AWS compresses at most from.
const MAX_COMPRESSION_SIZE: u64 = 10_485_760;
const ENDPOINT: &str = "x-amazon-apigateway-endpoint-configuration";

impl<'d> Import<'d> {
    pub(super) fn extensions(&mut self, root: &'d Object) {
        let (http, has_rest_parts) = (self.is_http(), self.has_rest_parts());
        for (name, node) in root.iter().filter(|(name, _)| name.starts_with("x-amazon-apigateway-")) {
            let place = Place::ROOT.field(name);
            match name.trim_start_matches("x-amazon-apigateway-") {
                "api-key-source" if has_rest_parts => self.key_source(place, node),
                "binary-media-types" if !http => self.binary_media_types(place, node),
                "cors" if http => self.cors(place, node),
                "endpoint-configuration" => self.endpoint(place, node),
                "endpoint-access-mode" | "security-policy" => self.report.ignore(place, TLS),
                "gateway-responses" if has_rest_parts => self.gateway_responses(place, node),
                "importexport-version" if http => self.algorithm_version(place, node),
                "minimum-compression-size" if !http => self.compression(place, node),
                "policy" if has_rest_parts => self.policy(place, node),
                "request-validators" if has_rest_parts => self.request_validators(place, node),
                _ => {}
            }
        }
        if has_rest_parts {
            self.default_validator(root);
        }
        // OpenAPI 3 has what belongs to the endpoint at its server.
        if let Some(server) = self.document.get("servers").and_then(Node::list).and_then(<[Node]>::first) {
            let place = Place::ROOT.field("servers");
            let place = place.item(0);
            if let Some(node) = server.get(ENDPOINT) {
                self.endpoint(place.field(ENDPOINT), node);
            }
            for field in ["x-amazon-apigateway-endpoint-access-mode", "x-amazon-apigateway-security-policy"] {
                if server.get(field).is_some() {
                    self.report.ignore(place.field(field), TLS);
                }
            }
        }
    }

    fn key_source(&mut self, place: Place<'_>, node: &Node) {
        self.api_key_source = true;
        match node.str().map(str::to_ascii_uppercase).as_deref() {
            Some("HEADER") => self.api.api_key_source = ApiKeySource::Header,
            Some("AUTHORIZER") => self.api.api_key_source = ApiKeySource::Authorizer,
            _ => return self.error(place, "Invalid API key source specified: it is HEADER or AUTHORIZER"),
        }
        self.report.exact(place);
    }

    fn binary_media_types(&mut self, place: Place<'_>, node: &Node) {
        let Some(types) = node.list() else { return self.error(place, "Binary media types are a list of texts") };
        for (number, media_type) in types.iter().enumerate() {
            let Some(media_type) = media_type.str() else {
                self.report.ignore(place.item(number), "it is no text");
                continue;
            };
            if !self.api.binary_media_types.iter().any(|other| other == media_type) {
                self.api.binary_media_types.push(media_type.to_owned());
            }
        }
        self.report.exact(place);
    }

    fn compression(&mut self, place: Place<'_>, node: &Node) {
        match node.whole().filter(|size| *size <= MAX_COMPRESSION_SIZE) {
            Some(size) => {
                self.api.minimum_compression_size = Some(size);
                self.report.exact(place);
            }
            None if *node == Node::Null => {}
            None => self.error(place, "Invalid minimum compression size, must be between 0 and 10485760"),
        }
    }

    fn endpoint(&mut self, place: Place<'_>, node: &Node) {
        let Some(object) = node.object() else { return self.error(place, "An endpoint configuration is an object") };
        let mut endpoint = self.api.endpoint_configuration.clone();
        if let Some(off) = object.get("disableExecuteApiEndpoint").and_then(Node::truth) {
            self.api.disable_execute_api_endpoint = off;
            self.default_endpoint = Some(!off);
        }
        if let Some(ip) = object.get("ipAddressType").and_then(Node::str) {
            endpoint.ip_address_type = Some(ip.to_owned());
            self.report.approximate(place.field("ipAddressType"), HOSTS_NETWORK);
        }
        if self.is_http() {
            self.others(place, object, ENDPOINT_FIELDS, REST_ENDPOINT);
        } else {
            self.rest_endpoint(place, object, &mut endpoint);
        }
        self.api.endpoint_configuration = endpoint.clone();
        self.endpoint = Some(endpoint);
        self.report.exact(place);
    }

    /// What only REST APIs say of their endpoint.
    fn rest_endpoint(&mut self, place: Place<'_>, object: &Object, endpoint: &mut EndpointConfig) {
        if let Some(ids) = object.get("vpcEndpointIds").and_then(Node::list) {
            endpoint.vpc_endpoint_ids = ids.iter().filter_map(Node::str).map(str::to_owned).collect();
        }
        if object.get("vpcEndpointIds").is_some() {
            self.report.approximate(place.field("vpcEndpointIds"), HOSTS_NETWORK);
        }
        if let Some(types) = object.get("types").and_then(Node::list) {
            let kind = types.first().and_then(Node::str).map(str::to_ascii_uppercase);
            match kind.as_deref() {
                Some("EDGE") => endpoint.r#type = crate::context::EndpointType::Edge,
                Some("REGIONAL") => endpoint.r#type = crate::context::EndpointType::Regional,
                Some("PRIVATE") => endpoint.r#type = crate::context::EndpointType::Private,
                _ => self.error(place.field("types"), "Invalid endpoint type specified"),
            }
        }
        self.others(place, object, &[ENDPOINT_FIELDS, &["vpcEndpointIds", "types"]].concat(), &[]);
    }

    fn gateway_responses(&mut self, place: Place<'_>, node: &'d Node) {
        if node.object().is_none() {
            self.report.ignore(place, "it is no object");
        }
        for (name, written) in node.object().into_iter().flat_map(Object::iter) {
            let place = place.field(name);
            let known = matches!(name, "DEFAULT_4XX" | "DEFAULT_5XX" | "REQUEST_TOO_LARGE")
                || ErrorKind::from_name(name).is_some_and(ErrorKind::is_customisable);
            if !known {
                let what = format!("Unable to create gateway response '{name}': Invalid response type specified");
                self.error(place, what);
                continue;
            }
            if name == "REQUEST_TOO_LARGE" {
                self.report.approximate(place, "it is kept, but AWS answers with its own all the same");
            } else {
                self.report.exact(place);
            }
            if let Some(object) = written.object() {
                self.others(place, object, RESPONSE_FIELDS, &[]);
            }
            let status_code = match written.get("statusCode") {
                None | Some(Node::Null) => None,
                Some(status) => {
                    let status = status.whole().and_then(|status| u16::try_from(status).ok());
                    if !status.is_some_and(|status| (200..600).contains(&status)) {
                        self.error(place.field("statusCode"), "Invalid gateway response status code specified");
                    }
                    status
                }
            };
            let mut response = GatewayResponseConfig { status_code, ..GatewayResponseConfig::default() };
            for (target, source) in fields(written, "responseParameters") {
                if !target.starts_with("gatewayresponse.header.") {
                    let why = "an answer has headers, and neither a path nor a query";
                    self.report.ignore(place.field("responseParameters").field(target), why);
                } else if let Some(source) = source.str() {
                    response.response_parameters.insert(target.to_owned(), source.to_owned());
                } else {
                    self.report.ignore(place.field("responseParameters").field(target), "it is no text");
                }
            }
            for (content_type, template) in fields(written, "responseTemplates") {
                if let Some(template) = template.str() {
                    response.response_templates.insert(content_type.to_owned(), template.to_owned());
                } else {
                    self.report.ignore(place.field("responseTemplates").field(content_type), "it is no text");
                }
            }
            self.api.gateway_responses.insert(name.to_owned(), response.into());
        }
    }

    fn policy(&mut self, place: Place<'_>, node: &Node) {
        let mut policy = match node {
            Node::Text(text) => serde_json::from_str(text).unwrap_or_default(),
            _ => node.to_value(),
        };
        if !policy.is_object() {
            return self.error(place, "Invalid policy document. Please check the policy syntax");
        }
        let options = self.options;
        if let (Some(account), Some(region)) = (&options.account_id, &options.region) {
            let id = options.api_id.as_deref().unwrap_or("*");
            let arn = format!("arn:{}:execute-api:{region}:{account}:{id}/", options.partition_name());
            // A policy names few resources; a document of nothing else may name many.
            if !self.grow(policy.to_string().matches("execute-api:/").count().saturating_mul(arn.len())) {
                return;
            }
            expand(&mut policy, &arn);
        }
        self.api.policy = Some(policy);
        self.report.exact(place);
    }

    fn request_validators(&mut self, place: Place<'_>, node: &'d Node) {
        for (name, written) in node.object().into_iter().flat_map(Object::iter) {
            let place = place.field(name);
            let truth = |field| written.get(field).and_then(Node::truth).unwrap_or(false);
            let mut validator = RequestValidator::new();
            if truth("validateRequestBody") {
                validator = validator.body();
            }
            if truth("validateRequestParameters") {
                validator = validator.parameters();
            }
            self.api.request_validators.insert(name.to_owned(), validator.into());
            self.report.exact(place);
        }
    }

    fn default_validator(&mut self, root: &Object) {
        let field = "x-amazon-apigateway-request-validator";
        let Some(name) = root.get(field).and_then(Node::str) else { return };
        let place = Place::ROOT.field(field);
        if self.api.request_validators.contains_key(name) {
            self.request_validator = Some(name.to_owned());
            self.report.exact(place);
        } else {
            self.error(place, "Invalid Request Validator identifier specified");
        }
    }
}

fn fields<'n>(node: &'n Node, field: &str) -> impl Iterator<Item = (&'n str, &'n Node)> {
    node.get(field).and_then(Node::object).into_iter().flat_map(Object::iter)
}

/// Writes out `execute-api:/stage/GET/path` in the resources of statements.
fn expand(policy: &mut Value, arn: &str) {
    let statements = match policy.get_mut("Statement") {
        Some(Value::Array(statements)) => statements.iter_mut().collect(),
        Some(statement) => vec![statement],
        None => Vec::new(),
    };
    let resources = |statement: &mut Value, field: &str| match statement.get_mut(field) {
        Some(Value::Array(resources)) => resources.iter_mut().for_each(|resource| expand_one(resource, arn)),
        Some(resource) => expand_one(resource, arn),
        None => {}
    };
    for statement in statements {
        resources(statement, "Resource");
        resources(statement, "NotResource");
    }
}

fn expand_one(resource: &mut Value, arn: &str) {
    if let Value::String(text) = resource
        && let Some(rest) = text.strip_prefix("execute-api:/")
    {
        *text = format!("{arn}{rest}");
    }
}

const RESPONSE_FIELDS: &[&str] = &["statusCode", "responseParameters", "responseTemplates"];
const ENDPOINT_FIELDS: &[&str] = &["disableExecuteApiEndpoint", "ipAddressType"];
const REST_ENDPOINT: &[(&str, &str)] = &[("vpcEndpointIds", REST_ONLY), ("types", REST_ONLY)];
const HOSTS_NETWORK: &str = "it is kept; the network is the host's";
const TLS: &str = "TLS is the host's";
