//! HTTP APIs: what differs from REST APIs, and what they have besides, each row of the documents a test.

mod beyond;
mod cors;
mod failures;
mod observed;
mod routes;

use gateway_core::{
    Api, Definition, Route, StageDefinition,
    testing::{RecordingIntegration, TestGateway},
};

use crate::gateway;

/// An HTTP API `api` with stages `$default` and `dev`, and these routes to `backend`.
fn api(backend: &RecordingIntegration, keys: &[&str]) -> Api {
    let api = Api::http("api").stage(StageDefinition::new("$default")).stage(StageDefinition::new("dev"));
    keys.iter().fold(api, |api, key| api.route(*key, Route::to(backend.clone())))
}

fn serving(api: Api) -> Result<TestGateway, gateway_core::Problems> {
    gateway(Definition::new().api(api))
}
