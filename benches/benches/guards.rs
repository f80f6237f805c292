//! What each guard costs alone, and a line of the access log.

#![expect(clippy::expect_used, reason = "a benchmark that cannot begin has nothing to measure")]

use std::{hint::black_box, sync::Arc};

use criterion::{Criterion, criterion_group, criterion_main};
use gateway_benches::{
    admission::UNLIMITED,
    signed::{SignedCall, sign_once},
    token::Signed,
};
use gateway_core::{
    AccessLogFormat, ApiKey, ApiKind, Authorizer, Clock, Context, Parts, Plan, Quota, Random, SystemClock, Throttle,
    UsagePlan, UsagePlans,
    store::{MemoryStore, UsageStore},
};
use tokio::runtime::Builder;

const KEYS: usize = 10_000;

fn head(name: &str, value: &str) -> Parts {
    let request = http::Request::get("/pets/42").header("host", "api.example.com").header(name, value);
    request.body(()).expect("a request").into_parts().0
}

fn context(head: &Parts) -> Context {
    Context::begin(head, Arc::new(SystemClock::new()), &Random::seeded(1))
}

fn throttle(criterion: &mut Criterion) {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let bucket = MemoryStore::new(clock).bucket("bench", UNLIMITED, u32::MAX);
    criterion.bench_function("throttle", |bencher| bencher.iter(|| black_box(bucket.take_now(1))));
}

/// Includes a context for each request, whose own cost stands beside it.
fn api_key(criterion: &mut Criterion) {
    let value = |number: usize| format!("key-{number:05}-0123456789abcdef");
    let plan = Plan::new("gold").throttle(Throttle::new(UNLIMITED, u32::MAX)).quota(Quota::per_month(u64::MAX));
    let key = |number: usize| ApiKey::new(format!("{number}"), &value(number)).expect("a key");
    let plans = UsagePlans::new([(0..KEYS).map(key).fold(plan, Plan::key)]);
    let random = Random::seeded(1);
    let heads: Vec<_> = (0..4096).map(|_| head("x-api-key", &value(random.next_u64() as usize % KEYS))).collect();
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    let mut next = heads.iter().cycle();
    criterion.bench_function("context", |bencher| bencher.iter(|| next.next().map(context)));
    criterion.bench_function("context, api key, throttle, quota", |bencher| {
        bencher.iter(|| {
            let head = next.next().expect("a head");
            runtime.block_on(plans.admit(head, &context(head)))
        });
    });
}

fn jwt(criterion: &mut Criterion) {
    for signer in [Signed::rs256(), Signed::es256()] {
        let signer = signer.expect("a token");
        let head = head("authorization", &signer.bearer());
        let context = context(&head);
        for (name, capacity) in [("verified", 0), ("remembered", 1_000)] {
            let authorizer = signer.authorizer(capacity).expect("an authorizer");
            criterion.bench_function(&format!("jwt {} {name}", signer.algorithm), |bencher| {
                bencher
                    .iter(|| black_box(authorizer.authorize_now(&head, &context)).is_some_and(|answer| answer.is_ok()));
            });
        }
    }
}

fn iam(criterion: &mut Criterion) {
    let signed = SignedCall::new().expect("a signed request");
    criterion.bench_function("policy of 20 statements", |bencher| bencher.iter(|| black_box(signed.evaluate())));
    criterion.bench_function("signature verified", |bencher| bencher.iter(|| black_box(signed.verify())));
    criterion.bench_function("signature and policy", |bencher| bencher.iter(|| black_box(signed.authorize())));
    criterion.bench_function("signing with aws-sigv4", |bencher| bencher.iter(|| sign_once(signed.now())));
}

fn access_log(criterion: &mut Criterion) {
    let context = context(&head("user-agent", "bench/1.0"));
    let mut line = String::new();
    for (name, format) in [("json", AccessLogFormat::json(ApiKind::Rest)), ("clf", AccessLogFormat::clf(ApiKind::Rest))]
    {
        criterion.bench_function(&format!("access log {name}"), |bencher| {
            bencher.iter(|| {
                line.clear();
                format.render(&context, &mut line);
                black_box(line.len())
            });
        });
    }
}

criterion_group!(benches, throttle, api_key, jwt, iam, access_log);
criterion_main!(benches);
