//! Why a function's answer cannot be gone by.

use gateway_core::{Error, ErrorKind};

/// Nothing in here comes from the request.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// It said so itself.
    #[error("the function does not know the caller")]
    Unauthorized,
    #[error("there is no such function")]
    NoFunction,
    #[error("the function could not be called")]
    Call(#[source] Error),
    #[error("the call was answered with status {0}")]
    Status(http::StatusCode),
    #[error("the function took too long")]
    Timeout,
    #[error("the function failed")]
    Function,
    #[error("the function's answer is no JSON")]
    NoJson,
    #[error("the function's answer cannot be used: {0}")]
    Malformed(String),
}

impl Failure {
    /// `$context.authorizer.error`.
    pub(super) fn text(&self) -> &'static str {
        match self {
            Self::Unauthorized => "Unauthorized",
            Self::NoFunction | Self::Call(_) | Self::Status(_) => {
                "The Lambda Authorizer function could not be called. Check its permissions"
            }
            Self::Timeout => "The Lambda Authorizer function did not answer in time",
            Self::Function => "The Lambda Authorizer function failed",
            Self::NoJson => {
                "The response from the Lambda Authorizer function doesn't match the format that API Gateway expects. \
                 Invalid json in authorizer response"
            }
            Self::Malformed(_) => {
                "The response from the Lambda Authorizer function doesn't match the format that API Gateway expects"
            }
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unauthorized => ErrorKind::Unauthorized.into(),
            failure => {
                let error: &(dyn std::error::Error + 'static) = &failure;
                tracing::warn!(error, "a Lambda authorizer failed");
                Self::new(ErrorKind::AuthorizerConfigurationError).with_source(failure)
            }
        }
    }
}
