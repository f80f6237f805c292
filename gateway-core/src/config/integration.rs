use std::{collections::BTreeMap, fmt, time::Duration};

use serde::Deserialize;

use super::{ApiConfig, ProtocolType};
use crate::context::EndpointType;

/// An integration, by its type.
///
/// AWS developer guide: *Choose an API Gateway API integration type*.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum IntegrationConfig {
    /// An HTTP backend, with mapping of requests and answers; built by `gateway_integrations`.
    Http(Box<BackendConfig>),
    /// An HTTP backend that requests are passed on to; built by `gateway_integrations`.
    HttpProxy(Box<BackendConfig>),
    /// A Lambda function or an action of another AWS service, with mapping; built by `gateway_integrations`.
    Aws(Box<BackendConfig>),
    /// A Lambda function that gets the whole request as an event; built by `gateway_integrations`.
    AwsProxy(Box<BackendConfig>),
    /// No backend: templates make the answer; built by `gateway_integrations`.
    Mock(Box<BackendConfig>),
    /// A fixed answer, without templates; built by `gateway_integrations`.
    Fixed(FixedConfig),
    /// A service that the host registers under a name.
    Service(ServiceConfig),
}

impl IntegrationConfig {
    /// How long to wait for the head of the answer, if the definition says so.
    #[must_use]
    pub fn timeout(&self) -> Option<Duration> {
        match self {
            Self::Service(service) => service.timeout_in_millis,
            Self::Fixed(_) => None,
            _ => self.backend().and_then(|backend| backend.timeout_in_millis),
        }
        .map(Duration::from_millis)
    }

    /// The backend, where the type has one that AWS knows.
    #[must_use]
    pub fn backend(&self) -> Option<&BackendConfig> {
        match self {
            Self::Http(backend)
            | Self::HttpProxy(backend)
            | Self::Aws(backend)
            | Self::AwsProxy(backend)
            | Self::Mock(backend) => Some(backend),
            Self::Fixed(_) | Self::Service(_) => None,
        }
    }

    /// The type as AWS writes it: `HTTP`, `HTTP_PROXY`, `AWS`, `AWS_PROXY`, `MOCK`; `None` for our own.
    #[must_use]
    pub fn aws_type(&self) -> Option<&'static str> {
        Some(match self {
            Self::Http(_) => "HTTP",
            Self::HttpProxy(_) => "HTTP_PROXY",
            Self::Aws(_) => "AWS",
            Self::AwsProxy(_) => "AWS_PROXY",
            Self::Mock(_) => "MOCK",
            Self::Fixed(_) | Self::Service(_) => return None,
        })
    }
}

/// A backend, and how requests and answers are mapped: the *integration* of a method, with AWS's fields.
///
/// Which of them count depends on the type. API reference: *Integration*.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct BackendConfig {
    /// The address, with `{path variables}` and `${stageVariables.names}` in it, or an ARN of API Gateway's.
    pub uri: String,
    /// The upstream that is called (`http` and `http_proxy`). It decides scheme, host and port; those of `uri` then say
    /// only what `Host` the backend sees. With a `uri` that is a path alone, `/pets/{id}`, it sees the target's own.
    pub upstream: Option<String>,
    /// The method to call with; `ANY` (as is nothing) is the client's own.
    pub http_method: Option<String>,
    /// The role that AWS services are called with.
    pub credentials: Option<String>,
    /// `INTERNET` (as is nothing) or `VPC_LINK`.
    pub connection_type: Option<String>,
    /// The VPC link; an upstream of this name stands for it.
    pub connection_id: Option<String>,
    /// The load balancer or listener behind a VPC link.
    pub integration_target: Option<String>,
    /// How long to wait for the head of the answer, in milliseconds, from 50; 29000 unless given (HTTP APIs: 30000), which
    /// is also the most, except for answers that stream and APIs whose endpoint is `REGIONAL` or `PRIVATE`.
    pub timeout_in_millis: Option<u64>,
    /// How TLS to the backend is checked.
    pub tls_config: Option<TlsConfig>,
    /// What happens to headers beyond API Gateway's own rules (`http` and `http_proxy`).
    pub header_rules: Option<HeaderRulesConfig>,
    /// The protocols that clients may switch their connections to (`http_proxy`), such as `websocket`; none unless named.
    pub upgrades: Vec<String>,
    /// `BUFFERED` (as is nothing) or `STREAM`.
    pub response_transfer_mode: Option<String>,
    /// `integration.request.{header|querystring|path}.NAME` to a source; for a proxy of an HTTP API,
    /// `append:header.NAME` and the like to a value.
    pub request_parameters: BTreeMap<String, String>,
    /// The parameters of the backend's answers, by its status: `overwrite:statuscode`, `append:header.NAME` and the like
    /// to a value (proxies of HTTP APIs).
    pub response_parameters: BTreeMap<String, BTreeMap<String, String>>,
    /// A content type to a mapping template for the request.
    pub request_templates: BTreeMap<String, String>,
    /// What happens to a request whose content type has no template.
    pub passthrough_behavior: Passthrough,
    /// How events are written and answers read (HTTP APIs with functions): `1.0` or, unless given, `2.0`.
    pub payload_format_version: Option<String>,
    /// The action of a service of AWS (HTTP APIs): `SQS-SendMessage`. The request parameters are its parameters.
    pub integration_subtype: Option<String>,
    /// How the request's body is converted.
    pub content_handling: Option<ContentHandling>,
    /// Methods with the same name here share their entries in the response cache; the resource's id unless given.
    pub cache_namespace: Option<String>,
    /// What tells one entry of the response cache from another: `method.request.querystring.NAME`, ...
    pub cache_key_parameters: Vec<String>,
    /// The answers, in the order in which they were written.
    pub responses: Vec<IntegrationResponseConfig>,
}

