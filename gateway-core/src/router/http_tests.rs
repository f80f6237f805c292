use proptest::prelude::*;

use super::*;
use crate::{
    ApiKind,
    router::oracle::{self, found, key, keys, methods, paths, uri},
};

fn router(keys: &[&str]) -> HttpRouter {
    HttpRouter::new(keys.iter().map(|text| key(text, ApiKind::Http))).unwrap()
}

/// The key that serves, with the values of its variables.
fn served<'k>(keys: &[&'k str], method: &str, path: &str) -> Option<(&'k str, Vec<(String, String)>)> {
    let (route, values) = router(keys).find(&method.parse().unwrap(), &uri(path)).map(found)?;
    Some((keys[route], values))
}

fn one<'k>(key: &'k str, name: &str, value: &str) -> Option<(&'k str, Vec<(String, String)>)> {
    Some((key, vec![(name.to_owned(), value.to_owned())]))
}

fn none(key: &str) -> Option<(&str, Vec<(String, String)>)> {
    Some((key, Vec::new()))
}

#[test]
fn the_table_of_the_guide() {
    let keys = ["GET /pets/dog/1", "GET /pets/dog/{id}", "GET /pets/{proxy+}", "ANY /{proxy+}", "$default"];
    assert_eq!(served(&keys, "GET", "/pets/dog/1"), none("GET /pets/dog/1"));
    assert_eq!(served(&keys, "GET", "/pets/dog/2"), one("GET /pets/dog/{id}", "id", "2"));
    assert_eq!(served(&keys, "GET", "/pets/cat/1"), one("GET /pets/{proxy+}", "proxy", "cat/1"));
    assert_eq!(served(&keys, "POST", "/test/5"), one("ANY /{proxy+}", "proxy", "test/5"));
    assert_eq!(served(&keys, "POST", "/pets/dog/1"), one("ANY /{proxy+}", "proxy", "pets/dog/1"));
    assert_eq!(served(&keys, "GET", "/"), none("$default"));
}

#[test]
fn no_greedy_variable_then_the_exact_method_then_the_path() {
    let keys = ["ANY /pets/dog", "GET /{proxy+}"];
    assert_eq!(served(&keys, "GET", "/pets/dog"), none("ANY /pets/dog"));
    let keys = ["ANY /pets/dog", "GET /pets/{id}"];
    assert_eq!(served(&keys, "GET", "/pets/dog"), one("GET /pets/{id}", "id", "dog"));
    assert_eq!(served(&keys, "PUT", "/pets/dog"), none("ANY /pets/dog"));
    let keys = ["ANY /a/b/{p+}", "GET /a/{p+}", "GET /{p+}"];
    assert_eq!(served(&keys, "GET", "/a/b/c"), one("GET /a/{p+}", "p", "b/c"));
    let keys = ["GET /a/{p+}", "GET /a/{x}/{q+}"];
    assert_eq!(served(&keys, "GET", "/a/b/c").unwrap().0, "GET /a/{x}/{q+}");
    assert_eq!(served(&keys, "GET", "/a/b"), one("GET /a/{p+}", "p", "b"));
}

#[test]
fn slashes_and_encoding() {
    assert_eq!(served(&["GET /pets/{proxy+}"], "GET", "/pets"), None);
    let keys = ["GET /metrics", "GET /metrics/{proxy+}"];
    assert_eq!(served(&keys, "GET", "/metrics/"), one("GET /metrics/{proxy+}", "proxy", ""));
    assert_eq!(served(&keys, "GET", "/metrics"), none("GET /metrics"));
    assert_eq!(served(&["GET /metrics"], "GET", "/metrics/"), None);
    assert_eq!(served(&["GET /metrics"], "GET", "/Metrics"), None);
    assert_eq!(served(&["GET /metrics"], "GET", "//metrics"), None);
    assert_eq!(served(&["GET /a/{id}"], "GET", "/a/x%2Fy?b=/c"), one("GET /a/{id}", "id", "x%2Fy"));
    assert_eq!(served(&["GET /a/{id}"], "GET", "/a/"), None);
    assert_eq!(served(&["GET /a/{id}/b"], "GET", "/a//b"), None);
    assert_eq!(served(&["GET /a/{p+}"], "GET", "/a//b/"), one("GET /a/{p+}", "p", "/b/"));
    assert_eq!(served(&["GET /{p+}"], "GET", "//"), one("GET /{p+}", "p", "/"));
    assert_eq!(served(&["GET /a"], "GET", "/b/../a"), None);
    assert_eq!(served(&["GET /"], "GET", "/"), none("GET /"));
    assert_eq!(served(&["GET /{p+}", "$default"], "OPTIONS", "*"), none("$default"));
}

