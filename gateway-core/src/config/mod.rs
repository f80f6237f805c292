//! What the user writes: the definition of a gateway as data, in YAML or JSON.
//!
//! # Example
//! ```
//! # #[cfg(feature = "yaml")] {
//! use gateway_core::{Body, Error, Gateway, Request, Response, config::{Config, Registry}};
//!
//! let config = Config::from_yaml(
//!     "
//! apis:
//!   - name: greeter
//!     protocolType: HTTP
//!     routes:
//!       - route: GET /hello
//!         integration: { type: service, name: hello }
//!     stages:
//!       - name: $default
//! ",
//! )?;
//! let hello = |_: Request| async { Ok::<_, Error>(Response::new(Body::from("hello"))) };
//! let registry = Registry::new().service("hello", hello);
//! let gateway = Gateway::new(config.define(&registry))?;
//! # }
//! # Ok::<(), gateway_core::Problems>(())
//! ```

mod api;
mod authorizer;
mod define;
mod domain;
mod factory;
mod front;
mod function;
mod integration;
mod plan;
mod registry;
mod stage;
mod tried;
mod upstream;

use std::{collections::BTreeMap, fmt};

use serde::Deserialize;
use serde_json::Value;

pub use self::{
    api::{
        ApiConfig, CorsConfig, DocumentationConfig, DocumentationPart, EndpointConfig, GatewayResponseConfig,
        MethodResponseConfig, ProtocolType, RouteConfig,
    },
    authorizer::{
        AuthorizerConfig, CognitoAuthorizerConfig, CustomAuthorizerConfig, JwtAuthorizerConfig, JwtClaimConfig,
        JwtIssuerConfig, LambdaAuthorizerConfig,
    },
    domain::{
        DomainConfig, InvokeApiConfig, MappingConfig, MatchBasePathsConfig, MatchHeaderConfig, MatchHeadersConfig,
        MutualTlsConfig, RoutingActionConfig, RoutingConditionConfig, RoutingRuleConfig,
    },
    factory::{
        AuthorizerFactory, AuthorizerPlace, IntegrationFactory, IntegrationPlace, PolicyFactory, UpstreamsReady,
    },
    front::{ProxiesFactory, TruststoreFactory},
    function::{FunctionConfig, FunctionEnvironment, FunctionFactory},
    integration::{
        BackendConfig, ContentHandling, FixedConfig, HeaderRulesConfig, IntegrationConfig, IntegrationResponseConfig,
        Passthrough, ServiceConfig, TlsConfig,
    },
    plan::{ApiKeyConfig, PlanStageConfig, QuotaConfig, ThrottleConfig, UsagePlanConfig},
    registry::Registry,
    stage::{AccessLogConfig, CanaryConfig, LogDestination, RouteSettingsConfig, StageConfig},
    tried::Tried,
    upstream::{
        BalanceConfig, CircuitBreakerConfig, DnsConfig, HealthCheckConfig, HedgeConfig, OutlierDetectionConfig,
        RetryConfig, RetryOnConfig, ShadowConfig, UpstreamConfig, UpstreamConnectionsConfig, UpstreamLimitsConfig,
        UpstreamTargetConfig,
    },
};
use crate::problem::{Problem, Problems};

/// The definition of a gateway as data.
///
/// Unknown fields are refused. Reading it stops only at what is no YAML or JSON at all; every other problem is kept,
/// with its place, until the definition is compiled, so that all of them come at once.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Config {
    /// The APIs.
    #[serde(default)]
    pub apis: Vec<Tried<ApiConfig>>,
    /// The usage plans, with their keys.
    #[serde(default)]
    pub usage_plans: Vec<Tried<UsagePlanConfig>>,
    /// The custom domains, with their base path mappings and routing rules.
    #[serde(default)]
    pub domains: Vec<Tried<DomainConfig>>,
    /// The functions that the host runs itself, by their names.
    #[serde(default)]
    pub functions: BTreeMap<String, Tried<FunctionConfig>>,
    /// The upstreams, by name: what integrations name in `upstream`.
    #[serde(default)]
    pub upstreams: BTreeMap<String, Tried<UpstreamConfig>>,
    /// The throttle of all requests together.
    #[serde(default)]
    pub account_throttle: Option<Tried<ThrottleConfig>>,
    /// The addresses, and ranges of them such as `10.0.0.0/8`, of proxies in front whose `X-Forwarded-For` is believed.
    #[serde(default)]
    pub trusted_proxies: Vec<String>,
    /// What is no field of a definition.
    #[serde(flatten)]
    pub unknown: BTreeMap<String, Value>,
}

/// Of unknown fields their names alone: a misspelt one may hold keys.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("apis", &self.apis)
            .field("usage_plans", &self.usage_plans)
            .field("domains", &self.domains)
            .field("functions", &self.functions)
            .field("upstreams", &self.upstreams)
            .field("account_throttle", &self.account_throttle)
            .field("trusted_proxies", &self.trusted_proxies)
            .field("unknown", &self.unknown.keys())
            .finish()
    }
}

impl Config {
    /// Reads a definition in JSON.
    ///
    /// # Errors
    /// When the text is no JSON, or no object with lists where lists belong.
    pub fn from_json(text: &str) -> Result<Self, Problems> {
        let value =
            serde_json::from_str(text).map_err(|error| Problem::new("", format!("this is no JSON: {error}")))?;
        Self::from_value(value)
    }

    /// Reads a definition in YAML. A key that stands twice is refused.
    ///
    /// # Errors
    /// When the text is no YAML, or no object with lists where lists belong.
    #[cfg(feature = "yaml")]
    pub fn from_yaml(text: &str) -> Result<Self, Problems> {
        // A snippet of the text would take keys into logs.
        let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false };
        let value = serde_saphyr::from_str_with_options(text, options)
            .map_err(|error| Problem::new("", format!("this is no YAML: {error}")))?;
        Self::from_value(value)
    }

    /// Reads a definition that was parsed already.
    ///
    /// # Errors
    /// When it is no object with lists where lists belong.
    pub fn from_value(value: Value) -> Result<Self, Problems> {
        tried::parse(value).map_err(Into::into)
    }
}
