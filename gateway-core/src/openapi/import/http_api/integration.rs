//! `x-amazon-apigateway-integration` of HTTP APIs, and those that routes share.

use std::collections::BTreeMap;

use super::fields::{INTEGRATION_BEYOND, INTEGRATION_FIELDS, INTEGRATION_IGNORED};
use crate::{
    config::{BackendConfig, IntegrationConfig, TlsConfig},
    openapi::{
        document::{Node, Object, Place, unescaped},
        import::{
            Import, REST_ONLY,
            integration::{SHAPES, Wrap, is_web_address},
            mapping::{is_request_change, is_response_change},
            messages, weight,
        },
    },
};

/// An integration that has a name.
pub(super) struct SharedIntegration {
    /// `None` where AWS would warn that it is none for an HTTP API.
    config: Option<IntegrationConfig>,
    /// What it takes for each route.
    weight: usize,
    used: bool,
}

const SHARED: &str = "x-amazon-apigateway-integrations";

impl<'d> Import<'d> {
    /// Reads the integrations that routes refer to.
    pub(in crate::openapi::import) fn shared_integrations(&mut self) {
        let components = Place::ROOT.field("components");
        let place = components.field(SHARED);
        let written = self.document.get("components").and_then(|part| part.get(SHARED)).and_then(Node::object);
        for (name, node) in written.into_iter().flat_map(Object::iter) {
            let place = place.field(name);
            self.report.exact(place);
            let config = self.http_integration(place, name, node);
            let shared = SharedIntegration { config, weight: weight(node, usize::MAX), used: false };
            self.http.integrations.insert(name, shared);
        }
    }

    /// Reports what no route refers to.
    pub(super) fn unused_integrations(&mut self) {
        let components = Place::ROOT.field("components");
        for (name, _) in self.http.integrations.iter().filter(|(_, shared)| !shared.used) {
            self.report.ignore(components.field(SHARED).field(name), "no route has it");
        }
    }

    /// The integration of a route: its own, or one that it shares.
    pub(super) fn route_integration(
        &mut self,
        place: Place<'_>,
        key: &str,
        written: &'d Node,
    ) -> Option<IntegrationConfig> {
        let Some(reference) = written.get("$ref").and_then(Node::str) else {
            return self.http_integration(place, key, written);
        };
        let name = reference.strip_prefix("#/components/x-amazon-apigateway-integrations/").and_then(unescaped);
        let Some(shared) = name.and_then(|name| self.http.integrations.get_mut(&*name)) else {
            self.warn(format_args!("Reference '{reference}' not found. Ignoring."));
            self.report.ignore(place, "the reference leads to no integration");
            return None;
        };
        shared.used = true;
        let (config, weight) = (shared.config.clone(), shared.weight);
        config.filter(|_| self.grow(weight))
    }

    /// The integration of `owner`, a route or a name.
    fn http_integration(&mut self, place: Place<'_>, owner: &str, written: &'d Node) -> Option<IntegrationConfig> {
        let object = written.object();
        let kind = object.and_then(|object| object.get("type")).and_then(Node::str);
        let (Some(object), Some(kind)) = (object, kind) else {
            self.error(place, messages::route_integration(owner, "It is malformed"));
            return None;
        };
        let wrap = match kind.to_ascii_lowercase().as_str() {
            "http_proxy" => IntegrationConfig::HttpProxy as Wrap,
            "aws_proxy" => IntegrationConfig::AwsProxy,
            "http" | "aws" | "mock" => {
                let what = format_args!("Only AWS_PROXY and HTTP_PROXY are supported, not {kind}. Ignoring.");
                self.warn(messages::route_integration(owner, what));
                self.report.ignore(place, "an HTTP API has the types AWS_PROXY and HTTP_PROXY only");
                return None;
            }
            _ => {
                self.error(
                    place.field("type"),
                    messages::route_integration(owner, "Invalid integration type specified"),
                );
                return None;
            }
        };
        self.other_fields(place, object, INTEGRATION_FIELDS, INTEGRATION_BEYOND, INTEGRATION_IGNORED);
        self.misshapen(place, object, SHAPES);
        let mut backend = BackendConfig::default();
        self.call(object, &mut backend);
        backend.connection_type = backend.connection_type.filter(|kind| kind != "INTERNET");
        (backend.integration_target, backend.response_transfer_mode) = (None, None);
        if !self.has_rest_parts() {
            backend.cache_namespace = None;
            backend.cache_key_parameters.clear();
        }
        self.without_effect(place, &backend);
        let subtype = object.get("integrationSubtype").and_then(Node::str).filter(|subtype| !subtype.is_empty());
        backend.integration_subtype = subtype.map(str::to_owned);
        let config = wrap(Box::default());
        if let Err((field, what)) = check(&config, &backend) {
            self.error(place.field(field), messages::route_integration(owner, what));
        }
        self.format(place, owner, object, &config, &mut backend);
        self.limits(place, owner, object, &mut backend);
        self.request_changes(place, owner, object, &mut backend);
        self.response_changes(place, owner, object, &mut backend);
        Some(wrap(Box::new(backend)))
    }