impl BackendConfig {
    /// The most milliseconds that an API may wait for the head of its answer: AWS lets only those behind its delivery
    /// network not have more than 29 seconds, unless they stream.
    ///
    /// AWS developer guide: *Quotas for configuring and running a REST API in API Gateway*; *Quotas for HTTP APIs*.
    pub(super) fn longest_timeout(&self, api: &ApiConfig) -> u64 {
        match (api.protocol_type, api.endpoint_configuration.r#type) {
            (ProtocolType::Http, _) => 30_000,
            (ProtocolType::Rest, EndpointType::Edge) if !self.streams() => 29_000,
            (ProtocolType::Rest, _) => 900_000,
        }
    }

    /// Whether the answer is handed on as it comes.
    #[must_use]
    pub fn streams(&self) -> bool {
        self.response_transfer_mode.as_deref() == Some("STREAM")
    }
}

/// What happens to a request whose content type has no mapping template.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Passthrough {
    /// It is passed on as it is.
    #[default]
    WhenNoMatch,
    /// It is passed on where no template is defined at all, and refused with 415 otherwise.
    WhenNoTemplates,
    /// It is refused with 415.
    Never,
}

impl Passthrough {
    /// The name as AWS writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WhenNoMatch => "WHEN_NO_MATCH",
            Self::WhenNoTemplates => "WHEN_NO_TEMPLATES",
            Self::Never => "NEVER",
        }
    }
}

/// How a body is converted between text and binary.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ContentHandling {
    /// Base64 text becomes the bytes that it stands for.
    ConvertToBinary,
    /// Bytes become base64 text.
    ConvertToText,
}

impl ContentHandling {
    /// The name as AWS writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ConvertToBinary => "CONVERT_TO_BINARY",
            Self::ConvertToText => "CONVERT_TO_TEXT",
        }
    }
}

/// One answer of an integration.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct IntegrationResponseConfig {
    /// The status for the client: a method response.
    pub status_code: u16,
    /// Which answers of the backend it is for: an expression for the whole status or error message; every other unless
    /// given.
    pub selection_pattern: Option<String>,
    /// `method.response.header.NAME` to a source.
    pub response_parameters: BTreeMap<String, String>,
    /// A content type to a mapping template for the body, in the order in which they were written.
    pub response_templates: BTreeMap<String, String>,
    /// How the body is converted.
    pub content_handling: Option<ContentHandling>,
}

/// What happens to the headers of a backend's requests and answers, after API Gateway's own rules.
#[derive(Clone, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct HeaderRulesConfig {
    /// The addresses and ranges (`10.0.0.0/8`) of peers whose `X-Forwarded-*` and `Forwarded` are continued; from others
    /// they are dropped. Everybody's are continued unless given.
    pub trusted_proxies: Option<Vec<String>>,
    /// What is appended to `Via`, such as `1.1 edge`.
    pub via: Option<String>,
    /// Whether the backend sees the `Host` that the client named, instead of its own.
    pub preserve_host: bool,
    /// Headers that are set in requests, or removed where there is `null`; `Host` too.
    pub request: BTreeMap<String, Option<String>>,
    /// Headers that are set in the backend's answers, or removed where there is `null`.
    pub response: BTreeMap<String, Option<String>>,
}

/// Without values, which may be credentials.
impl fmt::Debug for HeaderRulesConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeaderRulesConfig")
            .field("trusted_proxies", &self.trusted_proxies)
            .field("via", &self.via)
            .field("preserve_host", &self.preserve_host)
            .field("request", &self.request.keys())
            .field("response", &self.response.keys())
            .finish()
    }
}

/// How TLS to a backend is checked.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TlsConfig {
    /// Whether certificates of authorities that are not public are taken.
    pub insecure_skip_verification: bool,
    /// The name that the backend is asked for and must prove (HTTP APIs); that of its address unless given.
    pub server_name_to_verify: Option<String>,
}

/// A fixed answer.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FixedConfig {
    /// The status, 200 unless given.
    #[serde(default = "ok")]
    pub status_code: u16,
    /// The headers; the content type is `application/json` unless given.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body.
    #[serde(default)]
    pub body: String,
}

fn ok() -> u16 {
    200
}

/// A service of the host.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceConfig {
    /// The name that it is registered under.
    pub name: String,
    /// How long to wait for the head of the answer, in milliseconds; 29000 unless given.
    #[serde(default)]
    pub timeout_in_millis: Option<u64>,
}
