//! Lambda functions as backends: the proxy, which hands a function the whole request as an event, and what stands inside
//! a mapping (feature `mapping`); functions in processes of this machine (feature `lambda-local`); and those on AWS, which
//! `SignedClient` calls (feature `aws`).

mod answer;
#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "mapping")]
mod backend;
mod callee;
mod event;
#[cfg(feature = "aws")]
mod event_stream;
mod format;
mod http_result;
#[cfg(all(unix, feature = "lambda-local"))]
mod local;
mod proxy;
mod result;
mod streamed;

#[cfg(feature = "mapping")]
pub use self::backend::{LambdaBackend, backend};
#[cfg(all(unix, feature = "lambda-local"))]
pub use self::local::{LocalFunction, LocalFunctions};
pub use self::{
    format::PayloadFormat,
    proxy::{LambdaProxy, proxy},
};

#[cfg(test)]
mod tests;