    /// How a backend gets requests: AWS asks for it, and takes the first where it is left out.
    fn format(
        &mut self,
        place: Place<'_>,
        owner: &str,
        object: &Object,
        config: &IntegrationConfig,
        backend: &mut BackendConfig,
    ) {
        let is_function = matches!(config, IntegrationConfig::AwsProxy(_)) && backend.integration_subtype.is_none();
        let version = match object.get("payloadFormatVersion").and_then(Node::scalar).as_deref() {
            Some("1.0" | "1") => "1.0",
            Some("2.0" | "2") if is_function => "2.0",
            None => {
                if is_function {
                    self.report.approximate(place, "it says no `payloadFormatVersion`, so that it is 1.0");
                }
                "1.0"
            }
            Some(_) => {
                let what = "Invalid payload format version specified: it is 1.0, or 2.0 for a function";
                return self.error(place.field("payloadFormatVersion"), messages::route_integration(owner, what));
            }
        };
        backend.payload_format_version = Some(version.to_owned());
    }

    fn limits(&mut self, place: Place<'_>, owner: &str, object: &Object, backend: &mut BackendConfig) {
        if let Some(timeout) = object.get("timeoutInMillis") {
            backend.timeout_in_millis = timeout.whole();
            if backend.timeout_in_millis.is_none_or(|timeout| !(50..=30_000).contains(&timeout)) {
                let what = "Timeout should be between 50 ms and 30000 ms";
                self.error(place.field("timeoutInMillis"), messages::route_integration(owner, what));
            }
        }
        if let Some(tls) = object.get("tlsConfig").and_then(Node::object) {
            let name = tls.get("serverNameToVerify").and_then(Node::str).map(str::to_owned);
            backend.tls_config = Some(TlsConfig { server_name_to_verify: name, ..TlsConfig::default() });
            let place = place.field("tlsConfig");
            self.others(place, tls, &["serverNameToVerify"], &[("insecureSkipVerification", REST_ONLY)]);
        }
    }

    /// What is changed of requests; with a subtype, the parameters of the service.
    fn request_changes(&mut self, place: Place<'_>, owner: &str, object: &'d Object, backend: &mut BackendConfig) {
        let map = object.get("requestParameters").and_then(Node::object);
        let mut changes = self.texts(place, &format_args!("integration '{owner}'"), "requestParameters", map);
        let place = place.field("requestParameters");
        if backend.integration_subtype.is_none() {
            changes.retain(|target, source| {
                if is_own_variable(target, source) {
                    self.report.approximate(place.field(target), "a path variable stands in the address by itself");
                    return false;
                }
                if !is_request_change(target) {
                    let what = messages::mapping(target);
                    self.error(place.field(target), messages::route_integration(owner, what));
                }
                true
            });
        }
        backend.request_parameters = changes;
    }

    /// What is changed of answers, by the status of the backend's.
    fn response_changes(&mut self, place: Place<'_>, owner: &str, object: &'d Object, backend: &mut BackendConfig) {
        let map = object.get("responseParameters").and_then(Node::object);
        for (status, written) in map.into_iter().flat_map(Object::iter) {
            let place = place.field("responseParameters");
            let is_status = status.len() == 3 && status.parse().is_ok_and(|status| (200..600).contains(&status));
            let Some(changes) = written.object().filter(|_| is_status) else {
                let what = format_args!("Invalid status of response parameters specified: {status}");
                self.error(place.field(status), messages::route_integration(owner, what));
                continue;
            };
            let texts = self.texts(place, &format_args!("integration '{owner}'"), status, Some(changes));
            for target in texts.keys().filter(|target| !is_response_change(target)) {
                let place = place.field(status);
                self.error(place.field(target), messages::route_integration(owner, messages::mapping(target)));
            }
            backend.response_parameters.insert(status.to_owned(), texts);
        }
        let empty = BTreeMap::is_empty;
        backend.response_parameters.retain(|_, changes| !empty(changes));
    }
}

/// Whether this is how a REST API puts a variable of its path into an address.
fn is_own_variable(target: &str, source: &str) -> bool {
    let name = target.strip_prefix("integration.request.path.");
    name.is_some() && name == source.strip_prefix("method.request.path.")
}

/// Which field is wrong, if one is, and why.
fn check(config: &IntegrationConfig, backend: &BackendConfig) -> Result<(), (&'static str, &'static str)> {
    let BackendConfig { uri, integration_subtype, .. } = backend;
    let arn = |owner: &str| uri.strip_prefix("arn:").and_then(|rest| rest.split(':').nth(1)) == Some(owner);
    if matches!(config, IntegrationConfig::AwsProxy(_)) {
        return match integration_subtype {
            Some(_) if uri.is_empty() => Ok(()),
            Some(_) => Err(("uri", "An integration with a subtype has no address")),
            None if arn("lambda") || (arn("apigateway") && uri.contains(":lambda:path/")) => Ok(()),
            None => Err(("uri", "Invalid function ARN or invalid uri")),
        };
    }
    if integration_subtype.is_some() {
        return Err(("integrationSubtype", "Only AWS_PROXY has subtypes"));
    }
    if backend.http_method.is_none() {
        return Err(("httpMethod", "Enumeration value for HttpMethod must be non-empty"));
    }
    let private = backend.connection_type.as_deref() == Some("VPC_LINK");
    if is_web_address(uri) || (private && (arn("elasticloadbalancing") || arn("servicediscovery"))) {
        return Ok(());
    }
    Err(("uri", "Invalid HTTP endpoint specified for URI"))
}
