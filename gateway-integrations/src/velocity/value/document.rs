//! The request's body as values, read in place.
//!
//! One pass makes a flat list of nodes whose texts are those of the body. A list or an object becomes one of the
//! [`Heap`](super::Heap) only where a template does more than read it.

use std::{collections::HashSet, fmt, sync::Arc};

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::Text;
use crate::json::{Json, quote};

/// Where a value begins in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::velocity) struct Place(u32);

/// Objects with more keys are looked up through a table.
const SCANNED: u32 = 32;

/// A JSON document.
pub(in crate::velocity) struct Document<'s> {
    nodes: Vec<Item<'s>>,
}

pub(in crate::velocity) enum Item<'s> {
    Null,
    Bool(bool),
    Integer(i64),
    /// A whole number beyond 64 bits with a sign.
    Large(Box<i128>),
    Double(f64),
    Text(Text<'s>),
    /// How many elements follow, and the place behind the last one.
    List(u32, Place),
    /// How many pairs of a text and a value follow, and the place behind the last one.
    Object(u32, Place),
}

impl<'s> Document<'s> {
    pub(in crate::velocity) const ROOT: Place = Place(0);

    /// Reads a text; `None` where it is no JSON.
    pub(in crate::velocity) fn parse(text: &'s str) -> Option<Self> {
        u32::try_from(text.len()).ok()?;
        let mut reader = serde_json::Deserializer::from_str(text);
        // Most values and keys take more than seven bytes of text.
        let nodes = Vec::with_capacity(text.len() / 7 + 4);
        let mut building = Building { document: Self { nodes }, repeated: false };
        Reading(&mut building).deserialize(&mut reader).ok()?;
        reader.end().ok()?;
        if building.repeated { Json::parse(text).ok().map(|json| Self::owned(&json)) } else { Some(building.document) }
    }

    /// A document that was read before, and does not live as long as the rendering.
    fn owned(json: &Json) -> Self {
        let mut nodes = Vec::new();
        add(&mut nodes, json, &|text| Text::Shared(text.clone()));
        Self { nodes }
    }

    /// A document that was read before.
    pub(in crate::velocity) fn of(json: &'s Json) -> Self {
        let mut nodes = Vec::new();
        add(&mut nodes, json, &|text| Text::Borrowed(text));
        Self { nodes }
    }

    fn set(&mut self, place: Place, item: Item<'s>) {
        if let Some(node) = self.nodes.get_mut(index(place)) {
            *node = item;
        }
    }

