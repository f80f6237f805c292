use http::Request;
use proptest::prelude::*;

use super::*;
use crate::router::{
    HttpRouter, RestRouter, RouteConflict, Router,
    oracle::{keys, methods, paths},
};

fn router(keys: &[RouteKey], kind: ApiKind) -> Result<Box<dyn Router>, Vec<RouteConflict>> {
    Ok(match kind {
        ApiKind::Rest => Box::new(RestRouter::new(keys.to_vec())?),
        ApiKind::Http => Box::new(HttpRouter::new(keys.to_vec())?),
    })
}

fn agrees(mut keys: Vec<RouteKey>, kind: ApiKind, request: &Parts) -> Result<(), TestCaseError> {
    for conflict in router(&keys, kind).err().unwrap_or_default().iter().rev() {
        if keys.get(conflict.second) == Some(&conflict.second_key) {
            keys.remove(conflict.second);
        }
    }
    let winner = router(&keys, kind).unwrap().route(request).ok().map(|found| found.route);
    let texts: Vec<_> = keys.iter().map(ToString::to_string).collect();
    let told = candidates(texts.iter().map(String::as_str), kind, request, winner);
    prop_assert_eq!(told.len(), keys.len());
    for (place, key) in keys.iter().enumerate() {
        let candidate = told.iter().find(|candidate| candidate.route == key.to_string()).unwrap();
        prop_assert_eq!(candidate.lost.is_none(), winner == Some(place));
        let alone = router(std::slice::from_ref(key), kind).unwrap().route(request).is_ok();
        let lost = candidate.lost.as_deref().unwrap_or_default();
        prop_assert!(!lost.contains("the router"), "{} has no reason: {:?}", key, told);
        let unfit = lost.starts_with("segment ") || lost.contains("the method does not");
        prop_assert_eq!(alone, !unfit, "{} alone: {:?}", key, told);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// One wins, whatever would serve alone is less specific, and nothing else would serve alone.
    #[test]
    fn every_route_that_lost_has_a_reason_that_the_routers_share(
        (rest, http) in (keys(ApiKind::Rest), keys(ApiKind::Http)),
        requests in proptest::collection::vec((methods(), paths()), 1..10),
    ) {
        for (method, path) in requests {
            let (request, ()) = Request::builder().method(method).uri(path).body(()).unwrap().into_parts();
            agrees(rest.clone(), ApiKind::Rest, &request)?;
            agrees(http.clone(), ApiKind::Http, &request)?;
        }
    }
}

#[test]
fn few_of_many_routes_that_differ_are_told_the_nearest_first() {
    let mut keys: Vec<_> = (0..100).map(|number| format!("GET /other/{number}")).collect();
    keys.extend(["GET /pets/cats/7".to_owned(), "PUT /pets/{id}/8".to_owned()]);
    let (request, ()) = Request::get("/pets/cats/8").body(()).unwrap().into_parts();
    let told = candidates(keys.iter().map(String::as_str), ApiKind::Rest, &request, None);
    assert_eq!(told.len(), 1 + MOST);
    assert_eq!((told[0].route.as_str(), told[1].route.as_str()), ("PUT /pets/{id}/8", "GET /pets/cats/7"));
}
