//! `x-amazon-apigateway-integration`.

use super::{
    Import, OWN_CREDENTIALS, Shape,
    mapping::{is_request_source, is_request_target, is_response_source, is_response_target},
    messages,
    operation::Operation,
};
use crate::{
    config::{
        BackendConfig, ContentHandling, IntegrationConfig, IntegrationResponseConfig, Passthrough, RouteConfig,
        TlsConfig,
    },
    openapi::document::{Node, Object, Place},
};

const FIELDS: &[&str] = &[
    "type",
    "uri",
    "httpMethod",
    "credentials",
    "connectionType",
    "connectionId",
    "integrationTarget",
    "timeoutInMillis",
    "tlsConfig",
    "responseTransferMode",
    "requestParameters",
    "requestTemplates",
    "passthroughBehavior",
    "contentHandling",
    "cacheNamespace",
    "cacheKeyParameters",
    "responses",
];
const HTTP_ONLY: &str = "of HTTP APIs only";
const IGNORED: &[(&str, &str)] = &[
    ("$ref", HTTP_ONLY),
    ("payloadFormatVersion", HTTP_ONLY),
    ("integrationSubtype", HTTP_ONLY),
    ("responseParameters", HTTP_ONLY),
];
const RESPONSE_FIELDS: &[&str] = &["statusCode", "responseParameters", "responseTemplates", "contentHandling"];

/// What the fields are, also those of responses.
pub(super) const SHAPES: &[(&str, Shape)] = &[
    ("cacheKeyParameters", Shape::List),
    ("requestParameters", Shape::Object),
    ("requestTemplates", Shape::Object),
    ("responseParameters", Shape::Object),
    ("responseTemplates", Shape::Object),
    ("responses", Shape::Object),
    ("tlsConfig", Shape::Object),
    ("uri", Shape::Text),
    ("httpMethod", Shape::Text),
    ("credentials", Shape::Text),
    ("connectionType", Shape::Text),
    ("connectionId", Shape::Text),
    ("integrationTarget", Shape::Text),
    ("responseTransferMode", Shape::Text),
    ("passthroughBehavior", Shape::Text),
    ("contentHandling", Shape::Text),
    ("cacheNamespace", Shape::Text),
];
const NO_LINK: &str =
    "an upstream with the id of the VPC link stands for it; without one the backend is called at its `uri`";

pub(super) type Wrap = fn(Box<BackendConfig>) -> IntegrationConfig;

impl<'d> Import<'d> {
    pub(super) fn integration(
        &mut self,
        place: Place<'_>,
        operation: &Operation<'_, 'd>,
        written: &'d Node,
        route: &mut RouteConfig,
    ) {
        let object = written.object();
        let kind = object.and_then(|object| object.get("type")).and_then(Node::str);
        let wrap: Option<Wrap> = kind.and_then(|kind| match kind.to_ascii_lowercase().as_str() {
            "http" => Some(IntegrationConfig::Http as Wrap),
            "http_proxy" => Some(IntegrationConfig::HttpProxy),
            "aws" => Some(IntegrationConfig::Aws),
            "aws_proxy" => Some(IntegrationConfig::AwsProxy),
            "mock" => Some(IntegrationConfig::Mock),
            _ => None,
        });
        let (Some(object), Some(wrap)) = (object, wrap) else {
            return self.error(place, messages::malformed(operation.path));
        };
        self.others(place, object, FIELDS, IGNORED);
        self.misshapen(place, object, SHAPES);
        let mut backend = BackendConfig::default();
        self.call(object, &mut backend);
        self.without_effect(place, &backend);
        self.numbers(place, operation, object, &mut backend);
        let of = |field| object.get(field).and_then(Node::object);
        backend.request_parameters = self.texts(place, operation, "requestParameters", of("requestParameters"));
        backend.request_templates = self.texts(place, operation, "requestTemplates", of("requestTemplates"));
        let config = wrap(Box::default());
        if matches!(config, IntegrationConfig::Mock(_)) {
            backend.uri.clear();
            backend.http_method = None;
        }
        if let Err(what) = check_call(&config, &backend) {
            self.error(place, messages::integration(operation.method, operation.path, what));
        }
        self.request_mappings(place, operation, &backend, route);
        let proxy = matches!(config, IntegrationConfig::HttpProxy(_) | IntegrationConfig::AwsProxy(_));
        let checked = (!proxy).then_some(&*route);
        for (pattern, response) in of("responses").into_iter().flat_map(Object::iter) {
            let place = place.field("responses");
            let place = place.field(pattern);
            let Some(response) = self.integration_response(place, operation, pattern, response, checked) else {
                continue;
            };
            let before = backend.responses.len();
            backend.responses.retain(|other| other.status_code != response.status_code);
            if backend.responses.len() < before {
                let how = format!("it replaces the one before it with the status {}", response.status_code);
                self.report.approximate(place, how);
            }
            backend.responses.push(response);
        }
        route.integration = Some(wrap(Box::new(backend)));
    }

