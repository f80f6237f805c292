//! Secrets, and what is keyed with them.

use std::fmt;

use hmac::{Hmac, KeyInit};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// A secret; it shows itself to nobody.
#[derive(Clone)]
pub(super) struct Secret(Box<[u8]>);

impl Secret {
    pub(super) fn new(text: &str) -> Self {
        Self(text.as_bytes().into())
    }

    /// The secret with a few letters before it, as keys are derived of it.
    pub(super) fn after(&self, prefix: &[u8]) -> Vec<u8> {
        [prefix, &self.0].concat()
    }

    /// Compares in constant time.
    pub(super) fn is(&self, other: &[u8]) -> bool {
        self.0.ct_eq(other).into()
    }

    /// The same.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.is(&other.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

pub(super) fn keyed(key: &[u8]) -> Hmac<Sha256> {
    // An HMAC takes keys of any length.
    Hmac::new_from_slice(key).unwrap_or_else(|_| Hmac::new(&Default::default()))
}
