use proptest::prelude::*;

use super::*;
use crate::{
    ApiKind,
    router::oracle::{self, Found, found, key, keys, methods, paths, uri},
};

fn router(keys: &[&str]) -> RestRouter {
    RestRouter::new(keys.iter().map(|text| key(text, ApiKind::Rest))).unwrap()
}

fn served(keys: &[&str], method: &str, path: &str) -> Option<Found> {
    router(keys).find(&method.parse().unwrap(), &uri(path)).map(found)
}

fn refused(keys: &[&str]) -> Vec<(usize, usize, String)> {
    let conflicts = RestRouter::new(keys.iter().map(|text| key(text, ApiKind::Rest))).unwrap_err();
    conflicts.iter().map(|conflict| (conflict.first, conflict.second, conflict.to_string())).collect()
}

fn one(route: usize, name: &str, value: &str) -> Option<Found> {
    Some((route, vec![(name.to_owned(), value.to_owned())]))
}

fn none(route: usize) -> Option<Found> {
    Some((route, Vec::new()))
}

#[test]
fn a_resource_without_the_method_is_no_dead_end() {
    let keys = ["POST /test", "ANY /test/any", "OPTIONS /{proxy+}"];
    assert_eq!(served(&keys, "OPTIONS", "/test"), one(2, "proxy", "test"));
    assert_eq!(served(&keys, "POST", "/test"), none(0));
    assert_eq!(served(&keys, "OPTIONS", "/test/any"), none(1));
    assert_eq!(served(&keys, "GET", "/test"), None);
    assert_eq!(served(&keys, "OPTIONS", "/test/any/more"), one(2, "proxy", "test/any/more"));
}

#[test]
fn a_branch_that_ends_early_is_left_again() {
    let keys = ["GET /{param+}", "GET /part1", "GET /part1/hardcoded-value"];
    assert_eq!(served(&keys, "GET", "/part1/random-value"), one(0, "param", "part1/random-value"));
    assert_eq!(served(&keys, "GET", "/part1/hardcoded-value"), none(2));
    assert_eq!(served(&keys, "GET", "/part1"), none(1));
    let keys = ["GET /a/b/c", "GET /{x}/b/d", "GET /a/{y}/e"];
    assert_eq!(served(&keys, "GET", "/a/b/d"), one(1, "x", "a"));
    assert_eq!(served(&keys, "GET", "/a/b/e"), one(2, "y", "b"));
    assert_eq!(served(&keys, "GET", "/a/b/f"), None);
}

#[test]
fn greedy_takes_at_least_one_segment() {
    assert_eq!(served(&["ANY /{proxy+}"], "GET", "/"), None);
    assert_eq!(served(&["ANY /a/{proxy+}"], "GET", "/a"), None);
    assert_eq!(served(&["ANY /a/{proxy+}"], "GET", "/a/"), None);
    assert_eq!(served(&["ANY /a/{proxy+}"], "GET", "/a//"), None);
    assert_eq!(served(&["ANY /a/{proxy+}"], "GET", "/a/b"), one(0, "proxy", "b"));
}

#[test]
fn exact_method_before_any() {
    for keys in [["GET /a", "ANY /a"], ["ANY /a", "GET /a"]] {
        let get = keys.iter().position(|key| key.starts_with("GET")).unwrap();
        assert_eq!(served(&keys, "GET", "/a"), none(get));
        assert_eq!(served(&keys, "POST", "/a"), none(1 - get));
    }
}

#[test]
fn any_covers_seven_methods() {
    for method in ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"] {
        assert_eq!(served(&["ANY /a"], method, "/a"), none(0));
    }
    for method in ["TRACE", "CONNECT", "PURGE", "get", "ANY"] {
        assert_eq!(served(&["ANY /a"], method, "/a"), None);
    }
    assert_eq!(served(&["GET /a"], "HEAD", "/a"), None);
    assert_eq!(served(&["GET /a"], "OPTIONS", "/a"), None);
}

