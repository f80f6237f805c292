//! Lambda functions as backends: the proxy, which hands a function the whole request as an event, and what stands inside
//! a mapping (feature `mapping`).

mod answer;
#[cfg(feature = "mapping")]
mod backend;
mod callee;
mod event;
mod proxy;
mod result;

#[cfg(feature = "mapping")]
pub use self::backend::{LambdaBackend, backend};
pub use self::proxy::{LambdaProxy, proxy};

#[cfg(test)]
mod tests;
