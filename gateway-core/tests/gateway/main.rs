//! The behaviour of the whole gateway, through the test kit: no socket, no real time.

mod admission;
mod answers;
mod cache;
mod cache_flights;
mod cache_scopes;
mod canary;
mod compression;
mod config;
mod directions;
mod domains;
mod explain;
mod front_door;
mod gateway_responses;
mod http_api;
mod layers;
mod logs;
mod nested;
mod openapi;
mod properties;
mod reload;
mod routing;
mod settings;
mod stages;
mod steps;
mod upstreams;
mod validation;

use std::{error::Error, future::Future};

use gateway_core::{Api, Definition, Gateway, RouteDefinition, StageDefinition, testing::TestGateway};

type Outcome = Result<(), Box<dyn Error>>;

/// Runs a test on a runtime whose timers stand still until nothing else can be done.
fn run(test: impl Future<Output = Outcome>) -> Outcome {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(test)
}

/// A REST API `api` with stage `prod` and these routes.
fn rest(routes: impl IntoIterator<Item = (&'static str, RouteDefinition)>) -> Definition {
    let api = Api::rest("api").stage(StageDefinition::new("prod"));
    Definition::new().api(routes.into_iter().fold(api, |api, (key, route)| api.route(key, route)))
}

/// An HTTP API `api` with stage `$default` and these routes.
fn http(routes: impl IntoIterator<Item = (&'static str, RouteDefinition)>) -> Definition {
    let api = Api::http("api").stage(StageDefinition::new("$default"));
    Definition::new().api(routes.into_iter().fold(api, |api, (key, route)| api.route(key, route)))
}

/// What is wrong with a definition, one line each.
fn problems(definition: Definition) -> Vec<String> {
    match Gateway::new(definition) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.all().iter().map(ToString::to_string).collect(),
    }
}

fn gateway(definition: Definition) -> Result<TestGateway, gateway_core::Problems> {
    TestGateway::new(definition)
}
