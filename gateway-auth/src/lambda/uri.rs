//! The address of a function, as definitions have it.

use std::{borrow::Cow, fmt};

use gateway_core::Context;

/// `arn:{partition}:apigateway:{region}:lambda:path/2015-03-31/functions/{arn}/invocations`, where `{arn}` may have
/// stage variables in it.
pub(super) struct FunctionUri {
    text: Box<str>,
    pieces: Box<[Piece]>,
}

enum Piece {
    Text(Box<str>),
    Variable(Box<str>),
}

impl FunctionUri {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut fields = text.splitn(6, ':');
        let (arn, _, service) = (fields.next()?, fields.next()?, fields.next()?);
        let (_, owner, path) = (fields.next()?, fields.next()?, fields.next()?);
        let path = path.strip_prefix("path/")?.trim_start_matches('/');
        let function = path.strip_prefix("2015-03-31/functions/")?.strip_suffix("/invocations")?;
        if arn != "arn" || service != "apigateway" || owner != "lambda" || function.is_empty() {
            return None;
        }
        Some(Self { text: text.into(), pieces: pieces(function)? })
    }

    /// The function's ARN for this request; a variable that is not there leaves nothing.
    pub(super) fn arn(&self, context: &Context) -> Cow<'_, str> {
        if let [Piece::Text(arn)] = &*self.pieces {
            return Cow::Borrowed(arn);
        }
        let parts = self.pieces.iter().map(|piece| match piece {
            Piece::Text(text) => &**text,
            Piece::Variable(name) => context.stage_variable(name).unwrap_or_default(),
        });
        parts.collect::<String>().into()
    }
}

/// The text, cut at its stage variables; `None` if one of them has no end.
fn pieces(mut text: &str) -> Option<Box<[Piece]>> {
    let mut pieces = Vec::new();
    while let Some((before, after)) = text.split_once("${stageVariables.") {
        let (name, rest) = after.split_once('}')?;
        if !before.is_empty() {
            pieces.push(Piece::Text(before.into()));
        }
        pieces.push(Piece::Variable(name.into()));
        text = rest;
    }
    if !text.is_empty() {
        pieces.push(Piece::Text(text.into()));
    }
    Some(pieces.into())
}

impl fmt::Debug for FunctionUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_address_of_a_function_is_one() {
        let uri = |function: &str, verb: &str| {
            FunctionUri::parse(&format!(
                "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{function}/{verb}"
            ))
        };
        let arn = "arn:aws:lambda:eu-west-1:123456789012:function:guard:live";
        assert!(matches!(&*uri(arn, "invocations").unwrap().pieces, [Piece::Text(text)] if **text == *arn));
        let named = uri("arn:aws:lambda:r:a:function:${stageVariables.guard}-x", "invocations").unwrap();
        assert!(
            matches!(&*named.pieces, [Piece::Text(_), Piece::Variable(name), Piece::Text(_)] if **name == *"guard")
        );
        assert!(uri(arn, "invocation").is_none());
        assert!(uri("", "invocations").is_none());
        assert!(uri("${stageVariables.open", "invocations").is_none());
        for text in ["", arn, "arn:aws:apigateway:r:sqs:path/2015-03-31/functions/f/invocations", "https://example.com"]
        {
            assert!(FunctionUri::parse(text).is_none(), "{text}");
        }
    }
}
