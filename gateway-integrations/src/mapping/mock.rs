//! `MockBackend`: the backend that is none.

use async_trait::async_trait;
use gateway_core::{Body, Context, Error, Integration, Request, Response};
use http::StatusCode;

use super::{Mapped, SelectionSubject, relaxed};
use crate::failure::{misconfigured, read_request};

/// The backend of a mock: it reads the `statusCode` that the request template wrote, and answers nothing.
///
/// It stands inside [`Mapped::mock`], whose integration responses are chosen by that status. A fixed answer without
/// templates is a [`Mock`](crate::Mock).
///
/// AWS developer guide: *Mock integrations for REST APIs*.
#[derive(Clone, Copy, Debug, Default)]
pub struct MockBackend(());

const NO_STATUS: &str = "Unable to parse statusCode. It should be an integer that is defined in the request template.";

#[async_trait]
impl Integration for MockBackend {
    async fn invoke(&self, request: Request, context: &Context) -> Result<Response, Error> {
        let body = read_request(&mut request.into_body()).await?;
        let status = std::str::from_utf8(&body).ok().and_then(relaxed::status_code);
        let status = status.ok_or_else(|| misconfigured(context, NO_STATUS))?;
        let mut response = Response::new(Body::empty());
        if let Some(status) = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok()) {
            *response.status_mut() = status;
        }
        response.extensions_mut().insert(SelectionSubject(status.to_string()));
        Ok(response)
    }
}

impl Mapped<MockBackend> {
    /// A mock: the request template gives a `statusCode`, which chooses the response.
    #[must_use]
    pub fn mock() -> Self {
        Self::behind(MockBackend(()), super::headers::Behind::Nothing)
    }
}
