use std::{sync::Arc, time::Duration};

use super::validation::Models;
use crate::{
    context::ApiKind,
    definition::Api,
    problem::Problem,
    router::{HttpRouter, RestRouter, RouteConflict, RouteKey, Router},
    source::ValueSource,
    validate::Validation,
};

/// The routes of an API, as far as they can be read.
pub(super) struct CompiledRoutes {
    /// One that cannot be read is `None`, and was reported.
    pub(super) keys: Vec<Option<RouteKey>>,
    /// Of the keys that can be read; `None` where they conflict, which was reported.
    pub(super) router: Option<Arc<dyn Router>>,
    /// By the places of the keys; `None` where there is nothing to validate.
    pub(super) validations: Vec<Option<Arc<Validation>>>,
    /// By the places of the keys: what tells kept answers from each other.
    pub(super) cache_keys: Vec<Vec<ValueSource>>,
}

impl CompiledRoutes {
    /// Whether a route has this key, or serves it by `ANY`.
    pub(super) fn serve(&self, text: &str, kind: ApiKind) -> bool {
        let Ok(wanted) = RouteKey::parse(text, kind) else { return false };
        self.keys.iter().flatten().any(|key| {
            let any = key.method().is_some_and(|method| method.as_str() == "ANY");
            *key == wanted || (any && key.path() == wanted.path())
        })
    }
}

/// Reads the route keys of an API, and checks what stands beside them.
pub(super) fn compile(api: &Api, pointer: &str, problems: &mut Vec<Problem>) -> CompiledRoutes {
    let models = Models::compile(api, pointer, problems);
    let mut keys = Vec::with_capacity(api.routes.len());
    let mut validations = Vec::with_capacity(api.routes.len());
    let mut cache_keys = Vec::with_capacity(api.routes.len());
    for (place, slot) in api.routes.iter().enumerate() {
        let Some((text, route)) = slot else {
            keys.push(None);
            validations.push(None);
            cache_keys.push(Vec::new());
            continue;
        };
        let pointer = format!("{pointer}/routes/{place}");
        let mut wrong = |field: &str, message: &str| {
            problems.push(Problem::new(format!("{pointer}/{field}"), message));
        };
        if !route.scopes.is_empty() && route.authorizer.is_none() {
            wrong("authorizationScopes", "scopes need an authorizer that grants them; name one");
        }
        if route.timeout.is_some_and(|timeout| timeout < Duration::from_millis(50)) {
            wrong("integration/timeoutInMillis", "a timeout is at least 50 milliseconds");
        }
        cache_keys.push(cache_key(&route.cache_key, &pointer, problems));
        validations.push(models.route(api, route, &pointer, problems).map(Arc::new));
        match RouteKey::parse(text, api.kind) {
            Ok(key) => keys.push(Some(key)),
            Err(error) => {
                problems.push(Problem::new(format!("{pointer}/route"), error));
                keys.push(None);
            }
        }
    }
    let readable: Vec<_> = keys.iter().enumerate().filter_map(|(place, key)| Some((place, key.clone()?))).collect();
    let places: Vec<_> = readable.iter().map(|(place, _)| *place).collect();
    let router = router(api.kind, readable.into_iter().map(|(_, key)| key)).map_err(|conflicts| {
        problems.extend(conflicts.into_iter().map(|mut conflict| {
            let place = |index: usize| places.get(index).copied().unwrap_or(index);
            (conflict.first, conflict.second) = (place(conflict.first), place(conflict.second));
            Problem::new(format!("{pointer}/routes/{}/route", conflict.second), conflict)
        }));
    });
    CompiledRoutes { keys, router: router.ok(), validations, cache_keys }
}

/// Reads what kept answers are found by.
fn cache_key(texts: &[String], pointer: &str, problems: &mut Vec<Problem>) -> Vec<ValueSource> {
    let mut sources = Vec::with_capacity(texts.len());
    for (place, text) in texts.iter().enumerate() {
        match ValueSource::parse(text) {
            Ok(source) => sources.push(source),
            Err(_) => problems.push(Problem::new(
                format!("{pointer}/integration/cacheKeyParameters/{place}"),
                format!(
                    "`{text}` cannot tell answers from each other: write method.request.{{header|path|querystring}}.NAME, \
                     or an integration.request parameter that the integration maps from something else than the body"
                ),
            )),
        }
    }
    sources
}

/// The router for this kind of API.
fn router(kind: ApiKind, keys: impl IntoIterator<Item = RouteKey>) -> Result<Arc<dyn Router>, Vec<RouteConflict>> {
    Ok(match kind {
        ApiKind::Rest => Arc::new(RestRouter::new(keys)?),
        ApiKind::Http => Arc::new(HttpRouter::new(keys)?),
    })
}
