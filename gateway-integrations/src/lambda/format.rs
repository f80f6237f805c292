//! What functions get, and what they answer.

use gateway_core::{ApiKind, Context};

/// How a proxy of an HTTP API writes events and reads answers (`payloadFormatVersion`).
///
/// AWS developer guide: *Create AWS Lambda proxy integrations for HTTP APIs*.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum PayloadFormat {
    /// 1.0: nearly the format of REST APIs.
    V1,
    /// 2.0: shorter events; what a function answers may be the body alone.
    #[default]
    V2,
}

/// The format of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Rest,
    HttpV1,
    HttpV2,
}

impl Format {
    pub(super) fn of(http: PayloadFormat, context: &Context) -> Self {
        match (context.kind(), http) {
            (ApiKind::Http, PayloadFormat::V1) => Self::HttpV1,
            (ApiKind::Http, PayloadFormat::V2) => Self::HttpV2,
            _ => Self::Rest,
        }
    }
}
