//! The request's body as values, read in place.
//!
//! One pass makes a flat list of nodes whose texts are those of the body. A list or an object becomes one of the
//! [`Heap`](super::Heap) only where a template does more than read it.

mod json;
mod read;
mod scan;

use std::{fmt, sync::Arc};

use super::Text;
use crate::{
    json::{java_double, quote},
    velocity::property::{Property, Seats},
};

/// Where a value begins in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::velocity) struct Place(u32);

/// Objects with more keys are looked up through a table.
const SCANNED: u32 = 32;

/// A JSON document.
pub(in crate::velocity) struct Document<'s> {
    source: &'s str,
    nodes: Vec<Node>,
    /// The texts that do not stand in the source as they are.
    kept: Vec<Arc<str>>,
    /// The whole numbers beyond 64 bits with a sign.
    large: Vec<i128>,
}

/// A value, and its key where it stands in an object. Small, and nothing in it is ever dropped.
struct Node {
    key: Word,
    item: Item,
}

/// A text: where it stands in the source, or which of those it is that were kept; and its length.
#[derive(Clone, Copy)]
pub(in crate::velocity) struct Word {
    at: u32,
    length: u32,
}

/// Set in the place of a text that was kept. No place in a source is as far.
const KEPT: u32 = 1 << 31;

#[derive(Clone, Copy)]
pub(in crate::velocity) enum Item {
    Null,
    Bool(bool),
    Integer(i64),
    /// Which one of the whole numbers beyond 64 bits.
    Large(u32),
    Double(f64),
    Text(Word),
    /// How many elements follow, and the place behind the last one.
    List(u32, Place),
    /// How many values with keys follow, and the place behind the last one.
    Object(u32, Place, Shape),
}

/// Objects of one shape have the same keys in the same order, and no lists and objects in them. Zero is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::velocity) struct Shape(u32);

impl Shape {
    const NONE: Self = Self(0);
}

impl Word {
    const NONE: Self = Self { at: 0, length: 0 };
}

impl<'s> Document<'s> {
    pub(in crate::velocity) const ROOT: Place = Place(0);

    #[inline]
    pub(in crate::velocity) fn item(&self, place: Place) -> Item {
        self.at(place).copied().unwrap_or(Item::Null)
    }

    #[inline(always)]
    pub(in crate::velocity) fn at(&self, place: Place) -> Option<&Item> {
        self.nodes.get(size(place.0)).map(|node| &node.item)
    }

    /// A text, as it is looked at.
    #[inline(always)]
    pub(in crate::velocity) fn word(&self, word: Word) -> &str {
        if word.at & KEPT == 0 { self.plain(word) } else { self.kept(word).map_or("", |text| text) }
    }

