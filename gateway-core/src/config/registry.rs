use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::Value;

use super::{
    ApiConfig, AuthorizerConfig, AuthorizerFactory, AuthorizerPlace, FunctionConfig, FunctionFactory,
    IntegrationConfig, IntegrationFactory, IntegrationPlace, MutualTlsConfig, PolicyFactory, ProxiesFactory, Tried,
    TruststoreFactory, UpstreamConfig, UpstreamsReady,
};
use crate::{
    authorizer::{Authorizer, ResultCache},
    client::{CertificateCheck, Proxies},
    definition::OnLoad,
    integration::Integration,
    observe::LogSink,
    policy::ResourcePolicy,
    problem::{Problem, Problems, pointer_token},
};

/// What a host gives a [`Config`](super::Config) to refer to: factories, services, authorizers, log sinks.
///
/// Keep it as long as the gateway: the results of cached authorizers live in it, so that they outlive a reload.
#[derive(Default)]
pub struct Registry {
    integrations: Vec<Box<dyn IntegrationFactory>>,
    authorizers: Vec<Box<dyn AuthorizerFactory>>,
    policies: Option<Box<dyn PolicyFactory>>,
    functions: Option<Box<dyn FunctionFactory>>,
    proxies: Option<Box<dyn ProxiesFactory>>,
    truststores: Option<Box<dyn TruststoreFactory>>,
    services: HashMap<String, Arc<dyn Integration>>,
    named: HashMap<String, Arc<dyn Authorizer>>,
    sinks: HashMap<String, Arc<dyn LogSink>>,
    /// By API and authorizer.
    results: Mutex<HashMap<(String, String), ResultCache>>,
}

impl Registry {
    /// A registry that knows nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a factory of integrations.
    #[must_use]
    pub fn integrations(mut self, factory: impl IntegrationFactory) -> Self {
        self.integrations.push(Box::new(factory));
        self
    }

    /// Adds a factory of authorizers.
    #[must_use]
    pub fn authorizers(mut self, factory: impl AuthorizerFactory) -> Self {
        self.authorizers.push(Box::new(factory));
        self
    }

    /// The factory of resource policies.
    #[must_use]
    pub fn policies(mut self, factory: impl PolicyFactory) -> Self {
        self.policies = Some(Box::new(factory));
        self
    }

    /// What runs the functions that a definition has itself.
    #[must_use]
    pub fn functions(mut self, factory: impl FunctionFactory) -> Self {
        self.functions = Some(Box::new(factory));
        self
    }

    /// The factory of trusted proxies.
    #[must_use]
    pub fn proxies(mut self, factory: impl ProxiesFactory) -> Self {
        self.proxies = Some(Box::new(factory));
        self
    }

    /// The factory of truststores for mutual TLS.
    #[must_use]
    pub fn truststores(mut self, factory: impl TruststoreFactory) -> Self {
        self.truststores = Some(Box::new(factory));
        self
    }

    /// Registers what `integration: { type: service, name: ... }` calls.
    #[must_use]
    pub fn service(mut self, name: impl Into<String>, service: impl Integration) -> Self {
        self.services.insert(name.into(), Arc::new(service));
        self
    }

    /// Registers what an authorizer `{ type: custom, name: ... }` is.
    #[must_use]
    pub fn authorizer(mut self, name: impl Into<String>, authorizer: impl Authorizer) -> Self {
        self.named.insert(name.into(), Arc::new(authorizer));
        self
    }

    /// Registers where an access log with `destination: { sink: ... }` goes.
    #[must_use]
    pub fn log_sink(mut self, name: impl Into<String>, sink: impl LogSink) -> Self {
        self.sinks.insert(name.into(), Arc::new(sink));
        self
    }

    pub(super) fn sink(&self, name: &str) -> Option<Arc<dyn LogSink>> {
        self.sinks.get(name).cloned()
    }

    pub(super) fn make_integration(
        &self,
        config: &IntegrationConfig,
        place: IntegrationPlace<'_>,
    ) -> Result<Arc<dyn Integration>, Problems> {
        if let IntegrationConfig::Service(service) = config {
            let message = || format!("no service `{}` is registered; add it to the registry", service.name);
            return self.services.get(&service.name).cloned().ok_or_else(|| Problem::new("/name", message()).into());
        }
        let made = self.integrations.iter().find_map(|factory| factory.integration(config, place));
        made.unwrap_or_else(|| {
            let message = "no factory makes this integration; add gateway_integrations to the registry";
            Err(Problem::new("/type", message).into())
        })
    }

