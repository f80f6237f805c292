//! Patterns of ARNs: six fields between colons, each compared with its own.

use super::{
    fields::{FIELDS, split},
    pattern::{Pattern, Syntax, any},
    request::PolicyRequest,
};

/// What a `Resource` may be.
#[derive(Clone, Debug)]
pub(super) enum ArnPattern {
    Fields(Box<[Pattern; FIELDS]>),
    /// Of fewer fields, such as `*`.
    Whole(Pattern),
    /// `execute-api:/STAGE/METHOD/path`: of this API.
    OwnApi(Pattern),
}

impl ArnPattern {
    pub(super) fn parse(text: &str, syntax: Syntax) -> Result<Self, String> {
        let mut fields = Vec::with_capacity(FIELDS);
        for field in split_pattern(text) {
            fields.push(Pattern::parse(field, syntax)?);
        }
        Ok(match <Box<[Pattern; FIELDS]>>::try_from(fields.into_boxed_slice()) {
            Ok(fields) => Self::Fields(fields),
            Err(_) => Self::Whole(Pattern::parse(text, syntax)?),
        })
    }

    /// The same where the API itself may be left out.
    pub(super) fn parse_of_api(text: &str, syntax: Syntax) -> Result<Self, String> {
        match text.strip_prefix("execute-api:/") {
            Some(rest) => Pattern::parse(rest, syntax).map(Self::OwnApi),
            None => Self::parse(text, syntax),
        }
    }

    /// Whether the request's resource is meant; `None` if a variable has no value.
    pub(super) fn matches_resource(&self, request: &PolicyRequest<'_>) -> Option<bool> {
        self.matches_split(request.resource, request.fields.as_ref(), request)
    }

    pub(super) fn matches(&self, text: &str, request: &PolicyRequest<'_>) -> Option<bool> {
        self.matches_split(text, split(text).as_ref(), request)
    }

    fn matches_split(&self, text: &str, fields: Option<&[&str; FIELDS]>, request: &PolicyRequest<'_>) -> Option<bool> {
        match (self, fields) {
            (Self::Whole(pattern), _) => pattern.matches(text, request),
            (Self::Fields(patterns), Some(fields)) => {
                let mut pairs = patterns.iter().zip(fields);
                // From the back: that is where ARNs of one account differ.
                while let Some((pattern, field)) = pairs.next_back() {
                    match pattern.matches(field, request) {
                        Some(true) => {}
                        other => return other,
                    }
                }
                Some(true)
            }
            (Self::OwnApi(pattern), Some([.., resource])) => {
                resource.split_once('/').map_or(Some(false), |(_, below)| pattern.matches(below, request))
            }
            (_, None) => Some(false),
        }
    }
}

/// Whether one of them matches the request's resource.
pub(super) fn any_resource(patterns: &[ArnPattern], request: &PolicyRequest<'_>) -> Option<bool> {
    any(patterns, |pattern| pattern.matches_resource(request))
}

/// At the first five colons that stand in no variable.
fn split_pattern(text: &str) -> Vec<&str> {
    let (mut fields, mut start, mut inside) = (Vec::with_capacity(FIELDS), 0, false);
    for (at, letter) in text.char_indices() {
        match letter {
            '{' if text.get(..at).is_some_and(|before| before.ends_with('$')) => inside = true,
            '}' => inside = false,
            ':' if !inside && fields.len() + 1 < FIELDS => {
                fields.push(text.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            _ => {}
        }
    }
    fields.push(text.get(start..).unwrap_or_default());
    fields
}
