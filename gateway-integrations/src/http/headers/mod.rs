//! Which headers go on to the backend and back to the client: the rules differ with what stands in front.

mod forwarded;
mod hop;
mod request;
mod response;

use gateway_core::{ApiKind, Context};

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
