use jsonwebtoken::crypto::CryptoProvider;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    SignatureAlgorithm,
    jws::{Jws, JwsError, object},
    key::Key,
};

/// The public keys of an issuer: a JWK set (RFC 7517), read once.
///
/// Secrets (`oct`), keys for encryption, and keys that cannot be used with any [`SignatureAlgorithm`] are left out, as
/// the RFC wants it; the rest of the set stays usable.
///
/// # Example
/// ```
/// # #[cfg(feature = "jwt-aws-lc-rs")] {
/// use gateway_auth::{JwsError, KeySet, SignatureAlgorithm};
/// use jsonwebtoken::crypto::aws_lc;
///
/// let keys = KeySet::from_slice(br#"{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}"#).unwrap();
/// assert!(keys.is_empty());
/// let unsigned = "eyJhbGciOiJub25lIn0.e30.";
/// let answer = keys.verify(unsigned, SignatureAlgorithm::DEFAULT, &aws_lc::DEFAULT_PROVIDER);
/// assert_eq!(answer, Err(JwsError::Algorithm));
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct KeySet {
    keys: Vec<Key>,
    fingerprint: [u8; 32],
}

/// A text that is no JWK set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a JWK set: an object with a list `keys` is needed")]
pub struct KeySetError;

/// The set as it is written; each key is read for itself, so that one strange key does not spoil the others.
#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

impl KeySet {
    /// Reads a JWK set.
    ///
    /// # Errors
    /// When it is no object with a list `keys`.
    pub fn from_value(jwks: Value) -> Result<Self, KeySetError> {
        let document = if jwks.is_object() { Document::deserialize(jwks).ok() } else { None };
        document.map(Self::of).ok_or(KeySetError)
    }

    /// Reads the text of a JWK set.
    ///
    /// # Errors
    /// When it is no JSON object with a list `keys`.
    pub fn from_slice(jwks: &[u8]) -> Result<Self, KeySetError> {
        object(jwks).map(Self::of).ok_or(KeySetError)
    }

    fn of(document: Document) -> Self {
        let mut keys: Vec<Key> = Vec::with_capacity(document.keys.len());
        for jwk in document.keys {
            // The same key written twice is no ambiguity.
            if let Some(key) =
                Key::from_value(&jwk).filter(|new| !keys.iter().any(|old| old.fingerprint() == new.fingerprint()))
            {
                keys.push(key);
            }
        }
        let mut digest = Sha256::new();
        for key in &keys {
            digest.update(key.fingerprint());
        }
        Self { keys, fingerprint: digest.finalize().into() }
    }

    /// How many keys are usable.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether no key is usable.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Verifies the signature of `token` (compact JWS) and gives back its payload. Claims are not looked at.
    ///
    /// The key is the one with the header's `kid`, of a type and with an `alg` that suit the header's `alg`. A header
    /// without `kid` is taken only if exactly one key suits its `alg`.
    ///
    /// # Errors
    /// When the token is malformed, its algorithm is not among `algorithms`, there is no such key, or more than one,
    /// or the signature is not that of the key.
    pub fn verify(
        &self,
        token: &str,
        algorithms: &[SignatureAlgorithm],
        provider: &CryptoProvider,
    ) -> Result<Vec<u8>, JwsError> {
        let jws = Jws::parse(token, algorithms)?;
        let mut suited = self.keys.iter().filter(|key| key.suits(&jws));
        let key = suited.next().ok_or(JwsError::KeyNotFound)?;
        if suited.next().is_some() {
            return Err(JwsError::KeyAmbiguous);
        }
        if key.verifies(&jws, provider) { jws.payload() } else { Err(JwsError::Signature) }
    }

    /// Whether any key suits any of the algorithms.
    pub(super) fn is_usable_with(&self, algorithms: &[SignatureAlgorithm]) -> bool {
        self.keys.iter().any(|key| key.suits_any(algorithms))
    }

    /// Tells whether two sets hold the same keys.
    pub(super) fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rsa(kid: &str, byte: char) -> Value {
        json!({ "kty": "RSA", "kid": kid, "n": byte.to_string().repeat(344), "e": "AQAB" })
    }

    #[test]
    fn one_bad_key_does_not_spoil_the_set() {
        let jwks = json!({ "keys": [rsa("a", 'x'), 5, { "kty": 5 }, { "kty": "oct", "k": "AAAA" }, { "kid": "b" },
            rsa("a", 'x'), rsa("b", 'x')] });
        assert_eq!(KeySet::from_value(jwks).unwrap().len(), 2);
        assert!(KeySet::from_slice(b"{\"keys\":[]}").unwrap().is_empty());
        for text in ["", "[]", "[[]]", "{}", "{\"keys\":{}}", "{\"keys\":null}", "{\"keys\":[],\"keys\":[]}"] {
            assert!(KeySet::from_slice(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn the_fingerprint_changes_with_the_keys() {
        let print = |keys: Value| *KeySet::from_value(json!({ "keys": keys })).unwrap().fingerprint();
        let first = print(json!([rsa("a", 'x')]));
        assert_eq!(first, print(json!([rsa("a", 'x'), { "kty": "oct", "k": "AAAA" }])));
        assert_ne!(first, print(json!([rsa("b", 'x')])));
        assert_ne!(first, print(json!([rsa("a", 'z')])));
        assert_ne!(first, print(json!([rsa("a", 'x'), rsa("b", 'z')])));
        assert_ne!(first, print(json!([])));
    }
}
