use std::{
    fmt,
    hash::{BuildHasherDefault, Hash, Hasher},
    sync::Arc,
};

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// An API key: known by its id, stored as a digest.
///
/// # Example
/// ```
/// use gateway_core::ApiKey;
///
/// let key = ApiKey::new("alice", "b2c5f0e4a1d94f0b8c7e")?;
/// assert!(!format!("{key:?}").contains("b2c5"));
/// # Ok::<(), gateway_core::ApiKeyError>(())
/// ```
#[derive(Clone)]
pub struct ApiKey {
    id: Arc<str>,
    digest: KeyDigest,
    enabled: bool,
}

/// Why an API key cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApiKeyError {
    /// It is too short.
    #[error("API Key value should be at least 20 characters")]
    TooShort,
    /// It is too long.
    #[error("API Key value exceeds maximum size of 128 characters")]
    TooLong,
    /// The digest is not 64 hexadecimal digits.
    #[error("the digest of an API key is SHA-256, in 64 hexadecimal digits")]
    Digest,
}

const MIN: usize = 20;
const MAX: usize = 128;

impl ApiKey {
    /// A key with its value, of which only the SHA-256 digest is kept.
    ///
    /// # Errors
    /// When the value is not 20 to 128 characters long.
    pub fn new(id: impl Into<Arc<str>>, value: &str) -> Result<Self, ApiKeyError> {
        match value.len() {
            ..MIN => Err(ApiKeyError::TooShort),
            MIN..=MAX => Ok(Self { id: id.into(), digest: KeyDigest::of(value.as_bytes()), enabled: true }),
            _ => Err(ApiKeyError::TooLong),
        }
    }

    /// A key whose value nobody here knows: the SHA-256 digest of it, in hexadecimal.
    ///
    /// # Errors
    /// When the text is not 64 hexadecimal digits.
    pub fn from_digest(id: impl Into<Arc<str>>, digest: &str) -> Result<Self, ApiKeyError> {
        let mut bytes = [0; 32];
        let digits = digest.as_bytes();
        if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(ApiKeyError::Digest);
        }
        for (byte, pair) in bytes.iter_mut().zip(digest.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| ApiKeyError::Digest)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| ApiKeyError::Digest)?;
        }
        Ok(Self { id: id.into(), digest: KeyDigest::new(bytes), enabled: true })
    }

    /// Switches the key off, or on again.
    #[must_use]
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    /// `$context.identity.apiKeyId`.
    #[must_use]
    pub fn id(&self) -> &Arc<str> {
        &self.id
    }

    /// The key with this value among `keys`: each is compared in constant time, whether it is on or not.
    #[must_use]
    pub fn find<'a>(keys: &'a [Self], given: &[u8]) -> Option<&'a Self> {
        let digest = KeyDigest::of_given(given)?;
        keys.iter().find(|key| key.digest == digest)
    }

    /// Whether the key is on.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.enabled
    }

    pub(crate) fn digest(&self) -> KeyDigest {
        self.digest
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKey").field("id", &self.id).field("enabled", &self.enabled).finish_non_exhaustive()
    }
}

/// The SHA-256 digest of a key, compared in constant time.
#[derive(Clone, Copy)]
pub(crate) struct KeyDigest([u128; 2]);

impl KeyDigest {
    fn new(digest: [u8; 32]) -> Self {
        let half = |bytes: &[u8]| bytes.first_chunk().map_or(0, |half| u128::from_le_bytes(*half));
        let (first, second) = digest.split_at(16);
        Self([half(first), half(second)])
    }

    fn of(value: &[u8]) -> Self {
        Self::new(Sha256::digest(value).into())
    }

    /// The digest of what a caller gave; `None` if no key can be so long.
    pub(crate) fn of_given(value: &[u8]) -> Option<Self> {
        (value.len() <= MAX).then(|| Self::of(value))
    }
}

/// By halves: bytes, one by one, take as long as the rest of the look-up.
impl PartialEq for KeyDigest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for KeyDigest {}

impl Hash for KeyDigest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [first, _] = self.0;
        state.write_u64(first as u64);
    }
}

pub(crate) type KeyMap<T> = std::collections::HashMap<KeyDigest, T, BuildHasherDefault<DigestHasher>>;

/// A digest is as good as random: its first bytes are the hash.
#[derive(Default)]
pub(crate) struct DigestHasher(u64);

impl Hasher for DigestHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.first_chunk().map_or(0, |first| u64::from_le_bytes(*first));
    }

    fn write_u64(&mut self, first: u64) {
        self.0 = first;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_as_long_as_aws_wants_them() {
        assert_eq!(ApiKey::new("a", &"x".repeat(19)).unwrap_err(), ApiKeyError::TooShort);
        assert_eq!(ApiKey::new("a", &"x".repeat(129)).unwrap_err(), ApiKeyError::TooLong);
        assert!(ApiKey::new("a", &"x".repeat(128)).is_ok());
    }

    #[test]
    fn a_digest_stands_for_its_key() {
        // SHA-256 of twenty times `x`.
        let digest = "42483d97fd1a1e2cdeb8d49e6c10e1d4a3e87e28d2c5ab1b5ab4d52da1d5f1c1";
        assert!(ApiKey::from_digest("a", digest).is_ok());
        for wrong in ["", "42", &"g".repeat(64), &"é".repeat(32)] {
            assert_eq!(ApiKey::from_digest("a", wrong).unwrap_err(), ApiKeyError::Digest, "{wrong}");
        }
        let hex: String = Sha256::digest("x".repeat(20)).iter().map(|byte| format!("{byte:02X}")).collect();
        let key = ApiKey::from_digest("a", &hex).unwrap();
        assert!(key.digest() == ApiKey::new("a", &"x".repeat(20)).unwrap().digest());
    }
}