    #[inline]
    pub(in crate::velocity) fn item(&self, place: Place) -> &Item<'s> {
        self.nodes.get(index(place)).unwrap_or(&Item::Null)
    }

    /// The place behind a value.
    #[inline]
    fn behind(&self, place: Place) -> Place {
        match self.item(place) {
            Item::List(_, end) | Item::Object(_, end) => *end,
            _ => next(place),
        }
    }

    /// The keys and the places of the values of an object.
    pub(in crate::velocity) fn entries(&self, place: Place) -> impl Iterator<Item = (&Text<'s>, Place)> {
        self.pairs(next(place), if let Item::Object(length, _) = self.item(place) { *length } else { 0 })
    }

    fn pairs(&self, mut at: Place, length: u32) -> impl Iterator<Item = (&Text<'s>, Place)> {
        (0..length).filter_map(move |_| {
            let Item::Text(key) = self.item(at) else { return None };
            let value = next(at);
            at = self.behind(value);
            Some((key, value))
        })
    }

    /// The places of the elements of a list.
    pub(in crate::velocity) fn elements(&self, place: Place) -> impl Iterator<Item = Place> {
        let length = if let Item::List(length, _) = self.item(place) { *length } else { 0 };
        let mut at = next(place);
        (0..length).map(move |_| {
            let element = at;
            at = self.behind(element);
            element
        })
    }

    /// The value under a key, where the object is small; `Err` where it needs a table.
    #[inline]
    pub(in crate::velocity) fn member(&self, place: Place, name: &str) -> Result<Option<Place>, ()> {
        match self.item(place) {
            Item::Object(length, _) if *length <= SCANNED => {
                Ok(self.entries(place).find(|(key, _)| ***key == *name).map(|(_, value)| value))
            }
            Item::Object(..) | Item::List(..) => Err(()),
            _ => Ok(None),
        }
    }

    /// An element of a list near its beginning; `Err` where it is far from there, or from the end.
    #[inline]
    pub(in crate::velocity) fn element(&self, place: Place, index: i128) -> Result<Option<Place>, ()> {
        match self.item(place) {
            Item::List(length, _) => {
                let index = u32::try_from(index).ok().filter(|index| index < length && *index < SCANNED).ok_or(())?;
                Ok(self.elements(place).nth(usize::try_from(index).map_err(drop)?))
            }
            _ => Err(()),
        }
    }

    pub(in crate::velocity) fn is_list(&self, place: Place) -> bool {
        matches!(self.item(place), Item::List(..))
    }

    /// How many elements or entries there are.
    #[inline]
    pub(in crate::velocity) fn length(&self, place: Place) -> usize {
        match self.item(place) {
            Item::List(length, _) | Item::Object(length, _) => usize::try_from(*length).unwrap_or(usize::MAX),
            _ => 0,
        }
    }

    /// The place of the first element of a list, or of the first value of an object.
    pub(in crate::velocity) fn first(&self, place: Place) -> Place {
        if matches!(self.item(place), Item::Object(..)) { next(next(place)) } else { next(place) }
    }

    /// The place of the element or the value after that at `at`, inside of the value at `place`.
    #[inline]
    pub(in crate::velocity) fn following(&self, place: Place, at: Place) -> Place {
        let behind = self.behind(at);
        if matches!(self.item(place), Item::Object(..)) { next(behind) } else { behind }
    }

    /// JSON text without white space.
    pub(in crate::velocity) fn write(&self, place: Place, out: &mut impl fmt::Write) -> fmt::Result {
        match self.item(place) {
            Item::Null => out.write_str("null"),
            Item::Bool(value) => out.write_str(if *value { "true" } else { "false" }),
            Item::Integer(number) => out.write_str(itoa::Buffer::new().format(*number)),
            Item::Large(number) => write!(out, "{number}"),
            Item::Double(number) => out.write_str(&crate::json::java_double(*number)),
            Item::Text(text) => quote(text, out),
            Item::List(..) => {
                out.write_str("[")?;
                for (at, element) in self.elements(place).enumerate() {
                    out.write_str(if at == 0 { "" } else { "," })?;
                    self.write(element, out)?;
                }
                out.write_str("]")
            }
            Item::Object(..) => {
                out.write_str("{")?;
                for (at, (key, value)) in self.entries(place).enumerate() {
                    out.write_str(if at == 0 { "" } else { "," })?;
                    quote(key, out)?;
                    out.write_str(":")?;
                    self.write(value, out)?;
                }
                out.write_str("}")
            }
        }
    }

    /// A value of its own, for paths that look into several places.
    pub(in crate::velocity) fn json(&self, place: Place) -> Json {
        match self.item(place) {
            Item::Null => Json::Null,
            Item::Bool(value) => Json::Bool(*value),
            Item::Integer(number) => Json::Integer((*number).into()),
            Item::Large(number) => Json::Integer(**number),
            Item::Double(number) => Json::Double(*number),
            Item::Text(text) => Json::Text(text.clone().into_shared()),
            Item::List(..) => Json::List(self.elements(place).map(|element| self.json(element)).collect()),
            Item::Object(..) => Json::Object(
                self.entries(place).map(|(key, value)| (key.clone().into_shared(), self.json(value))).collect(),
            ),
        }
    }
}

#[inline]
fn index(place: Place) -> usize {
    usize::try_from(place.0).unwrap_or(usize::MAX)
}

#[inline]
fn next(place: Place) -> Place {
    Place(place.0 + 1)
}

