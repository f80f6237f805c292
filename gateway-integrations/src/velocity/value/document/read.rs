//! From text to nodes, in one pass.
//!
//! What is rare, as fractions are, is left to [`Json`]: so both take the same texts for JSON.

use std::{collections::HashSet, sync::Arc};

use super::{
    Document, Item, KEPT, Node, Place, SCANNED, Shape, Word, behind, count, first,
    scan::{blanks, byte, first_eight, special, unicode},
    size,
};
use crate::json::Json;

/// How deep lists and objects may be nested, as [`Json::parse`] has it.
const DEPTH: u8 = 127;

/// Where no value is.
const NOWHERE: Place = Place(u32::MAX);

/// So many digits never leave 64 bits.
const DIGITS: usize = 18;

impl<'s> Document<'s> {
    /// Reads a text; `None` where it is no JSON.
    pub(in crate::velocity) fn parse(text: &'s str) -> Option<Self> {
        u32::try_from(text.len()).ok().filter(|length| length & KEPT == 0)?;
        // Most values and their keys take more than twelve bytes of text.
        let nodes = Vec::with_capacity(text.len() / 12 + 4);
        let document = Self { source: text, nodes, kept: Vec::new(), large: Vec::new() };
        let mut reader = Reader { document, repeated: false, shapes: 0 };
        let source = text.as_bytes();
        let end = reader.value(source, Word::NONE, blanks(source, 0), DEPTH, NOWHERE)?;
        if blanks(source, end) != text.len() {
            return None;
        }
        // Of equal keys the last one holds, at the place of the first.
        if reader.repeated { Json::parse(text).ok().map(|json| Self::of(&json)) } else { Some(reader.document) }
    }
}

struct Reader<'s> {
    document: Document<'s>,
    /// Whether an object has a key twice.
    repeated: bool,
    /// How many shapes there are.
    shapes: u32,
}

