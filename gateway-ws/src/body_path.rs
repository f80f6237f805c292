//! Paths into a JSON message, such as `.data.rooms[0]`, and the text of what they find.
//!
//! A message is read once from front to back, and all of it, since a message that is not JSON as a whole has no key.
//! Only what the path leads to is looked at; nothing else is kept.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The steps from the top of a message to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BodyPath(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// `.name`: a member of an object.
    Child(Box<str>),
    /// `[0]`: an item of an array, counted from zero.
    Index(usize),
}

impl BodyPath {
    /// Parses `.name` and `[index]`, any number of them; none is the whole message.
    pub(crate) fn parse(mut text: &str) -> Option<Self> {
        let mut steps = Vec::new();
        while !text.is_empty() {
            let (step, rest) = if let Some(rest) = text.strip_prefix('.') {
                let (name, rest) = rest.split_at_checked(rest.find(['.', '[']).unwrap_or(rest.len()))?;
                let fits = !name.is_empty() && !name.contains([']', '*', '\'', '"']);
                (fits.then(|| Step::Child(name.into()))?, rest)
            } else {
                let (index, rest) = text.strip_prefix('[')?.split_once(']')?;
                let digits = index.bytes().all(|byte| byte.is_ascii_digit());
                (Step::Index(index.parse().ok().filter(|_| digits)?), rest)
            };
            steps.push(step);
            text = rest;
        }
        Some(Self(steps))
    }

    /// The text of the value in `json`, empty if there is none.
    ///
    /// # Errors
    /// When the text is not JSON.
    pub(crate) fn text(&self, json: &str) -> Result<String, serde_json::Error> {
        let mut reader = serde_json::Deserializer::from_str(json);
        let found = Find(&self.0).deserialize(&mut reader)?;
        reader.end()?;
        found.map_or_else(|| Ok(String::new()), text)
    }
}

/// A string as it is, nothing for `null`, `[a, b]` for an array, and JSON for the rest.
fn text(value: &RawValue) -> Result<String, serde_json::Error> {
    let json = value.get();
    match json.as_bytes().first() {
        Some(b'n') => Ok(String::new()),
        // One level only: a message of nothing but brackets must not be unpacked to its depth.
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(json)?;
            let items = items.into_iter().map(|item| plain(item.get())).collect::<Result<Vec<_>, _>>()?;
            Ok(format!("[{}]", items.join(", ")))
        }
        _ => plain(json),
    }
}

/// A string as it is, JSON for the rest.
fn plain(json: &str) -> Result<String, serde_json::Error> {
    if json.starts_with('"') { serde_json::from_str(json) } else { Ok(json.to_owned()) }
}

/// Reads one value and yields what the steps lead to in it.
#[derive(Clone, Copy)]
struct Find<'p>(&'p [Step]);

impl<'de> DeserializeSeed<'de> for Find<'_> {
    type Value = Option<&'de RawValue>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        if self.0.is_empty() {
            return serde::Deserialize::deserialize(reader).map(Some);
        }
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Find<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (name, rest) = match self.0.split_first() {
            Some((Step::Child(name), rest)) => (Some(&**name), rest),
            _ => (None, self.0),
        };
        let mut found = None;
        while let Some(wanted) = map.next_key_seed(Is(name))? {
            if wanted {
                found = map.next_value_seed(Find(rest))?; // the last of several counts
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        if let Some((Step::Index(index), rest)) = self.0.split_first() {
            for _ in 0..*index {
                if items.next_element::<IgnoredAny>()?.is_none() {
                    return Ok(None);
                }
            }
            found = items.next_element_seed(Find(rest))?.flatten();
        }
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(found)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

/// Whether a member of an object has this name.
struct Is<'p>(Option<&'p str>);

impl<'de> DeserializeSeed<'de> for Is<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<bool, D::Error> {
        reader.deserialize_str(self)
    }
}

impl Visitor<'_> for Is<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<bool, E> {
        Ok(self.0 == Some(name))
    }
}
