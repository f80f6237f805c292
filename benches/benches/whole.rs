//! One request through everything: in memory as a tower service, and from end to end beside bare hyper.

#![expect(clippy::expect_used, reason = "a benchmark that cannot begin has nothing to measure")]

use criterion::{Criterion, criterion_group, criterion_main};
use gateway_benches::{admission, pipe::Pipe};
use http_body_util::BodyExt;
use tokio::runtime::Builder;
use tower::Service;

fn service(criterion: &mut Criterion) {
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    let mut gateway = admission::keyed().expect("a gateway");
    criterion.bench_function("service/gateway", |bencher| {
        let request = || admission::request(admission::CALLER).expect("a request");
        bencher.iter_batched(
            request,
            |request| {
                runtime.block_on(async {
                    match gateway.call(request).await {
                        Ok(answer) => answer.collect().await.map(http_body_util::Collected::to_bytes),
                        Err(never) => match never {},
                    }
                })
            },
            criterion::BatchSize::SmallInput,
        );
    });
}

fn end_to_end(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("end to end");
    let pipes = [("bare hyper", Pipe::to_bare()), ("gateway", admission::keyed().and_then(Pipe::to))];
    for (name, pipe) in pipes {
        let mut pipe = pipe.expect("a connection");
        group.bench_function(name, |bencher| bencher.iter(|| pipe.send(1)));
    }
    group.finish();
}

criterion_group!(benches, service, end_to_end);
criterion_main!(benches);
