use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, Uri};

use crate::{
    body::Body,
    context::Context,
    error::{Error, ErrorKind},
    integration::Integration,
    observe::LogSink,
    service::{Request, Response},
};

type Answer = dyn Fn(&RecordedCall) -> Result<Response, Error> + Send + Sync;

/// A backend that keeps what it was asked, and answers as it is told. Clones share what they keep.
#[derive(Clone)]
pub struct RecordingIntegration {
    calls: Arc<Mutex<Vec<RecordedCall>>>,
    answer: Arc<Answer>,
}

/// One request that a backend was asked.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RecordedCall {
    /// Its method.
    pub method: Method,
    /// Its target, without stage or base path.
    pub uri: Uri,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
    /// The facts of the request at that time.
    pub context: Option<Arc<Context>>,
}

impl RecordingIntegration {
    /// Answers with what `answer` makes of the call.
    pub fn new(answer: impl Fn(&RecordedCall) -> Result<Response, Error> + Send + Sync + 'static) -> Self {
        Self { calls: Arc::default(), answer: Arc::new(answer) }
    }

    /// Answers 200 with `body`.
    #[must_use]
    pub fn answering(body: &'static str) -> Self {
        Self::new(move |_| Ok(Response::new(Body::from(body))))
    }

    /// Answers with a status and no body.
    #[must_use]
    pub fn status(status: StatusCode) -> Self {
        Self::new(move |_| {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = status;
            Ok(response)
        })
    }

    /// Fails.
    #[must_use]
    pub fn failing(kind: ErrorKind) -> Self {
        Self::new(move |_| Err(kind.into()))
    }

    /// What it was asked, in order.
    #[must_use]
    pub fn calls(&self) -> Vec<RecordedCall> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Integration for RecordingIntegration {
    async fn invoke(&self, request: Request, context: &Context) -> Result<Response, Error> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map_err(|error| {
            let kind = if error.is_too_large() { ErrorKind::RequestTooLarge } else { ErrorKind::BadRequest };
            Error::new(kind).with_source(error)
        })?;
        let (method, uri, headers) = (parts.method, parts.uri, parts.headers);
        let call = RecordedCall { method, uri, headers, body, context: context.shared() };
        let answer = (self.answer)(&call);
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
        answer
    }
}

impl fmt::Debug for RecordingIntegration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordingIntegration").field("calls", &self.calls().len()).finish_non_exhaustive()
    }
}

/// A sink of access log lines that keeps them. Clones share what they keep.
#[derive(Clone, Debug, Default)]
pub struct CapturedLines(Arc<Mutex<Vec<String>>>);

impl CapturedLines {
    /// The lines, in order.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl LogSink for CapturedLines {
    fn write(&self, line: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_owned());
    }
}
