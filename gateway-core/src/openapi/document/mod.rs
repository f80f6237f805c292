//! A document as it was written: the order of its fields is kept, which decides between integration responses.

mod parse;
mod place;
mod variables;

use std::collections::HashMap;

use serde_json::{Map, Number, Value};

pub(super) use self::{parse::parse, place::Place, variables::Variables};

/// One value of a document.
#[derive(Debug, PartialEq)]
pub(super) enum Node {
    Null,
    Bool(bool),
    Number(Number),
    Text(Box<str>),
    List(Vec<Self>),
    Object(Object),
}

/// Fields in the order in which they were written; of two with one name the later counts.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Object {
    fields: Vec<(Box<str>, Node)>,
    /// The places of the fields by their names, where there are many.
    sorted: Box<[u32]>,
}

/// From how many fields on a look-up does not try one after the other.
const MANY: usize = 16;

impl Object {
    pub(super) fn new(mut fields: Vec<(Box<str>, Node)>) -> Self {
        if fields.len() < MANY {
            // The few are compared without an index.
            let mut place = 0;
            while place < fields.len() {
                let (earlier, later) = fields.split_at(place + 1);
                let twin = earlier.last().is_some_and(|(name, _)| later.iter().any(|(other, _)| other == name));
                if twin {
                    fields.remove(place);
                } else {
                    place += 1;
                }
            }
            return Self { fields, sorted: Box::default() };
        }
        let mut last = HashMap::with_capacity(fields.len());
        for (place, (name, _)) in fields.iter().enumerate() {
            last.insert(name.clone(), place);
        }
        if last.len() < fields.len() {
            let mut place = 0;
            fields.retain(|(name, _)| {
                place += 1;
                last.get(name) == Some(&(place - 1))
            });
        }
        let mut object = Self { fields, sorted: Box::default() };
        let mut sorted: Vec<u32> = (0..).zip(&object.fields).map(|(place, _)| place).collect();
        sorted.sort_by(|a, b| object.name_at(*a).cmp(&object.name_at(*b)));
        object.sorted = sorted.into();
        object
    }

    fn name_at(&self, place: u32) -> Option<&str> {
        self.fields.get(place as usize).map(|(name, _)| &**name)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Node> {
        if self.sorted.is_empty() {
            return self.iter().find(|(field, _)| *field == name).map(|(_, node)| node);
        }
        let found = self.sorted.binary_search_by(|place| self.name_at(*place).cmp(&Some(name))).ok()?;
        let place = *self.sorted.get(found)?;
        self.fields.get(place as usize).map(|(_, node)| node)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.fields.iter().map(|(name, node)| (&**name, node))
    }
}

impl Node {
    pub(super) fn object(&self) -> Option<&Object> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    pub(super) fn list(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    pub(super) fn str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A field of an object.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        self.object()?.get(name)
    }

    /// The text of a text, a number or a truth value: YAML reads `1.0` as a number where a text is meant.
    pub(super) fn scalar(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.to_string()),
            Self::Number(number) => Some(number.to_string()),
            Self::Bool(truth) => Some(truth.to_string()),
            Self::Null | Self::List(_) | Self::Object(_) => None,
        }
    }

    /// A truth value, also one that is written as text.
    pub(super) fn truth(&self) -> Option<bool> {
        match self {
            Self::Bool(truth) => Some(*truth),
            Self::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// A whole number, also one that is written as text.
    pub(super) fn whole(&self) -> Option<u64> {
        match self {
            Self::Number(number) => number.as_u64(),
            Self::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    pub(super) fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(truth) => Value::Bool(*truth),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text(text) => Value::String(text.to_string()),
            Self::List(items) => items.iter().map(Self::to_value).collect(),
            Self::Object(object) => Value::Object(
                object.iter().map(|(name, node)| (name.to_owned(), node.to_value())).collect::<Map<_, _>>(),
            ),
        }
    }

    /// The node that a reference within the document means: `#/components/schemas/Pet`.
    pub(super) fn target(&self, reference: &str) -> Option<&Self> {
        let pointer = reference.strip_prefix("#/")?;
        pointer.split('/').try_fold(self, |node, token| {
            let token = unescaped(token)?;
            match node {
                Self::Object(object) => object.get(&token),
                Self::List(items) => items.get(token.parse::<usize>().ok()?),
                _ => None,
            }
        })
    }
}

/// The name that a token of a reference means.
pub(super) fn unescaped(token: &str) -> Option<String> {
    let token = percent_encoding::percent_decode_str(token).decode_utf8().ok()?;
    Some(token.replace("~1", "/").replace("~0", "~"))
}
