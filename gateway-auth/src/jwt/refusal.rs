//! Refusals: each with the words of its challenge (RFC 6750 §3, as AWS writes it).

use gateway_core::{Error, ErrorKind};
use http::{HeaderValue, header::WWW_AUTHENTICATE};

use super::{fetch::FetchError, jws::JwsError};

/// Why a request is refused. Nothing in here comes from the token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("there is no token")]
    NoToken,
    #[error(transparent)]
    Jws(#[from] JwsError),
    #[error("the issuer's signing keys are not available")]
    NoKeys(#[source] Option<FetchError>),
    #[error("the token has an invalid issuer")]
    Issuer,
    #[error("the token does not have a valid audience")]
    Audience,
    #[error("the token does not have a required claim")]
    Claim,
    #[error("the token is not of the kind that the method asks for")]
    TokenUse,
    #[error("the token has expired")]
    Expired,
    #[error("the token is not yet valid")]
    NotYetValid,
    #[error("the token was issued in the future")]
    IssuedInFuture,
    #[error("the token does not have a required scope")]
    Scope(Vec<String>),
}

/// What cannot be read, be it in the token's envelope or in what it holds.
pub(super) const MALFORMED: Refusal = Refusal::Jws(JwsError::Malformed);

impl Refusal {
    /// Whether other keys could change it.
    pub(super) fn is_about_keys(&self) -> bool {
        matches!(self, Self::Jws(JwsError::KeyNotFound) | Self::NoKeys(_))
    }

    /// The value of `www-authenticate`. AWS separates the attributes by spaces.
    fn challenge(&self) -> HeaderValue {
        let invalid = |text: &'static str| HeaderValue::from_static(text);
        macro_rules! invalid_token {
            ($text:literal) => {
                invalid(concat!(r#"Bearer scope="" error="invalid_token" error_description=""#, $text, "\""))
            };
        }
        match self {
            Self::NoToken => invalid("Bearer"),
            Self::Jws(JwsError::Malformed) => invalid_token!("the token is malformed"),
            Self::Jws(JwsError::Algorithm) => invalid_token!("the token has an unsupported signature algorithm"),
            Self::Jws(JwsError::KeyNotFound | JwsError::KeyAmbiguous) => invalid_token!("signing key not found"),
            Self::NoKeys(Some(FetchError::Discovery(_))) => {
                invalid_token!("the issuer's discovery document could not be fetched")
            }
            Self::NoKeys(_) => invalid_token!("the issuer's signing keys could not be fetched"),
            Self::Jws(JwsError::Signature) => invalid_token!("invalid signature"),
            Self::Issuer => invalid_token!("the token has an invalid issuer"),
            Self::Audience => invalid_token!("the token does not have a valid audience"),
            Self::Claim => invalid_token!("the token does not have a required claim"),
            Self::TokenUse => invalid_token!("the token is of another kind"),
            Self::Expired => invalid_token!("the token has expired"),
            Self::NotYetValid => invalid_token!("the token is not yet valid"),
            Self::IssuedInFuture => invalid_token!("the token was issued in the future"),
            Self::Scope(scopes) => insufficient_scope(scopes),
        }
    }
}

/// The challenge (403) that names the scopes of a route. A scope that RFC 6749 does not allow is left out: a quote in it
/// would end the attribute.
fn insufficient_scope(scopes: &[String]) -> HeaderValue {
    let is_scope = |text: &&str| text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\');
    let scopes: Vec<_> = scopes.iter().map(String::as_str).filter(is_scope).collect();
    let scopes = scopes.join(" ");
    let value = format!(
        r#"Bearer scope="{scopes}" error="insufficient_scope" error_description="the token does not have a required scope""#
    );
    HeaderValue::try_from(value).unwrap_or_else(|_| HeaderValue::from_static("Bearer"))
}

impl Refusal {
    /// The answer of a REST API, which has no challenge.
    pub(super) fn rest(self, without_scope: ErrorKind) -> Error {
        let error = match self {
            Self::Expired => Error::new(ErrorKind::Unauthorized).with_message("The incoming token has expired"),
            Self::NoKeys(_) => ErrorKind::AuthorizerConfigurationError.into(),
            Self::Scope(_) => without_scope.into(),
            _ => ErrorKind::Unauthorized.into(),
        };
        error.with_source(self)
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let kind = match refusal {
            Refusal::Scope(_) => ErrorKind::AccessDenied,
            _ => ErrorKind::Unauthorized,
        };
        Self::new(kind).with_header(WWW_AUTHENTICATE, refusal.challenge()).with_source(refusal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn challenge(refusal: Refusal) -> String {
        let error = Error::from(refusal);
        let (name, value) = error.header().unwrap();
        assert_eq!(name, WWW_AUTHENTICATE);
        value.to_str().unwrap().to_owned()
    }

    #[test]
    fn attributes_are_separated_by_spaces() {
        assert_eq!(challenge(Refusal::NoToken), "Bearer");
        assert_eq!(
            challenge(Refusal::Audience),
            r#"Bearer scope="" error="invalid_token" error_description="the token does not have a valid audience""#
        );
        assert_eq!(
            challenge(Refusal::Scope(vec!["a".into(), "pets/b:c".into()])),
            r#"Bearer scope="a pets/b:c" error="insufficient_scope" error_description="the token does not have a required scope""#
        );
    }

    #[test]
    fn a_scope_cannot_break_out() {
        let scopes = ["a\"b", "a\" x=\"", "b\r\nset-cookie: x", "c\\", "d\u{e9}", "e f", "ok"].map(str::to_owned);
        assert_eq!(
            challenge(Refusal::Scope(scopes.to_vec())),
            r#"Bearer scope="ok" error="insufficient_scope" error_description="the token does not have a required scope""#
        );
    }
}
