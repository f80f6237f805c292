//! `Integrations`: makes integrations of what a definition says.

mod aws;
mod headers;
mod link;
#[cfg(feature = "mapping")]
mod mapped;
#[cfg(not(feature = "mapping"))]
#[path = "factory/unmapped.rs"]
mod mapped;
mod tls;
mod upstream;

use std::{collections::BTreeMap, fmt, sync::Arc};

use gateway_core::{
    HttpClient, Integration, Problem, Problems,
    config::{
        BackendConfig, FixedConfig, IntegrationConfig, IntegrationFactory, IntegrationPlace, ProtocolType,
        UpstreamConfig, UpstreamsReady,
    },
    pointer_token,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

use crate::{HttpProxy, Mock, http::UriTemplateError};

/// Makes the HTTP backends, Lambda functions, services of AWS and mocks of a definition.
///
/// It holds the client that all of them call through, so that a reload keeps the connections. Other types of
/// integrations are left to other factories.
///
/// # Example
/// ```
/// use std::sync::Arc;
/// use gateway_core::{HttpClient, config::Registry};
/// use gateway_integrations::Integrations;
///
/// fn registry(client: Arc<dyn HttpClient>) -> Registry {
///     Registry::new().integrations(Integrations::new(client))
/// }
/// ```
#[derive(Clone)]
pub struct Integrations {
    clients: tls::Clients,
    aws: aws::Callees,
    upstreams: upstream::Named,
}

impl Integrations {
    /// Integrations that call through `client`. Backends whose `tlsConfig` skips verification are called through a client
    /// of their own, with the feature `tls-aws-lc-rs`.
    #[must_use]
    pub fn new(client: Arc<dyn HttpClient>) -> Self {
        Self {
            upstreams: upstream::Named::new(&client),
            clients: tls::Clients::new(client),
            aws: aws::Callees::default(),
        }
    }

    /// Integrations that call through a client with the defaults of
    /// [`PooledClientBuilder`](crate::http::PooledClientBuilder).
    ///
    /// # Errors
    /// With the feature `tls-aws-lc-rs`: when the system has no root certificates.
    #[cfg(feature = "proxy")]
    pub fn with_default_client() -> Result<Self, crate::http::ClientError> {
        Ok(Self::new(Arc::new(crate::http::PooledClient::new()?)))
    }

    /// The backend of a definition, with its mapping.
    fn http(&self, config: &BackendConfig, place: IntegrationPlace<'_>) -> Made {
        mapped::http(&self.upstreams.called(config, &self.clients.of(config)?)?, config, place)
    }

    /// The proxy of a definition.
    fn http_proxy(&self, config: &BackendConfig, place: IntegrationPlace<'_>) -> Made {
        let method = config.http_method.as_deref().map(method).transpose()?.flatten();
        let called = self.upstreams.called(config, &self.clients.of(config)?)?;
        let proxy = HttpProxy::new(&called.uri, Arc::clone(&called.client)).map_err(|error| no_uri(config, &error))?;
        let proxy = proxy.header_rules(headers::rules(config)?);
        let proxy = match method {
            Some(method) => proxy.method(method),
            None => proxy,
        };
        let proxy = upgrading(proxy, config)?;
        let proxy = match place.api.protocol_type {
            ProtocolType::Http => mapped::with_parameter_mapping(proxy, config),
            ProtocolType::Rest => mapped::with_parameters(proxy, config).map(shared),
        };
        Ok(called.integration(proxy?))
    }

    /// The function of a definition that gets the whole request.
    fn aws_proxy(&self, config: &BackendConfig, place: IntegrationPlace<'_>) -> Made {
        if config.integration_subtype.is_some() {
            if place.api.protocol_type == ProtocolType::Rest {
                let message = "a REST API calls services by the type AWS";
                return Err(Problem::new("/integrationSubtype", message).into());
            }
            return mapped::service_action(&self.aws, config, place);
        }
        let proxy = self.aws.proxy(config)?;
        match place.api.protocol_type {
            ProtocolType::Http => mapped::with_parameter_mapping(proxy, config),
            ProtocolType::Rest => Ok(proxy),
        }
    }
}

impl fmt::Debug for Integrations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Integrations").finish_non_exhaustive()
    }
}

