//! What the example hosts share: a small real backend, an issuer of tokens, and the tour that they print.

mod backend;
mod issuer;
mod tour;

pub use self::{backend::backend, issuer::Issuer, tour::Tour};

/// What an example may fail with.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The address to listen on: `PORT` of the environment, 8080 unless given, 0 for any that is free.
///
/// # Errors
/// When the port is taken, or no number.
pub async fn listen() -> Result<tokio::net::TcpListener, Failure> {
    let port = std::env::var("PORT").map_or(Ok(8080), |port| port.parse::<u16>())?;
    Ok(tokio::net::TcpListener::bind(("127.0.0.1", port)).await?)
}

/// The README's code is compiled.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
