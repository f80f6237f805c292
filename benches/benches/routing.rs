//! Look-ups among 100, 1,000 and 10,000 routes, each with a target of its own.

#![expect(clippy::expect_used, reason = "a benchmark that cannot begin has nothing to measure")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use gateway_core::{ApiKind, HttpRouter, Parts, Random, RestRouter, RouteKey, Router};

const TARGETS: usize = 4096;

/// Four routes a resource, three of them below it.
fn keys(count: usize, kind: ApiKind) -> Vec<RouteKey> {
    let key = |number: usize| {
        let resource = number / 4;
        let text = match number % 4 {
            0 => format!("GET /api/r{resource}"),
            1 => format!("POST /api/r{resource}/items"),
            2 => format!("GET /api/r{resource}/items/{{id}}"),
            _ => format!("ANY /api/r{resource}/items/{{id}}/files/{{path+}}"),
        };
        RouteKey::parse(&text, kind).expect("a route key")
    };
    (0..count).map(key).collect()
}

fn targets(count: usize) -> Vec<Parts> {
    let random = Random::seeded(1);
    let target = |_| {
        let number = random.next_u64() as usize;
        let (resource, id) = (number % count / 4, number >> 32);
        let (method, path) = match number % 4 {
            0 => ("GET", format!("/api/r{resource}")),
            1 => ("POST", format!("/api/r{resource}/items")),
            2 => ("GET", format!("/api/r{resource}/items/{id}")),
            _ => ("PUT", format!("/api/r{resource}/items/{id}/files/a/b/c")),
        };
        http::Request::builder().method(method).uri(path).body(()).expect("a request").into_parts().0
    };
    (0..TARGETS).map(target).collect()
}

fn look_up(criterion: &mut Criterion, name: &str, kind: ApiKind, router: impl Fn(Vec<RouteKey>) -> Box<dyn Router>) {
    let mut group = criterion.benchmark_group(name);
    for count in [100, 1_000, 10_000] {
        let (router, targets) = (router(keys(count, kind)), targets(count));
        let mut next = targets.iter().cycle();
        group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
            bencher.iter(|| next.next().map(|target| black_box(router.route(target))));
        });
    }
    group.finish();
}

fn routing(criterion: &mut Criterion) {
    look_up(criterion, "rest", ApiKind::Rest, |keys| Box::new(RestRouter::new(keys).expect("routes")));
    look_up(criterion, "http", ApiKind::Http, |keys| Box::new(HttpRouter::new(keys).expect("routes")));
}

criterion_group!(benches, routing);
criterion_main!(benches);
