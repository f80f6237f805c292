//! The place in the text.

#[derive(Clone)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
    base: u32,
    /// Whether places inside `text` are places of the template too.
    exact: bool,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self::within(text, 0, true)
    }

    /// Over a text that begins at `base` of the template.
    pub(super) fn within(text: &'a str, base: u32, exact: bool) -> Self {
        Self { text, at: 0, base, exact }
    }

    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn offset(&self) -> usize {
        self.at
    }

    /// The place in the template.
    pub(super) fn position(&self) -> u32 {
        if self.exact { self.base.saturating_add(u32::try_from(self.at).unwrap_or(u32::MAX)) } else { self.base }
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn starts_with(&self, text: &str) -> bool {
        self.rest().starts_with(text)
    }

    /// Takes `text`, where it comes next.
    pub(super) fn accept(&mut self, text: &str) -> bool {
        let found = self.starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    /// Takes `word`, where it comes next and no letter continues it.
    pub(super) fn accept_word(&mut self, word: &str) -> bool {
        let continued = |rest: &str| rest.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '_');
        let found = self.rest().strip_prefix(word).is_some_and(|rest| !continued(rest));
        if found {
            self.at += word.len();
        }
        found
    }

    /// Takes the next `length` bytes.
    pub(super) fn take(&mut self, length: usize) -> &'a str {
        let (taken, _) = self.rest().split_at_checked(length).unwrap_or((self.rest(), ""));
        self.at += taken.len();
        taken
    }

    pub(super) fn take_letter(&mut self) -> &'a str {
        self.take(self.peek().map_or(0, char::len_utf8))
    }

    pub(super) fn take_until(&mut self, stop: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        self.take(rest.find(stop).unwrap_or(rest.len()))
    }

    /// Takes everything before `end`, and `end` itself.
    pub(super) fn take_through(&mut self, end: &str) -> Option<&'a str> {
        let (taken, _) = self.rest().split_once(end)?;
        self.at += taken.len() + end.len();
        Some(taken)
    }

    /// Skips blanks and line breaks.
    pub(super) fn blanks(&mut self) {
        self.take_until(|letter| !matches!(letter, ' ' | '\t' | '\n' | '\r'));
    }

    /// Skips the rest of the line, where nothing but blanks is left of it.
    pub(super) fn line_end(&mut self) {
        let before = self.at;
        self.take_until(|letter| !matches!(letter, ' ' | '\t'));
        if !self.accept("\r\n") && !self.accept("\n") && !self.accept("\r") {
            self.at = before;
        }
    }

    /// An identifier: `[A-Za-z_][A-Za-z0-9_-]*`.
    pub(super) fn identifier(&mut self) -> Option<&'a str> {
        let first = self.peek()?;
        (first.is_ascii_alphabetic() || first == '_')
            .then(|| self.take_until(|letter| !(letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-'))))
    }
}
