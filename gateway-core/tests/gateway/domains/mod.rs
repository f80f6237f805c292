//! Custom domains: which stage a host, a path and headers mean.

mod mappings;
mod problems;
mod properties;
mod rules;

use std::borrow::Cow;

use gateway_core::{
    Api, Body, Definition, Domain, Error, Response, Route, RouteDefinition, StageDefinition,
    testing::{RecordedCall, RecordingIntegration, TestGateway},
};

/// Answers with who serves, the path that the API sees, and what of the domain matched.
#[expect(clippy::unnecessary_wraps, reason = "a backend may fail")]
fn tell(call: &RecordedCall) -> Result<Response, Error> {
    let fact = |name| {
        let fact = call.context.as_ref().and_then(|context| context.lookup(name));
        fact.map_or_else(|| "-".to_owned(), Cow::into_owned)
    };
    let [api, stage] = ["apiId", "stage"].map(fact);
    let [base_path, rule] = ["customDomain.basePathMatched", "customDomain.routingRuleIdMatched"].map(fact);
    Ok(Response::new(Body::from(format!("{api}:{stage} {} {base_path} {rule}", call.uri))))
}

fn telling() -> RouteDefinition {
    Route::to(RecordingIntegration::new(tell))
}

/// A REST API that tells.
fn rest(name: &str, stages: &[&str]) -> Api {
    let api = Api::rest(name).route("ANY /", telling()).route("ANY /{proxy+}", telling());
    stages.iter().fold(api, |api, stage| api.stage(StageDefinition::new(*stage)))
}

/// An HTTP API that tells.
fn http(name: &str, stages: &[&str]) -> Api {
    let api = Api::http(name).route("$default", telling());
    stages.iter().fold(api, |api, stage| api.stage(StageDefinition::new(*stage)))
}

fn serving(
    apis: impl IntoIterator<Item = Api>,
    domains: impl IntoIterator<Item = Domain>,
) -> Result<TestGateway, gateway_core::Problems> {
    let definition = apis.into_iter().fold(Definition::new(), Definition::api);
    crate::gateway(domains.into_iter().fold(definition, Definition::domain))
}

/// The answer to a request, with its status if that is not 200.
async fn get(gateway: &TestGateway, host: &str, target: &str, headers: &[(&str, &str)]) -> String {
    let request = http::Request::get(target).header("host", host);
    let answer =
        gateway.send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await;
    if answer.status == 200 {
        answer.text().to_owned()
    } else {
        format!("{} {}", answer.status.as_u16(), answer.text())
    }
}

const FORBIDDEN: &str = r#"403 {"message":"Forbidden"}"#;
