//! Mutual TLS: clients that prove to hold a certificate.

mod certificate;
mod guard;
mod truststore;

pub use self::{
    guard::MutualTls,
    truststore::{CertificateError, Truststore, TruststoreError},
};
