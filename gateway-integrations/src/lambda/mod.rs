//! Lambda functions as backends: the proxy, which hands a function the whole request as an event, and what stands inside
//! a mapping (feature `mapping`); and functions in processes of this machine (feature `lambda-local`).

mod answer;
#[cfg(feature = "mapping")]
mod backend;
mod callee;
mod event;
#[cfg(all(unix, feature = "lambda-local"))]
mod local;
mod proxy;
mod result;
mod streamed;

#[cfg(feature = "mapping")]
pub use self::backend::{LambdaBackend, backend};
#[cfg(all(unix, feature = "lambda-local"))]
pub use self::local::{LocalFunction, LocalFunctions};
pub use self::proxy::{LambdaProxy, proxy};

#[cfg(test)]
mod tests;
