//! Services of AWS as backends: their addresses, and the call that is made of a mapped request.
//!
//! `AwsBackend` is what stands inside a mapping (feature `mapping`); what signs and sends is a `ServiceClient`.

#[cfg(feature = "mapping")]
mod backend;
#[cfg(feature = "mapping")]
mod encode;
mod headers;
mod pieces;
#[cfg(feature = "mapping")]
mod service;
mod uri;

use gateway_core::{Problem, config::BackendConfig};
use http::Method;

pub use self::uri::{ServiceUri, ServiceUriError};
#[cfg(feature = "mapping")]
pub use self::{
    backend::{AwsBackend, backend},
    service::{ServiceCall, ServiceClient},
};
pub(crate) use self::{headers::call_headers, uri::Target};

/// The method to call with; none for `ANY`, the client's own.
pub(crate) fn method(config: &BackendConfig) -> Result<Option<Method>, Problem> {
    match config.http_method.as_deref() {
        Some(name) => crate::factory::method(name),
        None => Err(Problem::new("/httpMethod", "Enumeration value for HttpMethod must be non-empty")),
    }
}

/// The address, with its place in the definition if it cannot be read.
pub(crate) fn uri(config: &BackendConfig) -> Result<ServiceUri, Problem> {
    ServiceUri::parse(&config.uri).map_err(|error| Problem::new("/uri", format_args!("`{}`: {error}", config.uri)))
}
