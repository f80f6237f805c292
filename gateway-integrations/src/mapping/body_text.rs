//! A body as parameters read it: the text, and places in the JSON that it is.

use std::cell::OnceCell;

use crate::{
    json::Json,
    jsonpath::{JsonPath, TooMuchWork},
};

/// A body as parameters read it.
pub(crate) struct BodyText<'a> {
    /// None where the body is binary.
    text: Option<&'a str>,
    json: OnceCell<Option<Json>>,
}

/// Why a place in a body cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyFault {
    /// The body begins like JSON and is none.
    #[error("Invalid JSON in request body")]
    NoJson,
    #[error(transparent)]
    TooMuchWork(#[from] TooMuchWork),
}

impl<'a> BodyText<'a> {
    pub(crate) fn new(text: Option<&'a str>) -> Self {
        Self { text, json: OnceCell::new() }
    }

    /// The whole; an empty body is `{}`.
    pub(crate) fn whole(&self) -> Option<&'a str> {
        self.text.map(|text| if text.is_empty() { "{}" } else { text })
    }

    /// The value that `path` leads to: a text bare, a list or an object as JSON; nothing for `null`.
    pub(crate) fn at(&self, path: &JsonPath) -> Result<Option<String>, BodyFault> {
        match self.json()? {
            Some(json) => found(path, json),
            None => Ok(None),
        }
    }

    /// The same, where the JSON of an error message is part of the body.
    pub(crate) fn at_opened(&self, path: &JsonPath) -> Result<Option<String>, BodyFault> {
        let value = self.at(path)?;
        if value.is_some() {
            return Ok(value);
        }
        match self.json()?.and_then(opened) {
            Some(json) => found(path, &json),
            None => Ok(None),
        }
    }

    /// The JSON that the body is, if it was read already.
    pub(crate) fn parsed(&self) -> Option<&Json> {
        self.json.get()?.as_ref()
    }

    fn json(&self) -> Result<Option<&Json>, BodyFault> {
        let json = self.json.get_or_init(|| self.whole().and_then(|text| Json::parse(text).ok()));
        let looks_like_json = || self.whole().is_some_and(|text| text.trim_start().starts_with(['{', '[', '\'', '"']));
        if json.is_none() && looks_like_json() {
            return Err(BodyFault::NoJson);
        }
        Ok(json.as_ref())
    }
}

fn found(path: &JsonPath, json: &Json) -> Result<Option<String>, BodyFault> {
    Ok(path.find(json)?.and_then(|value| match value {
        Json::Null => None,
        Json::Text(text) => Some(text.as_ref().to_owned()),
        other => Some(other.to_string()),
    }))
}

/// A function's error object, with the JSON in its message read.
fn opened(json: &Json) -> Option<Json> {
    let Json::Object(object) = json else { return None };
    let message = Json::parse(json.get("errorMessage")?.as_str()?).ok().filter(Json::is_container)?;
    let mut object = object.clone();
    object.insert("errorMessage", message);
    Some(Json::Object(object))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, path: &str) -> Result<Option<String>, BodyFault> {
        BodyText::new(Some(text)).at_opened(&JsonPath::parse(path).unwrap())
    }

    #[test]
    fn places_in_a_body_are_read_as_text() {
        let body = r#"{"a":{"b":[1,"two",null]},"errorMessage":"{\"code\":7}"}"#;
        for (path, value) in [
            ("$.a.b[1]", Some("two")),
            ("$.a", Some(r#"{"b":[1,"two",null]}"#)),
            ("$.a.b[0]", Some("1")),
            ("$.a.b[2]", None),
            ("$.x", None),
            ("$.errorMessage.code", Some("7")),
        ] {
            assert_eq!(at(body, path).unwrap().as_deref(), value, "{path}");
        }
    }

    #[test]
    fn a_body_that_only_looks_like_json_is_refused() {
        for text in [" {no", "[1", "'x'", "\"open"] {
            assert!(at(text, "$.a").is_err(), "{text}");
        }
        assert_eq!(at("plain", "$.a").unwrap(), None);
        assert_eq!(at("", "$.a").unwrap(), None);
        assert_eq!(BodyText::new(Some("")).whole(), Some("{}"));
        assert_eq!(BodyText::new(None).whole(), None);
    }
}
