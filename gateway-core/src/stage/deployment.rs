use std::{fmt, sync::Arc};

use super::front;
use crate::{
    context::{Context, StageFacts},
    cors::CompiledCors,
    definition::{Limits, NamedAuthorizers},
    error::{Error, ErrorKind},
    observe::Observer,
    responses::GatewayResponses,
    route::Route,
    router::{Router, candidates},
    service::Parts,
    trace::Step,
    usage_plan::UsagePlans,
};

/// A compiled, immutable version of an API, with the settings of the stage that serves it.
pub struct Deployment {
    pub(crate) facts: Arc<StageFacts>,
    pub(crate) router: Arc<dyn Router>,
    pub(crate) routes: Vec<Route>,
    /// What answers the preflights of an HTTP API with CORS that no route matches.
    pub(crate) unrouted_preflight: Option<Route>,
    pub(crate) responses: GatewayResponses,
    /// Whether the gateway responses may need the request's headers.
    pub(crate) keeps_headers: bool,
    pub(crate) observers: Arc<[Arc<dyn Observer>]>,
    /// Whether any route has an observer of its own.
    pub(crate) has_route_observers: bool,
    pub(crate) plans: Arc<UsagePlans>,
    pub(crate) limits: Limits,
    /// Of every answer, where that is wanted.
    pub(crate) cors: Option<Arc<CompiledCors>>,
    /// By name, for tests of one alone.
    pub(crate) authorizers: NamedAuthorizers,
}

impl Deployment {
    /// What `$context` says of the API and the stage.
    #[must_use]
    pub fn facts(&self) -> &Arc<StageFacts> {
        &self.facts
    }

    /// The compiled routes, in the order of the definition.
    #[must_use]
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// The usage plans of the stage.
    #[must_use]
    pub fn usage_plans(&self) -> &Arc<UsagePlans> {
        &self.plans
    }

    /// Finds the route that serves a request.
    pub(crate) fn route(&self, request: &Parts, context: &Context) -> Result<&Route, Error> {
        front::authenticated(context)?;
        front::check(request, &context.request().uri, self.facts.kind, &self.limits)?;
        if self.keeps_headers {
            context.set_headers(request.headers.clone());
        }
        let found = self.router.route(request);
        context.record(|| {
            let keys = self.routes.iter().map(|route| route.facts.route_key.as_str());
            let winner = found.as_ref().ok().map(|found| found.route);
            Step::Routed { candidates: candidates(keys, self.facts.kind, request, winner) }
        });
        let found = match (found, &self.unrouted_preflight) {
            (Err(_), Some(preflight)) if CompiledCors::is_preflight(request) => return Ok(preflight),
            (found, _) => found?,
        };
        let route = self.routes.get(found.route).ok_or(ErrorKind::ApiConfigurationError)?;
        context.set_route(Arc::clone(&route.facts));
        context.set_path_params(found.params);
        if let Some(log) = &route.execution_log {
            log.follow(request, context);
        }
        Ok(route)
    }

    /// Who is told of the requests of the route alone.
    pub(crate) fn route_observers(&self, context: &Context) -> &[Arc<dyn Observer>] {
        let facts = context.route().filter(|_| self.has_route_observers);
        let route =
            facts.and_then(|facts| self.routes.get(facts.index).filter(|route| Arc::ptr_eq(&route.facts, facts)));
        route.map_or(&[], |route| &route.observers)
    }
}

impl fmt::Debug for Deployment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deployment").field("facts", &self.facts).field("routes", &self.routes).finish_non_exhaustive()
    }
}
