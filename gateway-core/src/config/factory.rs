use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;

use super::{ApiConfig, AuthorizerConfig, IntegrationConfig, Registry, RouteConfig, UpstreamConfig};
use crate::{
    authorizer::{Authorizer, ResultCache},
    integration::Integration,
    policy::ResourcePolicy,
    problem::{Problem, Problems},
};

/// Where an integration stands.
#[derive(Clone, Copy, Debug)]
pub struct IntegrationPlace<'a> {
    /// The API.
    pub api: &'a ApiConfig,
    /// The route.
    pub route: &'a RouteConfig,
}

/// Makes integrations of what a definition says: the crossing from closed sets in the definition to trait objects.
///
/// A closure `|config: &IntegrationConfig, place: IntegrationPlace<'_>| -> Option<Result<Arc<dyn Integration>, Problems>>`
/// is a factory too. A factory lives as long as the gateway, so what must outlive a reload (connection pools) belongs
/// into it.
pub trait IntegrationFactory: Send + Sync + 'static {
    /// Makes the integration; `None` if this factory does not know the type.
    ///
    /// # Errors
    /// Everything that is wrong with it; the pointers start at the integration.
    fn integration(
        &self,
        config: &IntegrationConfig,
        place: IntegrationPlace<'_>,
    ) -> Option<Result<Arc<dyn Integration>, Problems>>;

    /// Makes the upstreams of a definition, for the integrations that are made next; `None` if this factory knows none.
    ///
    /// Those that are there keep serving as they are until what is returned is called, which happens when the definition
    /// is served.
    ///
    /// # Errors
    /// What is wrong with them; the pointers start with the upstream's name.
    fn upstreams(&self, upstreams: &BTreeMap<&str, &UpstreamConfig>) -> Option<Result<UpstreamsReady, Problems>> {
        let _ = upstreams;
        None
    }

    /// Whether HTTP backends can be shown the certificate with this id (`clientCertificateId` of a stage).
    fn has_client_certificate(&self, id: &str) -> bool {
        let _ = id;
        false
    }
}

/// Puts upstreams as they were defined into service.
pub type UpstreamsReady = Arc<dyn Fn() + Send + Sync>;

impl<F> IntegrationFactory for F
where
    F: Fn(&IntegrationConfig, IntegrationPlace<'_>) -> Option<Result<Arc<dyn Integration>, Problems>>
        + Send
        + Sync
        + 'static,
{
    fn integration(
        &self,
        config: &IntegrationConfig,
        place: IntegrationPlace<'_>,
    ) -> Option<Result<Arc<dyn Integration>, Problems>> {
        self(config, place)
    }
}

/// Where an authorizer stands.
#[derive(Clone, Copy, Debug)]
pub struct AuthorizerPlace<'a> {
    /// The API.
    pub api: &'a ApiConfig,
    /// Its name in the API; empty for the one that `iamAuthorization` asks for.
    pub name: &'a str,
    registry: &'a Registry,
}

impl<'a> AuthorizerPlace<'a> {
    /// The place of the authorizer `name` of `api`, whose results are kept in `registry`.
    #[must_use]
    pub fn new(api: &'a ApiConfig, name: &'a str, registry: &'a Registry) -> Self {
        Self { api, name, registry }
    }

    /// The results of this authorizer of this API, which outlive a reload.
    #[must_use]
    pub fn results(&self) -> ResultCache {
        self.registry.results(self.api.id.as_ref().unwrap_or(&self.api.name), self.name)
    }
}

/// Makes authorizers of what a definition says; see [`IntegrationFactory`]. Key sets and verified tokens outlive a
/// reload here, and results in the [place](AuthorizerPlace::results).
///
/// A closure `|config: &AuthorizerConfig, place: AuthorizerPlace<'_>| -> Option<Result<Arc<dyn Authorizer>, Problem>>` is
/// a factory too.
pub trait AuthorizerFactory: Send + Sync + 'static {
    /// Makes the authorizer; `None` if this factory does not know the type.
    ///
    /// # Errors
    /// What is wrong with it; the pointer starts at the authorizer.
    fn authorizer(
        &self,
        config: &AuthorizerConfig,
        place: AuthorizerPlace<'_>,
    ) -> Option<Result<Arc<dyn Authorizer>, Problem>>;
}

impl<F> AuthorizerFactory for F
where
    F: Fn(&AuthorizerConfig, AuthorizerPlace<'_>) -> Option<Result<Arc<dyn Authorizer>, Problem>>
        + Send
        + Sync
        + 'static,
{
    fn authorizer(
        &self,
        config: &AuthorizerConfig,
        place: AuthorizerPlace<'_>,
    ) -> Option<Result<Arc<dyn Authorizer>, Problem>> {
        self(config, place)
    }
}

/// Makes the resource policy of an API of the document that a definition holds.
///
/// A closure `|document: &Value, api: &ApiConfig| -> Result<Arc<dyn ResourcePolicy>, Problem>` is a factory too.
pub trait PolicyFactory: Send + Sync + 'static {
    /// Makes the policy.
    ///
    /// # Errors
    /// What is wrong with it; the pointer starts at the document.
    fn policy(&self, document: &Value, api: &ApiConfig) -> Result<Arc<dyn ResourcePolicy>, Problem>;
}

impl<F> PolicyFactory for F
where
    F: Fn(&Value, &ApiConfig) -> Result<Arc<dyn ResourcePolicy>, Problem> + Send + Sync + 'static,
{
    fn policy(&self, document: &Value, api: &ApiConfig) -> Result<Arc<dyn ResourcePolicy>, Problem> {
        self(document, api)
    }
}
