//! The gateway as a contestant: serves the scenario that the environment names, on one thread.

use gateway_benches::lab::{Lab, serve};
use tokio::runtime::Builder;
use tower::BoxError;

fn main() -> Result<(), BoxError> {
    let lab = Lab::from_env()?;
    let gateway = lab.gateway()?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    match runtime.block_on(serve(gateway, lab.port))? {}
}
