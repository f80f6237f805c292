//! The router of HTTP APIs: route keys, ranked.

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
    path::PathSegment,
    tree::{Entry, Tree},
};
use crate::{
    context::PathParams,
    error::{Error, ErrorKind},
    service::Parts,
};

/// Finds the route of an HTTP API that serves a request.
///
/// Of the routes that match, the first by this order serves: a path without a greedy variable; the request's own
/// method rather than `ANY`; and at each segment from the left text, then `{variable}`, then `{greedy+}`. Where nothing
/// matches, `$default` serves. AWS developer guide: *Working with routes for HTTP APIs*, which ranks full matches
/// before greedy ones; that the method comes next, before the path, is what AWS was seen to do.
///
/// Paths are compared as they stand: nothing is decoded, no slash is dropped. A `{variable}` is never empty. A greedy
/// variable needs a slash before it and may be empty after that: `/pets/{all+}` takes `/pets/` but not `/pets`. The
/// path `/` is the root alone and no greedy variable takes it.
///
/// # Example
/// ```
/// use gateway_core::{ApiKind, HttpRouter, RouteKey};
/// use http::{Method, Uri};
///
/// let keys = ["GET /pets/{id}", "GET /pets/{proxy+}", "$default"];
/// let keys: Vec<_> = keys.iter().map(|key| RouteKey::parse(key, ApiKind::Http)).collect::<Result<_, _>>()?;
/// let router = HttpRouter::new(keys).map_err(|conflicts| conflicts[0].clone())?;
///
/// let found = router.find(&Method::GET, &Uri::from_static("/pets/cat/1")).unwrap();
/// assert_eq!((found.route, found.params.value("proxy")), (1, Some("cat/1")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct HttpRouter {
    tree: Tree,
    default: Option<usize>,
}

impl HttpRouter {
    /// The router of these routes; a route's place in the list is its [`RouteMatch::route`].
    ///
    /// # Errors
    /// All pairs of routes that cannot stand in one API: keys that are the same, or differ in variables' names only.
    pub fn new(keys: impl IntoIterator<Item = RouteKey>) -> Result<Self, Vec<RouteConflict>> {
        let keys: Vec<_> = keys.into_iter().collect();
        let conflicts = conflicts(&keys);
        if !conflicts.is_empty() {
            return Err(conflicts);
        }
        Ok(Self { tree: Tree::new(&keys), default: keys.iter().position(|key| *key == RouteKey::Default) })
    }

    /// The route for this method and the path of this URI.
    #[must_use]
    pub fn find(&self, method: &Method, uri: &Uri) -> Option<RouteMatch> {
        let default = || self.default.map(|route| RouteMatch { route, params: PathParams::default() });
        let Some(path) = uri.path().strip_prefix('/') else { return default() }; // `*`, or no path at all
        let path = (!path.is_empty()).then_some(path);
        self.best(RouteMethod::of(method), path).map(|entry| entry.found(uri, path, 1)).or_else(default)
    }

    /// One walk: it meets the paths in their order, so what is kept is the first of each better rank.
    fn best(&self, method: Option<RouteMethod>, path: Option<&str>) -> Option<&Entry> {
        let mut best: Option<((bool, bool), &Entry)> = None;
        let _ = self.tree.walk(path, &mut |end| {
            for entry in end.entries {
                let any = entry.method == RouteMethod::Any;
                if !any && Some(entry.method) != method {
                    continue;
                }
                let rank = (end.greedy.is_some(), any);
                if best.is_none_or(|(least, _)| rank < least) {
                    best = Some((rank, entry));
                }
            }
            if matches!(best, Some(((false, false), _))) { Break(()) } else { Continue(()) }
        });
        best.map(|(_, entry)| entry)
    }
}

impl Router for HttpRouter {
    fn route(&self, request: &Parts) -> Result<RouteMatch, Error> {
        self.find(&request.method, &request.uri).ok_or_else(|| ErrorKind::MissingAuthenticationToken.into())
    }
}

/// All conflicts, in the order of the later route.
fn conflicts(keys: &[RouteKey]) -> Vec<RouteConflict> {
    let mut conflicts = Vec::new();
    let mut shapes = HashMap::new();
    for (second, second_key) in keys.iter().enumerate() {
        match shapes.entry(shape(second_key)) {
            Slot::Vacant(slot) => drop(slot.insert((second, second_key))),
            Slot::Occupied(slot) => {
                let (first, first_key) = *slot.get();
                let same = first_key == second_key;
                let reason = if same { ConflictReason::Duplicate } else { ConflictReason::SameButNames };
                let (first_key, second_key) = (first_key.clone(), second_key.clone());
                conflicts.push(RouteConflict { first, second, first_key, second_key, reason });
            }
        }
    }
    conflicts
}

/// A key without the names of its variables.
fn shape(key: &RouteKey) -> String {
    let (Some(method), Some(path)) = (key.method(), key.path()) else { return key.to_string() };
    path.segments().iter().fold(method.to_string(), |shape, segment| match segment {
        PathSegment::Literal(text) => shape + "/" + text,
        PathSegment::Variable(_) => shape + "/{}",
        PathSegment::Greedy(_) => shape + "/{+}",
    })
}

#[cfg(test)]
#[path = "http_tests.rs"]
mod tests;
