use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{AuthorizerConfig, IntegrationConfig, StageConfig, Tried};
use crate::{context::ApiKind, usage_plan::ApiKeySource, validate::RequestValidator};

/// One API.
#[derive(Clone, Debug, Deserialize)]
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
    /// Where API keys come from.
    #[serde(default)]
    pub api_key_source: ApiKeySource,
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
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "UPPERCASE")]
pub enum ProtocolType {
    /// A REST API.
    Rest,
    /// An HTTP API.
    Http,
}

/// One route.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RouteConfig {
    /// Its key: `GET /pets/{id}`, `ANY /admin/{proxy+}`, `$default`.
    pub route: String,
    /// Its backend.
    pub integration: IntegrationConfig,
    /// The name of its authorizer.
    #[serde(default)]
    pub authorizer: Option<String>,
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
