//! The compact form of a signed token (RFC 7515): three parts, read strictly.
//!
//! The header's hints where to get a key (`jwk`, `jku`, `x5u`, `x5c`) are not even read: keys come from the issuer.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::SignatureAlgorithm;

/// Tokens longer than this many bytes are refused unread.
const MAX_TOKEN: usize = 16 * 1024;

/// Why a signed token was refused. It never holds a part of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwsError {
    /// The token is too long, or not three base64url parts with a header that is understood.
    #[error("the token is malformed")]
    Malformed,
    /// The header's `alg` is not among those that are taken.
    #[error("the token has an unsupported signature algorithm")]
    Algorithm,
    /// No key suits the header's `kid` and `alg`.
    #[error("signing key not found")]
    KeyNotFound,
    /// More than one key suits the header's `kid` and `alg`.
    #[error("signing key is ambiguous")]
    KeyAmbiguous,
    /// The signature is not that of the key.
    #[error("invalid signature")]
    Signature,
}

/// A token taken apart; nothing of it is trusted yet.
pub(super) struct Jws<'a> {
    /// One of those that are taken.
    pub(super) algorithm: SignatureAlgorithm,
    /// The id of the key, where the header names it.
    pub(super) kid: Option<String>,
    /// What the signature is over: header and payload as they are written.
    pub(super) signed: &'a [u8],
    pub(super) payload: &'a str,
    pub(super) signature: Vec<u8>,
}

/// What is read of the header; serde refuses these members if they come twice.
#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    crit: Option<Value>,
    #[serde(default)]
    b64: Option<Value>,
}

impl<'a> Jws<'a> {
    /// Takes `token` apart; `algorithms` are those that are taken.
    pub(super) fn parse(token: &'a str, algorithms: &[SignatureAlgorithm]) -> Result<Self, JwsError> {
        if token.len() > MAX_TOKEN {
            return Err(JwsError::Malformed);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(JwsError::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(JwsError::Malformed)?;
        if payload.contains('.') {
            return Err(JwsError::Malformed);
        }
        let header: Header = object(&decoded(header)?).ok_or(JwsError::Malformed)?;
        // No extension is understood here, so none may be critical; `b64` changes what the payload means (RFC 7797).
        if header.crit.is_some() || header.b64.is_some() {
            return Err(JwsError::Malformed);
        }
        let algorithm = header.alg.parse().map_err(|_| JwsError::Algorithm)?;
        if !algorithms.contains(&algorithm) {
            return Err(JwsError::Algorithm);
        }
        Ok(Self { algorithm, kid: header.kid, signed: signed.as_bytes(), payload, signature: decoded(signature)? })
    }

    /// The payload, decoded.
    pub(super) fn payload(&self) -> Result<Vec<u8>, JwsError> {
        decoded(self.payload)
    }
}

/// What a token says of its issuer, before anything of it is trusted.
pub(super) fn claimed_issuer(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Payload {
        iss: String,
    }
    let payload = token.split('.').nth(1).filter(|_| token.len() <= MAX_TOKEN)?;
    object::<Payload>(&decoded(payload).ok()?).map(|payload| payload.iss)
}

/// A JSON object; serde alone would read a struct from an array too.
pub(super) fn object<T: DeserializeOwned>(json: &[u8]) -> Option<T> {
    json.trim_ascii_start().starts_with(b"{").then(|| serde_json::from_slice(json).ok())?
}

/// Base64url without padding; stray bits and characters are refused, so that a token has one spelling.
fn decoded(part: &str) -> Result<Vec<u8>, JwsError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| JwsError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &str) -> String {
        format!("{}.e30.AAAA", URL_SAFE_NO_PAD.encode(header))
    }

    fn refused(token: &str) -> Option<JwsError> {
        Jws::parse(token, SignatureAlgorithm::DEFAULT).err()
    }

    #[test]
    fn a_plain_header_is_read() {
        let token = token(r#"{"alg":"RS256","kid":"a","typ":"JWT","other":[1]}"#);
        let jws = Jws::parse(&token, SignatureAlgorithm::DEFAULT).unwrap();
        assert_eq!(jws.algorithm, SignatureAlgorithm::Rs256);
        assert_eq!(jws.kid.as_deref(), Some("a"));
        assert_eq!(jws.payload().unwrap(), b"{}");
        assert_eq!(jws.signature, [0, 0, 0]);
        assert_eq!(jws.signed, token.rsplit_once('.').unwrap().0.as_bytes());
    }

    #[test]
    fn whatever_is_not_understood_is_refused() {
        for header in [
            r#"{"alg":"RS256","crit":["exp"],"exp":1}"#,
            r#"{"alg":"RS256","crit":[]}"#,
            r#"{"alg":"RS256","b64":false}"#,
            r#"{"alg":"RS256","kid":5}"#,
            r#"{"alg":"none","alg":"RS256"}"#,
            r#"{"alg":"RS256","kid":"a","kid":"b"}"#,
            r#"{"alg":["RS256"]}"#,
            r#"{"kid":"a"}"#,
            r#"["RS256"]"#,
            "",
            "{}x",
        ] {
            assert_eq!(refused(&token(header)), Some(JwsError::Malformed), "{header}");
        }
        for alg in ["none", "NONE", "HS256", "ES256", "PS256", "rs256", ""] {
            let header = format!(r#"{{"alg":"{alg}"}}"#);
            assert_eq!(refused(&token(&header)), Some(JwsError::Algorithm), "{alg}");
        }
    }

    #[test]
    fn a_token_has_three_parts_and_one_spelling() {
        let good = token(r#"{"alg":"RS256"}"#);
        assert_eq!(refused(&good), None);
        for bad in [
            String::new(),
            "a.b".into(),
            format!("{good}."),
            format!("{good}.e30"),
            format!("{good}="),
            format!(" {good}"),
            good.replace("AAAA", "AAAB="),
            good.replace("AAAA", "AAB"),
            good.replace("AAAA", "AA+A"),
        ] {
            assert_eq!(refused(&bad), Some(JwsError::Malformed), "{bad}");
        }
        let long = format!("{good}{}", "A".repeat(MAX_TOKEN));
        assert_eq!(refused(&long), Some(JwsError::Malformed));
    }
}
