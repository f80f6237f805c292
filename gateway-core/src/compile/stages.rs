use std::{sync::Arc, time::Duration};

use sha2::{Digest, Sha256};

use super::{
    cache_scopes::{self, CacheScopes},
    preflight,
    routes::CompiledRoutes,
    settings::Settings,
};
use crate::{
    authorizer::AuthorizerGuard,
    cache::{CacheKey, RouteCache},
    context::{ApiKind, EndpointType, RouteFacts, StageFacts},
    cors::CompiledCors,
    definition::{Api, Definition, RouteDefinition, RouteSettings, StageDefinition, places},
    observe::{Observer, RouteExecutionLog},
    problem::{Problem, pointer_token},
    route::{Admission, Route, RouteThrottle},
    router::{RouteKey, Router},
    runtime::Runtime,
    stage::Deployment,
    usage_plan::{Limiter, UsagePlans},
};

const REST_TIMEOUT: Duration = Duration::from_millis(29_000);
const HTTP_TIMEOUT: Duration = Duration::from_secs(30);

/// Checks the stages of an API: names, variables, throttles.
pub(super) fn check(api: &Api, routes: &CompiledRoutes, pointer: &str, problems: &mut Vec<Problem>) {
    for (place, stage) in places(&api.stages) {
        let pointer = format!("{pointer}/stages/{place}");
        let mut wrong = |field: &str, message: String| {
            problems.push(Problem::new(format!("{pointer}/{field}"), message));
        };
        let before = api.stages.iter().take(place).flatten();
        if let Some(message) = wrong_name(&stage.name, api.kind) {
            wrong("name", message);
        } else if before.into_iter().any(|other| other.name == stage.name) {
            wrong("name", format!("the API has a stage `{}` already", stage.name));
        }
        if stage.variables.len() > 100 {
            wrong("variables", "a stage has at most 100 variables".to_owned());
        }
        for (name, value) in &stage.variables {
            if let Some(message) = wrong_variable(name, value) {
                wrong(&format!("variables/{}", pointer_token(name)), message);
            }
        }
        Settings::compile(api, stage, routes, &pointer, problems);
    }
}

fn wrong_name(name: &str, kind: ApiKind) -> Option<String> {
    let letters = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    match name {
        "$default" if kind == ApiKind::Http => None,
        "$default" => Some("only an HTTP API has a stage `$default`; map a domain to a REST API's stage".to_owned()),
        _ if (1..=128).contains(&name.len()) && name.chars().all(letters) => None,
        _ => Some(format!("`{name}` is no stage name: 1 to 128 letters, digits, `_` and `-`")),
    }
}

pub(super) fn wrong_variable(name: &str, value: &str) -> Option<String> {
    let in_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let in_value = |letter: char| letter.is_ascii_alphanumeric() || "-._~:/?#&=,".contains(letter);
    if !(1..=64).contains(&name.len()) || !name.chars().all(in_name) {
        return Some(format!("`{name}` is no name of a variable: 1 to 64 letters, digits and `_`"));
    }
    if value.len() > 512 || !value.chars().all(in_value) {
        return Some("the value of a variable is at most 512 letters, digits and `-._~:/?#&=,`".to_owned());
    }
    None
}

/// Everything that a deployment of one stage is compiled of.
pub(super) struct Scene<'a> {
    pub(super) definition: &'a Definition,
    pub(super) api: &'a Api,
    pub(super) stage: &'a StageDefinition,
    pub(super) deployment_id: &'a str,
    pub(super) cache_scopes: &'a CacheScopes,
    pub(super) is_canary: Option<bool>,
    pub(super) runtime: &'a Runtime,
    pub(super) routes: &'a CompiledRoutes,
    pub(super) router: &'a Arc<dyn Router>,
    pub(super) cors: Option<&'a Arc<CompiledCors>>,
    pub(super) settings: &'a Settings,
    pub(super) account: Option<&'a Limiter>,
}