    /// What is called, and how.
    pub(super) fn call(&mut self, object: &Object, backend: &mut BackendConfig) {
        let text = |field| object.get(field).and_then(Node::str).filter(|text| !text.is_empty()).map(str::to_owned);
        backend.uri = text("uri").unwrap_or_default();
        backend.http_method = text("httpMethod").map(|method| method.to_ascii_uppercase());
        backend.credentials = text("credentials");
        backend.connection_type = text("connectionType").map(|kind| kind.to_ascii_uppercase());
        backend.connection_id = text("connectionId");
        backend.integration_target = text("integrationTarget");
        backend.response_transfer_mode = text("responseTransferMode").map(|mode| mode.to_ascii_uppercase());
        backend.cache_namespace = text("cacheNamespace");
        let keys = object.get("cacheKeyParameters").and_then(Node::list).unwrap_or_default();
        backend.cache_key_parameters = keys.iter().filter_map(Node::str).map(str::to_owned).collect();
    }

    /// Tells what is kept for an export and changes nothing here.
    pub(super) fn without_effect(&mut self, place: Place<'_>, backend: &BackendConfig) {
        let linked = backend.connection_type.as_deref().is_some_and(|kind| kind != "INTERNET");
        let fields = [
            ("connectionType", linked, NO_LINK),
            ("connectionId", backend.connection_id.is_some(), NO_LINK),
            ("integrationTarget", backend.integration_target.is_some(), NO_LINK),
            ("credentials", backend.credentials.is_some(), OWN_CREDENTIALS),
        ];
        for (field, _, how) in fields.into_iter().filter(|(_, there, _)| *there) {
            self.report.approximate(place.field(field), how);
        }
    }

    fn numbers(
        &mut self,
        place: Place<'_>,
        operation: &Operation<'_, 'd>,
        object: &Object,
        backend: &mut BackendConfig,
    ) {
        let wrong = |what: &str| messages::integration(operation.method, operation.path, what);
        if let Some(timeout) = object.get("timeoutInMillis") {
            backend.timeout_in_millis = timeout.whole();
            if backend.timeout_in_millis.is_none_or(|timeout| timeout < 50) {
                self.error(place.field("timeoutInMillis"), wrong("Timeout should be between 50 ms and 29000 ms"));
            }
        }
        if let Some(behavior) = object.get("passthroughBehavior").and_then(Node::str) {
            match behavior.to_ascii_uppercase().as_str() {
                "WHEN_NO_MATCH" => backend.passthrough_behavior = Passthrough::WhenNoMatch,
                "WHEN_NO_TEMPLATES" => backend.passthrough_behavior = Passthrough::WhenNoTemplates,
                "NEVER" => backend.passthrough_behavior = Passthrough::Never,
                _ => self.error(place.field("passthroughBehavior"), wrong("Invalid passthrough behavior specified")),
            }
        }
        match content_handling(object) {
            Ok(handling) => backend.content_handling = handling,
            Err(what) => self.error(place.field("contentHandling"), wrong(what)),
        }
        if let Some(tls) = object.get("tlsConfig").and_then(Node::object) {
            let place = place.field("tlsConfig");
            let insecure = tls.get("insecureSkipVerification").and_then(Node::truth).unwrap_or(false);
            backend.tls_config = Some(TlsConfig { insecure_skip_verification: insecure, ..TlsConfig::default() });
            self.others(place, tls, &["insecureSkipVerification"], &[("serverNameToVerify", HTTP_ONLY)]);
            if insecure {
                let how = "it is kept, but the HTTP client of the host says which certificates are trusted";
                self.report.approximate(place.field("insecureSkipVerification"), how);
            }
        }
    }

    fn request_mappings(
        &mut self,
        place: Place<'_>,
        operation: &Operation<'_, 'd>,
        backend: &BackendConfig,
        route: &RouteConfig,
    ) {
        let place = place.field("requestParameters");
        for (target, source) in &backend.request_parameters {
            let wrong = if !is_request_target(target) {
                target
            } else if !is_request_source(source, route) {
                source
            } else {
                continue;
            };
            let what = messages::mapping(wrong);
            self.error(place.field(target), messages::integration(operation.method, operation.path, what));
        }
    }

