//! Backends are `async fn(Request) -> Response` too: what answers behind a `gateway_core::Gateway`, or alone.
//!
//! - [`HttpProxy`] passes requests on to an HTTP backend, streaming both ways.
//! - [`LambdaProxy`] calls a function with the whole request as an event.
//! - [`Mock`] answers by itself, always the same.
//! - [`Integrations`] makes them of a definition, and keeps their connections over reloads.
//!
//! Each is an [`Integration`](gateway_core::Integration), and by
//! [`into_service`](gateway_core::Integration::into_service) a tower service of its own.
//!
//! # Features
//! - `lambda-local`: `lambda::LocalFunction` and `lambda::LocalFunctions`, which run Lambda programs in processes of
//!   this machine (Unix).
//! - `proxy`: [`http::PooledClient`], the HTTP client. Without it [`HttpProxy`] takes any
//!   [`HttpClient`](gateway_core::HttpClient).
//! - `mapping`: [`mapping::Mapped`], which maps requests and answers; mapping templates (`velocity::Template`), the JSONPath in them (`jsonpath::JsonPath`) and the
//!   ordered values of both (`json::Json`).
//! - `upstream`: [`upstream::Upstream`], several targets that stand for one HTTP backend.
//! - `metrics`: counts and latencies of upstreams, through the `metrics` facade.
//! - `aws`: [`aws::SignedClient`], which calls services of AWS, and functions on Lambda, with signatures. It needs
//!   Rust 1.94.
//! - `tls-aws-lc-rs`: that client speaks TLS, by rustls with aws-lc-rs; no process-wide provider is read or set.
//!
//! # Example
//! ```
//! use gateway_core::{Body, Integration};
//! use gateway_integrations::Mock;
//! use tower::ServiceExt;
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let service = Mock::json(200, r#"{"ok":true}"#).into_service();
//! let response = service.oneshot(http::Request::new(Body::empty())).await?;
//! assert_eq!(response.headers()["content-type"], "application/json");
//! # Ok::<(), std::convert::Infallible>(())
//! # }).unwrap();
//! ```

pub mod aws;
mod factory;
mod failure;
mod headers;
pub mod http;
#[cfg(feature = "mapping")]
mod java_regex;
#[cfg(feature = "mapping")]
pub mod json;
#[cfg(feature = "mapping")]
pub mod jsonpath;
pub mod lambda;
mod lenient;
#[cfg(feature = "mapping")]
pub mod mapping;
mod mock;
#[cfg(feature = "upstream")]
pub mod upstream;
#[cfg(feature = "mapping")]
pub mod velocity;

pub use self::{factory::Integrations, http::HttpProxy, lambda::LambdaProxy, mock::Mock};
