use std::{fmt, sync::Arc};

use serde::Deserialize;

use super::RoutingRule;
use crate::client::CertificateCheck;

/// A custom domain with its base path mappings and routing rules.
///
/// The longest mapping whose segments begin the path wins, and is taken off it; an exact name beats a wildcard, which
/// beats [`Domain::any`]. What its [`RoutingMode`] does not ask is checked, and not asked. A request that nothing takes
/// is refused with 403, or with 404 where all targets are HTTP APIs.
///
/// AWS developer guide: *Working with API mappings for REST APIs*; *Set the routing mode for your custom domain name*.
///
/// # Example
/// ```
/// use gateway_core::{Domain, RoutingMode, RoutingRule};
///
/// let domain = Domain::new("api.example.com")
///     .map("", "shop", "prod")
///     .map("orders/v2", "orders", "prod")
///     .routing_mode(RoutingMode::RoutingRuleThenApiMapping)
///     .rule(RoutingRule::new(100, "orders", "beta").match_headers([("x-version", "beta*")]));
/// ```
#[derive(Clone)]
pub struct Domain {
    pub(crate) name: String,
    pub(crate) mappings: Vec<Mapping>,
    pub(crate) mode: RoutingMode,
    pub(crate) rules: Vec<RoutingRule>,
    pub(crate) truststore: Option<Arc<dyn CertificateCheck>>,
}

/// One base path mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mapping {
    pub(crate) base_path: String,
    pub(crate) api: String,
    pub(crate) stage: String,
}

/// By what a custom domain finds the stage of a request.
///
/// AWS developer guide: *Set the routing mode for your custom domain name*.
///
/// # Example
/// ```
/// use gateway_core::RoutingMode;
///
/// assert_eq!(RoutingMode::default(), RoutingMode::ApiMappingOnly);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum RoutingMode {
    /// By its base path mappings (`API_MAPPING_ONLY`, or `BASE_PATH_MAPPING_ONLY`).
    #[default]
    #[serde(alias = "BASE_PATH_MAPPING_ONLY")]
    ApiMappingOnly,
    /// By its routing rules (`ROUTING_RULE_ONLY`).
    RoutingRuleOnly,
    /// By its routing rules, and where none matches by its mappings (`ROUTING_RULE_THEN_API_MAPPING`, or
    /// `ROUTING_RULE_THEN_BASE_PATH_MAPPING`).
    #[serde(alias = "ROUTING_RULE_THEN_BASE_PATH_MAPPING")]
    RoutingRuleThenApiMapping,
}

impl Domain {
    /// A domain by its name; `*.example.com` takes any first label.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into().to_ascii_lowercase();
        Self { name, mappings: Vec::new(), mode: RoutingMode::default(), rules: Vec::new(), truststore: None }
    }

    /// Every host name that no other domain takes; a request that it does not take either goes to the default endpoint
    /// of an API.
    #[must_use]
    pub fn any() -> Self {
        Self::new("*")
    }

    /// Maps a base path, such as `orders/v2`, to a stage of an API; the empty one takes every path.
    #[must_use]
    pub fn map(mut self, base_path: &str, api: impl Into<String>, stage: impl Into<String>) -> Self {
        let base_path = base_path.trim_matches('/').to_owned();
        self.mappings.push(Mapping { base_path, api: api.into(), stage: stage.into() });
        self
    }

    /// Whether rules are asked, mappings, or both; mappings alone unless given.
    #[must_use]
    pub fn routing_mode(mut self, mode: RoutingMode) -> Self {
        self.mode = mode;
        self
    }

    /// Takes only requests of clients with a certificate that `truststore` takes (403 for others), whatever they call; the
    /// host says by [`PeerCertificates`](crate::PeerCertificates) what they sent. It is refused before anything else is
    /// looked at, and the API's own endpoint is not concerned: see [`Api::default_endpoint`](super::Api::default_endpoint).
    ///
    /// AWS developer guide: *How to turn on mutual TLS authentication for your REST APIs*.
    #[must_use]
    pub fn mutual_tls(mut self, truststore: impl CertificateCheck) -> Self {
        self.truststore = Some(Arc::new(truststore));
        self
    }

    /// Adds a routing rule, which is asked if the [routing mode](Self::routing_mode) says so.
    #[must_use]
    pub fn rule(mut self, rule: RoutingRule) -> Self {
        self.rules.push(rule);
        self
    }
}

impl RoutingMode {
    pub(crate) fn asks_rules(self) -> bool {
        self != Self::ApiMappingOnly
    }

    pub(crate) fn asks_mappings(self) -> bool {
        self != Self::RoutingRuleOnly
    }
}

impl fmt::Debug for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Domain")
            .field("name", &self.name)
            .field("mappings", &self.mappings)
            .field("mode", &self.mode)
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}
