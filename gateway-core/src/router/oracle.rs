//! Naive routers that look at every route, against which the real ones are held, and routes and requests to try.

use http::{Method, Uri};
use proptest::{collection::vec, prelude::*, sample::select};

use super::{PathSegment, PathTemplate, RouteKey, RouteMatch, RouteMethod};
use crate::context::ApiKind;

/// What a look-up found: the route, and names and values of its variables.
pub(super) type Found = (usize, Vec<(String, String)>);

/// The key, which must be one.
pub(super) fn key(text: &str, kind: ApiKind) -> RouteKey {
    RouteKey::parse(text, kind).unwrap()
}

/// The parts of a match that can be compared.
#[allow(clippy::needless_pass_by_value, reason = "it is handed to `map`")]
pub(super) fn found(route: RouteMatch) -> Found {
    (route.route, route.params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

/// A URI from a path as a server would read it.
pub(super) fn uri(path: &str) -> Uri {
    path.parse().unwrap()
}

/// What a REST API must find.
pub(super) fn rest(keys: &[RouteKey], method: &Method, path: &str) -> Option<Found> {
    let mut path = path.to_owned();
    while path.starts_with("//") {
        path.remove(0);
    }
    if path.len() > 1 && path.ends_with('/') {
        path.pop();
    }
    let verbs = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
    let candidates = matching(keys, method, &path, str::is_empty);
    candidates
        .filter(|(route, _)| verbs.contains(&method.as_str()) || keys[*route].method() != Some(RouteMethod::Any))
        .min_by_key(|(route, _)| (kinds(&keys[*route]), keys[*route].method() == Some(RouteMethod::Any)))
}

/// What an HTTP API must find.
pub(super) fn http(keys: &[RouteKey], method: &Method, path: &str) -> Option<Found> {
    let candidates = matching(keys, method, path, |_| path == "/");
    let best = candidates.min_by_key(|(route, _)| {
        let key = &keys[*route];
        (key.path().unwrap().is_greedy(), key.method() == Some(RouteMethod::Any), kinds(key))
    });
    best.or_else(|| Some((keys.iter().position(|key| *key == RouteKey::Default)?, Vec::new())))
}

fn matching<'k>(
    keys: &'k [RouteKey],
    method: &'k Method,
    path: &'k str,
    refused: impl Fn(&str) -> bool + 'k,
) -> impl Iterator<Item = Found> + 'k {
    keys.iter().enumerate().filter_map(move |(route, key)| {
        let RouteKey::Method(verb, template) = key else { return None };
        if verb.as_str() != method.as_str() && *verb != RouteMethod::Any {
            return None;
        }
        Some((route, values(template, path, &refused)?))
    })
}

fn values(template: &PathTemplate, path: &str, refused: impl Fn(&str) -> bool) -> Option<Vec<(String, String)>> {
    let parts: Vec<&str> = if path == "/" && !template.is_greedy() { vec![] } else { path[1..].split('/').collect() };
    let segments = template.segments();
    if parts.len() < segments.len() || (parts.len() > segments.len() && !template.is_greedy()) {
        return None;
    }
    let mut values = Vec::new();
    for (place, segment) in segments.iter().enumerate() {
        match segment {
            PathSegment::Literal(text) if **text == *parts[place] => {}
            PathSegment::Variable(name) if !parts[place].is_empty() => {
                values.push((name.to_string(), parts[place].to_owned()));
            }
            PathSegment::Greedy(name) if !refused(&parts[place..].join("/")) => {
                values.push((name.to_string(), parts[place..].join("/")));
            }
            _ => return None,
        }
    }
    Some(values)
}

fn kinds(key: &RouteKey) -> Vec<u8> {
    let kind = |segment: &PathSegment| match segment {
        PathSegment::Literal(_) => 0,
        PathSegment::Variable(_) => 1,
        PathSegment::Greedy(_) => 2,
    };
    key.path().unwrap().segments().iter().map(kind).collect()
}

/// Keys with few methods, texts and names, so that they often meet; a `$default` at times, if the kind has one.
pub(super) fn keys(kind: ApiKind) -> impl Strategy<Value = Vec<RouteKey>> {
    let methods = select(vec!["ANY", "ANY", "ANY", "GET", "GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"]);
    let segment = select(vec!["a", "a", "b", "{x}", "{x}", "{y}", "..", "{p+}"]);
    let route =
        (methods, vec(segment, 0..5)).prop_map(|(method, segments)| format!("{method} /{}", segments.join("/")));
    let text = if kind == ApiKind::Http {
        prop_oneof![9 => route, 1 => Just("$default".to_owned())].boxed()
    } else {
        route.boxed()
    };
    vec(text, 0..20).prop_map(move |keys| keys.iter().filter_map(|key| RouteKey::parse(key, kind).ok()).collect())
}

/// Methods, of which `ANY` of a REST API does not cover all.
pub(super) fn methods() -> impl Strategy<Value = Method> {
    let names =
        ["GET", "GET", "GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "ANY", "get"];
    select(names.to_vec()).prop_map(|name| Method::from_bytes(name.as_bytes()).unwrap())
}

/// Paths with slashes in odd places, encoded ones among them.
pub(super) fn paths() -> impl Strategy<Value = String> {
    let segments = vec(select(vec!["a", "a", "a", "b", "b", "c", "", "A", "%61", "a%2Fb", "..", "{x}"]), 0..5);
    (select(vec!["/", "/", "/", "//"]), segments, select(vec!["", "", "", "/", "//"]))
        .prop_map(|(start, segments, end)| format!("{start}{}{end}", segments.join("/")))
        .prop_filter("a target that a server reads", |path| path.parse::<Uri>().is_ok())
}