impl Scene<'_> {
    pub(super) fn deployment(&self, plans: UsagePlans) -> Deployment {
        let facts = Arc::new(StageFacts {
            kind: self.api.kind,
            api_id: self.api.stable_id().to_owned(),
            api_name: self.api.name.clone(),
            account_id: self.api.account_id.clone(),
            region: self.api.region.clone(),
            stage: self.stage.name.clone(),
            deployment_id: self.deployment_id.to_owned(),
            variables: self.stage.variables.clone(),
            endpoint: self.api.endpoint,
            binary_media_types: self.api.binary_media_types.clone(),
            is_canary: self.is_canary,
            client_certificate_id: self.stage.client_certificate_id.clone(),
            is_test: false,
        });
        let plans = Arc::new(plans);
        let defined = self.api.routes.iter().flatten().map(|(_, route)| route);
        let keys = self.routes.keys.iter().flatten();
        let routes =
            keys.zip(defined).enumerate().map(|(index, (key, route))| self.route(index, key, route, &facts, &plans));
        let routes: Vec<_> = routes.collect();
        let http_cors = self.cors.filter(|_| self.api.kind == ApiKind::Http);
        let unrouted = http_cors.map(|cors| {
            let throttled_as = RouteKey::Default;
            self.route(routes.len(), &throttled_as, &preflight::unrouted(cors), &facts, &plans)
        });
        Deployment {
            unrouted_preflight: unrouted,
            observers: self.observers(&facts),
            has_route_observers: routes.iter().any(|route| !route.observers.is_empty()),
            facts,
            router: Arc::clone(self.router),
            responses: self.api.responses.clone(),
            keeps_headers: self.api.responses.reads_headers(),
            plans,
            limits: self.definition.limits,
            cors: self.cors.filter(|cors| cors.on_answers()).cloned(),
            authorizers: self.api.authorizers.clone(),
            routes,
        }
    }

    fn route(
        &self,
        index: usize,
        key: &RouteKey,
        route: &RouteDefinition,
        stage: &StageFacts,
        plans: &Arc<UsagePlans>,
    ) -> Route {
        let path = key.path().map_or_else(|| "$default".to_owned(), ToString::to_string);
        let facts = RouteFacts {
            index,
            resource_id: short_id(format!("{}{path}", stage.api_id).as_bytes()),
            route_key: key.to_string(),
            operation_name: route.operation_name.clone(),
            resource_path: path,
            authorization_scopes: route.scopes.clone(),
            is_default: key.path().is_none(),
        };
        let timeout = match self.api.kind {
            ApiKind::Rest => REST_TIMEOUT,
            ApiKind::Http => HTTP_TIMEOUT,
        };
        let execution_log = self.execution_log(stage, key).map(Arc::new);
        let logged = execution_log.clone().map(|log| log as Arc<dyn Observer>);
        Route {
            observers: self.route_metrics(stage, &facts, key).into_iter().chain(logged).collect(),
            execution_log,
            admission: Admission {
                kind: self.api.kind,
                guards: self.api.guards.iter().chain(&route.guards).cloned().collect(),
                policy: self.api.policy.clone(),
                needs_policy: self.api.endpoint == EndpointType::Private,
                authorizer: route.authorizer.clone().map(AuthorizerGuard),
                plans: route.api_key_required.then(|| Arc::clone(plans)),
                throttle: self.throttle(key).map(Box::new),
                account: self.account.cloned(),
            },
            cache: self.cache(index, key, route).map(Box::new),
            minimum_compression_size: self.api.minimum_compression_size.filter(|_| !route.streams),
            max_answer: (!route.streams).then_some(self.definition.limits.answer),
            max_payload: self.definition.limits.payload,
            validation: self.routes.validations.get(index).cloned().flatten(),
            facts: Arc::new(facts),
            integration: Arc::clone(&route.integration),
            cors: self.cors.filter(|_| self.api.kind == ApiKind::Http).cloned(),
            timeout: route.timeout.unwrap_or(timeout),
        }
    }

    /// The entry of the route, else the default; each route has its own bucket. An `ANY` route's single methods may
    /// have entries, which count if the route itself has none.
    fn throttle(&self, key: &RouteKey) -> Option<RouteThrottle> {
        let limiter = |key: &str, settings: &RouteSettings| {
            let id = format!("stage/{}/{}/{key}", self.api.stable_id(), self.stage.name);
            Some(Limiter::new(&*self.runtime.store, &id, settings.limit()?))
        };
        let text = key.to_string();
        let by_method = self.settings.by_method(key).into_iter();
        let by_method: Vec<_> =
            by_method.filter_map(|(method, single, own)| Some((method, limiter(&single, own)?))).collect();
        let all = limiter(&text, self.settings.of(&text));
        (all.is_some() || !by_method.is_empty()).then_some(RouteThrottle { all, by_method })
    }

    fn cache(&self, index: usize, key: &RouteKey, route: &RouteDefinition) -> Option<RouteCache> {
        let uses = self.is_canary != Some(true) || self.stage.canary.as_ref()?.use_stage_cache;
        let cache = self.stage.cache.as_ref().filter(|_| uses && !route.streams)?;
        let methods = self.settings.caching(key);
        let namespace = cache_scopes::namespace(key, route).filter(|_| !methods.is_empty())?;
        let sources = self.routes.cache_keys.get(index).cloned().unwrap_or_default();
        let deployment = [self.api.stable_id(), self.cache_scopes.of(&namespace)];
        Some(RouteCache {
            store: self.runtime.caches.open(self.api.stable_id(), &self.stage.name, cache.bytes),
            key: CacheKey::new(&deployment, &namespace, sources),
            methods,
            may_invalidate: cache.may_invalidate.clone(),
        })
    }

    fn execution_log(&self, stage: &StageFacts, key: &RouteKey) -> Option<RouteExecutionLog> {
        let by_method = self.settings.by_method(key).into_iter();
        let log = RouteExecutionLog {
            group: RouteExecutionLog::group(stage),
            all: self.settings.of(&key.to_string()).execution_logging(),
            by_method: by_method.map(|(method, _, own)| (method, own.execution_logging())).collect(),
            sink: self.stage.execution_log.clone(),
        };
        log.is_on().then_some(log)
    }

    fn observers(&self, facts: &StageFacts) -> Arc<[Arc<dyn Observer>]> {
        let given = self.definition.observers.iter().chain(&self.stage.observers).cloned();
        given.chain(self.stage_metrics(facts)).collect()
    }

    #[cfg(feature = "metrics")]
    fn stage_metrics(&self, facts: &StageFacts) -> Option<Arc<dyn Observer>> {
        self.stage.metrics.then(|| self.counted(crate::observe::Metrics::for_stage(facts)))
    }

    #[cfg(feature = "metrics")]
    fn counted(&self, metrics: crate::observe::Metrics) -> Arc<dyn Observer> {
        Arc::new(if self.stage.cache.is_some() { metrics.with_cache() } else { metrics })
    }

    #[cfg(feature = "metrics")]
    fn route_metrics(&self, stage: &StageFacts, route: &RouteFacts, key: &RouteKey) -> Option<Arc<dyn Observer>> {
        let method = key.method().map_or("$default", crate::router::RouteMethod::as_str);
        let detailed = self.settings.of(&route.route_key).metrics.unwrap_or(self.stage.detailed_metrics);
        let metrics = crate::observe::Metrics::for_route;
        detailed.then(|| self.counted(metrics(stage, route, method)))
    }

    #[cfg(not(feature = "metrics"))]
    fn stage_metrics(&self, _: &StageFacts) -> Option<Arc<dyn Observer>> {
        None
    }

    #[cfg(not(feature = "metrics"))]
    fn route_metrics(&self, _: &StageFacts, _: &RouteFacts, _: &RouteKey) -> Option<Arc<dyn Observer>> {
        None
    }
}

/// Six characters for `seed`, as AWS's ids look.
pub(crate) fn short_id(seed: &[u8]) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let digit = |byte: u8| char::from(DIGITS.get(usize::from(byte) % 36).copied().unwrap_or(b'0'));
    Sha256::digest(seed).iter().take(6).map(|byte| digit(*byte)).collect()
}
