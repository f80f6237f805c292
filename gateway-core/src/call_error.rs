//! `CallError`: where and why a call to a backend failed, in words that make labels.

use std::{error::Error as StdError, fmt};

use tower::BoxError;

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
    /// Who failed.
    CallSide {
        /// The client: it went away, or its body broke off.
        Client = "client", "the client";
        /// The gateway: it let no more through.
        Gateway = "gateway", "the gateway";
        /// The backend, or the way to it.
        Backend = "backend", "the backend";
    }
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
        /// Sending the request.
        Send = "send", "the request was not sent to its end";
        /// Waiting for the answer's head.
        ResponseHead = "response_head", "the backend sent no head of an answer";
        /// Reading the answer's body.
        ResponseBody = "response_body", "the backend's answer broke off";
        /// Somewhere before the answer's head: whoever ended the call does not know where it was.
        Call = "call", "the call failed";
    }
}

named! {
    /// Why a call to a backend failed.
    CallCause {
        /// The phase's own time limit passed.
        TimedOut = "timeout", "the time was up";
        /// The time limit of the whole call passed.
        Deadline = "deadline", "the time for the whole call was up";
        /// The backend refused.
        Refused = "refused", "refused";
        /// The other side closed or reset the connection.
        Closed = "closed", "the connection was closed";
        /// What was sent is no HTTP.
        Malformed = "malformed", "what was sent cannot be read";
        /// Its certificate is not one that proves who it is.
        Untrusted = "untrusted", "its certificate is not trusted";
        /// A limit on size was passed.
        TooLarge = "too_large", "a limit on size was passed";
        /// Too many calls are under way.
        Busy = "busy", "too many requests to backends are under way";
        /// There is no backend that may be called now.
        Unavailable = "unavailable", "there is no backend that may be called";
        /// Something else; the source says what.
        Other = "other", "an error";
    }
}

/// Where and why a call to a backend failed; the source of the [`Error`](crate::Error) that an
/// [`HttpClient`](crate::HttpClient) returns.
///
/// # Example
/// ```
/// use gateway_core::{CallCause, CallError, CallPhase, CallSide, Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::IntegrationFailure)
///     .with_source(CallError::new(CallPhase::Connect, CallCause::Refused));
/// let call = CallError::of(&error).unwrap();
/// assert_eq!((call.phase().name(), call.cause().name()), ("connect", "refused"));
/// assert_eq!(call.side(), CallSide::Backend);
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

    /// Who failed.
    #[must_use]
    pub fn side(&self) -> CallSide {
        match self.phase {
            CallPhase::RequestBody => CallSide::Client,
            CallPhase::Admission => CallSide::Gateway,
            _ => CallSide::Backend,
        }
    }
}
