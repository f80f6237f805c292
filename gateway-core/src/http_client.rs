//! The seam to an HTTP client: authorizers and integrations share one, and its connection pool.

use std::{error::Error as StdError, fmt};

use async_trait::async_trait;
use tower::BoxError;

use crate::{
    error::Error,
    service::{Request, Response},
};

/// Sends an HTTP request as it is, to the absolute address in its URI.
///
/// `gateway_integrations::http::PooledClient` implements it; a host may bring its own.
#[async_trait]
pub trait HttpClient: Send + Sync + 'static {
    /// Sends `request` and returns the answer as soon as its head is there. A `Host` header that is missing is taken
    /// from the address; redirects are not followed.
    ///
    /// # Errors
    /// [`IntegrationFailure`](crate::ErrorKind::IntegrationFailure) if there is no answer,
    /// [`IntegrationTimeout`](crate::ErrorKind::IntegrationTimeout) if it is late,
    /// [`RequestTooLarge`](crate::ErrorKind::RequestTooLarge) if the request's body went over its limit,
    /// [`BadRequest`](crate::ErrorKind::BadRequest) if that body broke off. The source is a [`CallError`], as is that
    /// of an error of the answer's body, where the client can say so much.
    async fn send(&self, request: Request) -> Result<Response, Error>;
}

macro_rules! named {
    ($(#[$doc:meta])* $type:ident { $($(#[$variant_doc:meta])* $variant:ident = $name:literal, $text:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $type {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $type {
            /// The name in labels and logs.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$variant => $text),+ })
            }
        }
    };
}

named! {
    /// What a call to a backend had come to, in the order of a call.
    CallPhase {
        /// Waiting for leave to call.
        Admission = "admission", "the call was not admitted";
        /// Looking the backend's name up.
        Resolve = "resolve", "the backend's name was not found out";
        /// Connecting.
        Connect = "connect", "there was no connection to the backend";
        /// Agreeing on TLS.
        Tls = "tls", "TLS with the backend was not agreed on";
        /// Reading the client's body: not the backend's fault.
        RequestBody = "request_body", "the client's body could not be read";
        /// Sending the request, waiting for the answer's head.
        ResponseHead = "response_head", "the backend sent no head of an answer";
        /// Reading the answer's body.
        ResponseBody = "response_body", "the backend's answer broke off";
    }
}

named! {
    /// Why a call to a backend failed.
    CallCause {
        /// A time limit of the phase, or of the whole call, passed.
        TimedOut = "timeout", "the time was up";
        /// The backend refused.
        Refused = "refused", "refused";
        /// The other side closed or reset the connection.
        Closed = "closed", "the connection was closed";
        /// What was sent is no HTTP.
        Malformed = "malformed", "what was sent cannot be read";
        /// A limit on size was passed.
        TooLarge = "too_large", "a limit on size was passed";
        /// Too many calls are under way.
        Busy = "busy", "too many requests to backends are under way";
        /// Something else; the source says what.
        Other = "other", "an error";
    }
}

/// Where and why a call to a backend failed; the source of the [`Error`] that an [`HttpClient`] returns.
///
/// # Example
/// ```
/// use gateway_core::{CallCause, CallError, CallPhase, Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::IntegrationFailure)
///     .with_source(CallError::new(CallPhase::Connect, CallCause::Refused));
/// let call = CallError::of(&error).unwrap();
/// assert_eq!((call.phase().name(), call.cause().name()), ("connect", "refused"));
/// assert!(!call.is_clients());
/// ```
#[derive(Debug, thiserror::Error)]
#[error("{phase}: {cause}")]
pub struct CallError {
    phase: CallPhase,
    cause: CallCause,
    source: Option<BoxError>,
}

impl CallError {
    /// A call failed in `phase` because of `cause`.
    #[must_use]
    pub fn new(phase: CallPhase, cause: CallCause) -> Self {
        Self { phase, cause, source: None }
    }

    /// Keeps what is behind it, for logs.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The one that `error` is, or that is among its sources.
    #[must_use]
    pub fn of<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(call) = error.downcast_ref() {
                return Some(call);
            }
            next = error.source();
        }
        None
    }

    /// What the call had come to.
    #[must_use]
    pub fn phase(&self) -> CallPhase {
        self.phase
    }

    /// Why it went no further.
    #[must_use]
    pub fn cause(&self) -> CallCause {
        self.cause
    }

    /// Whether the client failed, and not the backend.
    #[must_use]
    pub fn is_clients(&self) -> bool {
        self.phase == CallPhase::RequestBody
    }
}

/// What `$context.integration.error` says: with phase and cause where they are known.
pub(crate) fn integration_error(error: &Error) -> String {
    CallError::of(error).map_or_else(|| error.to_string(), |call| format!("{error} ({call})"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn a_call_is_found_behind_other_errors() {
        let call = CallError::new(CallPhase::ResponseHead, CallCause::TimedOut).with_source("a cause");
        let within: BoxError = Box::new(Error::new(ErrorKind::IntegrationTimeout).with_source(call));
        let error = Error::new(ErrorKind::AuthorizerFailure).with_source(within);
        let found = CallError::of(&error).map(|call| (call.phase(), call.cause()));
        assert_eq!(found, Some((CallPhase::ResponseHead, CallCause::TimedOut)));
        assert!(integration_error(&error).ends_with("(the backend sent no head of an answer: the time was up)"));
        let other = Error::new(ErrorKind::IntegrationFailure);
        assert!(CallError::of(&other).is_none());
        assert_eq!(integration_error(&other), other.to_string());
    }
}