#[test]
fn slashes_and_encoding() {
    let keys = ["GET /", "GET /x/{id}", "GET /{proxy+}", "GET /s"];
    assert_eq!(served(&keys, "GET", "/"), none(0));
    assert_eq!(served(&keys, "GET", "///"), none(0));
    assert_eq!(served(&keys, "GET", "//proxy-value"), one(2, "proxy", "proxy-value"));
    assert_eq!(served(&keys, "GET", "/proxy-value/"), one(2, "proxy", "proxy-value"));
    assert_eq!(served(&keys, "GET", "/proxy-value//double-slash"), one(2, "proxy", "proxy-value//double-slash"));
    assert_eq!(served(&keys, "GET", "//s/"), none(3));
    assert_eq!(served(&keys, "GET", "/S"), one(2, "proxy", "S"));
    assert_eq!(served(&keys, "GET", "/x/foo%2Fbar?x=/y"), one(1, "id", "foo%2Fbar"));
    assert_eq!(served(&keys, "GET", "/x/test%2Balias@gmail.com"), one(1, "id", "test%2Balias@gmail.com"));
    assert_eq!(served(&keys, "GET", "/%73"), one(2, "proxy", "%73"));
    assert_eq!(served(&keys, "GET", "/x//"), one(2, "proxy", "x/"));
    assert_eq!(served(&keys, "GET", "*"), None);
}

#[test]
fn every_variable_has_its_value() {
    let found = served(&["GET /{a}/x/{b}/{c+}"], "GET", "//1/x/22/3/4/").unwrap();
    let values: Vec<_> = found.1.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(values, [("a", "1"), ("b", "22"), ("c", "3/4")]);
}

#[test]
fn many_children_are_found_as_few_are() {
    let keys: Vec<_> = (0..500).map(|i| key(&format!("GET /api/r{i}/items/{{id}}"), ApiKind::Rest)).collect();
    let router = RestRouter::new(keys).unwrap();
    for i in 0..500 {
        let route = router.find(&Method::GET, &uri(&format!("/api/r{i}/items/7"))).map(found);
        assert_eq!(route, one(i, "id", "7"));
    }
    assert_eq!(router.find(&Method::GET, &uri("/api/r500/items/7")), None);
}

#[test]
fn all_conflicts_at_once() {
    let keys =
        ["GET /{proxy+}", "GET /a", "POST /{id}", "GET /a", "GET /b/{x}/c/{y}", "PUT /b/{z}/c/{w}", "PUT /b/{x}"];
    let conflicts = refused(&keys);
    let places: Vec<_> = conflicts.iter().map(|(first, second, _)| (*first, *second)).collect();
    assert_eq!(places, [(0, 2), (1, 3), (4, 5), (4, 5)]);
    assert_eq!(
        conflicts[0].2,
        "routes 0 (`GET /{proxy+}`) and 2 (`POST /{id}`): A sibling ({proxy+}) of this resource already has a \
         variable path part -- only one is allowed; write `{proxy+}` instead of `{id}` below `/`"
    );
    assert_eq!(conflicts[1].2, "routes 1 (`GET /a`) and 3 (`GET /a`): the same key twice; drop one");
    assert!(conflicts[3].2.ends_with("write `{y}` instead of `{w}` below `/b/{}/c`"));
}

#[test]
fn there_is_no_default_route() {
    let conflicts = RestRouter::new([RouteKey::Default]).unwrap_err();
    assert_eq!(conflicts[0].reason, ConflictReason::DefaultOfRest);
}

#[test]
fn no_route_is_a_missing_authentication_token() {
    let (parts, ()) = http::Request::get("/nothing").body(()).unwrap().into_parts();
    let error = router(&["GET /a"]).route(&parts).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingAuthenticationToken);
}

/// Whether two routes can stand in one API, judged from the resources that they make.
fn clash(a: &RouteKey, b: &RouteKey) -> bool {
    let (left, right) = (a.path().unwrap().segments(), b.path().unwrap().segments());
    for (one, other) in left.iter().zip(right) {
        let variables = one.name().is_some() && other.name().is_some();
        if variables && one != other {
            return true;
        }
        if !variables && one != other {
            return false;
        }
    }
    a == b
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn routes_as_a_naive_router_does(
        mut keys in keys(ApiKind::Rest),
        requests in proptest::collection::vec((methods(), paths()), 1..20),
    ) {
        let clashes = (0..keys.len()).any(|second| (0..second).any(|first| clash(&keys[first], &keys[second])));
        let conflicts = RestRouter::new(keys.clone()).err().unwrap_or_default();
        prop_assert_eq!(!conflicts.is_empty(), clashes);
        for second in (0..keys.len()).rev().filter(|place| conflicts.iter().any(|found| found.second == *place)) {
            keys.remove(second);
        }
        let router = RestRouter::new(keys.clone()).expect("all conflicts were named");
        for (method, path) in requests {
            let found = router.find(&method, &uri(&path)).map(found);
            prop_assert_eq!(found, oracle::rest(&keys, &method, &path), "{} {} of {:?}", method, path, keys);
        }
    }
}
