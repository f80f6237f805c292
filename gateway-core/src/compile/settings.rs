//! The settings of routes in a stage, by their keys in all the forms that AWS has for them.

use std::{collections::BTreeMap, time::Duration};

use http::Method;

use super::routes::CompiledRoutes;
use crate::{
    cache::CacheRules,
    definition::{Api, RouteSettings, StageDefinition},
    problem::{Problem, pointer_token},
    router::{RouteKey, RouteMethod},
};

const DEFAULT_TTL: Duration = Duration::from_secs(300);
const MAX_TTL: Duration = Duration::from_secs(3600);

/// The settings of a stage, complete.
pub(super) struct Settings {
    default: RouteSettings,
    /// By route keys.
    by_route: BTreeMap<String, Entry>,
}

struct Entry {
    settings: RouteSettings,
    /// Whether the entry itself says that answers are kept.
    caches: bool,
}

/// Whom settings, or a throttle of a usage plan, are for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    Default,
    Route(String),
}

impl Settings {
    /// Reads the settings, and writes down what is wrong with them.
    pub(super) fn compile(
        api: &Api,
        stage: &StageDefinition,
        routes: &CompiledRoutes,
        pointer: &str,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let mut default = stage.default_settings;
        check(stage.default_settings.as_ref(), &format!("{pointer}/defaultRouteSettings"), problems);
        let mut by_route: BTreeMap<String, RouteSettings> = BTreeMap::new();
        for (key, settings) in &stage.settings {
            let pointer = format!("{pointer}/routeSettings/{}", pointer_token(key));
            check(Some(settings), &pointer, problems);
            let twice = match target(key) {
                Target::Default => default.replace(*settings).is_some(),
                Target::Route(route) if routes.serve(&route, api.kind) => by_route.insert(route, *settings).is_some(),
                Target::Route(_) => {
                    let message = format!(
                        "the API has no route `{key}` to throttle or to set anything else for; write its key, such as \
                         `GET /pets/{{id}}` or `pets/{{id}}/GET`, or `*/*` for all"
                    );
                    problems.push(Problem::new(pointer, message));
                    continue;
                }
            };
            if twice {
                problems.push(Problem::new(pointer, "these settings are given twice; keep one of them"));
            }
        }
        let default = default.unwrap_or_default();
        let complete =
            |settings: RouteSettings| Entry { caches: settings.caching == Some(true), settings: settings.or(&default) };
        Self { by_route: by_route.into_iter().map(|(key, entry)| (key, complete(entry))).collect(), default }
    }

    /// The route's own settings, else the default.
    pub(super) fn of(&self, key: &str) -> &RouteSettings {
        self.by_route.get(key).map_or(&self.default, |entry| &entry.settings)
    }

    /// The settings of single methods of an `ANY` route: they count if the route itself has none.
    pub(super) fn by_method(&self, key: &RouteKey) -> Vec<(Method, String, &RouteSettings)> {
        let any = key.path().filter(|_| key.method() == Some(RouteMethod::Any));
        let Some(path) = any.filter(|_| !self.by_route.contains_key(&key.to_string())) else { return Vec::new() };
        let single = RouteMethod::ALL.iter().filter_map(|method| {
            let single = format!("{method} {path}");
            let entry = self.by_route.get(&single)?;
            Some((Method::from_bytes(method.as_str().as_bytes()).ok()?, single, &entry.settings))
        });
        single.collect()
    }

    /// Which methods of a route are cached, and how: `GET`, and those whose own settings say so.
    pub(super) fn caching(&self, key: &RouteKey) -> Vec<(Method, CacheRules)> {
        let Some((method, path)) = key.method().zip(key.path()) else { return Vec::new() };
        let any = method == RouteMethod::Any;
        let own = self.by_route.get(&key.to_string());
        let methods = RouteMethod::ALL.iter().filter(|one| **one != RouteMethod::Any && (any || **one == method));
        let cached = methods.filter_map(|one| {
            let entry = own.or_else(|| self.by_route.get(&format!("{one} {path}")));
            let settings = entry.map_or(&self.default, |entry| &entry.settings);
            // An `ANY` route's settings are not a single method's.
            let asked = entry.is_some_and(|entry| entry.caches) && !(any && own.is_some());
            let ttl = settings.cache_ttl.unwrap_or(DEFAULT_TTL);
            let enabled = settings.caching == Some(true) && (*one == RouteMethod::Get || asked) && !ttl.is_zero();
            let rules = CacheRules {
                ttl,
                requires_authorization: settings.requires_authorization.unwrap_or(true),
                unauthorized: settings.unauthorized.unwrap_or_default(),
            };
            let method = Method::from_bytes(one.as_str().as_bytes()).ok()?;
            enabled.then_some((method, rules))
        });
        cached.collect()
    }
}

fn check(settings: Option<&RouteSettings>, pointer: &str, problems: &mut Vec<Problem>) {
    let Some(settings) = settings else { return };
    let mut wrong = |field: &str, message: &str| problems.push(Problem::new(format!("{pointer}/{field}"), message));
    if settings.cache_ttl.is_some_and(|ttl| ttl > MAX_TTL) {
        wrong("cacheTtlInSeconds", "answers are kept for at most 3600 seconds");
    }
    if settings.metrics == Some(true) && cfg!(not(feature = "metrics")) {
        wrong("metricsEnabled", "gateway-core was built without its feature `metrics`");
    }
}

/// Reads a key: ours (`GET /pets/{id}`), or AWS's (`pets/{id}/GET`, where a slash may be written as `~1`).
pub(super) fn target(key: &str) -> Target {
    let ours =
        key == "$default" || key.split_once(' ').is_some_and(|(method, _)| RouteMethod::from_name(method).is_some());
    if ours {
        return Target::Route(key.to_owned());
    }
    let plain = key.replace("~1", "/").replace("~0", "~");
    let plain = plain.trim_start_matches('/');
    if plain == "*/*" {
        return Target::Default;
    }
    let (path, method) = plain.rsplit_once('/').unwrap_or(("", plain));
    Target::Route(format!("{method} /{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_in_every_form() {
        for (key, route) in [
            ("GET /pets/{id}", "GET /pets/{id}"),
            ("pets/{id}/GET", "GET /pets/{id}"),
            ("/pets/{id}/GET", "GET /pets/{id}"),
            ("/~1pets~1{id}/GET", "GET /pets/{id}"),
            ("~1pets~1{id}/GET", "GET /pets/{id}"),
            ("pets~1{id}/GET", "GET /pets/{id}"),
            ("a~0b/ANY", "ANY /a~b"),
            ("/GET", "GET /"),
            ("//GET", "GET /"),
            ("~1/GET", "GET /"),
            ("$default", "$default"),
        ] {
            assert_eq!(target(key), Target::Route(route.to_owned()), "{key}");
        }
        for key in ["*/*", "/*/*", "~1*/*"] {
            assert_eq!(target(key), Target::Default, "{key}");
        }
    }
}
