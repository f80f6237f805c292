//! What failures of calls are called.

use gateway_core::{CallCause, CallError, CallPhase, Error, ErrorKind};

use super::{
    body::Sending,
    connector::{cause, find},
    http1::Failed,
};

/// There is no connection, because of `error`.
pub(super) fn no_connection(error: CallError) -> Error {
    Error::new(ErrorKind::IntegrationFailure).with_source(error)
}

/// There is no answer.
pub(super) fn no_answer(failed: Failed, sending: &Sending) -> Error {
    let error = match failed {
        Failed::TimedOut => {
            let late = CallError::new(CallPhase::ResponseHead, CallCause::TimedOut);
            return Error::new(ErrorKind::IntegrationTimeout).with_source(late);
        }
        Failed::Unsent(_, error) | Failed::Sent(error) => error,
    };
    sending.failure(error).unwrap_or_else(|error| {
        let call = CallError::new(CallPhase::ResponseHead, hyper_cause(&error)).with_source(error);
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
