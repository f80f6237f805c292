//! Failures of the configuration, and what is written down about them.

use bytes::Bytes;
#[cfg(feature = "mapping")]
use gateway_core::BodyError;
use gateway_core::{Body, Context, Error, ErrorKind, Step};
use http::StatusCode;
use tower::BoxError;

/// How much of a body is kept in memory, in bytes: the largest payload of API Gateway.
pub(crate) const PAYLOAD: u64 = 10 << 20;

/// The definition, or what it makes of this request, cannot work: 500 for the client, and the cause for the trace.
pub(crate) fn misconfigured(context: &Context, cause: impl Into<BoxError>) -> Error {
    let cause = cause.into();
    context.record(|| Step::Failed { reason: format!("configuration error: {cause}") });
    Error::new(ErrorKind::ApiConfigurationError).with_source(cause)
}

/// The request cannot be served, and that is the client's fault.
#[cfg(feature = "mapping")]
pub(crate) fn refused(context: &Context, error: Error) -> Error {
    context.record(|| Step::Failed {
        reason: error.message().or_else(|| error.kind().message()).unwrap_or_default().to_owned(),
    });
    error
}

/// The backend gave no answer that can be used.
pub(crate) fn no_answer(context: &Context, error: Error) -> Error {
    context.record(|| Step::Failed {
        reason: match error.kind() {
            ErrorKind::IntegrationTimeout => "a timeout error".to_owned(),
            _ => error.message().map_or_else(|| "an internal error".to_owned(), str::to_owned),
        },
    });
    error
}

/// A function, or a service of AWS, is late; behind an HTTP API that is 503, and not 504 as for an HTTP backend.
pub(crate) fn late() -> Error {
    Error::new(ErrorKind::IntegrationTimeout).with_http_status(StatusCode::SERVICE_UNAVAILABLE)
}

/// The same for an error of the call itself, if that was late.
pub(crate) fn of_call(error: Error) -> Error {
    match error.kind() {
        ErrorKind::IntegrationTimeout => error.with_http_status(StatusCode::SERVICE_UNAVAILABLE),
        _ => error,
    }
}

/// Reads the body of a request, and keeps it.
pub(crate) async fn read_request(body: &mut Body) -> Result<Bytes, Error> {
    let limited = std::mem::take(body).with_limit(PAYLOAD);
    *body = limited;
    body.buffer().await.map_err(|error| {
        let kind = if error.is_too_large() { ErrorKind::RequestTooLarge } else { ErrorKind::BadRequest };
        Error::new(kind).with_source(error)
    })
}

/// Reads the body of a backend's answer.
#[cfg(feature = "mapping")]
pub(crate) async fn read_answer(body: Body, context: &Context) -> Result<Bytes, Error> {
    body.with_limit(PAYLOAD).collect().await.map_err(|error| match error {
        BodyError::TooLarge { .. } => misconfigured(context, error),
        _ => no_answer(context, Error::new(ErrorKind::IntegrationFailure).with_source(error)),
    })
}

/// A body for people to read.
pub(crate) fn readable(body: &[u8]) -> String {
    String::from_utf8_lossy(body).into_owned()
}
