//! Selection expressions: a key out of a message.

use std::fmt;

use crate::body_path::BodyPath;

/// Says how to read a key out of a message, such as `$request.body.action`.
///
/// Text stands for itself, `\$` for a dollar sign. `$request.body` followed by a path of `.name` and `[index]` stands
/// for what the message has there: a string as it is, a number or a truth value as JSON, an array as `[a, b]`, an
/// object as JSON, and nothing for `null` or where there is nothing. Without braces a variable reaches over letters,
/// digits and `_ - . [ ]`; `${request.body.action}-x` ends it before. What a variable yields is not read again.
///
/// AWS developer guide: *WebSocket selection expressions in API Gateway*.
///
/// # Example
/// ```
/// use gateway_ws::SelectionExpression;
///
/// let expression = SelectionExpression::parse("${request.body.service}/${request.body.action}")?;
/// let key = expression.evaluate(r#"{"service": "chat", "action": "join"}"#);
/// assert_eq!(key.as_deref(), Some("chat/join"));
/// # Ok::<(), gateway_ws::SelectionError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectionExpression {
    text: Box<str>,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Body(BodyPath),
}

/// A text that is no selection expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SelectionError {
    /// There is no text.
    #[error("the selection expression is empty; write `$request.body.action` or the like")]
    Empty,
    /// A brace is not closed.
    #[error("selection expression `{0}`: a `${{` has no `}}` after it")]
    Unclosed(String),
    /// A variable that is not the message's.
    #[error(
        "selection expression `{expression}`: `{variable}` is none of `$request.body`, `$request.body.name` and \
         `$request.body.name[0]`; for a dollar sign write `\\$`"
    )]
    Variable {
        /// The whole expression.
        expression: String,
        /// What stands where a variable should.
        variable: String,
    },
}

impl SelectionExpression {
    /// Parses an expression.
    ///
    /// # Errors
    /// When it is empty, or has a variable that is not one of the message.
    pub fn parse(text: &str) -> Result<Self, SelectionError> {
        if text.is_empty() {
            return Err(SelectionError::Empty);
        }
        let (mut pieces, mut plain, mut rest) = (Vec::new(), String::new(), text);
        while let Some(place) = rest.find('$') {
            let (before, after) = rest.split_at(place);
            if let Some(before) = before.strip_suffix('\\') {
                plain.push_str(before);
                plain.push('$');
                rest = after.strip_prefix('$').unwrap_or_default();
                continue;
            }
            plain.push_str(before);
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            let (name, next) = variable(after).ok_or_else(|| SelectionError::Unclosed(text.to_owned()))?;
            let path = name.strip_prefix("request.body").and_then(BodyPath::parse).ok_or_else(|| {
                SelectionError::Variable { expression: text.to_owned(), variable: format!("${name}") }
            })?;
            pieces.push(Piece::Body(path));
            rest = next;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Ok(Self { text: text.into(), pieces })
    }

    /// The key of a message; none if the expression refers to the message and that is not JSON.
    #[must_use]
    pub fn evaluate(&self, message: &str) -> Option<String> {
        let mut key = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => key.push_str(text),
                Piece::Body(path) => key.push_str(&path.text(message).ok()?),
            }
        }
        Some(key)
    }

    /// The expression as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for SelectionExpression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The name of the variable at the dollar sign that `text` starts with, and what follows; none without a closing brace.
fn variable(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix('$')?;
    if let Some(inside) = text.strip_prefix('{') {
        return inside.split_once('}');
    }
    let in_name = |letter: char| letter.is_ascii_alphanumeric() || "_-.[]".contains(letter);
    text.split_at_checked(text.find(|letter| !in_name(letter)).unwrap_or(text.len()))
}

#[cfg(test)]
#[path = "selection_tests.rs"]
mod tests;
