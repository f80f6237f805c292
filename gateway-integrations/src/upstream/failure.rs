//! What went wrong with a target, and what went wrong elsewhere.

use std::{error::Error as StdError, io};

use gateway_core::{BodyError, Error, ErrorKind, config::RetryOnConfig};
use hyper_util::client::legacy;

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
        let mut next: Option<&(dyn StdError + 'static)> = error.source();
        let mut connecting = false;
        while let Some(cause) = next {
            if cause.is::<BodyError>() || cause.is::<crate::http::ClientError>() {
                return None;
            }
            connecting |= cause.downcast_ref::<legacy::Error>().is_some_and(legacy::Error::is_connect)
                || cause.downcast_ref::<io::Error>().is_some_and(|error| is_connecting(error.kind()));
            next = cause.source();
        }
        Some(if connecting { Self::Connect } else { found })
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
    use super::*;

    #[test]
    fn targets_are_blamed_for_their_own_failures_only() {
        let io = |kind| Error::new(ErrorKind::IntegrationFailure).with_source(io::Error::from(kind));
        let body = BodyError::TooLarge { limit: 1 };
        for (error, failure) in [
            (io(io::ErrorKind::ConnectionRefused), Some(Failure::Connect)),
            (io(io::ErrorKind::ConnectionReset), Some(Failure::Reset)),
            (io(io::ErrorKind::BrokenPipe), Some(Failure::Reset)),
            (ErrorKind::IntegrationTimeout.into(), Some(Failure::Timeout)),
            (ErrorKind::IntegrationFailure.into(), Some(Failure::Reset)),
            (ErrorKind::RequestTooLarge.into(), None),
            (Error::new(ErrorKind::IntegrationFailure).with_source(body), None),
            (Error::new(ErrorKind::IntegrationFailure).with_source(crate::http::ClientError::NoTls), None),
        ] {
            assert_eq!(Failure::of(&error), failure, "{:?}", error.source());
        }
    }
}
