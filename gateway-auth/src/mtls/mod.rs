//! Mutual TLS: clients that prove to hold a certificate.

mod certificate;
#[cfg(feature = "mtls-aws-lc-rs")]
mod define;
mod guard;
mod truststore;

pub use self::{
    guard::MutualTls,
    truststore::{CertificateError, Truststore, TruststoreError},
};
