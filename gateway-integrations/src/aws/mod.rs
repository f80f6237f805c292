//! Services of AWS as backends: their addresses, and the call that is made of a mapped request.
//!
//! `AwsBackend` is what stands inside a mapping (feature `mapping`); what signs and sends is a `ServiceClient`, such as
//! `SignedClient` (feature `aws`).

#[cfg(feature = "aws")]
mod assume_role;
#[cfg(feature = "mapping")]
mod backend;
#[cfg(feature = "aws")]
mod credentials;
#[cfg(feature = "mapping")]
mod encode;
#[cfg(feature = "aws")]
mod endpoint;
mod headers;
mod pieces;
#[cfg(feature = "mapping")]
mod service;
#[cfg(feature = "aws")]
mod signature;
#[cfg(feature = "aws")]
mod signed;
#[cfg(feature = "mapping")]
mod subtype;
mod uri;

#[cfg(feature = "aws")]
pub use aws_credential_types::{
    Credentials,
    credential_fn::provide_credentials_fn,
    provider::{ProvideCredentials, SharedCredentialsProvider},
};

use gateway_core::{Problem, config::BackendConfig};
use http::Method;

#[cfg(feature = "mapping")]
pub(crate) use self::uri::domain;
pub use self::uri::{ServiceUri, ServiceUriError};
#[cfg(feature = "mapping")]
pub use self::{
    backend::{AwsBackend, backend},
    service::{ServiceCall, ServiceClient},
    subtype::ServiceAction,
};
#[cfg(feature = "aws")]
pub use self::{credentials::credentials_from_env, endpoint::EndpointError, signed::SignedClient};
pub(crate) use self::{headers::call_headers, pieces::Pieces, uri::Target};

/// The method to call with; none for `ANY`, the client's own.
pub(crate) fn method(config: &BackendConfig) -> Result<Option<Method>, Problem> {
    match config.http_method.as_deref() {
        Some(name) => crate::factory::method(name),
        None => Err(Problem::new("/httpMethod", "Enumeration value for HttpMethod must be non-empty")),
    }
}

/// The role to call with; the caller himself can be none, as his secret stays with him.
pub(crate) fn role(config: &BackendConfig) -> Result<Option<Pieces>, Problem> {
    let Some(role) = config.credentials.as_deref() else { return Ok(None) };
    if role.ends_with("::*:user/*") {
        let message = "the credentials of the caller cannot be passed on: his secret is not known here; name a role";
        return Err(Problem::new("/credentials", message));
    }
    Ok(Some(Pieces::fixed_paths(role)))
}

/// The address, with its place in the definition if it cannot be read.
pub(crate) fn uri(config: &BackendConfig) -> Result<ServiceUri, Problem> {
    ServiceUri::parse(&config.uri).map_err(|error| Problem::new("/uri", format_args!("`{}`: {error}", config.uri)))
}

#[cfg(feature = "mapping")]
#[cfg(test)]
mod tests;
