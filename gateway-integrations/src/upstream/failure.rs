//! What went wrong with a target, and what went wrong elsewhere.

use std::{error::Error as StdError, io};

use gateway_core::{BodyError, CallError, CallPhase, Error, ErrorKind, config::RetryOnConfig};

use crate::http::ClientError;

/// How a target failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// There was no connection: it has seen nothing of the request.
    Connect,
    /// The connection broke before there was an answer.
    Reset,
    /// There was no answer in time.
    Timeout,
    /// It answered with a status from 500 on.
    Status,
}

impl Failure {
    #[cfg(feature = "metrics")]
    pub(super) const ALL: [Self; 4] = [Self::Connect, Self::Reset, Self::Timeout, Self::Status];

    /// The failure that `error` tells of; `None` where the target is not to blame: the client's own body broke off or
    /// was too large, or there is no way to send such a request at all.
    pub(super) fn of(error: &Error) -> Option<Self> {
        let found = match error.kind() {
            ErrorKind::IntegrationTimeout => Self::Timeout,
            ErrorKind::IntegrationFailure => Self::Reset,
            _ => return None,
        };
        if causes(error).any(|cause| cause.is::<BodyError>() || cause.is::<ClientError>()) {
            return None;
        }
        if let Some(call) = CallError::of(error) {
            return match call.phase() {
                CallPhase::Admission | CallPhase::RequestBody => None,
                CallPhase::Resolve | CallPhase::Connect | CallPhase::Tls => Some(Self::Connect),
                _ => Some(found),
            };
        }
        // Another client, which says less.
        let io = |cause: &(dyn StdError + 'static)| cause.downcast_ref::<io::Error>().map(io::Error::kind);
        let is_connecting = causes(error).filter_map(io).any(is_connecting);
        Some(if is_connecting { Self::Connect } else { found })
    }

    /// What a definition calls it, where it is no status.
    pub(super) fn retry_on(self) -> Option<RetryOnConfig> {
        match self {
            Self::Connect => Some(RetryOnConfig::Connect),
            Self::Reset => Some(RetryOnConfig::Reset),
            Self::Timeout => Some(RetryOnConfig::Timeout),
            Self::Status => None,
        }
    }

    #[cfg(feature = "metrics")]
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Connect => "Connect",
            Self::Reset => "Reset",
            Self::Timeout => "Timeout",
            Self::Status => "Status",
        }
    }
}

/// What is behind an error.
fn causes<'a>(error: &'a Error) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(error.source(), |cause: &&'a (dyn StdError + 'static)| (*cause).source())
}

/// These come before a connection stands, whatever client says so.
fn is_connecting(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::AddrNotAvailable
    )
}

#[cfg(test)]
mod tests {
    use gateway_core::CallCause;

    use super::*;

    #[test]
    fn targets_are_blamed_for_their_own_failures_only() {
        let io = |kind| Error::new(ErrorKind::IntegrationFailure).with_source(io::Error::from(kind));
        let body = BodyError::TooLarge { limit: 1 };
        let call = |phase, cause| Error::new(ErrorKind::IntegrationFailure).with_source(CallError::new(phase, cause));
        for (error, failure) in [
            (io(io::ErrorKind::ConnectionRefused), Some(Failure::Connect)),
            (io(io::ErrorKind::ConnectionReset), Some(Failure::Reset)),
            (io(io::ErrorKind::BrokenPipe), Some(Failure::Reset)),
            (ErrorKind::IntegrationTimeout.into(), Some(Failure::Timeout)),
            (ErrorKind::IntegrationFailure.into(), Some(Failure::Reset)),
            (call(CallPhase::Connect, CallCause::TimedOut), Some(Failure::Connect)),
            (call(CallPhase::ResponseHead, CallCause::Closed), Some(Failure::Reset)),
            (call(CallPhase::Admission, CallCause::Busy), None),
            (call(CallPhase::RequestBody, CallCause::Closed), None),
            (ErrorKind::RequestTooLarge.into(), None),
            (Error::new(ErrorKind::IntegrationFailure).with_source(body), None),
            (Error::new(ErrorKind::IntegrationFailure).with_source(ClientError::NoTls), None),
        ] {
            assert_eq!(Failure::of(&error), failure, "{:?}", error.source());
        }
    }
}
