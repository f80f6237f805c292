//! Pieces as a part of an address.

use gateway_core::Context;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::pieces::{Piece, Pieces};

/// What breaks an address wherever it stands.
const BREAKING: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'#')
    .add(b'`')
    .add(b'{')
    .add(b'}')
    .add(b'|')
    .add(b'\\')
    .add(b'^');
/// What ends the part of the address that a path parameter stands in, too.
const PARAMETER: &AsciiSet = &BREAKING.add(b'?').add(b'&');

impl Pieces {
    /// The text as a part of an address, with the values of `parameters` as they arrived; what would break the address
    /// is encoded. A parameter without a value stays in its braces.
    pub(crate) fn encoded(&self, context: &Context, parameters: &[(Box<str>, String)]) -> String {
        let mut out = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.extend(utf8_percent_encode(text, BREAKING)),
                Piece::StageVariable(name) => {
                    let value = context.stage_variable(name).unwrap_or_default();
                    out.extend(utf8_percent_encode(value, BREAKING));
                }
                Piece::PathParameter(name) => match parameters.iter().rev().find(|(own, _)| own == name) {
                    Some((_, value)) => out.extend(utf8_percent_encode(value, PARAMETER)),
                    None => out.extend(["%7B", &utf8_percent_encode(name, PARAMETER).to_string(), "%7D"]),
                },
            }
        }
        out
    }

    /// Whether a client may have a say in it.
    pub(crate) fn has_parameters(&self) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::PathParameter(_)))
    }
}
