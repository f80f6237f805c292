//! The import of a document of about 5 MB: thousands of operations, each with parameters, models and an integration.

#![expect(clippy::expect_used, reason = "a benchmark that cannot begin has nothing to measure")]

use std::{hint::black_box, time::Duration};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gateway_benches::document::petstore;
use gateway_core::openapi::{self, ExportOptions, ImportOptions, Specification};

const MEGABYTES: usize = 5;

fn import(criterion: &mut Criterion) {
    let text = petstore(MEGABYTES * 1024 * 1024);
    let options = ImportOptions::new().api_id("a1b2c3d4e5").account("123456789012", "eu-west-1");
    let api = openapi::import(&text, &options).expect("a good document").api;
    let mut group = criterion.benchmark_group("openapi");
    group.sample_size(10).measurement_time(Duration::from_secs(10)).throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("import", |bencher| {
        bencher.iter(|| openapi::import(black_box(&text), &options).expect("a good document"));
    });
    // With a comment it is YAML.
    let yaml = format!("# pets\n{text}");
    group.bench_function("import yaml", |bencher| {
        bencher.iter(|| openapi::import(black_box(&yaml), &options).expect("a good document"));
    });
    let options = ExportOptions::new(Specification::Oas30, "prod").extensions(true);
    group.bench_function("export", |bencher| {
        bencher.iter(|| openapi::export(black_box(&api), &options).expect("a good API"));
    });
    group.finish();
}

criterion_group!(benches, import);
criterion_main!(benches);