    /// One integration response; `route` is there where AWS holds it against the method's responses.
    fn integration_response(
        &mut self,
        place: Place<'_>,
        operation: &Operation<'_, 'd>,
        pattern: &str,
        written: &'d Node,
        route: Option<&RouteConfig>,
    ) -> Option<IntegrationResponseConfig> {
        let wrong = |what: &str| messages::integration_response(operation.method, operation.path, what);
        let Some(object) = written.object() else {
            self.error(place, messages::malformed(operation.path));
            return None;
        };
        self.others(place, object, RESPONSE_FIELDS, &[]);
        self.misshapen(place, object, SHAPES);
        let status = object.get("statusCode").and_then(Node::whole).and_then(|status| u16::try_from(status).ok());
        let Some(status) = status.filter(|status| (100..600).contains(status)) else {
            self.error(place.field("statusCode"), wrong("Invalid Response status code specified"));
            return None;
        };
        let handling = content_handling(object);
        if let Err(what) = handling {
            self.error(place.field("contentHandling"), wrong(what));
        }
        let of = |field| object.get(field).and_then(Node::object);
        let response = IntegrationResponseConfig {
            status_code: status,
            selection_pattern: (pattern != "default").then(|| pattern.to_owned()),
            response_parameters: self.texts(place, operation, "responseParameters", of("responseParameters")),
            response_templates: self.texts(place, operation, "responseTemplates", of("responseTemplates")),
            content_handling: handling.ok().flatten(),
        };
        let Some(route) = route else { return Some(response) };
        let declared = route.method_responses.get(&status);
        if declared.is_none() {
            self.report.approximate(place, "the operation has no response with this status");
        }
        for (target, source) in &response.response_parameters {
            let bad = if !is_response_target(target, declared) {
                target
            } else if !is_response_source(source) {
                source
            } else {
                continue;
            };
            self.error(place.field("responseParameters").field(target), wrong(&messages::mapping(bad)));
        }
        Some(response)
    }
}

fn content_handling(object: &Object) -> Result<Option<ContentHandling>, &'static str> {
    let Some(handling) = object.get("contentHandling").and_then(Node::str) else { return Ok(None) };
    match handling.to_ascii_uppercase().as_str() {
        "CONVERT_TO_BINARY" => Ok(Some(ContentHandling::ConvertToBinary)),
        "CONVERT_TO_TEXT" => Ok(Some(ContentHandling::ConvertToText)),
        "" => Ok(None),
        _ => Err("Invalid content handling specified"),
    }
}

/// What AWS says of an integration that calls nothing that it can call.
fn check_call(config: &IntegrationConfig, backend: &BackendConfig) -> Result<(), &'static str> {
    let arn = matches!(config, IntegrationConfig::Aws(_) | IntegrationConfig::AwsProxy(_));
    if matches!(config, IntegrationConfig::Mock(_)) {
        return Ok(());
    }
    if backend.http_method.is_none() {
        return Err("Enumeration value for HttpMethod must be non-empty");
    }
    if !arn {
        return if is_web_address(&backend.uri) { Ok(()) } else { Err("Invalid HTTP endpoint specified for URI") };
    }
    let mut parts = backend.uri.splitn(6, ':');
    if parts.next() != Some("arn") {
        return Err("Invalid ARN specified in the request");
    }
    let (_, api, _, service, action) = (parts.next(), parts.next(), parts.next(), parts.next(), parts.next());
    if api != Some("apigateway") {
        return Err("Invalid ARN specified in the request");
    }
    if !action.is_some_and(|action| action.starts_with("path/") || action.starts_with("action/")) {
        return Err("AWS ARN for integration must contain path or action");
    }
    let proxied = service.is_some_and(|service| service.ends_with("lambda") || service.ends_with("firehose"));
    if matches!(config, IntegrationConfig::AwsProxy(_)) && !proxied {
        return Err(
            "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.",
        );
    }
    Ok(())
}

/// Whether an address has a scheme of the web and a host, which may be a variable.
pub(super) fn is_web_address(uri: &str) -> bool {
    let host = ["http://", "https://"].iter().find_map(|scheme| {
        let start = uri.get(..scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then(|| uri.get(scheme.len()..)).flatten()
    });
    host.is_some_and(|host| !host.is_empty() && !host.starts_with(['/', '?', '#', ' ']))
}
