//! What the host writes in code: APIs, stages, plans and domains, before they are compiled.

mod api;
mod canary;
mod domain;
mod route;
mod routing_rule;
mod settings;
mod stage;

use std::sync::Arc;

pub use self::{
    api::Api,
    canary::Canary,
    domain::{Domain, RoutingMode},
    route::RouteDefinition,
    routing_rule::RoutingRule,
    settings::RouteSettings,
    stage::StageDefinition,
};
pub(crate) use self::{api::NamedAuthorizers, routing_rule::RoutingCondition};
use crate::{
    client::Proxies,
    observe::Observer,
    problem::Problem,
    usage_plan::{Plan, Throttle},
};

/// Everything that a gateway serves. Built in code, or read from a [`Config`](crate::config::Config); both compile to
/// the same thing, in [`Gateway::new`](crate::Gateway::new) and [`GatewayHandle::reload`](crate::GatewayHandle::reload).
/// Between reloads the handle deploys, promotes and rolls back single stages.
#[derive(Clone, Default)]
pub struct Definition {
    pub(crate) apis: Slots<Api>,
    pub(crate) plans: Slots<Plan>,
    pub(crate) domains: Slots<Domain>,
    pub(crate) account_throttle: Option<Throttle>,
    pub(crate) observers: Vec<Arc<dyn Observer>>,
    pub(crate) limits: Limits,
    pub(crate) proxies: Option<Arc<dyn Proxies>>,
    /// Called when the definition is served.
    pub(crate) served: Vec<Arc<dyn Fn() + Send + Sync>>,
    /// What was wrong already where the definition was read from.
    pub(crate) problems: Vec<Problem>,
    pub(crate) on_load: Option<OnLoad>,
}

/// What is to be done when a definition begins to be served.
pub type OnLoad = Arc<dyn Fn() + Send + Sync>;

/// A list whose unreadable parts are kept as `None`, so that the places of the others, which problems name, stay what
/// they are. Such a part was reported when it was read, so nothing compiles with it.
pub(crate) type Slots<T> = Vec<Option<T>>;

/// The readable parts, with their places.
pub(crate) fn places<T>(slots: &[Option<T>]) -> impl Iterator<Item = (usize, &T)> {
    slots.iter().enumerate().filter_map(|(place, part)| Some((place, part.as_ref()?)))
}

/// The size limits of requests and answers; AWS's own unless changed.
///
/// AWS developer guide: *Amazon API Gateway quotas and important notes*.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest body of a request, in bytes.
    pub payload: u64,
    /// The largest answer of a backend, in bytes, where its size is known beforehand and it need not
    /// stream; a larger one is answered with 500.
    pub answer: u64,
    /// All header names and values together, with four bytes for each line, in bytes; for an HTTP API, the request line
    /// and all values.
    pub headers: usize,
    /// The request target, in bytes.
    pub uri: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { payload: 10 * 1024 * 1024, answer: 10 * 1024 * 1024, headers: 10_240, uri: 10_240 }
    }
}

impl Definition {
    /// A definition without APIs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an API.
    #[must_use]
    pub fn api(mut self, api: Api) -> Self {
        self.apis.push(Some(api));
        self
    }

    /// Adds a usage plan.
    #[must_use]
    pub fn plan(mut self, plan: Plan) -> Self {
        self.plans.push(Some(plan));
        self
    }

    /// Adds a custom domain with its base path mappings and routing rules.
    #[must_use]
    pub fn domain(mut self, domain: Domain) -> Self {
        self.domains.push(Some(domain));
        self
    }

    /// Limits all requests together, whatever API they call.
    #[must_use]
    pub fn account_throttle(mut self, throttle: Throttle) -> Self {
        self.account_throttle = Some(throttle);
        self
    }

    /// Tells `observer` of every request of every stage.
    #[must_use]
    pub fn observer(mut self, observer: impl Observer) -> Self {
        self.observers.push(Arc::new(observer));
        self
    }

    /// Changes the size limits of requests and answers.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Believes what proxies in front say of a client's address (`$context.identity.sourceIp`); nobody's word counts
    /// unless given.
    #[must_use]
    pub fn trusted_proxies(mut self, proxies: impl Proxies) -> Self {
        self.proxies = Some(Arc::new(proxies));
        self
    }

    /// Calls `begin` each time this definition begins to be served: what lives beside the gateway changes with it, or not
    /// at all.
    #[must_use]
    pub fn when_served(mut self, begin: impl Fn() + Send + Sync + 'static) -> Self {
        self.served.push(Arc::new(begin));
        self
    }

    /// Tells that it is served from now on.
    pub(crate) fn is_served(&self) {
        self.served.iter().for_each(|begin| begin());
    }
}

impl std::fmt::Debug for Definition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = places(&self.apis).map(|(_, api)| &api.name).collect();
        f.debug_struct("Definition").field("apis", &names).field("plans", &self.plans).finish_non_exhaustive()
    }
}
