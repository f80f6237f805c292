//! What failures of calls are called.

use gateway_core::{CallCause, CallError, CallPhase, Error, ErrorKind};
use http::StatusCode;

use super::{
    body::Sending,
    connector::{cause, find},
    http1::Failed,
    timer::Due,
};

/// There is no connection, because of `error`.
pub(super) fn no_connection(error: CallError) -> Error {
    let failure = Error::new(ErrorKind::IntegrationFailure);
    let failure = match error.phase() {
        CallPhase::Admission => {
            failure.with_status(StatusCode::SERVICE_UNAVAILABLE).with_message("Service Unavailable")
        }
        _ => failure,
    };
    failure.with_source(error)
}

/// There is no answer.
pub(super) fn no_answer(failed: Failed, sending: &Sending, due: Due) -> Error {
    let (phase, error) = match failed {
        Failed::TimedOut(phase) => {
            let late = CallError::new(phase, due.cause());
            return Error::new(ErrorKind::IntegrationTimeout).with_source(late);
        }
        Failed::Unsent(_, error) => (CallPhase::Send, error),
        Failed::Sent(error) => match sending.phase() {
            CallPhase::RequestBody => (CallPhase::Send, error),
            phase => (phase, error),
        },
    };
    sending.failure(error).unwrap_or_else(|error| {
        let call = CallError::new(phase, hyper_cause(&error)).with_source(error);
        Error::new(ErrorKind::IntegrationFailure).with_source(call)
    })
}

/// Why a connection failed.
pub(super) fn hyper_cause(error: &hyper::Error) -> CallCause {
    if error.is_parse() {
        CallCause::Malformed
    } else if error.is_timeout() {
        CallCause::TimedOut
    } else if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        CallCause::Closed
    } else {
        match find::<h2::Error>(error) {
            Some(error) if error.is_reset() || error.is_go_away() => CallCause::Closed,
            _ => cause(error),
        }
    }
}

/// Whether a backend says that it did nothing with the request (RFC 9113, 8.7).
pub(super) fn is_refused(error: &hyper::Error) -> bool {
    find::<h2::Error>(error).is_some_and(|error| error.reason() == Some(h2::Reason::REFUSED_STREAM))
}