    /// What is to be done when the upstreams are served.
    pub(super) fn make_upstreams(
        &self,
        parts: &BTreeMap<String, Tried<UpstreamConfig>>,
        problems: &mut Vec<Problem>,
    ) -> Option<UpstreamsReady> {
        let mut configs = BTreeMap::new();
        for (name, part) in parts {
            match part.get() {
                Ok(config) => drop(configs.insert(name.as_str(), config)),
                Err(problem) => problems.push(problem.clone().below(&format!("/upstreams/{}", pointer_token(name)))),
            }
        }
        let made = match self.integrations.iter().find_map(|factory| factory.upstreams(&configs)) {
            Some(made) => made,
            None if configs.is_empty() => return None,
            None => {
                Err(Problem::new("", "no factory makes upstreams; add gateway_integrations to the registry").into())
            }
        };
        let wrong = |found: Problems| problems.extend(found.into_iter().map(|problem| problem.below("/upstreams")));
        made.map_err(wrong).ok()
    }

    pub(super) fn make_policy(&self, document: &Value, api: &ApiConfig) -> Result<Arc<dyn ResourcePolicy>, Problem> {
        let none = || Problem::new("", "no factory makes resource policies; add one to the registry");
        self.policies.as_ref().ok_or_else(none)?.policy(document, api)
    }

    pub(super) fn has_client_certificate(&self, id: &str) -> bool {
        self.integrations.iter().any(|factory| factory.has_client_certificate(id))
    }

    pub(super) fn make_proxies(&self, ranges: &[String]) -> Result<Arc<dyn Proxies>, Problem> {
        let none = || Problem::new("", "nothing reads trusted proxies; add gateway_auth's to the registry");
        self.proxies.as_ref().ok_or_else(none)?.proxies(ranges)
    }

    pub(super) fn make_truststore(&self, config: &MutualTlsConfig) -> Result<Arc<dyn CertificateCheck>, Problem> {
        let none = || Problem::new("", "nothing reads truststores; add gateway_auth's to the registry");
        self.truststores.as_ref().ok_or_else(none)?.truststore(config)
    }

    pub(super) fn make_functions(
        &self,
        functions: BTreeMap<String, FunctionConfig>,
    ) -> Result<Option<OnLoad>, Problems> {
        match &self.functions {
            Some(factory) => factory.functions(functions).map(Some),
            None if functions.is_empty() => Ok(None),
            None => Err(Problem::new("", "nothing runs functions; add LocalFunctions to the registry").into()),
        }
    }

    pub(super) fn make_authorizer(
        &self,
        config: &AuthorizerConfig,
        place: AuthorizerPlace<'_>,
    ) -> Result<Arc<dyn Authorizer>, Problem> {
        if let Some(made) = self.authorizers.iter().find_map(|factory| factory.authorizer(config, place)) {
            return made;
        }
        let AuthorizerConfig::Custom(custom) = config else {
            return Err(Problem::new("/type", "no factory makes this authorizer; add gateway_auth to the registry"));
        };
        let message = || format!("no authorizer `{}` is registered; add it to the registry", custom.name);
        self.named.get(&custom.name).cloned().ok_or_else(|| Problem::new("/name", message()))
    }

    /// Forgets what all authorizers of an API found out for one of its stages.
    ///
    /// AWS API reference: *FlushStageAuthorizersCache*, *ResetAuthorizersCache*.
    pub fn flush_authorizers(&self, api: &str, stage: &str) {
        let results = self.results.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, results) in results.iter().filter(|((of, _), _)| of == api) {
            results.flush_stage(api, stage);
        }
    }

    /// The results of an authorizer, which outlive a reload.
    pub(super) fn results(&self, api: &str, authorizer: &str) -> ResultCache {
        let mut results = self.results.lock().unwrap_or_else(PoisonError::into_inner);
        results.entry((api.to_owned(), authorizer.to_owned())).or_default().clone()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("services", &self.services.keys())
            .field("authorizers", &self.named.keys())
            .field("sinks", &self.sinks.keys())
            .finish_non_exhaustive()
    }
}
