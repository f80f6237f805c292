//! Media types, as binary media types and templates are chosen by them.

use http::HeaderValue;

/// The media types that an API treats as binary: `image/png`, `image/*`, `*/*`.
///
/// AWS developer guide: *Binary media types for REST APIs in API Gateway*.
///
/// # Example
/// ```
/// use gateway_core::MediaTypes;
///
/// let binary = MediaTypes::new(["image/png", "application/*"]);
/// assert!(binary.contain("image/png") && binary.contain("application/pdf"));
/// assert!(!binary.contain("image/*") && !MediaTypes::new(["*/png"]).contain("*/png"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MediaTypes(Vec<Box<str>>);

impl MediaTypes {
    /// These media types. A star is read as one only at the end; `*/*` is every type.
    #[must_use]
    pub fn new<T: Into<Box<str>>>(types: impl IntoIterator<Item = T>) -> Self {
        Self(types.into_iter().map(Into::into).collect())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The media types, as they were given.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|media| &**media)
    }

    /// Whether `media`, a type without parameters, is one of them.
    #[must_use]
    pub fn contain(&self, media: &str) -> bool {
        self.iter().any(|own| {
            let family = own.strip_suffix('*').filter(|family| family.ends_with('/'));
            own == "*/*"
                || (!own.starts_with('*') && own.eq_ignore_ascii_case(media))
                || family.is_some_and(|family| {
                    media.get(..family.len()).is_some_and(|start| start.eq_ignore_ascii_case(family))
                })
        })
    }

    /// Whether every type is one of them, also that of a request which names none.
    #[must_use]
    pub fn contain_all(&self) -> bool {
        self.iter().any(|own| own == "*/*")
    }
}

/// The first media type of a `Content-Type` or `Accept` header, without parameters.
#[must_use]
pub fn media_type(value: &HeaderValue) -> Option<&str> {
    let text = value.to_str().ok()?;
    text.split([',', ';']).next().map(str::trim).filter(|media| !media.is_empty())
}