#[test]
fn methods_that_nothing_names() {
    assert_eq!(served(&["GET /a"], "HEAD", "/a"), None);
    assert_eq!(served(&["GET /a"], "POST", "/a"), None);
    assert_eq!(served(&["ANY /a"], "PURGE", "/a"), none("ANY /a"));
    assert_eq!(served(&["GET /a", "$default"], "PURGE", "/a"), none("$default"));
}

#[test]
fn routes_that_may_stand_together() {
    let keys = ["GET /pets/{id}", "GET /pets/{proxy+}", "POST /pets/{name}", "ANY /pets/{any}"];
    assert_eq!(served(&keys, "GET", "/pets/7"), one("GET /pets/{id}", "id", "7"));
    assert_eq!(served(&keys, "GET", "/pets/7/8"), one("GET /pets/{proxy+}", "proxy", "7/8"));
    assert_eq!(served(&keys, "POST", "/pets/7"), one("POST /pets/{name}", "name", "7"));
    assert_eq!(served(&keys, "PUT", "/pets/7"), one("ANY /pets/{any}", "any", "7"));
}

#[test]
fn all_conflicts_at_once() {
    let keys = ["GET /p/{a}", "$default", "GET /p/{b}", "GET /p/{a}", "$default", "GET /p/{a+}"];
    let conflicts = HttpRouter::new(keys.iter().map(|text| key(text, ApiKind::Http))).unwrap_err();
    let places: Vec<_> = conflicts.iter().map(|found| (found.first, found.second, found.reason.clone())).collect();
    let expected =
        [(0, 2, ConflictReason::SameButNames), (0, 3, ConflictReason::Duplicate), (1, 4, ConflictReason::Duplicate)];
    assert_eq!(places, expected);
    assert!(conflicts[0].to_string().starts_with("routes 0 (`GET /p/{a}`) and 2 (`GET /p/{b}`): the keys differ"));
}

#[test]
fn no_route_is_an_error_of_the_same_kind_as_in_rest_apis() {
    let (parts, ()) = http::Request::get("/nothing").body(()).unwrap().into_parts();
    let error = router(&["GET /a"]).route(&parts).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingAuthenticationToken);
}

/// Whether two keys are the same key to an HTTP API.
fn clash(a: &RouteKey, b: &RouteKey) -> bool {
    let (Some(left), Some(right)) = (a.path(), b.path()) else { return a == b };
    let alike = |(one, other): (&PathSegment, &PathSegment)| match (one, other) {
        (PathSegment::Literal(one), PathSegment::Literal(other)) => one == other,
        (one, other) => std::mem::discriminant(one) == std::mem::discriminant(other),
    };
    let same = left.segments().len() == right.segments().len();
    a.method() == b.method() && same && left.segments().iter().zip(right.segments()).all(alike)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn routes_as_a_naive_router_does(
        mut keys in keys(ApiKind::Http),
        requests in proptest::collection::vec((methods(), paths()), 1..20),
    ) {
        let clashes = (0..keys.len()).any(|second| (0..second).any(|first| clash(&keys[first], &keys[second])));
        let conflicts = HttpRouter::new(keys.clone()).err().unwrap_or_default();
        prop_assert_eq!(!conflicts.is_empty(), clashes);
        for second in (0..keys.len()).rev().filter(|place| conflicts.iter().any(|found| found.second == *place)) {
            keys.remove(second);
        }
        let router = HttpRouter::new(keys.clone()).expect("all conflicts were named");
        for (method, path) in requests {
            let found = router.find(&method, &uri(&path)).map(found);
            prop_assert_eq!(found, oracle::http(&keys, &method, &path), "{} {} of {:?}", method, path, keys);
        }
    }
}
