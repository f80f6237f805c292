use serde::Deserialize;

use crate::definition::{Domain, RoutingMode, RoutingRule};

/// A custom domain.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DomainConfig {
    /// Its name; `*.example.com` takes any first label, `*` every host.
    pub name: String,
    /// Whether its mappings are asked, its rules, or both; the mappings alone unless given.
    #[serde(default)]
    pub routing_mode: RoutingMode,
    /// Its base path mappings.
    #[serde(default)]
    pub mappings: Vec<MappingConfig>,
    /// Its routing rules.
    #[serde(default)]
    pub routing_rules: Vec<RoutingRuleConfig>,
    /// Mutual TLS: clients need a certificate that its truststore takes.
    #[serde(default)]
    pub mutual_tls_authentication: Option<MutualTlsConfig>,
}

/// Whose certificates a domain takes from clients.
///
/// AWS API reference: *MutualTlsAuthentication*.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct MutualTlsConfig {
    /// A file of this machine with the trusted certificates in PEM, as its path or as a `file:` URI, or the PEM itself; empty
    /// turns mutual TLS off. The file is read when the definition is.
    pub truststore_uri: String,
    /// The version of the object on AWS; has no effect here, where a file has one.
    pub truststore_version: Option<String>,
}

/// A base path mapping.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MappingConfig {
    /// The base path; empty takes every path.
    #[serde(default)]
    pub base_path: String,
    /// The API's name or id.
    pub api: String,
    /// The stage.
    pub stage: String,
}

/// A routing rule.
///
/// AWS developer guide: *Routing rules to connect API stages to a custom domain name for REST APIs*.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoutingRuleConfig {
    /// `$context.customDomain.routingRuleIdMatched`; made of domain and priority unless given.
    #[serde(default)]
    pub routing_rule_id: Option<String>,
    /// Its place among the rules, 1 to 1,000,000: the lowest is asked first.
    pub priority: u32,
    /// What must hold, all of it; without any, every request matches.
    #[serde(default)]
    pub conditions: Vec<RoutingConditionConfig>,
    /// What it does: one thing.
    pub actions: [RoutingActionConfig; 1],
}

/// A condition of a routing rule.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum RoutingConditionConfig {
    /// On headers; at most two of a rule.
    MatchHeaders(MatchHeadersConfig),
    /// On the path; at most one of a rule.
    MatchBasePaths(MatchBasePathsConfig),
}

/// A condition on headers.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MatchHeadersConfig {
    /// The headers, of which one is enough.
    pub any_of: Vec<MatchHeaderConfig>,
}

/// A header, and what its value must be.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MatchHeaderConfig {
    /// Its name, in any case.
    pub header: String,
    /// `text`, `text*`, `*text`, `*text*`, or `*` for any value.
    pub value_glob: String,
}

/// A condition on the path.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MatchBasePathsConfig {
    /// The base paths, of which one is enough.
    pub any_of: Vec<String>,
}

/// What a routing rule does.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum RoutingActionConfig {
    /// It invokes a stage.
    InvokeApi(InvokeApiConfig),
}

/// A stage that a routing rule invokes.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InvokeApiConfig {
    /// The API's name or id.
    #[serde(alias = "apiId")]
    pub api: String,
    /// The stage.
    pub stage: String,
    /// Whether the base path that matched is taken off the path; the API sees it unless given.
    #[serde(default)]
    pub strip_base_path: bool,
}

impl From<&DomainConfig> for Domain {
    fn from(config: &DomainConfig) -> Self {
        let domain = Self::new(&config.name).routing_mode(config.routing_mode);
        let domain = config
            .mappings
            .iter()
            .fold(domain, |domain, mapping| domain.map(&mapping.base_path, &mapping.api, &mapping.stage));
        config.routing_rules.iter().fold(domain, |domain, rule| domain.rule(rule.into()))
    }
}

impl From<&RoutingRuleConfig> for RoutingRule {
    fn from(config: &RoutingRuleConfig) -> Self {
        let [RoutingActionConfig::InvokeApi(invoked)] = &config.actions;
        let rule = Self::new(config.priority, &invoked.api, &invoked.stage).strip_base_path(invoked.strip_base_path);
        let rule = config.routing_rule_id.iter().fold(rule, Self::id);
        config.conditions.iter().fold(rule, |rule, condition| match condition {
            RoutingConditionConfig::MatchHeaders(headers) => {
                rule.match_headers(headers.any_of.iter().map(|header| (&header.header, &header.value_glob)))
            }
            RoutingConditionConfig::MatchBasePaths(paths) => rule.match_base_paths(&paths.any_of),
        })
    }
}
