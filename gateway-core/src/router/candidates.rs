//! Which routes could be meant by a request, and why they lost. Only for requests that somebody asks about: slow, and
//! on its own, so that it can tell more than the routers need to know.

use std::cmp::Reverse;

use super::{
    key::RouteKey,
    method::RouteMethod,
    path::{PathSegment, PathTemplate},
};
use crate::{context::ApiKind, service::Parts, trace::Candidate};

/// How many of the routes whose path differs are told.
const MOST: usize = 20;

/// The winner, the routes whose path fits, then those whose path differs, the later the better.
pub(crate) fn candidates<'a>(
    keys: impl Iterator<Item = &'a str>,
    kind: ApiKind,
    request: &Parts,
    winner: Option<usize>,
) -> Vec<Candidate> {
    let keys: Vec<_> = keys.enumerate().filter_map(|(at, key)| Some((at, RouteKey::parse(key, kind).ok()?))).collect();
    let won = winner.and_then(|winner| keys.iter().find(|(at, _)| *at == winner)).map(|(_, key)| key);
    let path = path(request.uri.path(), kind);
    let mut told = Vec::new();
    for (_, key) in &keys {
        let candidate = |lost| Candidate { route: key.to_string(), lost };
        told.push(match key {
            _ if Some(key) == won => (Reverse(usize::MAX), candidate(None)),
            RouteKey::Default => (Reverse(0), candidate(Some("another route fits".to_owned()))),
            RouteKey::Method(method, template) => match differs(template, path.as_deref(), kind) {
                Some((segment, how)) => (Reverse(segment), candidate(Some(format!("segment {segment}: {how}")))),
                None => {
                    let lost = match won {
                        _ if !serves(*method, request, kind) => Some(lacks(template, &keys, request)),
                        Some(RouteKey::Method(by, other)) => Some(outranked((*method, template), (*by, other), kind)),
                        _ => Some("the router did not choose it".to_owned()),
                    };
                    (Reverse(usize::MAX - 1), candidate(lost))
                }
            },
        });
    }
    told.sort_by_key(|(closeness, _)| *closeness);
    let fitting = told.iter().filter(|(Reverse(closeness), _)| *closeness >= usize::MAX - 1).count();
    told.truncate(fitting.saturating_add(MOST));
    told.into_iter().map(|(_, candidate)| candidate).collect()
}

/// The segments of a request's path, as this kind of router reads them; `None` if there is no path at all.
fn path(path: &str, kind: ApiKind) -> Option<Vec<&str>> {
    let path = path.strip_prefix('/')?;
    let path = match kind {
        ApiKind::Rest => {
            let path = path.trim_start_matches('/');
            path.strip_suffix('/').unwrap_or(path)
        }
        ApiKind::Http => path,
    };
    Some(if path.is_empty() { Vec::new() } else { path.split('/').collect() })
}

/// The first segment, counted from one, at which the path is another, and how.
fn differs(template: &PathTemplate, path: Option<&[&str]>, kind: ApiKind) -> Option<(usize, String)> {
    let Some(path) = path else { return Some((1, "the request has no path".to_owned())) };
    let mut given = path.iter();
    for (number, expected) in (1..).zip(template.segments()) {
        let Some(found) = given.next() else {
            return Some((number, format!("`{expected}` is needed, and the path ends before it")));
        };
        let empty = match (expected, kind) {
            (PathSegment::Literal(text), _) if **text == **found => false,
            (PathSegment::Literal(text), _) => return Some((number, format!("`{text}` is needed, and not `{found}`"))),
            (PathSegment::Variable(_), _) => found.is_empty(),
            (PathSegment::Greedy(_), ApiKind::Rest) => found.is_empty() && given.len() == 0,
            (PathSegment::Greedy(_), ApiKind::Http) => false,
        };
        if empty {
            return Some((number, format!("`{expected}` cannot be empty")));
        }
        if matches!(expected, PathSegment::Greedy(_)) {
            return None;
        }
    }
    let number = template.segments().len().saturating_add(1);
    given.next().map(|more| (number, format!("the route ends before it, and the path goes on with `{more}`")))
}

fn serves(method: RouteMethod, request: &Parts, kind: ApiKind) -> bool {
    let asked = RouteMethod::of(&request.method);
    match method {
        RouteMethod::Any => kind == ApiKind::Http || asked.is_some(),
        method => Some(method) == asked,
    }
}

fn lacks(template: &PathTemplate, keys: &[(usize, RouteKey)], request: &Parts) -> String {
    let here = keys.iter().filter(|(_, key)| key.path() == Some(template));
    let methods: Vec<_> = here.filter_map(|(_, key)| key.method()).map(RouteMethod::as_str).collect();
    format!(
        "the path fits, but the method does not: `{template}` has {}, and not {}",
        methods.join(", "),
        request.method
    )
}

/// Why a route that fits is ranked below the winner.
fn outranked(
    (method, template): (RouteMethod, &PathTemplate),
    (by, winner): (RouteMethod, &PathTemplate),
    kind: ApiKind,
) -> String {
    let wins = format!("less specific than `{by} {winner}`: ");
    if kind == ApiKind::Http && template.is_greedy() && !winner.is_greedy() {
        return wins + "a path without a greedy variable comes first";
    }
    let own = method == RouteMethod::Any && by != RouteMethod::Any;
    if kind == ApiKind::Http && own && template.is_greedy() == winner.is_greedy() {
        return wins + "the request's own method comes before ANY";
    }
    let pairs = (1..).zip(template.segments().iter().zip(winner.segments()));
    for (number, (lost, won)) in pairs {
        if rank(lost) != rank(won) {
            return format!("{wins}at segment {number}, `{won}` comes before `{lost}`");
        }
    }
    wins + if own { "the request's own method comes before ANY" } else { "the router chose the other" }
}

fn rank(segment: &PathSegment) -> u8 {
    match segment {
        PathSegment::Literal(_) => 0,
        PathSegment::Variable(_) => 1,
        PathSegment::Greedy(_) => 2,
    }
}

#[cfg(test)]
#[path = "candidates_tests.rs"]
mod tests;
