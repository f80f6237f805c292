use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{AuthorizerConfig, IntegrationConfig, StageConfig, Tried};
use crate::{
    context::{ApiKind, EndpointType},
    cors::Cors,
    usage_plan::ApiKeySource,
    validate::RequestValidator,
};

/// One API.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiConfig {
    /// Its name.
    pub name: String,
    /// Its id; the name unless given.
    #[serde(default)]
    pub id: Option<String>,
    /// What it is.
    pub protocol_type: ProtocolType,
    /// The account that ARNs name.
    #[serde(default)]
    pub account_id: Option<String>,
    /// The region that ARNs name.
    #[serde(default)]
    pub region: Option<String>,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
    /// The version of its definition.
    #[serde(default)]
    pub version: Option<String>,
    /// Its tags: what people and their tools tell APIs apart by. They mean nothing to requests.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// Where API keys come from.
    #[serde(default)]
    pub api_key_source: ApiKeySource,
    /// The content types of bodies that are no text: `image/png`, `image/*`, `*/*`.
    #[serde(default)]
    pub binary_media_types: Vec<String>,
    /// From how many bytes on an answer is compressed for clients that take it so; never unless given.
    #[serde(default)]
    pub minimum_compression_size: Option<u64>,
    /// What kind of endpoint AWS gives it.
    #[serde(default)]
    pub endpoint_configuration: EndpointConfig,
    /// Its resource policy: an IAM document.
    #[serde(default)]
    pub policy: Option<Value>,
    /// CORS: preflights are answered (REST APIs: where no `OPTIONS` route does), and answers carry its headers, gateway
    /// responses too.
    #[serde(default)]
    pub cors: Option<CorsConfig>,
    /// Its documentation.
    #[serde(default)]
    pub documentation: Option<DocumentationConfig>,
    /// Paths without a route of their own: resources without methods.
    #[serde(default)]
    pub resources: Vec<String>,
    /// Whether it answers through its custom domains only.
    #[serde(default)]
    pub disable_execute_api_endpoint: bool,
    /// Its authorizers, by name.
    #[serde(default)]
    pub authorizers: BTreeMap<String, Tried<AuthorizerConfig>>,
    /// Its gateway responses, by type: `THROTTLED`, `DEFAULT_4XX`, ...
    #[serde(default)]
    pub gateway_responses: BTreeMap<String, Tried<GatewayResponseConfig>>,
    /// Its models, by name: JSON Schemas of draft 4.
    #[serde(default)]
    pub models: BTreeMap<String, Value>,
    /// Its request validators, by name.
    #[serde(default)]
    pub request_validators: BTreeMap<String, Tried<RequestValidator>>,
    /// The name of the validator of each route that names none.
    #[serde(default)]
    pub request_validator: Option<String>,
    /// Its routes.
    #[serde(default)]
    pub routes: Vec<Tried<RouteConfig>>,
    /// Its stages.
    #[serde(default)]
    pub stages: Vec<Tried<StageConfig>>,
    /// What is no field of an API.
    #[serde(flatten)]
    pub unknown: BTreeMap<String, Value>,
}

/// What an API is.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "UPPERCASE")]
pub enum ProtocolType {
    /// A REST API.
    #[default]
    Rest,
    /// An HTTP API.
    Http,
}

/// One route.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RouteConfig {
    /// Its key: `GET /pets/{id}`, `ANY /admin/{proxy+}`, `$default`.
    pub route: String,
    /// Its name for people: OpenAPI's `operationId`.
    #[serde(default)]
    pub operation_name: Option<String>,
    /// Its backend; a route without one cannot be deployed.
    #[serde(default)]
    pub integration: Option<IntegrationConfig>,
    /// The name of its authorizer.
    #[serde(default)]
    pub authorizer: Option<String>,
    /// Whether a caller must sign requests with AWS credentials (`AWS_IAM`).
    #[serde(default)]
    pub iam_authorization: bool,
    /// Of these scopes a token must have one.
    #[serde(default)]
    pub authorization_scopes: Vec<String>,
    /// Whether a caller needs an API key.
    #[serde(default)]
    pub api_key_required: bool,
    /// The name of its request validator.
    #[serde(default)]
    pub request_validator: Option<String>,
    /// `method.request.{header|path|querystring}.NAME` to whether it must be there.
    #[serde(default)]
    pub request_parameters: BTreeMap<String, bool>,
    /// A content type, or `$default`, to the name of a model.
    #[serde(default)]
    pub request_models: BTreeMap<String, String>,
    /// The answers that clients may get, by status.
    #[serde(default)]
    pub method_responses: BTreeMap<u16, MethodResponseConfig>,
}

/// One answer that clients may get.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct MethodResponseConfig {
    /// `method.response.header.NAME` to whether it is always there: what an integration may map to.
    pub response_parameters: BTreeMap<String, bool>,
    /// A content type to the name of a model.
    pub response_models: BTreeMap<String, String>,
}

/// What kind of endpoint AWS gives an API.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct EndpointConfig {
    /// Behind what it is reached.
    pub r#type: EndpointType,
    /// The VPC endpoints of a private API.
    pub vpc_endpoint_ids: Vec<String>,
    /// `ipv4` (as is nothing) or `dualstack`, on AWS.
    pub ip_address_type: Option<String>,
}

/// Which other origins may call an API from a browser.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct CorsConfig {
    /// The origins: `https://www.example.com`, `https://*`, `*`.
    pub allow_origins: Vec<String>,
    /// The methods.
    pub allow_methods: Vec<String>,
    /// The headers that a request may have.
    pub allow_headers: Vec<String>,
    /// The headers that a page may read.
    pub expose_headers: Vec<String>,
    /// How long a browser may remember this, in seconds.
    pub max_age: Option<i32>,
    /// Whether cookies may come along.
    pub allow_credentials: bool,
    /// Whether preflights are all that is answered so, as on AWS for REST APIs: other answers, those of the gateway itself
    /// included, then carry only what backends and gateway responses say.
    pub preflight_only: bool,
}

/// The documentation of an API.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct DocumentationConfig {
    /// Its version.
    pub version: Option<String>,
    /// Its parts.
    pub documentation_parts: Vec<DocumentationPart>,
}

/// One part of an API's documentation.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct DocumentationPart {
    /// What it is about: `type`, and `path`, `method`, `statusCode` and `name` where the type has them.
    pub location: BTreeMap<String, String>,
    /// What it says: an object.
    pub properties: Value,
}

/// One gateway response; what is left out comes from elsewhere, see [`GatewayResponses`](crate::GatewayResponses).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GatewayResponseConfig {
    /// The status.
    #[serde(default)]
    pub status_code: Option<u16>,
    /// `gatewayresponse.header.NAME` to a source: `'text'`, `method.request.header.NAME`, `context.NAME`.
    #[serde(default)]
    pub response_parameters: BTreeMap<String, String>,
    /// A content type to a body.
    #[serde(default)]
    pub response_templates: BTreeMap<String, String>,
}

impl From<ProtocolType> for ApiKind {
    fn from(protocol: ProtocolType) -> Self {
        match protocol {
            ProtocolType::Rest => Self::Rest,
            ProtocolType::Http => Self::Http,
        }
    }
}

impl From<&CorsConfig> for Cors {
    fn from(config: &CorsConfig) -> Self {
        let mut cors = Self::origins(&config.allow_origins)
            .methods(&config.allow_methods)
            .headers(&config.allow_headers)
            .expose(&config.expose_headers)
            .credentials(config.allow_credentials)
            .preflight_only(config.preflight_only);
        cors.max_age = config.max_age;
        cors
    }
}
