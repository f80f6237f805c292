use std::{borrow::Cow, fmt};

/// What became of each part of a document.
///
/// A part that is not listed shares the fate of the nearest listed part above it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    parts: Vec<Part>,
    /// The length of all pointers.
    length: usize,
}

/// How long all pointers may be together: a document may have one long name above many parts.
const MAX_LENGTH: usize = 32 * 1024 * 1024;

/// One part of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Where, as a JSON pointer (RFC 6901) into the document: `/paths/~1pets/get`.
    pub pointer: String,
    /// What became of it.
    pub fate: Fate,
}

/// What became of one part of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fate {
    /// It means what it says.
    Exact,
    /// It means something close to what it says: how.
    Approximated(Cow<'static, str>),
    /// It means nothing here: why.
    Ignored(Cow<'static, str>),
}

impl Report {
    /// All parts, in the order in which they were read.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The parts that mean something close to what they say, with how.
    pub fn approximated(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parts.iter().filter_map(|part| match &part.fate {
            Fate::Approximated(how) => Some((&*part.pointer, &**how)),
            Fate::Exact | Fate::Ignored(_) => None,
        })
    }

    /// The parts that mean nothing here, with why.
    pub fn ignored(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parts.iter().filter_map(|part| match &part.fate {
            Fate::Ignored(why) => Some((&*part.pointer, &**why)),
            Fate::Exact | Fate::Approximated(_) => None,
        })
    }

    pub(super) fn exact(&mut self, pointer: impl fmt::Display) {
        self.add(pointer, Fate::Exact);
    }

    pub(super) fn approximate(&mut self, pointer: impl fmt::Display, how: impl Into<Cow<'static, str>>) {
        self.add(pointer, Fate::Approximated(how.into()));
    }

    pub(super) fn ignore(&mut self, pointer: impl fmt::Display, why: impl Into<Cow<'static, str>>) {
        self.add(pointer, Fate::Ignored(why.into()));
    }

    fn add(&mut self, pointer: impl fmt::Display, fate: Fate) {
        if self.length > MAX_LENGTH {
            return;
        }
        let pointer = pointer.to_string();
        self.length += pointer.len();
        self.parts.push(Part { pointer, fate });
    }
}

/// A summary, then each part that is not exact, one a line.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (approximated, ignored) = (self.approximated().count(), self.ignored().count());
        let exact = self.parts.len() - approximated - ignored;
        write!(f, "{exact} parts exact, {approximated} approximated, {ignored} ignored")?;
        self.approximated().try_for_each(|(pointer, how)| write!(f, "\napproximated {pointer}: {how}"))?;
        self.ignored().try_for_each(|(pointer, why)| write!(f, "\nignored      {pointer}: {why}"))
    }
}
