//! Text with variables in it, compiled once.

use std::borrow::Cow;

use gateway_core::Context;

const STAGE_VARIABLE: &str = "${stageVariables.";

/// Text with `${stageVariables.name}` and `{name}` in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pieces(pub(super) Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Text(Box<str>),
    StageVariable(Box<str>),
    PathParameter(Box<str>),
}

impl Pieces {
    /// A text with both kinds of variables. What is none stays as it is, as AWS has it.
    pub(crate) fn parse(text: &str) -> Self {
        Self::read(text, true)
    }

    /// The same for a path, which gets one slash in front.
    pub(crate) fn path(text: &str) -> Self {
        Self::parse(&format!("/{}", text.strip_prefix('/').unwrap_or(text)))
    }

    /// A text in which stage variables alone are variables: a client has no say in it.
    pub(crate) fn fixed_paths(text: &str) -> Self {
        Self::read(text, false)
    }

    fn read(text: &str, parameters: bool) -> Self {
        let (mut pieces, mut plain, mut rest) = (Vec::new(), String::new(), text);
        while let Some(open) = rest.find(['$', '{']) {
            let (before, after) = rest.split_at(open);
            plain.push_str(before);
            let stage = after.strip_prefix(STAGE_VARIABLE).and_then(|name| name.split_once('}'));
            let path = after.strip_prefix('{').filter(|_| parameters && !before.ends_with('$'));
            let (piece, behind) = match (stage, path.and_then(|name| name.split_once('}'))) {
                (Some((name, behind)), _) => (Piece::StageVariable(name.into()), behind),
                (None, Some((name, behind))) => {
                    (Piece::PathParameter(name.strip_suffix('+').unwrap_or(name).into()), behind)
                }
                (None, None) => {
                    // `${other}` is text, with its braces.
                    let length = if after.starts_with("${") { 2 } else { 1 };
                    let (text, behind) = after.split_at(length);
                    plain.push_str(text);
                    rest = behind;
                    continue;
                }
            };
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain).into()));
            }
            pieces.push(piece);
            rest = behind;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain.into()));
        }
        Self(pieces)
    }

    /// Whether a stage variable comes first.
    pub(super) fn begins_with_variable(&self) -> bool {
        matches!(self.0.first(), Some(Piece::StageVariable(_)))
    }

    /// The text, as it is, with the stage variables of this request; one that is not there is empty.
    pub(crate) fn text(&self, context: &Context) -> Cow<'_, str> {
        match self.0.as_slice() {
            [Piece::Text(text)] => Cow::Borrowed(text),
            _ => Cow::Owned(self.filled(|name| context.stage_variable(name))),
        }
    }

    /// The text with these stage variables.
    pub(crate) fn filled<'v>(&self, variable: impl Fn(&str) -> Option<&'v str>) -> String {
        let mut out = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::StageVariable(name) => out.push_str(variable(name).unwrap_or_default()),
                Piece::PathParameter(name) => out.extend(["{", name, "}"]),
            }
        }
        out
    }

    /// Whether stage variables have a say in it.
    pub(crate) fn has_variables(&self) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::StageVariable(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(char, String)> {
        let kind = |piece: Piece| match piece {
            Piece::Text(text) => ('t', text.into()),
            Piece::StageVariable(name) => ('s', name.into()),
            Piece::PathParameter(name) => ('p', name.into()),
        };
        Pieces::parse(text).0.into_iter().map(kind).collect()
    }

    #[test]
    fn variables_are_found_and_the_rest_is_text() {
        let pieces = |expected: &[(char, &str)]| -> Vec<(char, String)> {
            expected.iter().map(|(kind, text)| (*kind, (*text).to_owned())).collect()
        };
        assert_eq!(
            kinds("a/{b}/${stageVariables.c}d"),
            pieces(&[('t', "a/"), ('p', "b"), ('t', "/"), ('s', "c"), ('t', "d")])
        );
        assert_eq!(kinds("{proxy+}"), pieces(&[('p', "proxy")]));
        assert!(kinds("").is_empty());
        for plain in ["${other}", "$", "{open", "${stageVariables.open", "a}b", "$$"] {
            assert_eq!(kinds(plain), pieces(&[('t', plain)]), "{plain}");
        }
        assert_eq!(Pieces::fixed_paths("a{b}").0, [Piece::Text("a{b}".into())]);
    }
}
