//! HTTP backends: the proxy, the address it calls, the headers it changes, the client that it calls with.
//!
//! [`HttpProxy`] works over any [`HttpClient`](gateway_core::HttpClient); `PooledClient` is the one that comes with the
//! feature `proxy`.

#[cfg(feature = "mapping")]
mod backend;
#[cfg(feature = "proxy")]
mod client;
#[cfg(feature = "tls-aws-lc-rs")]
mod client_certificate;
#[cfg(feature = "proxy")]
mod default_client;
mod headers;
mod proxy;
#[cfg(feature = "proxy")]
mod upgrade;
mod uri;

#[cfg(feature = "mapping")]
pub use self::backend::HttpBackend;
#[cfg(feature = "upstream")]
pub(crate) use self::client::ConnectionLimits;
#[cfg(feature = "tls-aws-lc-rs")]
pub use self::client::Tls;
#[cfg(feature = "tls-aws-lc-rs")]
pub(crate) use self::client_certificate::ByCertificate;
pub(crate) use self::headers::{Origin, remove_hop_by_hop};
#[cfg(feature = "proxy")]
pub use self::{
    client::{ClientError, PooledClient, PooledClientBuilder},
    default_client::HttpProxyError,
};
pub use self::{
    headers::HeaderRules,
    proxy::HttpProxy,
    uri::{UriTemplate, UriTemplateError},
};
#[cfg(feature = "mapping")]
pub(crate) use self::{
    headers::remove_listed,
    uri::{PATH, QUERY, climbs, parameter_name},
};
