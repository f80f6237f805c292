use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, StatusCode};
use http_body::Body as _;

use crate::{
    body::{Body, BodyError},
    context::Context,
    service::Response,
};

/// The largest answer that is kept.
const MAX_ITEM: u64 = 1024 * 1024;
/// For how many headers of the gateway an answer has room.
const ROOM: usize = 4;
/// What an entry takes besides its texts.
const OVERHEAD: usize = 512;

static TRACE: HeaderName = HeaderName::from_static("x-amzn-trace-id");

/// An answer of an integration.
pub(crate) struct Entry {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    /// Whether the answer names its request's trace.
    traced: bool,
    pub(super) expires: Duration,
}

impl Entry {
    /// Whether the answer may be kept: small, of known size, and the same for everybody.
    pub(crate) fn takes(response: &Response) -> bool {
        let own = [
            StatusCode::PARTIAL_CONTENT,
            StatusCode::NOT_MODIFIED,
            StatusCode::PRECONDITION_FAILED,
            StatusCode::RANGE_NOT_SATISFIABLE,
        ];
        let size = response.body().size_hint().exact();
        size.is_some_and(|size| size <= MAX_ITEM)
            && !response.status().is_informational()
            && !own.contains(&response.status())
    }

    /// Reads the answer to its end.
    pub(crate) async fn read(response: Response, ttl: Duration, context: &Context) -> Result<Self, BodyError> {
        let (mut head, body) = response.into_parts();
        let body = body.with_limit(MAX_ITEM).collect().await?;
        // The other ids are written over on every answer.
        let traced = head.headers.remove(&TRACE).is_some();
        // Its copies have room for the headers that the gateway adds.
        head.headers.reserve(ROOM);
        Ok(Self {
            status: head.status,
            headers: head.headers,
            // A copy: what was read may be a small part of a large buffer, which the weight would not show.
            body: Bytes::copy_from_slice(&body),
            traced,
            expires: context.clock().elapsed().saturating_add(ttl),
        })
    }

    /// The answer, for another request.
    pub(crate) fn respond(&self, context: &Context) -> Response {
        let mut response = Response::new(Body::from(self.body.clone()));
        *response.status_mut() = self.status;
        response.headers_mut().clone_from(&self.headers);
        if let Some(trace) = context.trace_id().to_header().filter(|_| self.traced) {
            response.headers_mut().insert(&TRACE, trace);
        }
        response
    }

    /// What it takes, in bytes.
    pub(super) fn weight(&self) -> u32 {
        let headers: usize = self.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 64).sum();
        u32::try_from(self.body.len() + headers + OVERHEAD).unwrap_or(u32::MAX)
    }
}
