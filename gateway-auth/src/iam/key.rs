//! Secrets, signing keys, and the keys that were derived last.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::carrier::Scope;

/// A secret; it shows itself to nobody.
#[derive(Clone)]
pub(super) struct Secret(Box<[u8]>);

impl Secret {
    pub(super) fn new(text: &str) -> Self {
        Self(text.as_bytes().into())
    }

    /// Compares in constant time.
    pub(super) fn is(&self, other: &[u8]) -> bool {
        self.0.ct_eq(other).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// A key for one day, region and service; it is ready to sign.
#[derive(Clone)]
pub(super) struct SigningKey(Hmac<Sha256>);

impl SigningKey {
    pub(super) fn derive(secret: &Secret, scope: &Scope<'_>) -> Self {
        let seed = [b"AWS4", &*secret.0].concat();
        let parts = [scope.date, scope.region, scope.service, "aws4_request"];
        Self(parts.iter().fold(keyed(&seed), |mac, part| keyed(&mac.chain_update(part).finalize().into_bytes())))
    }

    /// Whether `signature`, in hexadecimal digits, is of the text that `write` writes.
    pub(super) fn verifies(&self, signature: &str, write: impl FnOnce(&mut Hmac<Sha256>)) -> bool {
        let Some(signature) = unhex(signature) else { return false };
        let mut mac = self.0.clone();
        write(&mut mac);
        // Compares in constant time.
        mac.verify_slice(&signature).is_ok()
    }
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    // An HMAC takes keys of any length.
    Hmac::new_from_slice(key).unwrap_or_else(|_| Hmac::new(&Default::default()))
}

/// How many derived keys are remembered.
const CAPACITY: u64 = 10_000;

/// The signing keys that verified last, by the credential of the request: access key, day, region and service.
pub(super) struct SigningKeys(moka::sync::Cache<Box<str>, Remembered>);

#[derive(Clone)]
struct Remembered {
    /// What the key was derived of: an access key may get another secret.
    secret: Secret,
    key: SigningKey,
}

impl SigningKeys {
    /// The key of a credential, and whether it was remembered.
    pub(super) fn find(&self, credential: &str, secret: &Secret, scope: &Scope<'_>) -> (SigningKey, bool) {
        let known = self.0.get(credential).filter(|known| known.secret.is(&secret.0));
        known.map_or_else(|| (SigningKey::derive(secret, scope), false), |known| (known.key, true))
    }

    /// Remembers a key with which a signature was verified: what strangers make up leaves no trace.
    pub(super) fn keep(&self, credential: &str, secret: &Secret, key: SigningKey) {
        self.0.insert(credential.into(), Remembered { secret: secret.clone(), key });
    }
}

impl Default for SigningKeys {
    fn default() -> Self {
        Self(moka::sync::Cache::new(CAPACITY))
    }
}

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// In small hexadecimal digits.
pub(super) fn hex(bytes: &[u8; 32]) -> [u8; 64] {
    let mut text = [b'0'; 64];
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        for (place, half) in pair.iter_mut().zip([byte >> 4, byte & 15]) {
            *place = DIGITS.get(usize::from(half)).copied().unwrap_or(b'0');
        }
    }
    text
}

/// The other way round; small digits alone.
fn unhex(text: &str) -> Option<[u8; 32]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    if text.len() != 64 {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let &[high, low] = pair else { return None };
        *byte = (digit(high)? << 4) | digit(low)?;
    }
    Some(bytes)
}