    /// A text that outlives the document.
    pub(in crate::velocity) fn text(&self, word: Word) -> Text<'s> {
        match self.kept(word) {
            Some(text) if word.at & KEPT != 0 => Text::Shared(Arc::clone(text)),
            _ => Text::Borrowed(self.plain(word)),
        }
    }

    #[inline(always)]
    fn plain(&self, word: Word) -> &'s str {
        let from = size(word.at);
        self.source.get(from..).and_then(|rest| rest.get(..size(word.length))).unwrap_or_default()
    }

    #[inline]
    fn bytes(&self, word: Word) -> &[u8] {
        let from = size(word.at);
        match self.source.as_bytes().get(from..from + size(word.length)) {
            Some(bytes) => bytes,
            None => self.word(word).as_bytes(),
        }
    }

    fn kept(&self, word: Word) -> Option<&Arc<str>> {
        self.kept.get(size(word.at & !KEPT))
    }

    pub(in crate::velocity) fn large(&self, number: u32) -> i128 {
        self.large.get(size(number)).copied().unwrap_or_default()
    }

    /// The key of a value that stands in an object.
    pub(in crate::velocity) fn key(&self, place: Place) -> Word {
        self.nodes.get(size(place.0)).map_or(Word::NONE, |node| node.key)
    }

    /// The places of the elements of a list, or of the values of an object.
    pub(in crate::velocity) fn inside(&self, place: Place) -> impl Iterator<Item = Place> {
        let mut at = first(place);
        (0..self.length(place)).map(move |_| {
            let value = at;
            at = self.behind(value);
            value
        })
    }

    /// The value under a key, where the object is small; `Err` where it needs a table.
    pub(in crate::velocity) fn member(&self, place: Place, name: &str) -> Result<Option<Place>, ()> {
        let end = match self.item(place) {
            Item::Object(length, end, _) if length <= SCANNED => end,
            Item::Object(..) | Item::List(..) => return Err(()),
            _ => return Ok(None),
        };
        let nodes = self.nodes.get(..size(end.0)).unwrap_or_default();
        let mut at = first(place);
        while let Some(Node { key, item }) = nodes.get(size(at.0)) {
            if size(key.length) == name.len() && self.bytes(*key) == name.as_bytes() {
                return Ok(Some(at));
            }
            at = behind(at, *item);
        }
        Ok(None)
    }

    /// The value of the property at a seat that tells where this object has it.
    #[inline(always)]
    pub(in crate::velocity) fn seated(&self, place: Place, seats: &Seats, seat: usize) -> Option<&Item> {
        let Item::Object(_, _, shape) = self.at(place)? else { return None };
        let entry = seats.entry(seat, shape.0)?;
        self.at(Place(first(place).0.wrapping_add(entry)))
    }

    /// The value under a name, where the object is small; its seat will tell where this shape of objects has it.
    pub(in crate::velocity) fn seek(&self, place: Place, name: &Property, seats: &Seats) -> Option<&Item> {
        let found = self.member(place, name).ok()??;
        if let Item::Object(_, _, shape) = self.item(place)
            && shape != Shape::NONE
        {
            seats.remember(name.seat(), shape.0, found.0 - first(place).0);
        }
        self.at(found)
    }

    /// An element of a list near its beginning; `Err` where it is far from there, or from the end.
    #[inline]
    pub(in crate::velocity) fn element(&self, place: Place, index: i128) -> Result<Option<Place>, ()> {
        match self.item(place) {
            Item::List(length, _) => {
                let index = u32::try_from(index).ok().filter(|index| *index < length && *index < SCANNED).ok_or(())?;
                Ok(self.inside(place).nth(size(index)))
            }
            _ => Err(()),
        }
    }

    /// How many elements or entries there are.
    #[inline]
    pub(in crate::velocity) fn length(&self, place: Place) -> usize {
        match self.item(place) {
            Item::List(length, _) | Item::Object(length, ..) => size(length),
            _ => 0,
        }
    }

    /// The place behind a value: that of its neighbour, where it has one.
    #[inline]
    pub(in crate::velocity) fn behind(&self, place: Place) -> Place {
        behind(place, self.item(place))
    }

    /// JSON text without white space.
    pub(in crate::velocity) fn write(&self, place: Place, out: &mut impl fmt::Write) -> fmt::Result {
        match self.item(place) {
            Item::Null => out.write_str("null"),
            Item::Bool(value) => out.write_str(if value { "true" } else { "false" }),
            Item::Integer(number) => out.write_str(itoa::Buffer::new().format(number)),
            Item::Large(number) => write!(out, "{}", self.large(number)),
            Item::Double(number) => out.write_str(&java_double(number)),
            Item::Text(text) => quote(self.word(text), out),
            Item::List(..) => {
                out.write_str("[")?;
                for (at, element) in self.inside(place).enumerate() {
                    out.write_str(if at == 0 { "" } else { "," })?;
                    self.write(element, out)?;
                }
                out.write_str("]")
            }
            Item::Object(..) => {
                out.write_str("{")?;
                for (at, value) in self.inside(place).enumerate() {
                    out.write_str(if at == 0 { "" } else { "," })?;
                    quote(self.word(self.key(value)), out)?;
                    out.write_str(":")?;
                    self.write(value, out)?;
                }
                out.write_str("}")
            }
        }
    }
}

/// The first place inside of a list or an object.
#[inline]
pub(in crate::velocity) fn first(place: Place) -> Place {
    Place(place.0 + 1)
}

#[inline]
fn behind(place: Place, item: Item) -> Place {
    match item {
        Item::List(_, end) | Item::Object(_, end, _) => end,
        _ => Place(place.0 + 1),
    }
}

#[inline]
fn size(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// How many there are. A document of fewer than 2^32 bytes has fewer of everything.
#[inline]
fn count<T>(list: &[T]) -> u32 {
    u32::try_from(list.len()).unwrap_or(u32::MAX)
}
