//! The gateway as a contestant: serves the scenario that the environment names, on one thread.

use std::time::Duration;

use gateway_benches::lab::{Lab, serve};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::{runtime::Builder, time::sleep};
use tower::BoxError;

/// As often as a host with this recorder does it.
const UPKEEP: Duration = Duration::from_secs(5);

/// Of latencies, in milliseconds. Without them the recorder estimates quantiles, which costs several times as much.
const BUCKETS: [f64; 10] = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 500.0, 1_000.0, 10_000.0];

fn main() -> Result<(), BoxError> {
    let lab = Lab::from_env()?;
    let recorder = PrometheusBuilder::new().set_buckets(&BUCKETS)?.install_recorder()?;
    let gateway = lab.gateway()?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.spawn(keep_up(recorder));
    match runtime.block_on(serve(gateway, lab.port))? {}
}

/// What is measured is kept until somebody asks for it, or this empties it.
async fn keep_up(recorder: PrometheusHandle) {
    loop {
        sleep(UPKEEP).await;
        recorder.run_upkeep();
    }
}
