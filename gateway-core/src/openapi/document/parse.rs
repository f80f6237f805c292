//! From text to nodes, within bounds.

use std::{cell::Cell, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor},
};
use serde_json::Number;

use super::{Node, Object};

/// The most bytes of a document, as AWS has it.
const MAX_BYTES: usize = 6 * 1024 * 1024;
/// How deep values may stand in each other.
const MAX_DEPTH: usize = 100;
/// How many values a document may have, aliases of YAML resolved.
const MAX_NODES: usize = 2_000_000;

/// Why a text is no document.
#[derive(Debug)]
pub(in crate::openapi) struct Unreadable(pub(in crate::openapi) String);

/// Reads a document in JSON, or in YAML where that is built in.
pub(in crate::openapi) fn parse(text: &str) -> Result<Node, Unreadable> {
    if text.len() > MAX_BYTES {
        return Err(Unreadable(format!("it has {} bytes; at most {MAX_BYTES} are taken", text.len())));
    }
    match serde_json::from_str::<Root>(text) {
        Ok(root) => Ok(root.0),
        // What was read to its end, or is too big, will not be better as YAML.
        Err(error) if error.is_data() => Err(Unreadable(error.to_string())),
        Err(error) => yaml(text, &error),
    }
}

#[cfg(feature = "yaml")]
fn yaml(text: &str, json: &serde_json::Error) -> Result<Node, Unreadable> {
    let budget = serde_saphyr::budget! {
        max_depth: MAX_DEPTH, max_nodes: MAX_NODES, max_events: 2 * MAX_NODES, max_documents: 1,
    };
    let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false, budget: budget };
    let root: Root = serde_saphyr::from_str_with_options(text, options)
        .map_err(|error| Unreadable(format!("it is neither JSON ({json}) nor YAML ({error})")))?;
    Ok(root.0)
}

#[cfg(not(feature = "yaml"))]
fn yaml(_: &str, json: &serde_json::Error) -> Result<Node, Unreadable> {
    Err(Unreadable(format!("it is no JSON ({json}), and gateway-core was built without its feature `yaml`")))
}

struct Root(Node);

impl<'de> Deserialize<'de> for Root {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let left = Cell::new(MAX_NODES);
        Seed { depth: 0, left: &left }.deserialize(deserializer).map(Self)
    }
}

#[derive(Clone, Copy)]
struct Seed<'a> {
    depth: usize,
    left: &'a Cell<usize>,
}

impl Seed<'_> {
    fn below<E: de::Error>(self) -> Result<Self, E> {
        if self.depth == MAX_DEPTH {
            return Err(E::custom(format!("values stand more than {MAX_DEPTH} deep in each other")));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        let left = self.left.get().checked_sub(1);
        self.left.set(left.ok_or_else(|| de::Error::custom(format!("it has more than {MAX_NODES} values")))?);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Node, E> {
        Ok(Node::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Node, E> {
        Ok(Node::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Node, E> {
        Ok(Node::Number(number.into()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Node, E> {
        Number::from_f64(number).map(Node::Number).ok_or_else(|| E::custom("JSON has no such number"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.into()))
    }

    fn visit_string<E>(self, text: String) -> Result<Node, E> {
        Ok(Node::Text(text.into()))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let below = self.below()?;
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(below)? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let below = self.below()?;
        let mut fields = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            fields.push((name.into(), map.next_value_seed(below)?));
        }
        Ok(Node::Object(Object::new(fields)))
    }
}
