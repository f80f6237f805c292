//! What is refused at once, and why.

use gateway_core::{CallCause, CallError, CallPhase, Error, ErrorKind};
use http::StatusCode;

/// Why an upstream refuses a request without asking a target.
///
/// It stands behind the [`CallError`] that is the source of the [`Error`], whose status is 503.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Shed {
    /// As many requests as may be are under way, and as many as may wait do.
    #[error("the upstream `{0}` is full: as many requests as may be are under way or waiting")]
    Full(String),
    /// The request waited for its turn as long as it may.
    #[error("the upstream `{0}` is full: the request waited for its turn in vain")]
    Waited(String),
    /// The circuit breaker is open.
    #[error("the upstream `{0}` fails too much: its circuit breaker is open")]
    Open(String),
    /// There is no target, or all are drained.
    #[error("the upstream `{0}` has no target")]
    NoTarget(String),
}

impl From<Shed> for Error {
    fn from(shed: Shed) -> Self {
        let cause = match shed {
            Shed::Full(_) | Shed::Waited(_) => CallCause::Busy,
            Shed::Open(_) | Shed::NoTarget(_) => CallCause::Unavailable,
        };
        Self::new(ErrorKind::IntegrationFailure)
            .with_status(StatusCode::SERVICE_UNAVAILABLE)
            .with_message("Service Unavailable")
            .with_source(CallError::new(CallPhase::Admission, cause).with_source(shed))
    }
}
