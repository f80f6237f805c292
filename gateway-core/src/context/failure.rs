//! `CallFailure`: how a request came to have no answer, or half of one, in words that make labels.

use std::error::Error as StdError;

use crate::{
    body::BodyError,
    call_error::{CallCause, CallError, CallPhase, CallSide},
    error::{Error, ErrorKind},
};

/// Who failed while a request was with its backend, in which phase, and why: `$context.integration.failure.side`,
/// `.phase` and `.cause`, and the labels of the counter `CallFailureCount`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CallFailure {
    /// Who failed. A client that goes away is no failure of the backend.
    pub side: CallSide,
    /// What the call had come to.
    pub phase: CallPhase,
    /// Why it went no further.
    pub cause: CallCause,
}

impl CallFailure {
    /// The failure that a refusal is for; `None` where neither the backend nor the client's body failed.
    pub(crate) fn of(error: &Error) -> Option<Self> {
        use ErrorKind::{BadRequest, IntegrationFailure, IntegrationTimeout, RequestTooLarge};

        if !matches!(error.kind(), BadRequest | IntegrationFailure | IntegrationTimeout | RequestTooLarge) {
            return None;
        }
        if let Some(call) = CallError::of(error) {
            return Some(call.into());
        }
        let backend = |cause| Self { side: CallSide::Backend, phase: CallPhase::Call, cause };
        let client = |cause| Self { side: CallSide::Client, phase: CallPhase::RequestBody, cause };
        let of_body = error.source().and_then(|source| source.downcast_ref::<BodyError>());
        match (error.kind(), of_body) {
            (IntegrationTimeout, _) => Some(backend(CallCause::Deadline)),
            (IntegrationFailure, _) => Some(backend(CallCause::Other)),
            (RequestTooLarge, Some(_)) => Some(client(CallCause::TooLarge)),
            (BadRequest, Some(_)) => Some(client(CallCause::Closed)),
            _ => None,
        }
    }

    /// The failure that an error of an answer's body tells of.
    pub(crate) fn of_answer(error: &BodyError) -> Self {
        let cause = if error.is_too_large() { CallCause::TooLarge } else { CallCause::Other };
        let unknown = Self { side: CallSide::Backend, phase: CallPhase::ResponseBody, cause };
        CallError::of(error).map_or(unknown, Self::from)
    }

    /// The client went away in `phase`.
    pub(crate) fn client_left(phase: CallPhase) -> Self {
        Self { side: CallSide::Client, phase, cause: CallCause::Closed }
    }
}

impl From<&CallError> for CallFailure {
    fn from(error: &CallError) -> Self {
        Self { side: error.side(), phase: error.phase(), cause: error.cause() }
    }
}

/// What `$context.integration.error` says: with phase and cause where they are known.
pub(crate) fn integration_error(error: &Error) -> String {
    CallError::of(error).map_or_else(|| error.to_string(), |call| format!("{error} ({call})"))
}

#[cfg(test)]
mod tests {
    use tower::BoxError;

    use super::*;

    #[test]
    fn a_call_is_found_behind_other_errors() {
        let call = CallError::new(CallPhase::ResponseHead, CallCause::TimedOut).with_source("a cause");
        let within: BoxError = Box::new(Error::new(ErrorKind::IntegrationTimeout).with_source(call));
        let error = Error::new(ErrorKind::IntegrationFailure).with_source(within);
        let found = CallFailure::of(&error).map(|call| (call.side, call.phase, call.cause));
        assert_eq!(found, Some((CallSide::Backend, CallPhase::ResponseHead, CallCause::TimedOut)));
        assert!(integration_error(&error).ends_with("(the backend sent no head of an answer: the time was up)"));
        let other = Error::new(ErrorKind::IntegrationFailure);
        assert!(CallError::of(&other).is_none());
        assert_eq!(integration_error(&other), other.to_string());
    }

    #[test]
    fn those_who_say_less_are_told_apart_too() {
        let too_large = || BodyError::TooLarge { limit: 1 };
        for (error, failure) in [
            (ErrorKind::IntegrationTimeout.into(), "backend call deadline"),
            (ErrorKind::IntegrationFailure.into(), "backend call other"),
            (Error::new(ErrorKind::RequestTooLarge).with_source(too_large()), "client request_body too_large"),
            (
                Error::new(ErrorKind::BadRequest).with_source(BodyError::Transport("".into())),
                "client request_body closed",
            ),
            (Error::new(ErrorKind::ApiConfigurationError).with_source(too_large()), ""),
            (ErrorKind::BadRequest.into(), ""),
            (
                Error::new(ErrorKind::AuthorizerFailure).with_source(CallError::new(CallPhase::Tls, CallCause::Closed)),
                "",
            ),
        ] {
            let told = CallFailure::of(&error);
            let told = told.map(|told| format!("{} {} {}", told.side.name(), told.phase.name(), told.cause.name()));
            assert_eq!(told.unwrap_or_default(), failure);
        }
    }
}
