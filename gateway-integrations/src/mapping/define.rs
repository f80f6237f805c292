//! From the fields of a definition to a mapping.

use gateway_core::{
    Problem, Problems,
    config::{BackendConfig, IntegrationResponseConfig, RouteConfig},
    pointer_token,
};
use http::StatusCode;

use super::{
    error::MappingError, headers::Behind, integration_response::IntegrationResponse, mapped::Mapped,
    parameters::RequestParameters,
};

impl<I> Mapped<I> {
    /// Maps as a definition says; the route has the answers that clients may get.
    ///
    /// A template that cannot be read is no problem here, since API Gateway takes it: the requests that need it fail.
    ///
    /// # Errors
    /// Everything that is wrong; the pointers start at the integration.
    pub fn define(mut self, config: &BackendConfig, route: &RouteConfig) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        self.request.parameters = request_parameters(config, self.request.behind, &mut problems);
        for (content_type, template) in &config.request_templates {
            if let Err(error) = self.request.templates.define(content_type, template) {
                problems.push(error.at(format!("/requestTemplates/{}", pointer_token(content_type))));
            }
        }
        self.request.passthrough = config.passthrough_behavior;
        self.request.handling = config.content_handling;
        for (place, response) in config.responses.iter().enumerate() {
            let mut found = Vec::new();
            undeclared(response, route, &mut found);
            if let Some(response) = integration_response(response, &mut found) {
                self.response.add(response);
            }
            problems.extend(found.into_iter().map(|problem| problem.below(&format!("/responses/{place}"))));
        }
        self.response.declared = Some(route.method_responses.keys().copied().collect());
        if problems.is_empty() { Ok(self) } else { Err(Problems::from_iter(problems)) }
    }
}

/// The parameters of a call, as a definition says.
pub(crate) fn request_parameters(
    config: &BackendConfig,
    behind: Behind,
    problems: &mut Vec<Problem>,
) -> RequestParameters {
    let mut parameters = RequestParameters::default();
    for (target, source) in &config.request_parameters {
        if let Err(error) = parameters.add(target, source, behind) {
            problems.push(error.at(format!("/requestParameters/{}", pointer_token(target))));
        }
    }
    parameters
}

/// Headers that the method response does not have; without a method response, no answer can be made anyway.
fn undeclared(config: &IntegrationResponseConfig, route: &RouteConfig, problems: &mut Vec<Problem>) {
    let Some(declared) = route.method_responses.get(&config.status_code) else { return };
    let targets = config.response_parameters.keys();
    for target in targets.filter(|target| !declared.response_parameters.contains_key(*target)) {
        if target.starts_with("method.response.header.") {
            let pointer = format!("/responseParameters/{}", pointer_token(target));
            let message = format!("`{target}` is no header of the method response {}; declare it", config.status_code);
            problems.push(Problem::new(pointer, message));
        }
    }
}

fn integration_response(
    config: &IntegrationResponseConfig,
    problems: &mut Vec<Problem>,
) -> Option<IntegrationResponse> {
    let status = StatusCode::from_u16(config.status_code).ok().filter(|_| (200..=599).contains(&config.status_code));
    let Some(status) = status else {
        problems.push(MappingError::Status(config.status_code).at("/statusCode"));
        return None;
    };
    let mut response = IntegrationResponse::of(status);
    response.handling = config.content_handling;
    for (content_type, template) in &config.response_templates {
        if let Err(error) = response.templates.define(content_type, template) {
            problems.push(error.at(format!("/responseTemplates/{}", pointer_token(content_type))));
        }
    }
    for (target, source) in &config.response_parameters {
        response = kept(response, problems, |response| {
            let pointer = || format!("/responseParameters/{}", pointer_token(target));
            response.response_parameter(target, source).map_err(|error| error.at(pointer()))
        });
    }
    let pattern = config.selection_pattern.as_deref().unwrap_or_default();
    Some(kept(response, problems, |response| {
        response.selection_pattern(pattern).map_err(|error| error.at("/selectionPattern"))
    }))
}

/// One more step of a builder; if it fails, the problem is kept and the builder is what it was.
fn kept<T: Clone>(value: T, problems: &mut Vec<Problem>, step: impl FnOnce(T) -> Result<T, Problem>) -> T {
    step(value.clone()).unwrap_or_else(|problem| {
        problems.push(problem);
        value
    })
}
