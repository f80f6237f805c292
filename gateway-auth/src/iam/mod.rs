//! IAM authorization: callers that sign their requests (Signature Version 4).

mod authorizer;
mod canonical;
mod carrier;
mod credential;
mod factory;
mod key;
mod refusal;
mod secret;
mod signed_request;
#[cfg(feature = "iam-sigv4a")]
mod sigv4a;
mod static_credentials;
mod time;
mod verifier;

pub use self::{
    authorizer::IamAuthorizer,
    credential::{Credential, Credentials},
    factory::IamAuthorizers,
    signed_request::SignedRequest,
    static_credentials::StaticCredentials,
    verifier::SigV4Verifier,
};
