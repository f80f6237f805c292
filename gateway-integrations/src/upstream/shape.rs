//! Whether two JSON texts have the same names and types, whatever their values are.

use gateway_core::pointer_token;
use serde::Serialize;
use serde_json::Value;

/// How many differences are listed.
const MOST: usize = 16;

/// Where two JSON bodies have different shapes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ShapeDifference {
    /// Where: a JSON pointer (RFC 6901), with `*` for the elements of an array.
    pub pointer: String,
    /// What the upstream's answer has there; nothing where `None`.
    pub primary: Option<JsonType>,
    /// What the shadow's answer has there; nothing where `None`.
    pub shadow: Option<JsonType>,
}

/// A type of JSON's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum JsonType {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean,
    /// A number, with a fraction or without.
    Number,
    /// A text.
    String,
    /// A list.
    Array,
    /// Names and values.
    Object,
}

/// Where the shapes of two texts differ, the first sixteen places; `None` if one of them is no JSON.
pub(super) fn differences(primary: &[u8], shadow: &[u8]) -> Option<Vec<ShapeDifference>> {
    let primary: Value = serde_json::from_slice(primary).ok()?;
    let shadow: Value = serde_json::from_slice(shadow).ok()?;
    let mut found = Vec::new();
    compare(Some(&primary), Some(&shadow), "", &mut found);
    Some(found)
}

fn compare(primary: Option<&Value>, shadow: Option<&Value>, pointer: &str, found: &mut Vec<ShapeDifference>) {
    if found.len() >= MOST {
        return;
    }
    match (primary, shadow) {
        (Some(Value::Object(primary)), Some(Value::Object(shadow))) => {
            let added = shadow.keys().filter(|name| !primary.contains_key(*name));
            for name in primary.keys().chain(added) {
                let below = format!("{pointer}/{}", pointer_token(name));
                compare(primary.get(name), shadow.get(name), &below, found);
            }
        }
        (Some(Value::Array(primary)), Some(Value::Array(shadow))) => {
            // How many there are is a matter of values: the last one stands for those that the other has not.
            let below = format!("{pointer}/*");
            for place in 0..primary.len().max(shadow.len()) {
                let (one, other) = (primary.get(place).or(primary.last()), shadow.get(place).or(shadow.last()));
                if one.is_some() && other.is_some() {
                    compare(one, other, &below, found);
                }
            }
        }
        _ => {
            let (primary, shadow) = (primary.map(JsonType::of), shadow.map(JsonType::of));
            let difference = ShapeDifference { pointer: pointer.to_owned(), primary, shadow };
            if primary != shadow && !found.contains(&difference) {
                found.push(difference);
            }
        }
    }
}

impl JsonType {
    fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::String,
            Value::Array(_) => Self::Array,
            Value::Object(_) => Self::Object,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_types_count_and_values_do_not() {
        for (primary, shadow, expected) in [
            (r#"{"a": 1, "b": "x"}"#, r#"{"b": "y", "a": 2.5}"#, ""),
            (r#"{"a": 1}"#, r#"{"a": "1"}"#, "/a number>string"),
            (r#"{"a": 1, "b/c": null}"#, r#"{"a": 1}"#, "/b~1c null>-"),
            (r#"{"a": {"b": []}}"#, r#"{"a": {"b": [], "new": {}}}"#, "/a/new ->object"),
            (r#"[{"a": 1}, {"a": 2}]"#, "[]", ""),
            (r#"[{"a": 1}]"#, r#"[{"a": 1}, {"a": true}, {"a": true}]"#, "/*/a number>boolean"),
            ("[]", "{}", " array>object"),
        ] {
            let name = |kind: Option<JsonType>| kind.map_or("-".into(), |kind| format!("{kind:?}").to_lowercase());
            let found = differences(primary.as_bytes(), shadow.as_bytes()).unwrap();
            let found: Vec<_> =
                found.iter().map(|one| format!("{} {}>{}", one.pointer, name(one.primary), name(one.shadow))).collect();
            assert_eq!(found.join("; "), expected, "{primary} {shadow}");
        }
        assert_eq!(differences(b"{}", b"<p>"), None);
    }

    #[test]
    fn no_more_are_listed_than_can_be_read() {
        let many: Vec<_> = (0..100).map(|number| format!("\"{number}\": 1")).collect();
        let many = format!("{{{}}}", many.join(", "));
        assert_eq!(differences(many.as_bytes(), b"{}").unwrap().len(), MOST);
    }
}