impl IntegrationFactory for Integrations {
    fn integration(
        &self,
        config: &IntegrationConfig,
        place: IntegrationPlace<'_>,
    ) -> Option<Result<Arc<dyn Integration>, Problems>> {
        let response_parameters = config.backend().is_some_and(|backend| !backend.response_parameters.is_empty());
        if response_parameters && place.api.protocol_type == ProtocolType::Rest {
            let message = "a REST API maps the parameters of its answers in `responses`";
            return Some(Err(Problem::new("/responseParameters", message).into()));
        }
        if let Some(problem) = misplaced(config) {
            return Some(Err(problem.into()));
        }
        Some(match config {
            IntegrationConfig::Http(config) => link::by_link(config, place.api, |config| self.http(config, place)),
            IntegrationConfig::HttpProxy(config) => {
                link::by_link(config, place.api, |config| self.http_proxy(config, place))
            }
            IntegrationConfig::Mock(config) => mapped::mock(config, place),
            IntegrationConfig::Fixed(config) => fixed(config).map(shared).map_err(Into::into),
            IntegrationConfig::Aws(config) => mapped::aws(&self.aws, config, place),
            IntegrationConfig::AwsProxy(config) => self.aws_proxy(config, place),
            _ => return None,
        })
    }

    fn upstreams(&self, upstreams: &BTreeMap<&str, &UpstreamConfig>) -> Option<Result<UpstreamsReady, Problems>> {
        Some(self.upstreams.define(upstreams))
    }

    fn has_client_certificate(&self, id: &str) -> bool {
        self.clients.has_certificate(id)
    }
}

type Made = Result<Arc<dyn Integration>, Problems>;

fn shared(integration: impl Integration) -> Arc<dyn Integration> {
    Arc::new(integration)
}

/// What stands in an integration of another type than those that know it.
fn misplaced(config: &IntegrationConfig) -> Option<Problem> {
    let backend = config.backend()?;
    let is_proxy = matches!(config, IntegrationConfig::HttpProxy(_));
    if backend.header_rules.is_some() && !is_proxy && !matches!(config, IntegrationConfig::Http(_)) {
        return Some(Problem::new("/headerRules", "only the types `http` and `http_proxy` have rules for headers"));
    }
    (!backend.upgrades.is_empty() && !is_proxy)
        .then(|| Problem::new("/upgrades", "only the type `http_proxy` lets connections be switched"))
}

/// The proxy, which lets clients switch to the protocols that its definition names.
#[cfg(feature = "proxy")]
#[expect(clippy::unnecessary_wraps, reason = "without the feature it can fail")]
fn upgrading(proxy: HttpProxy, config: &BackendConfig) -> Result<HttpProxy, Problem> {
    if config.upgrades.is_empty() { Ok(proxy) } else { Ok(proxy.upgrades(config.upgrades.iter().map(String::as_str))) }
}

#[cfg(not(feature = "proxy"))]
fn upgrading(proxy: HttpProxy, config: &BackendConfig) -> Result<HttpProxy, Problem> {
    if config.upgrades.is_empty() {
        return Ok(proxy);
    }
    Err(Problem::new("/upgrades", "upgrades need the feature `proxy` of gateway-integrations"))
}

fn no_uri(config: &BackendConfig, error: &UriTemplateError) -> Problem {
    Problem::new("/uri", format_args!("`{}`: {error}", config.uri))
}

/// The method to call with; none for `ANY`, the client's own.
pub(crate) fn method(name: &str) -> Result<Option<Method>, Problem> {
    const KNOWN: [Method; 7] =
        [Method::GET, Method::PUT, Method::POST, Method::DELETE, Method::PATCH, Method::OPTIONS, Method::HEAD];
    if name == "ANY" {
        return Ok(None);
    }
    match KNOWN.into_iter().find(|method| method == name) {
        Some(method) => Ok(Some(method)),
        None => Err(Problem::new(
            "/httpMethod",
            format_args!("`{name}` is none of GET, PUT, POST, DELETE, PATCH, OPTIONS, HEAD, ANY"),
        )),
    }
}

/// The fixed answer of a definition; JSON unless its headers say otherwise.
fn fixed(config: &FixedConfig) -> Result<Mock, Problem> {
    let status = StatusCode::from_u16(config.status_code).ok().filter(|_| (200..=599).contains(&config.status_code));
    let status = status.ok_or_else(|| {
        Problem::new("/statusCode", format_args!("{} is not between 200 and 599", config.status_code))
    })?;
    let mut headers = HeaderMap::new();
    for (name, value) in &config.headers {
        let problem = |what: &str| Problem::new(format!("/headers/{}", pointer_token(name)), what);
        let name: HeaderName = name.parse().map_err(|_| problem("this is no name of a header"))?;
        let value = HeaderValue::from_str(value).map_err(|_| problem("the value holds letters that no header may"))?;
        headers.append(name, value);
    }
    let json = || HeaderValue::from_static("application/json");
    headers.entry(header::CONTENT_TYPE).or_insert_with(json);
    let mock = Mock::new(status).body(config.body.clone());
    Ok(headers.iter().fold(mock, |mock, (name, value)| mock.header(name.clone(), value.clone())))
}

#[cfg(test)]
mod tests;
