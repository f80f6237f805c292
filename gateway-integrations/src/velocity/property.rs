//! Names of properties, made ready for being looked for.

use std::{
    ops::Deref,
    sync::atomic::{AtomicU32, Ordering},
};

/// The name in `$value.name`.
///
/// It remembers where the first object had it that was asked: most objects that come to the same place of a template
/// are alike. That never changes afterwards, so that threads do not write into each other's caches.
#[derive(Debug)]
pub(super) struct Property {
    name: Box<str>,
    /// The first eight letters, and which of these bits there are.
    head: u64,
    mask: u64,
    place: AtomicU32,
}

/// No object was asked yet.
const UNKNOWN: u32 = u32::MAX;

impl Property {
    pub(super) fn new(name: &str) -> Self {
        let (mut head, mut mask) = ([0; 8], [0; 8]);
        for ((letter, bits), byte) in head.iter_mut().zip(&mut mask).zip(name.bytes()) {
            (*letter, *bits) = (byte, u8::MAX);
        }
        Self {
            name: name.into(),
            head: u64::from_ne_bytes(head),
            mask: u64::from_ne_bytes(mask),
            place: AtomicU32::new(UNKNOWN),
        }
    }

    /// Whether it is no longer than eight letters, and `text` begins with them.
    #[inline]
    pub(super) fn is_short_and_begins(&self, text: &[u8; 8]) -> bool {
        self.name.len() <= text.len() && u64::from_ne_bytes(*text) & self.mask == self.head
    }

    /// Which one of an object's entries it likely is.
    #[inline]
    pub(super) fn likely(&self) -> u32 {
        self.place.load(Ordering::Relaxed)
    }

    /// Remembers which one of an object's entries it was.
    pub(super) fn found(&self, place: u32) {
        // Two threads may do so at once, and either is right.
        if self.likely() == UNKNOWN {
            self.place.store(place, Ordering::Relaxed);
        }
    }
}

impl Deref for Property {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        &self.name
    }
}
