//! Who may call: authorizers for `gateway-core`, each a tower layer alone or one step of a gateway.
//!
//! [`JwtAuthorizer`] takes JSON Web Tokens: OpenID Connect access and ID tokens, with their keys given by the host or
//! fetched from the issuer. [`JwtAuthorizers`] makes them of what a definition says.
//!
//! [`IamAuthorizer`] takes requests that are signed with AWS credentials (Signature Version 4), and asks the caller's
//! policies. [`PolicyDocument`] is an IAM policy, compiled: of a caller, or of a REST API as its resource policy.
//!
//! [`LambdaAuthorizer`] asks a function, as Lambda authorizers of REST, HTTP and WebSocket APIs do. [`CognitoAuthorizer`]
//! takes tokens of Cognito user pools, [`JwtIssuers`] those of several issuers. [`Truststore`] and [`MutualTls`] are about
//! certificates of clients, [`TrustedProxies`] about their addresses, [`ResourcePolicyGuard`] is a resource policy alone,
//! [`ApiKeyAuthorizer`] takes keys for names. `gateway_core::all_of` and `any_of` put several authorizers together.
//!
//! # Features
//! - `iam`: the IAM authorizer, for signatures of Signature Version 4.
//! - `iam-sigv4a`: Signature Version 4a too, on aws-lc-rs.
//! - `jwt`: JWT authorizers and Cognito user pools; the host passes the cryptography as a `&'static` [`CryptoProvider`].
//! - `jwt-aws-lc-rs`: the same on aws-lc-rs, unless the host passes another one; and ES512, which is always verified by it.
//! - `lambda`: Lambda authorizers.
//! - `mtls`: certificates of clients; the host passes what verifies signatures.
//! - `mtls-aws-lc-rs`: the same on aws-lc-rs.
//! - `policy`: IAM policy documents and resource policies alone.
//! - `proxies`: addresses of clients behind trusted proxies.
//!
//! No feature reads or sets a process-wide default of `jsonwebtoken`, so a host may use that crate as it likes. Only
//! one thing leaks: a host whose own tree turns on `jsonwebtoken/rust_crypto` sees two backends when it adds
//! `jwt-aws-lc-rs`, and has to install one of them for its own calls; or it takes `jwt` and passes its own.
//!
//! # Example: one layer in an existing service
//! ```
//! # #[cfg(feature = "jwt-aws-lc-rs")]
//! # fn example(jwks: serde_json::Value) -> Result<(), gateway_auth::JwtError> {
//! use std::convert::Infallible;
//!
//! use gateway_auth::JwtAuthorizer;
//! use gateway_core::{Authorizer, Body, Request, Response};
//! use tower::{Layer, service_fn};
//!
//! async fn hello(_: Request) -> Result<Response, Infallible> {
//!     Ok(Response::new(Body::from("hello")))
//! }
//! let authorizer = JwtAuthorizer::builder("https://issuer.example")
//!     .audience(["pets"])
//!     .keys(jwks) // or `.client(client)` alone: the issuer's discovery document names the keys
//!     .scopes(["pets:read"])
//!     .build()?;
//! let service = authorizer.into_layer().layer(service_fn(hello)); // axum: `.layer(authorizer.into_layer())`
//! # let _ = service;
//! # Ok(())
//! # }
//! ```

#![cfg_attr(
    not(all(feature = "iam", feature = "jwt", feature = "lambda", feature = "mtls", feature = "proxies")),
    allow(rustdoc::broken_intra_doc_links, reason = "what is not there has no page")
)]

mod api_key;
#[cfg(any(feature = "jwt", feature = "lambda"))]
mod expression;
#[cfg(feature = "iam")]
mod iam;
#[cfg(feature = "jwt")]
mod jwt;
#[cfg(feature = "lambda")]
mod lambda;
#[cfg(feature = "mtls")]
mod mtls;
#[cfg(feature = "policy")]
mod policy;
#[cfg(feature = "proxies")]
mod proxies;

pub use self::api_key::ApiKeyAuthorizer;

#[cfg(feature = "iam")]
pub use self::iam::{
    Credential, Credentials, IamAuthorizer, IamAuthorizers, SigV4Verifier, SignedRequest, StaticCredentials,
};
#[cfg(feature = "jwt")]
pub use self::jwt::{
    CognitoAuthorizer, CognitoAuthorizerBuilder, CryptoProvider, JwsError, JwtAuthorizer, JwtAuthorizerBuilder,
    JwtAuthorizers, JwtError, JwtIssuers, KeySet, KeySetError, KeySource, SignatureAlgorithm, UnknownAlgorithm,
};
#[cfg(feature = "lambda")]
pub use self::lambda::{
    AuthorizerEvent, LambdaAuthorizer, LambdaAuthorizerBuilder, LambdaAuthorizerError, LambdaAuthorizers,
};
#[cfg(feature = "mtls")]
pub use self::mtls::{CertificateError, MutualTls, Truststore, TruststoreError};
#[cfg(feature = "policy")]
pub use self::policy::{
    ConditionKey, ConditionKeys, ConditionValue, ConditionValues, Decision, PolicyDocument, PolicyRequest, PolicyType,
    RequestKeys, ResourcePolicies, ResourcePolicyGuard, SecureTransport, VpcOrigin, evaluate_all,
};
#[cfg(feature = "proxies")]
pub use self::proxies::{TrustedProxies, TrustedProxiesError, TrustedProxiesService};
