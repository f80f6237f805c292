use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;

/// An integration, by its type.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum IntegrationConfig {
    /// An HTTP backend; built by `gateway_integrations`.
    HttpProxy(HttpProxyConfig),
    /// A fixed answer; built by `gateway_integrations`.
    Mock(MockConfig),
    /// A service that the host registers under a name.
    Service(ServiceConfig),
}

impl IntegrationConfig {
    /// How long to wait for the head of the answer, if the definition says so.
    #[must_use]
    pub fn timeout(&self) -> Option<Duration> {
        match self {
            Self::HttpProxy(proxy) => proxy.timeout_in_millis,
            Self::Service(service) => service.timeout_in_millis,
            Self::Mock(_) => None,
        }
        .map(Duration::from_millis)
    }
}

/// An HTTP backend.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HttpProxyConfig {
    /// The address, with `{path variables}` and `${stageVariables.names}` in it.
    pub uri: String,
    /// The method to call with; the client's own (`ANY`) unless given.
    #[serde(default)]
    pub http_method: Option<String>,
    /// How long to wait for the head of the answer, 50 to 29000 milliseconds; 29000 unless given.
    #[serde(default)]
    pub timeout_in_millis: Option<u64>,
}

/// A fixed answer.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MockConfig {
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
