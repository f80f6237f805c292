//! Text with `$context` variables in it: access logs and gateway responses. Plain substitution, no directives.

use std::borrow::Cow;

use http::HeaderMap;

use crate::{
    context::{Context, ContextVariable},
    source::ValueSource,
};

/// A text with references, parsed once.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    Value(ValueSource),
}

impl Template {
    /// Finds the references that `prefixes` allow; everything else is text.
    pub(crate) fn parse(text: &str, prefixes: &[&str]) -> Self {
        let (mut pieces, mut plain, mut rest) = (Vec::new(), String::new(), text);
        while let Some(first) = rest.chars().next() {
            let found = prefixes.iter().find_map(|prefix| reference(rest, prefix));
            if let Some((source, length)) = found {
                if !plain.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut plain)));
                }
                pieces.push(Piece::Value(source));
                rest = rest.get(length..).unwrap_or_default();
            } else {
                plain.push(first);
                rest = rest.get(first.len_utf8()..).unwrap_or_default();
            }
        }
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Self { pieces }
    }

    /// Writes the text; `write` gets each value, or `None` where it is missing.
    pub(crate) fn render(
        &self,
        out: &mut String,
        headers: &HeaderMap,
        context: &Context,
        write: impl Fn(&mut String, Option<Cow<'_, str>>),
    ) {
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Value(source) => write(out, source.value(headers, context)),
            }
        }
    }

    /// The references, in order.
    pub(crate) fn sources(&self) -> impl Iterator<Item = &ValueSource> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Value(source) => Some(source),
            Piece::Text(_) => None,
        })
    }
}

/// The reference at the start of `text`, and its length. The longest known name wins.
fn reference(text: &str, prefix: &str) -> Option<(ValueSource, usize)> {
    let after = text.strip_prefix(prefix)?;
    let free_form = ["authorizer.", "header.", "querystring.", "path.", "multivalueheader.", "multivaluequerystring."];
    let special = free_form.iter().any(|start| after.starts_with(start));
    let in_name = |letter: char| {
        letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.') || (special && matches!(letter, ':' | '-'))
    };
    let run = after.find(|letter| !in_name(letter)).unwrap_or(after.len());
    let mut name = after.get(..run)?.trim_end_matches(['.', ':', '-']);
    if prefix == "$context." {
        let mut shorter = name;
        while ContextVariable::parse(shorter).is_unknown() {
            let Some((head, _)) = shorter.rsplit_once('.') else { break };
            shorter = head;
        }
        if !ContextVariable::parse(shorter).is_unknown() {
            name = shorter;
        }
    }
    let length = prefix.len() + name.len();
    ValueSource::parse(text.get(..length)?).ok().map(|source| (source, length))
}
