use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::{context::Context, service::Parts, source::query_pairs};

/// A declared parameter of a method request: `method.request.header.NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestParameter {
    place: Place,
    name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Header,
    Path,
    Query,
}

impl RequestParameter {
    /// Parses `method.request.{header|path|querystring}.NAME`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (place, name) = text.strip_prefix("method.request.")?.split_once('.')?;
        let place = match place {
            "header" => Place::Header,
            "path" => Place::Path,
            "querystring" => Place::Query,
            _ => return None,
        };
        let in_name = |letter: char| letter.is_ascii_alphanumeric() || "._$-".contains(letter);
        let valid = !name.is_empty() && name.chars().all(in_name);
        valid.then(|| Self { place, name: name.to_owned() })
    }

    /// The bare name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether the request has a value for it that is not blank.
    ///
    /// Names of headers are compared without case, all others with it.
    pub(super) fn is_given(&self, request: &Parts, context: &Context) -> bool {
        let blank = |text: Cow<'_, str>| text.trim().is_empty();
        match self.place {
            Place::Header => {
                let mut values = request.headers.get_all(&self.name).iter();
                values.any(|value| value.as_bytes().iter().any(|byte| !byte.is_ascii_whitespace()))
            }
            Place::Path => {
                let value = context.path_param(&self.name);
                value.is_some_and(|value| !blank(percent_decode_str(value).decode_utf8_lossy()))
            }
            Place::Query => {
                let mut pairs = query_pairs(request.uri.query().unwrap_or_default());
                pairs.any(|(name, value)| name == self.name && !blank(value))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_request_has_can_be_declared() {
        for text in ["method.request.header.x-a", "method.request.path.proxy", "method.request.querystring.a.b_$-1"] {
            assert!(RequestParameter::parse(text).is_some(), "{text}");
        }
        for text in [
            "",
            "x",
            "header.x",
            "method.request.header.",
            "method.request.header.a b",
            "method.request.multivalueheader.a",
            "method.request.body.a",
            "integration.request.header.a",
            "method.request.querystring.ü",
        ] {
            assert!(RequestParameter::parse(text).is_none(), "{text}");
        }
    }
}
