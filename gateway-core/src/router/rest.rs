//! The router of REST APIs: resources with methods, searched with backtracking.

use std::{
    collections::{HashMap, hash_map::Entry as Slot},
    ops::ControlFlow::{Break, Continue},
};

use http::{Method, Uri};

use super::{
    RouteMatch, Router,
    conflict::{ConflictReason, RouteConflict},
    key::RouteKey,
    method::RouteMethod,
    path::{PathSegment, PathTemplate},
    tree::{Entry, Tree},
};
use crate::{
    error::{Error, ErrorKind},
    service::Parts,
};

/// Finds the method of a REST API that serves a request.
///
/// At each segment text is preferred to `{variable}`, and that to `{greedy+}`. A resource that lacks the method is no
/// dead end: the search goes back and tries what is next. On one resource a method of its own is preferred to `ANY`,
/// which covers `DELETE`, `GET`, `HEAD`, `OPTIONS`, `PATCH`, `POST` and `PUT` and nothing else.
///
/// Slashes before the first segment count as one, and one at the end is ignored, also in the value of a greedy
/// variable. Other slashes stand for themselves: no variable is ever empty, but a greedy one keeps `a//b`. Nothing is
/// decoded, so `%2F` separates nothing. AWS developer guide: *API Gateway resources*.
///
/// # Example
/// ```
/// use gateway_core::{ApiKind, RestRouter, RouteKey};
/// use http::{Method, Uri};
///
/// let keys = ["GET /pets/{id}", "ANY /pets/cats", "OPTIONS /{proxy+}"];
/// let keys: Vec<_> = keys.iter().map(|key| RouteKey::parse(key, ApiKind::Rest)).collect::<Result<_, _>>()?;
/// let router = RestRouter::new(keys).map_err(|conflicts| conflicts[0].clone())?;
///
/// let found = router.find(&Method::GET, &Uri::from_static("/pets/7/")).unwrap();
/// assert_eq!((found.route, found.params.value("id")), (0, Some("7")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct RestRouter {
    tree: Tree,
}

impl RestRouter {
    /// The router of these routes; a route's place in the list is its [`RouteMatch::route`].
    ///
    /// # Errors
    /// All pairs of routes that cannot stand in one API: the same resource and method twice, or two variables with
    /// different names, or one of them greedy, below one resource.
    pub fn new(keys: impl IntoIterator<Item = RouteKey>) -> Result<Self, Vec<RouteConflict>> {
        let keys: Vec<_> = keys.into_iter().collect();
        let conflicts = conflicts(&keys);
        if !conflicts.is_empty() {
            return Err(conflicts);
        }
        Ok(Self { tree: Tree::new(&keys) })
    }

    /// The route for this method and the path of this URI.
    #[must_use]
    pub fn find(&self, method: &Method, uri: &Uri) -> Option<RouteMatch> {
        let method = RouteMethod::of(method)?;
        let whole = uri.path();
        let path = whole.trim_start_matches('/');
        let offset = whole.len() - path.len();
        if offset == 0 {
            return None; // `*`, or no path at all
        }
        let path = path.strip_suffix('/').unwrap_or(path);
        let path = (!path.is_empty()).then_some(path);
        let mut found = None;
        let _ = self.tree.walk(path, &mut |end| {
            if end.greedy != Some("") {
                found = choose(end.entries, method);
            }
            if found.is_some() { Break(()) } else { Continue(()) }
        });
        found.map(|entry| entry.found(uri, path, offset))
    }
}

impl Router for RestRouter {
    fn route(&self, request: &Parts) -> Result<RouteMatch, Error> {
        self.find(&request.method, &request.uri).ok_or_else(|| ErrorKind::MissingAuthenticationToken.into())
    }
}

fn choose(entries: &[Entry], method: RouteMethod) -> Option<&Entry> {
    let with = |method| entries.iter().find(|entry| entry.method == method);
    with(method).or_else(|| with(RouteMethod::Any))
}

/// All conflicts, in the order of the later route.
fn conflicts(keys: &[RouteKey]) -> Vec<RouteConflict> {
    let mut conflicts = Vec::new();
    let (mut same, mut variables) = (HashMap::new(), HashMap::new());
    for (second, key) in keys.iter().enumerate() {
        let mut refuse = |first, first_key: &RouteKey, reason| {
            let (first_key, second_key) = (first_key.clone(), key.clone());
            conflicts.push(RouteConflict { first, second, first_key, second_key, reason });
        };
        let Some(path) = key.path() else {
            refuse(second, key, ConflictReason::DefaultOfRest);
            continue;
        };
        match same.entry(key) {
            Slot::Vacant(slot) => drop(slot.insert(second)),
            Slot::Occupied(slot) => {
                refuse(*slot.get(), key, ConflictReason::Duplicate);
                continue;
            }
        }
        for (parent, child) in variable_children(path) {
            match variables.entry(parent) {
                Slot::Vacant(slot) => drop(slot.insert((second, key, child))),
                Slot::Occupied(slot) => {
                    let (first, first_key, existing) = *slot.get();
                    if existing != child {
                        let (existing, refused) = (existing.to_string(), child.to_string());
                        let parent = if slot.key().is_empty() { "/".to_owned() } else { slot.key().clone() };
                        refuse(first, first_key, ConflictReason::SiblingVariable { parent, existing, refused });
                    }
                }
            }
        }
    }
    conflicts
}

/// Each variable of a path after the resource above it, in which the names of variables are left out.
fn variable_children(path: &PathTemplate) -> impl Iterator<Item = (String, &PathSegment)> {
    path.segments()
        .iter()
        .scan(String::new(), |above, segment| {
            let parent = above.clone();
            above.push('/');
            match segment {
                PathSegment::Literal(text) => above.push_str(text),
                PathSegment::Variable(_) | PathSegment::Greedy(_) => above.push_str("{}"),
            }
            Some(segment.name().map(|_| (parent, segment)))
        })
        .flatten()
}
#[cfg(test)]
#[path = "rest_tests.rs"]
mod tests;
