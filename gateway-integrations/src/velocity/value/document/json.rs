//! Between documents and JSON that was read before.

use std::sync::Arc;

use super::{Document, Item, KEPT, Node, Place, Shape, Word, count};
use crate::json::Json;

impl Document<'_> {
    /// A document that was read before.
    pub(in crate::velocity) fn of(json: &Json) -> Self {
        let mut document = Self { source: "", nodes: Vec::new(), kept: Vec::new(), large: Vec::new() };
        document.add(Word::NONE, json);
        document
    }

    fn add(&mut self, key: Word, json: &Json) {
        let at = self.nodes.len();
        let item = match json {
            Json::Bool(value) => Item::Bool(*value),
            Json::Integer(number) => self.whole(*number),
            Json::Double(number) => Item::Double(*number),
            Json::Text(text) => Item::Text(self.keep(text)),
            // Of a container the item follows when its own are known.
            Json::Null | Json::List(_) | Json::Object(_) => Item::Null,
        };
        self.nodes.push(Node { key, item });
        let filled = match json {
            Json::List(items) => {
                items.iter().for_each(|item| self.add(Word::NONE, item));
                Item::List(count(items), Place(count(&self.nodes)))
            }
            Json::Object(object) => {
                for (key, value) in object.iter() {
                    let key = self.keep(key);
                    self.add(key, value);
                }
                let length = u32::try_from(object.len()).unwrap_or(u32::MAX);
                Item::Object(length, Place(count(&self.nodes)), Shape::NONE)
            }
            _ => return,
        };
        if let Some(node) = self.nodes.get_mut(at) {
            node.item = filled;
        }
    }

    pub(super) fn keep(&mut self, text: &Arc<str>) -> Word {
        self.kept.push(Arc::clone(text));
        Word { at: (count(&self.kept) - 1) | KEPT, length: u32::try_from(text.len()).unwrap_or(u32::MAX) }
    }

    pub(super) fn whole(&mut self, number: i128) -> Item {
        i64::try_from(number).map_or_else(
            |_| {
                self.large.push(number);
                Item::Large(count(&self.large) - 1)
            },
            Item::Integer,
        )
    }

    /// A value of its own, for paths that look into several places.
    pub(in crate::velocity) fn json(&self, place: Place) -> Json {
        let shared = |word: Word| self.text(word).into_shared();
        match self.item(place) {
            Item::Null => Json::Null,
            Item::Bool(value) => Json::Bool(value),
            Item::Integer(number) => Json::Integer(number.into()),
            Item::Large(number) => Json::Integer(self.large(number)),
            Item::Double(number) => Json::Double(number),
            Item::Text(text) => Json::Text(shared(text)),
            Item::List(..) => Json::List(self.inside(place).map(|element| self.json(element)).collect()),
            Item::Object(..) => {
                Json::Object(self.inside(place).map(|value| (shared(self.key(value)), self.json(value))).collect())
            }
        }
    }
}