fn place(nodes: &[Item<'_>]) -> Place {
    Place(u32::try_from(nodes.len()).unwrap_or(u32::MAX))
}

fn whole<'s>(number: impl Into<i128> + Copy + TryInto<i64>) -> Item<'s> {
    number.try_into().map_or_else(|_| Item::Large(Box::new(number.into())), Item::Integer)
}

fn add<'j, 's>(nodes: &mut Vec<Item<'s>>, json: &'j Json, text: &impl Fn(&'j Arc<str>) -> Text<'s>) {
    let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let at = nodes.len();
    nodes.push(match json {
        Json::Bool(value) => Item::Bool(*value),
        Json::Integer(number) => whole(*number),
        Json::Double(number) => Item::Double(*number),
        Json::Text(value) => Item::Text(text(value)),
        // Of a container the item follows when its own are known.
        Json::Null | Json::List(_) | Json::Object(_) => Item::Null,
    });
    let filled = match json {
        Json::List(items) => {
            items.iter().for_each(|item| add(nodes, item, text));
            Item::List(count(items.len()), place(nodes))
        }
        Json::Object(object) => {
            for (key, value) in object.iter() {
                nodes.push(Item::Text(text(key)));
                add(nodes, value, text);
            }
            Item::Object(count(object.len()), place(nodes))
        }
        _ => return,
    };
    if let Some(node) = nodes.get_mut(at) {
        *node = filled;
    }
}

struct Building<'s> {
    document: Document<'s>,
    /// Whether an object has a key twice.
    repeated: bool,
}

impl<'s> Building<'s> {
    fn push(&mut self, item: Item<'s>) {
        self.document.nodes.push(item);
    }

    /// Looks whether the key that was read last stands among the `count` before it.
    fn check(&mut self, first: Place, count: u32, keys: &mut Keys<'s>) {
        let Some(Item::Text(key)) = self.document.nodes.last() else { return };
        let bytes = key.as_bytes();
        let letter = |letter: Option<&u8>| letter.copied().map_or(0, u32::from);
        let sum = bytes.len() as u32 ^ letter(bytes.first()).wrapping_mul(7) ^ letter(bytes.last()).wrapping_mul(31);
        let bit = 1 << (sum % 64);
        if count < SCANNED {
            if keys.seen & bit != 0 {
                self.repeated |= self.document.pairs(first, count).any(|(other, _)| other == key);
            }
            keys.seen |= bit;
            return;
        }
        if keys.table.is_empty() {
            keys.table = self.document.pairs(first, count).map(|(key, _)| key.clone()).collect();
        }
        self.repeated |= !keys.table.insert(key.clone());
    }
}

/// The keys of an object: a filter for a few, a table for many.
#[derive(Default)]
struct Keys<'s> {
    seen: u64,
    table: HashSet<Text<'s>>,
}

struct Reading<'b, 's>(&'b mut Building<'s>);

impl<'s> DeserializeSeed<'s> for Reading<'_, 's> {
    type Value = ();

    fn deserialize<D: Deserializer<'s>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'s> Visitor<'s> for Reading<'_, 's> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.0.push(Item::Null);
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.0.push(Item::Bool(value));
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.0.push(Item::Integer(value));
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.0.push(whole(value));
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.0.push(Item::Double(value));
        Ok(())
    }

    fn visit_borrowed_str<E>(self, value: &'s str) -> Result<(), E> {
        self.0.push(Item::Text(Text::Borrowed(value)));
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        self.0.push(Item::Text(Text::Shared(value.into())));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'s>>(self, mut items: A) -> Result<(), A::Error> {
        let at = place(&self.0.document.nodes);
        self.0.push(Item::Null);
        let mut count = 0;
        while items.next_element_seed(Reading(self.0))?.is_some() {
            count += 1;
        }
        let end = place(&self.0.document.nodes);
        self.0.document.set(at, Item::List(count, end));
        Ok(())
    }

    fn visit_map<A: MapAccess<'s>>(self, mut entries: A) -> Result<(), A::Error> {
        let at = place(&self.0.document.nodes);
        self.0.push(Item::Null);
        let (mut count, mut keys) = (0, Keys::default());
        while entries.next_key_seed(Reading(self.0))?.is_some() {
            self.0.check(next(at), count, &mut keys);
            entries.next_value_seed(Reading(self.0))?;
            count += 1;
        }
        let end = place(&self.0.document.nodes);
        self.0.document.set(at, Item::Object(count, end));
        Ok(())
    }
}
