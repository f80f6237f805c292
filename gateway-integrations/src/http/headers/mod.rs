//! Which headers go on to the backend and back to the client: the rules differ with what stands in front.
//!
//! | | REST API | HTTP API | alone |
//! | --- | --- | --- | --- |
//! | hop-by-hop, `Expect` | end here | end here | end here |
//! | `Content-Encoding`, `Content-MD5`, `Max-Forwards`, `Server`, `Via`, `WWW-Authenticate`, signatures | dropped | pass | pass |
//! | `X-Amzn-Trace-Id` | added or completed | added or completed | passes |
//! | `X-Amzn-Apigateway-Api-Id` | added | | |
//! | `X-Forwarded-For` | the client appended | the client appended if it is there | the client appended |
//! | `X-Forwarded-Port`, `-Proto` | set | pass | set, and `-Host` |
//! | `Forwarded`, `Via` | | appended | |
//! | in answers: `Date`, `Server`, `WWW-Authenticate` and others | renamed | pass | pass |
//!
//! Where a recording of Amazon API Gateway and its guide differ, the recording is followed; where a response header was
//! recorded for mapped responses only, the guide's table is.

mod forwarded;
mod hop;
mod own;
mod request;
mod response;

use gateway_core::{ApiKind, Context};

#[cfg(feature = "mapping")]
pub(crate) use self::hop::remove_listed;
#[cfg(feature = "proxy")]
pub(super) use self::hop::{is_hop_by_hop, remove_ending};
pub use self::own::HeaderRules;
pub(crate) use self::{forwarded::Origin, hop::remove_hop_by_hop};
pub(super) use self::{forwarded::clients_host, request::set_content_length};

/// Whose rules hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rules {
    /// A REST API, with its recorded removals and renames.
    Rest,
    /// An HTTP API, which renames nothing.
    Http,
    /// No gateway: a reverse proxy like any other.
    Alone,
}

impl Rules {
    /// The rules for a request: without a stage no gateway stands in front.
    pub(super) fn of(context: &Context) -> Self {
        match context.stage().map(|stage| stage.kind) {
            Some(ApiKind::Rest) => Self::Rest,
            Some(_) => Self::Http,
            None => Self::Alone,
        }
    }
}

#[cfg(test)]
mod recorded_tests;
#[cfg(test)]
mod tests;
