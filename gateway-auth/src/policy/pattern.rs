//! Texts with wildcards and policy variables.

use super::{
    keys::ConditionKey,
    request::PolicyRequest,
    value::{ConditionValue, Rendered},
};

/// A text with `*`, `?` and `${aws:username}`, compiled.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    pieces: Box<[Piece]>,
    ignores_case: bool,
    has_variables: bool,
}

#[derive(Clone, Debug)]
enum Piece {
    Literal(Box<str>),
    /// `*`
    Many,
    /// `?`
    One,
    Variable(ConditionKey, Option<Box<str>>),
}

/// What is read out of a text besides its letters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Syntax {
    pub(super) wildcards: bool,
    pub(super) variables: bool,
    pub(super) ignores_case: bool,
}

impl Pattern {
    pub(super) fn parse(text: &str, syntax: Syntax) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(letter) = rest.chars().next() {
            let after = rest.get(letter.len_utf8()..).unwrap_or_default();
            let piece = match letter {
                '*' if syntax.wildcards => Some(Piece::Many),
                '?' if syntax.wildcards => Some(Piece::One),
                '$' if syntax.variables && after.starts_with('{') => {
                    let (inside, behind) = after
                        .get(1..)
                        .and_then(|after| after.split_once('}'))
                        .ok_or("a policy variable ends with `}`; write `${$}{` for the letters themselves")?;
                    rest = behind;
                    match variable(inside)? {
                        Ok(letter) => literal.push(letter),
                        Err(piece) => {
                            flush(&mut literal, &mut pieces);
                            pieces.push(piece);
                        }
                    }
                    continue;
                }
                _ => None,
            };
            rest = after;
            match piece {
                // Two stars say no more than one.
                Some(Piece::Many) if literal.is_empty() && matches!(pieces.last(), Some(Piece::Many)) => {}
                Some(piece) => {
                    flush(&mut literal, &mut pieces);
                    pieces.push(piece);
                }
                None => literal.push(letter),
            }
        }
        flush(&mut literal, &mut pieces);
        let has_variables = pieces.iter().any(|piece| matches!(piece, Piece::Variable(..)));
        Ok(Self { pieces: pieces.into(), ignores_case: syntax.ignores_case, has_variables })
    }

    /// Whether the whole of `text` is meant; `None` if a variable has no value.
    pub(super) fn matches(&self, text: &str, request: &PolicyRequest<'_>) -> Option<bool> {
        match &*self.pieces {
            [Piece::Many] => return Some(true),
            [Piece::Literal(literal)] => return Some(self.equal(text, literal)),
            _ => {}
        }
        if self.has_variables && !self.pieces.iter().all(|piece| piece.resolves(request)) {
            return None;
        }
        Some(self.search(text, request))
    }

    /// Greedy from the left. When a piece does not fit, the last `*` takes one letter more: an earlier one need not,
    /// since what stands between two stars is best found as early as possible.
    fn search(&self, text: &str, request: &PolicyRequest<'_>) -> bool {
        let (mut number, mut rest) = (0, text);
        let mut star: Option<(usize, &str)> = None;
        loop {
            let fits = match self.pieces.get(number) {
                None if rest.is_empty() => return true,
                None => None,
                Some(Piece::Many) if number + 1 == self.pieces.len() => return true,
                Some(Piece::Many) => {
                    star = Some((number, rest));
                    Some(rest)
                }
                Some(Piece::One) => skip_letter(rest),
                Some(Piece::Literal(literal)) => self.strip(rest, literal),
                Some(Piece::Variable(key, default)) => {
                    resolve(key, default.as_deref(), request).and_then(|value| self.strip(rest, value.as_str()))
                }
            };
            match (fits, star) {
                (Some(behind), _) => {
                    rest = behind;
                    number += 1;
                }
                (None, Some((at, from))) => {
                    let Some(behind) = self.next_place(at + 1, from) else { return false };
                    star = Some((at, behind));
                    rest = behind;
                    number = at + 1;
                }
                (None, None) => return false,
            }
        }
    }

    /// The next place behind the start of `from` where the piece may begin that stands behind a star.
    fn next_place<'t>(&self, number: usize, from: &'t str) -> Option<&'t str> {
        let behind = skip_letter(from)?;
        match self.pieces.get(number) {
            Some(Piece::Literal(literal)) if !self.ignores_case => {
                let first = literal.bytes().next();
                // The first byte of a letter: so this is no place within one.
                behind.bytes().position(|byte| Some(byte) == first).and_then(|at| behind.get(at..))
            }
            _ => Some(behind),
        }
    }

    fn strip<'t>(&self, text: &'t str, prefix: &str) -> Option<&'t str> {
        if !self.ignores_case {
            return text.strip_prefix(prefix);
        }
        let (head, rest) = text.split_at_checked(prefix.len())?;
        head.eq_ignore_ascii_case(prefix).then_some(rest)
    }

    fn equal(&self, one: &str, other: &str) -> bool {
        if self.ignores_case { one.eq_ignore_ascii_case(other) } else { one == other }
    }
}

impl Piece {
    fn resolves(&self, request: &PolicyRequest<'_>) -> bool {
        match self {
            Self::Variable(key, None) => value(key, request).is_some(),
            _ => true,
        }
    }
}

fn flush(literal: &mut String, pieces: &mut Vec<Piece>) {
    if !literal.is_empty() {
        pieces.push(Piece::Literal(std::mem::take(literal).into()));
    }
}

/// What stands between `${` and `}`: a letter, or a key with its default.
fn variable(inside: &str) -> Result<Result<char, Piece>, String> {
    if let Some(letter @ ('*' | '?' | '$')) = inside.chars().next()
        && inside.len() == 1
    {
        return Ok(Ok(letter));
    }
    let (name, default) = match inside.split_once(',') {
        None => (inside, None),
        Some((name, default)) => {
            let quoted = default.trim().strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
            (name, Some(quoted.ok_or("the default of a policy variable stands between `'`")?))
        }
    };
    let name = name.trim();
    if name.is_empty() || name.contains(char::is_whitespace) {
        return Err(format!("`${{{inside}}}` names no condition key"));
    }
    Ok(Err(Piece::Variable(ConditionKey::new(name), default.map(Into::into))))
}

fn resolve<'a>(key: &ConditionKey, default: Option<&'a str>, request: &PolicyRequest<'a>) -> Option<Rendered<'a>> {
    value(key, request).map(ConditionValue::rendered).or(default.map(Rendered::Text))
}

/// The value of a variable: a key with several has none.
fn value<'a>(key: &ConditionKey, request: &PolicyRequest<'a>) -> Option<ConditionValue<'a>> {
    let mut values = request.values(key).iter();
    values.next().filter(|_| values.next().is_none())
}

fn skip_letter(text: &str) -> Option<&str> {
    let mut letters = text.chars();
    letters.next().map(|_| letters.as_str())
}

/// Whether one of `patterns` matches; `None` if none does, and one of them has a variable without a value.
pub(super) fn any<T>(patterns: &[T], matches: impl Fn(&T) -> Option<bool>) -> Option<bool> {
    let mut outcome = Some(false);
    for pattern in patterns {
        match matches(pattern) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => outcome = None,
        }
    }
    outcome
}
