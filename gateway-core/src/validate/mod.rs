//! Request validation of REST APIs: required parameters, and bodies against their models.
//!
//! A body's JSON Schema needs the feature `schema`; required parameters need none.

mod body;
#[cfg(feature = "schema")]
mod loops;
mod parameters;
#[cfg(feature = "schema")]
mod report;
#[cfg(feature = "schema")]
mod schema;
#[cfg(not(feature = "schema"))]
#[path = "without_schema.rs"]
mod schema;
#[cfg(all(test, feature = "schema"))]
mod suite_tests;

use serde::Deserialize;

#[cfg(not(feature = "schema"))]
pub(crate) use self::schema::Schema;
#[cfg(feature = "schema")]
pub use self::schema::{Schema, SchemaBuilder};
pub(crate) use self::{body::BodyModels, parameters::RequestParameter, schema::ModelSet};
use crate::{
    body::Body,
    context::Context,
    error::{Error, ErrorKind},
    service::Parts,
    trace::{Step, reason},
};

/// What of a request is validated before its integration is called; nothing unless asked for.
///
/// A required parameter that is missing is answered with `BAD_REQUEST_PARAMETERS`, a body that does not match its model
/// with `BAD_REQUEST_BODY`; parameters come first. What was wrong is `$context.error.validationErrorString`.
///
/// AWS developer guide: *Use request validation in API Gateway*.
///
/// # Example
/// ```
/// use gateway_core::{Api, Body, Error, Request, RequestValidator, Response, Route};
///
/// let list = |_: Request| async { Ok::<_, Error>(Response::new(Body::from("[]"))) };
/// let pets = Route::to(list)
///     .validate(RequestValidator::new().parameters())
///     .request_parameter("method.request.querystring.page", true);
/// let api = Api::rest("petstore").route("GET /pets", pets);
/// ```
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RequestValidator {
    #[serde(default)]
    pub(crate) validate_request_body: bool,
    #[serde(default)]
    pub(crate) validate_request_parameters: bool,
}

impl RequestValidator {
    /// A validator that lets everything pass: it switches an API's default off for one route.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks for the required parameters (`validateRequestParameters`).
    #[must_use]
    pub fn parameters(mut self) -> Self {
        self.validate_request_parameters = true;
        self
    }

    /// Holds the body against its model (`validateRequestBody`).
    #[must_use]
    pub fn body(mut self) -> Self {
        self.validate_request_body = true;
        self
    }
}

/// The compiled validation of one route.
#[derive(Debug)]
pub(crate) struct Validation {
    /// The required parameters, in the order in which their absence is said.
    required: Box<[RequestParameter]>,
    models: Option<BodyModels>,
}

impl Validation {
    /// The validation of these, if there is anything to validate.
    pub(crate) fn of(required: impl IntoIterator<Item = RequestParameter>, models: BodyModels) -> Option<Self> {
        let required: Box<[_]> = required.into_iter().collect();
        let models = Some(models).filter(|models| !models.is_empty());
        (!required.is_empty() || models.is_some()).then_some(Self { required, models })
    }

    /// Lets the request pass, with its body in memory if a model was asked, or refuses it.
    pub(crate) async fn validate(&self, request: &Parts, body: &mut Body, context: &Context) -> Result<(), Error> {
        let answer = self.check(request, body, context).await;
        context.record(|| {
            let told = |error: &Error| context.validation_error().cloned().unwrap_or_else(|| reason(error));
            Step::Validation { error: answer.as_ref().err().map(told) }
        });
        answer
    }

    async fn check(&self, request: &Parts, body: &mut Body, context: &Context) -> Result<(), Error> {
        self.parameters(request, context)?;
        match &self.models {
            Some(models) => models.validate(&request.headers, body, context).await,
            None => Ok(()),
        }
    }

    fn parameters(&self, request: &Parts, context: &Context) -> Result<(), Error> {
        let mut missing = self.required.iter().filter(|parameter| !parameter.is_given(request, context)).peekable();
        if missing.peek().is_none() {
            return Ok(());
        }
        let names: Vec<_> = missing.map(RequestParameter::name).collect();
        let message = format!("Missing required request parameters: [{}]", names.join(", "));
        context.set_validation_error(message.clone());
        Err(Error::new(ErrorKind::BadRequestParameters).with_message(message))
    }
}
