//! The proxy and its client against real servers on the loopback.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod addresses;
mod answers;
mod backend;
mod failures;
mod faults;
mod framing;
#[cfg(feature = "mapping")]
mod http_api;
#[cfg(feature = "mapping")]
mod parameters;
mod passing;
mod pool;
mod resets;
mod rules;
#[cfg(feature = "aws")]
mod streamed_function;
mod streaming;
#[cfg(feature = "tls-aws-lc-rs")]
mod tls;
#[cfg(feature = "upstream")]
mod upstream;
mod whole;
mod wire;