impl Reader<'_> {
    #[inline]
    fn push(&mut self, key: Word, item: Item) {
        self.document.nodes.push(Node { key, item });
    }

    /// Reads the value that begins at `at`, and gives where it ends.
    #[inline(always)]
    fn value(&mut self, source: &[u8], key: Word, at: usize, depth: u8, like: Place) -> Option<usize> {
        match byte(source, at)? {
            b'"' => self.text_value(source, key, at),
            b'0'..=b'9' => self.number(source, key, at),
            b'{' | b'[' => self.container(source, key, at, depth, like),
            b'-' => self.long_number(source, key, at),
            b't' => self.literal(source, key, at, b"true", Item::Bool(true)),
            b'f' => self.literal(source, key, at, b"false", Item::Bool(false)),
            b'n' => self.literal(source, key, at, b"null", Item::Null),
            _ => None,
        }
    }

    #[cold]
    fn literal(&mut self, source: &[u8], key: Word, at: usize, text: &[u8], item: Item) -> Option<usize> {
        let end = at + text.len();
        source.get(at..end).filter(|found| *found == text)?;
        self.push(key, item);
        Some(end)
    }

    /// A list or an object. `like` is the first place inside of a neighbour, whose keys are likely the same.
    #[inline(never)]
    fn container(&mut self, source: &[u8], key: Word, at: usize, depth: u8, like: Place) -> Option<usize> {
        let depth = depth.checked_sub(1)?;
        let place = Place(count(&self.document.nodes));
        // Its item follows when it is known.
        self.push(key, Item::Null);
        let inside = blanks(source, at + 1);
        let (length, end, shape) = match byte(source, at)? {
            b'{' => self.object(source, inside, depth, like)?,
            _ => self.list(source, inside, depth)?,
        };
        let behind = Place(count(&self.document.nodes));
        let item = match shape {
            Some(shape) => Item::Object(length, behind, shape),
            None => Item::List(length, behind),
        };
        if let Some(node) = self.document.nodes.get_mut(size(place.0)) {
            node.item = item;
        }
        Some(end)
    }

    #[inline]
    fn list(&mut self, source: &[u8], mut at: usize, depth: u8) -> Option<(u32, usize, Option<Shape>)> {
        if byte(source, at)? == b']' {
            return Some((0, at + 1, None));
        }
        let (mut length, mut like) = (0, NOWHERE);
        loop {
            let place = Place(count(&self.document.nodes));
            let end = self.value(source, Word::NONE, at, depth, like)?;
            like = first(place);
            at = blanks(source, end);
            length += 1;
            match byte(source, at)? {
                b',' => at = blanks(source, at + 1),
                b']' => return Some((length, at + 1, None)),
                _ => return None,
            }
        }
    }

    #[inline]
    fn object(
        &mut self,
        source: &[u8],
        mut at: usize,
        depth: u8,
        neighbour: Place,
    ) -> Option<(u32, usize, Option<Shape>)> {
        if byte(source, at)? == b'}' {
            return Some((0, at + 1, Some(Shape::NONE)));
        }
        let inside = Place(count(&self.document.nodes));
        let mut like = neighbour;
        let (mut length, mut seen) = (0, 0_u64);
        loop {
            let key;
            if let Some((other, length)) = self.alike(source, at, like) {
                // The neighbour has no key twice, so this one has not either.
                key = Word { at: at as u32 + 1, length };
                at += size(length) + 3;
                (like, seen) = (other, u64::MAX);
            } else {
                if byte(source, at)? != b'"' {
                    return None;
                }
                (key, at) = self.text(source, at)?;
                let bit = 1 << self.sum(key);
                if seen & bit != 0 && length <= SCANNED {
                    self.repeated |= self.has(inside, length, key);
                }
                (like, seen) = (NOWHERE, seen | bit);
                at = blanks(source, at);
                if byte(source, at)? != b':' {
                    return None;
                }
                at += 1;
            }
            let end = self.value(source, key, blanks(source, at), depth, NOWHERE)?;
            at = blanks(source, end);
            length += 1;
            match byte(source, at)? {
                b',' => at = blanks(source, at + 1),
                b'}' => break,
                _ => return None,
            }
        }
        if length > SCANNED {
            self.repeated |= self.has_twice(inside, length);
        }
        let shape = if count(&self.document.nodes) - inside.0 == length {
            self.shape(neighbour, like != NOWHERE && first(like) == inside)
        } else {
            Shape::NONE
        };
        Some((length, at + 1, Some(shape)))
    }

    /// The shape of an object without others in it; that of its neighbour where all keys are the same.
    #[inline]
    fn shape(&mut self, neighbour: Place, same: bool) -> Shape {
        if same
            && let Some(Node { item: Item::Object(_, _, shape), .. }) =
                self.document.nodes.get(size(neighbour.0.wrapping_sub(1)))
            && *shape != Shape::NONE
        {
            return *shape;
        }
        self.shapes += 1;
        Shape(self.shapes)
    }

    /// Whether the key in quotes that begins at `at`, and a colon, are those of the value at `like`: the place of the
    /// value behind that one, and the length of the key.
    #[inline]
    fn alike(&self, source: &[u8], at: usize, like: Place) -> Option<(Place, u32)> {
        let Node { key, item } = self.document.nodes.get(size(like.0))?;
        let (from, length) = (size(key.at).checked_sub(1)?, size(key.length) + 3);
        if length <= 8 {
            let differing = first_eight(source, from)? ^ first_eight(source, at)?;
            if differing << (64 - 8 * length) != 0 {
                return None;
            }
        } else if source.get(from..from + length)? != source.get(at..at + length)? {
            return None;
        }
        (byte(source, at + length - 1)? == b':').then(|| (behind(like, *item), key.length))
    }

    /// A number below 64 that is the same for the same key.
    #[inline]
    fn sum(&self, key: Word) -> u32 {
        let text = self.document.bytes(key);
        let letter = |letter: Option<&u8>| letter.map_or(0, |letter| u32::from(*letter));
        (key.length ^ letter(text.first()).wrapping_mul(7) ^ letter(text.last()).wrapping_mul(31)) % 64
    }

    /// The keys of the values from `at` on.
    fn keys(&self, mut at: Place, length: u32) -> impl Iterator<Item = &str> {
        (0..length).map(move |_| {
            let key = self.document.word(self.document.key(at));
            at = self.document.behind(at);
            key
        })
    }

    #[cold]
    fn has(&self, inside: Place, length: u32, key: Word) -> bool {
        let key = self.document.word(key);
        self.keys(inside, length).any(|other| other == key)
    }

    #[cold]
    fn has_twice(&self, inside: Place, length: u32) -> bool {
        let mut known = HashSet::new();
        !self.keys(inside, length).all(|key| known.insert(key))
    }

    /// The key whose quote stands at `at`, and where it ends.
    #[inline(never)]
    fn text(&mut self, source: &[u8], at: usize) -> Option<(Word, usize)> {
        let from = at + 1;
        let to = special(source, from);
        match byte(source, to)? {
            b'"' => Some((Word { at: from as u32, length: (to - from) as u32 }, to + 1)),
            _ => self.escaped(source, from, to),
        }
    }

    #[inline(always)]
    fn text_value(&mut self, source: &[u8], key: Word, at: usize) -> Option<usize> {
        let to = special(source, at + 1);
        if byte(source, to)? == b'"' {
            self.push(key, Item::Text(Word { at: at as u32 + 1, length: (to - at) as u32 - 1 }));
            return Some(to + 1);
        }
        let (word, end) = self.escaped(source, at + 1, to)?;
        self.push(key, Item::Text(word));
        Some(end)
    }

    /// A text with escapes that begins at `from`; the first escape stands at `to`.
    #[cold]
    fn escaped(&mut self, source: &[u8], mut from: usize, mut to: usize) -> Option<(Word, usize)> {
        let mut made = String::with_capacity(4 * (to - from) + 16);
        loop {
            made.push_str(self.document.source.get(from..to)?);
            match byte(source, to)? {
                b'"' => break,
                b'\\' => {}
                _ => return None,
            }
            let (letter, end) = match byte(source, to + 1)? {
                letter @ (b'"' | b'\\' | b'/') => (char::from(letter), to + 2),
                b'n' => ('\n', to + 2),
                b't' => ('\t', to + 2),
                b'r' => ('\r', to + 2),
                b'b' => ('\u{8}', to + 2),
                b'f' => ('\u{c}', to + 2),
                b'u' => unicode(source, to)?,
                _ => return None,
            };
            made.push(letter);
            (from, to) = (end, special(source, end));
        }
        Some((self.document.keep(&Arc::from(made)), to + 1))
    }

    #[inline(always)]
    fn number(&mut self, source: &[u8], key: Word, at: usize) -> Option<usize> {
        let (mut end, mut number) = (at, 0_u32);
        while let Some(digit @ b'0'..=b'9') = byte(source, end) {
            number = number.wrapping_mul(10).wrapping_add(u32::from(digit - b'0'));
            end += 1;
        }
        let behind = byte(source, end).unwrap_or(b' ');
        if end - at > 9 || matches!(behind, b'.' | b'e' | b'E') || (byte(source, at)? == b'0' && end - at > 1) {
            return self.long_number(source, key, at);
        }
        self.push(key, Item::Integer(number.into()));
        Some(end)
    }

    /// A number with a sign or with many digits.
    #[inline(never)]
    fn long_number(&mut self, source: &[u8], key: Word, at: usize) -> Option<usize> {
        let negative = byte(source, at)? == b'-';
        let from = at + usize::from(negative);
        let (mut end, mut number) = (from, 0_i64);
        while let Some(digit @ b'0'..=b'9') = byte(source, end) {
            number = number.wrapping_mul(10).wrapping_add(i64::from(digit - b'0'));
            end += 1;
        }
        let fraction = matches!(byte(source, end), Some(b'.' | b'e' | b'E'));
        if fraction || !(1..=DIGITS).contains(&(end - from)) || byte(source, from)? == b'0' {
            return self.other_number(key, at);
        }
        self.push(key, Item::Integer(if negative { -number } else { number }));
        Some(end)
    }

    /// A number with a fraction or beyond 64 bits, a zero with a sign, or none at all.
    #[cold]
    fn other_number(&mut self, key: Word, at: usize) -> Option<usize> {
        let rest = self.document.source.get(at..)?;
        let part = |letter: char| letter.is_ascii_digit() || matches!(letter, '+' | '-' | '.' | 'e' | 'E');
        let (number, _) = rest.split_at_checked(rest.find(|letter| !part(letter)).unwrap_or(rest.len()))?;
        let item = match Json::parse(number).ok()? {
            Json::Integer(whole) => self.document.whole(whole),
            Json::Double(number) => Item::Double(number),
            _ => return None,
        };
        self.push(key, item);
        Some(at + number.len())
    }
}
