//! Signing keys, and those that were derived last.

use std::sync::Arc;

use hmac::{Hmac, Mac};
use sha2::Sha256;

#[cfg(feature = "iam-sigv4a")]
use super::sigv4a::PublicKey;
use super::{
    carrier::{Algorithm, Carrier, Scope},
    secret::{Secret, keyed},
};

/// What signatures of a credential are verified with.
#[derive(Clone)]
pub(super) enum SigningKey {
    /// A key for one day, region and service; it is ready to sign.
    Hmac(Hmac<Sha256>),
    /// The public key of an access key.
    #[cfg(feature = "iam-sigv4a")]
    Ecdsa(PublicKey),
}

impl SigningKey {
    fn derive(secret: &Secret, carrier: &Carrier<'_>, scope: &Scope<'_>) -> Option<Self> {
        match carrier.algorithm {
            Algorithm::Hmac => {
                let parts = [scope.date, scope.region?, scope.service, "aws4_request"];
                let derive = |mac: Hmac<Sha256>, part| keyed(&mac.chain_update(part).finalize().into_bytes());
                Some(Self::Hmac(parts.into_iter().fold(keyed(&secret.after(b"AWS4")), derive)))
            }
            #[cfg(feature = "iam-sigv4a")]
            Algorithm::Ecdsa => PublicKey::derive(carrier.access_key(), secret).map(Self::Ecdsa),
        }
    }

    /// Whether `signature`, in hexadecimal digits, is of these parts of a text.
    pub(super) fn verifies(&self, signature: &str, parts: &[&[u8]]) -> bool {
        match self {
            Self::Hmac(mac) => {
                let Some(signature) = unhex(signature) else { return false };
                // Compares in constant time.
                parts.iter().fold(mac.clone(), Mac::chain_update).verify_slice(&signature).is_ok()
            }
            #[cfg(feature = "iam-sigv4a")]
            Self::Ecdsa(key) => unhex_all(signature).is_some_and(|signature| key.verifies(&signature, &parts.concat())),
        }
    }
}

/// How many derived keys are remembered.
const CAPACITY: u64 = 10_000;

/// The signing keys that verified last, by the credential of the request: access key, day, region and service.
pub(super) struct SigningKeys(moka::sync::Cache<Box<str>, Arc<Remembered>>);

struct Remembered {
    /// What the key was derived of: an access key may get another secret.
    secret: Secret,
    key: SigningKey,
}

impl SigningKeys {
    /// The key of a credential, and whether it was remembered.
    pub(super) fn find(&self, secret: &Secret, carrier: &Carrier<'_>, scope: &Scope<'_>) -> Option<(SigningKey, bool)> {
        match self.0.get(&*carrier.credential).filter(|known| known.secret.is_same(secret)) {
            Some(known) => Some((known.key.clone(), true)),
            None => SigningKey::derive(secret, carrier, scope).map(|key| (key, false)),
        }
    }

    /// Remembers a key with which a signature was verified: what strangers make up leaves no trace.
    pub(super) fn keep(&self, credential: &str, secret: &Secret, key: SigningKey) {
        self.0.insert(credential.into(), Arc::new(Remembered { secret: secret.clone(), key }));
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
    if text.len() != 64 {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = unhex_one(pair)?;
    }
    Some(bytes)
}

/// The same of any number of bytes.
#[cfg(feature = "iam-sigv4a")]
fn unhex_all(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks_exact(2);
    pairs.remainder().is_empty().then(|| pairs.map(unhex_one).collect()).flatten()
}

fn unhex_one(pair: &[u8]) -> Option<u8> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let &[high, low] = pair else { return None };
    Some((digit(high)? << 4) | digit(low)?)
}
