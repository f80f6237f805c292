use std::{collections::BTreeMap, sync::Arc};

use super::{Canary, RouteSettings};
use crate::{
    cache::StageCache,
    context::Variables,
    observe::{LogSink, Observer},
    usage_plan::Throttle,
};

/// One stage as it is written down: variables, throttles, who is told of its requests.
///
/// AWS developer guide: *Setting up a stage for a REST API*.
///
/// # Example
/// ```
/// use gateway_core::{StageDefinition, Throttle};
///
/// let prod = StageDefinition::new("prod")
///     .variable("backend", "pets.internal:8080")
///     .default_throttle(Throttle::new(1000.0, 2000))
///     .throttle("POST /pets", Throttle::new(10.0, 20));
/// ```
#[derive(Clone)]
pub struct StageDefinition {
    pub(crate) name: String,
    pub(crate) deployment_id: Option<String>,
    pub(crate) variables: Variables,
    pub(crate) default_settings: Option<RouteSettings>,
    pub(crate) settings: BTreeMap<String, RouteSettings>,
    pub(crate) execution_log: Option<Arc<dyn LogSink>>,
    pub(crate) cache: Option<StageCache>,
    pub(crate) observers: Vec<Arc<dyn Observer>>,
    pub(crate) metrics: bool,
    pub(crate) detailed_metrics: bool,
    pub(crate) canary: Option<Canary>,
    pub(crate) client_certificate_id: Option<Arc<str>>,
}

impl StageDefinition {
    /// A stage without settings; `$default` is an HTTP API's root.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            deployment_id: None,
            variables: Variables::new(),
            default_settings: None,
            settings: BTreeMap::new(),
            execution_log: None,
            cache: None,
            observers: Vec::new(),
            metrics: false,
            detailed_metrics: false,
            canary: None,
            client_certificate_id: None,
        }
    }

    /// The id of the certificate that is shown to HTTP backends over TLS; the integrations have it and its key.
    ///
    /// AWS developer guide: *Generate and configure an SSL certificate for backend authentication in API Gateway*.
    #[must_use]
    pub fn client_certificate(mut self, id: impl Into<Arc<str>>) -> Self {
        self.client_certificate_id = Some(id.into());
        self
    }

    /// `$context.deploymentId`; drawn unless given.
    #[must_use]
    pub fn deployment_id(mut self, id: impl Into<String>) -> Self {
        self.deployment_id = Some(id.into());
        self
    }

    /// A stage variable.
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// The throttle of each route that has none of its own; each route has its own bucket.
    #[must_use]
    pub fn default_throttle(self, throttle: Throttle) -> Self {
        self.default_settings(RouteSettings::new().throttle(throttle))
    }

    /// The throttle of one route, by its key: `GET /pets/{id}`. For a route of `ANY` both `ANY /path` and the single
    /// method are looked up, in this order.
    #[must_use]
    pub fn throttle(self, route: impl Into<String>, throttle: Throttle) -> Self {
        self.settings(route, RouteSettings::new().throttle(throttle))
    }

    /// The settings of each route that has none of its own, and what those that have leave out.
    #[must_use]
    pub fn default_settings(mut self, settings: RouteSettings) -> Self {
        self.default_settings = Some(settings.or(&self.default_settings.unwrap_or_default()));
        self
    }

    /// The settings of one route, by its key: `GET /pets/{id}`, or `pets/{id}/GET` as AWS writes it for REST APIs; `*/*`
    /// is the default. For a route of `ANY` both `ANY /path` and the single method are looked up, in this order.
    #[must_use]
    pub fn settings(mut self, route: impl Into<String>, settings: RouteSettings) -> Self {
        let entry = self.settings.entry(route.into()).or_default();
        *entry = settings.or(entry);
        self
    }

    /// Keeps answers, of the routes whose settings ask for it.
    #[must_use]
    pub fn cache(mut self, cache: StageCache) -> Self {
        self.cache = Some(cache);
        self
    }

    /// Tells `observer` of every request of the stage: an access log, say.
    #[must_use]
    pub fn observer(mut self, observer: impl Observer) -> Self {
        self.observers.push(Arc::new(observer));
        self
    }

    /// Where the lines of the execution log go, which the [settings](RouteSettings::logging) of its routes ask for;
    /// unless given, to `tracing` with the target `gateway::execution`.
    #[must_use]
    pub fn execution_log(mut self, sink: impl LogSink) -> Self {
        self.execution_log = Some(Arc::new(sink));
        self
    }

    /// Lets a second deployment serve a part of the requests.
    #[must_use]
    pub fn canary(mut self, canary: Canary) -> Self {
        self.canary = Some(canary);
        self
    }

    /// Counts the stage's requests through the `metrics` facade; with `detailed`, each route's too. Install the
    /// recorder before the gateway is built.
    #[cfg(feature = "metrics")]
    #[must_use]
    pub fn metrics(mut self, detailed: bool) -> Self {
        self.metrics = true;
        self.detailed_metrics = detailed;
        self
    }
}

impl std::fmt::Debug for StageDefinition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StageDefinition")
            .field("name", &self.name)
            .field("variables", &self.variables)
            .field("default_settings", &self.default_settings)
            .field("settings", &self.settings)
            .field("cache", &self.cache)
            .field("canary", &self.canary)
            .finish_non_exhaustive()
    }
}
