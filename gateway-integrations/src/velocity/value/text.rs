//! Texts of a rendering: parts of the template or of the request, or made.

use std::{
    borrow::Borrow,
    hash::{Hash, Hasher},
    ops::Deref,
    sync::Arc,
};

/// A text that is borrowed from the template or the request, or shared.
#[derive(Clone)]
#[repr(u64)]
pub(in crate::velocity) enum Text<'s> {
    Borrowed(&'s str),
    Shared(Arc<str>),
}

impl Text<'_> {
    pub(in crate::velocity) fn into_shared(self) -> Arc<str> {
        match self {
            Self::Borrowed(text) => text.into(),
            Self::Shared(text) => text,
        }
    }
}

impl Deref for Text<'_> {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Shared(text) => text,
        }
    }
}

impl Borrow<str> for Text<'_> {
    fn borrow(&self) -> &str {
        self
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Text<'_> {}

impl Hash for Text<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        str::hash(self, state);
    }
}

impl<'s> From<&'s str> for Text<'s> {
    fn from(text: &'s str) -> Self {
        Self::Borrowed(text)
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Self::Shared(text.into())
    }
}

impl From<Arc<str>> for Text<'_> {
    fn from(text: Arc<str>) -> Self {
        Self::Shared(text)
    }
}

impl<'s> From<std::borrow::Cow<'s, str>> for Text<'s> {
    fn from(text: std::borrow::Cow<'s, str>) -> Self {
        match text {
            std::borrow::Cow::Borrowed(text) => Self::Borrowed(text),
            std::borrow::Cow::Owned(text) => text.into(),
        }
    }
}
