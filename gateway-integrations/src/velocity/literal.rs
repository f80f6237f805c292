//! Texts that a template writes as they are.

use std::ops::Deref;

/// A text with blanks behind it, so that a short one is copied in one piece of a known length.
#[derive(Debug)]
pub(super) struct Literal {
    padded: Box<str>,
    length: usize,
}

impl Literal {
    /// How long what [`piece`](Self::piece) gives is, in bytes.
    pub(super) const PIECE: usize = 32;

    pub(super) fn new(text: &str) -> Self {
        Self { padded: format!("{text:<width$}", width = Self::PIECE).into(), length: text.len() }
    }

    /// The text with what is behind it, and its length, where it is short.
    #[inline(always)]
    pub(super) fn piece(&self) -> Option<(&str, usize)> {
        if self.length > Self::PIECE { None } else { Some((self.padded.get(..Self::PIECE)?, self.length)) }
    }
}

impl Deref for Literal {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        self.padded.get(..self.length).unwrap_or_default()
    }
}
