//! Parameter mapping of HTTP APIs: headers, query parameters, the path and the status are changed, and all the rest of a
//! request or an answer passes.

mod request;
mod response;
mod target;
mod value;

use std::{collections::BTreeMap, fmt};

use async_trait::async_trait;
use gateway_core::{
    Body, Context, Error, Integration, Problem, Problems, Request, Response, config::BackendConfig, pointer_token,
};
use http::StatusCode;

use self::{request::RequestRules, response::ResponseRules, value::Scene};
pub(crate) use self::{
    request::{MappedHost, MappedRequest},
    value::{RequestValue, Scene as RequestScene},
};
use super::{error::MappingError, mapped::answered};
use crate::failure::{read_answer, read_request};

/// An integration of an HTTP API with its parameter mapping.
///
/// Keys are `append:`, `overwrite:` or `remove:` with `header.NAME` or, for requests, `querystring.NAME`; `overwrite:path`
/// for requests; `overwrite:statuscode` for answers. Values are text, or name what they are taken of, alone
/// (`$request.path.id`) or in text (`pets/${request.path.id}`):
///
/// | requests | answers | |
/// | --- | --- | --- |
/// | `$request.header.NAME`, `$request.querystring.NAME` | `$response.header.NAME` | all values, joined by commas |
/// | `$request.path`, `$request.path.NAME` | | without the stage; as they stand in the address |
/// | `$request.body` | `$response.body` | the whole, as text |
/// | `$request.body.PATH` | `$response.body.PATH` | JSONPath, in the first 100 KB |
/// | `$context.NAME`, `$stageVariables.NAME` | the same | |
///
/// All values are read before anything is changed; then comes what overwrites, what appends, what removes. A value that
/// is missing appends nothing, and overwrites with nothing: the header or parameter is removed. Parameters that stand in
/// the backend's own address are overwritten and removed as the client's are. Headers that matter to the connection, to
/// CORS or to AWS itself cannot be mapped. `Host` can: what is appended to it takes its place, as there is only one, and
/// without it a backend is called by the host of its address.
///
/// AWS developer guide: *Transforming API requests and responses* (for HTTP APIs).
///
/// # Example
/// ```
/// use std::sync::Arc;
/// use gateway_core::HttpClient;
/// use gateway_integrations::{HttpProxy, mapping::ParameterMapping};
///
/// fn pets(client: Arc<dyn HttpClient>) -> Result<ParameterMapping<HttpProxy>, Box<dyn std::error::Error>> {
///     Ok(ParameterMapping::new(HttpProxy::new("http://pets.internal", client)?)
///         .request("overwrite:path", "/v2${request.path}")?
///         .request("append:header.x-stage", "$context.stage")?
///         .response(404, "overwrite:statuscode", "410")?)
/// }
/// ```
#[derive(Clone)]
pub struct ParameterMapping<I> {
    inner: I,
    request: RequestRules,
    /// By the status of the backend's answer.
    responses: BTreeMap<StatusCode, ResponseRules>,
}

impl<I> ParameterMapping<I> {
    /// A mapping that changes nothing.
    #[must_use]
    pub fn new(inner: I) -> Self {
        Self { inner, request: RequestRules::default(), responses: BTreeMap::new() }
    }

    /// Changes something of requests.
    ///
    /// # Errors
    /// [`MappingError`] when the key or the value cannot be read, or names a header that cannot be mapped.
    pub fn request(mut self, key: &str, value: &str) -> Result<Self, MappingError> {
        self.request.add(key, value)?;
        Ok(self)
    }

    /// Changes something of the backend's answers with this status.
    ///
    /// # Errors
    /// [`MappingError`] when the status is not between 200 and 599, the key or the value cannot be read, or it names a
    /// header that cannot be mapped.
    pub fn response(mut self, status: u16, key: &str, value: &str) -> Result<Self, MappingError> {
        self.responses.entry(target::status(status)?).or_default().add(key, value)?;
        Ok(self)
    }

    /// The mapping of a definition: `requestParameters`, and `responseParameters` by status.
    ///
    /// # Errors
    /// Everything that is wrong; the pointers start at the integration.
    pub fn define(mut self, config: &BackendConfig) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        for (key, value) in &config.request_parameters {
            if let Err(error) = self.request.add(key, value) {
                problems.push(error.at(format!("/requestParameters/{}", pointer_token(key))));
            }
        }
        for (written, parameters) in &config.response_parameters {
            let pointer = format!("/responseParameters/{}", pointer_token(written));
            let status = written.parse().ok().and_then(|status| target::status(status).ok());
            let Some(status) = status else {
                let message = format!("`{written}` is no status of an answer: write 200 to 599");
                problems.push(Problem::new(pointer, message));
                continue;
            };
            let rules = self.responses.entry(status).or_default();
            for (key, value) in parameters {
                if let Err(error) = rules.add(key, value) {
                    problems.push(error.at(format!("{pointer}/{}", pointer_token(key))));
                }
            }
        }
        if problems.is_empty() { Ok(self) } else { Err(Problems::from_iter(problems)) }
    }
}

impl<I> fmt::Debug for ParameterMapping<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParameterMapping")
            .field("request", &self.request)
            .field("responses", &self.responses)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl<I: Integration> Integration for ParameterMapping<I> {
    async fn invoke(&self, request: Request, context: &Context) -> Result<Response, Error> {
        let (mut parts, mut body) = request.into_parts();
        let bytes = if self.request.reads_body() { Some(read_request(&mut body).await?) } else { None };
        self.request.apply(&mut parts, bytes.as_deref(), context)?;

        let called = context.clock().elapsed();
        let response = self.inner.invoke(Request::from_parts(parts, body), context).await?;
        let Some(rules) = self.responses.get(&response.status()) else { return Ok(response) };
        let (mut head, mut body) = response.into_parts();
        answered(&head, context.clock().elapsed().saturating_sub(called), context);
        let mut bytes = None;
        if rules.reads_body() {
            let read = read_answer(body, context).await?;
            body = Body::from(read.clone());
            bytes = Some(read);
        }
        rules.apply(&mut head, bytes.as_deref(), context)?;
        Ok(Response::from_parts(head, body))
    }

    fn late(&self) -> Error {
        self.inner.late()
    }
}
