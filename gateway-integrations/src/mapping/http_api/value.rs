//! What is mapped to: the values of a parameter mapping.

use std::{borrow::Cow, cell::OnceCell};

use gateway_core::{Context, ContextVariable, ValueSource};
use http::{HeaderMap, HeaderName};

use crate::{
    jsonpath::JsonPath,
    mapping::{BodyText, error::MappingError},
};

/// How much of a body JSONPath sees, in bytes.
const BODY: usize = 100 * 1024;

/// Whether a mapping is of requests or of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Request,
    Response,
}

/// A value: text, and what is put into it.
#[derive(Clone, Debug)]
pub(super) struct Value(Vec<Piece>);

#[derive(Clone, Debug)]
enum Piece {
    Text(Box<str>),
    Source(Source),
}

#[derive(Clone, Debug)]
enum Source {
    Value(ValueSource),
    /// The path of the request, without the stage.
    Path,
    Body,
    BodyAt(JsonPath),
}

/// What values are read from.
pub(crate) struct Scene<'a> {
    headers: &'a HeaderMap,
    path: &'a str,
    body: Option<&'a [u8]>,
    start: OnceCell<Cow<'a, str>>,
    context: &'a Context,
}

const ROOTS: [&str; 4] = ["request.", "response.", "context.", "stageVariables."];
const REQUEST: &str = "$request.{header|querystring|path}.NAME, $request.path, $request.body, $context.NAME, \
                       $stageVariables.NAME, or these as ${...} within text";
const RESPONSE: &str = "$response.header.NAME, $response.body, $context.NAME, $stageVariables.NAME, or these as ${...} \
                        within text";

impl Value {
    pub(super) fn parse(side: Side, text: &str) -> Result<Self, MappingError> {
        let expected = if side == Side::Request { REQUEST } else { RESPONSE };
        let error = || MappingError::Source { name: text.to_owned(), expected };
        if let Some(name) = text.strip_prefix('$').filter(|name| ROOTS.iter().any(|root| name.starts_with(root))) {
            return Ok(Self(vec![Piece::Source(Source::parse(side, name, text, expected)?)]));
        }
        let (mut pieces, mut rest) = (Vec::new(), text);
        while let Some((plain, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}').ok_or_else(error)?;
            pieces.push(plain);
            pieces.push(name);
            rest = after;
        }
        pieces.push(rest);
        let mut read = Vec::with_capacity(pieces.len());
        for (place, piece) in pieces.into_iter().enumerate() {
            if place % 2 == 1 {
                read.push(Piece::Source(Source::parse(side, piece, text, expected)?));
            } else if ROOTS.iter().any(|root| piece.contains(&format!("${root}"))) {
                return Err(error());
            } else if !piece.is_empty() {
                read.push(Piece::Text(piece.into()));
            }
        }
        Ok(Self(read))
    }

    /// The text that the value begins with.
    pub(super) fn start(&self) -> Option<&str> {
        match self.0.first() {
            Some(Piece::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The text that the value always is.
    pub(super) fn constant(&self) -> Option<&str> {
        self.start().filter(|_| self.0.len() == 1)
    }

    pub(super) fn reads_body(&self) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Source(Source::Body | Source::BodyAt(_))))
    }

    /// The value; `None` if it is nothing but something that is missing.
    pub(super) fn read<'a>(&'a self, scene: &'a Scene<'_>) -> Option<Cow<'a, str>> {
        if let [Piece::Source(source)] = self.0.as_slice() {
            return source.read(scene);
        }
        let pieces = self.0.iter().map(|piece| match piece {
            Piece::Text(text) => Cow::from(&**text),
            Piece::Source(source) => source.read(scene).unwrap_or_default(),
        });
        pieces.reduce(|whole, piece| whole + piece)
    }
}

/// A value of a request, for parameters that are none of the request's own.
#[derive(Clone, Debug)]
pub(crate) struct RequestValue(Value);

impl RequestValue {
    pub(crate) fn parse(text: &str) -> Result<Self, MappingError> {
        Value::parse(Side::Request, text).map(Self)
    }

    pub(crate) fn read<'a>(&'a self, scene: &'a Scene<'_>) -> Option<Cow<'a, str>> {
        self.0.read(scene)
    }

    /// The same for JSON text: what is put into it cannot break it.
    pub(crate) fn read_in_json<'a>(&'a self, scene: &'a Scene<'_>) -> Option<Cow<'a, str>> {
        let pieces = &self.0.0;
        if pieces.len() < 2 {
            return self.read(scene);
        }
        let mut whole = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => whole.push_str(text),
                Piece::Source(source) => {
                    let value = source.read(scene).unwrap_or_default();
                    let quoted = serde_json::Value::from(value.into_owned()).to_string();
                    whole.push_str(quoted.get(1..quoted.len() - 1).unwrap_or_default());
                }
            }
        }
        Some(whole.into())
    }
}

impl Source {
    /// Reads a name without its `$`; `text` is the whole value, for the error.
    fn parse(side: Side, name: &str, text: &str, expected: &'static str) -> Result<Self, MappingError> {
        let error = || MappingError::Source { name: text.to_owned(), expected };
        let word = |name: &str, more: &str| {
            !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || more.contains(letter))
        };
        if let Some(name) = name.strip_prefix("context.") {
            // `$context.authorizer.claims.cognito:groups` cannot be mapped on AWS either.
            let variable = word(name, "._").then(|| ContextVariable::parse(name)).ok_or_else(error)?;
            return Ok(Self::Value(ValueSource::Context(variable)));
        }
        if let Some(name) = name.strip_prefix("stageVariables.") {
            let name = word(name, "_").then(|| name.to_owned()).ok_or_else(error)?;
            return Ok(Self::Value(ValueSource::StageVariable(name)));
        }
        let own = if side == Side::Request { "request." } else { "response." };
        let own = name.strip_prefix(own).ok_or_else(error)?;
        if let Some(rest) = own.strip_prefix("body") {
            return Self::body(rest, text, error);
        }
        match (own, own.split_once('.').filter(|(_, name)| !name.is_empty()), side) {
            ("path", _, Side::Request) => Ok(Self::Path),
            (_, Some(("header", name)), _) => {
                let name: HeaderName = name.parse().map_err(|_| error())?;
                Ok(Self::Value(ValueSource::HeaderValues(name.as_str().to_owned())))
            }
            (_, Some(("querystring", name)), Side::Request)
                if !name.contains(|letter: char| " ${}".contains(letter)) =>
            {
                Ok(Self::Value(ValueSource::QueryValues(name.to_owned())))
            }
            (_, Some(("path", name)), Side::Request) if word(name, "_.:-") => {
                Ok(Self::Value(ValueSource::Path(name.to_owned())))
            }
            _ => Err(error()),
        }
    }

    /// The body, or a place in it: neither `..` nor a filter.
    fn body(rest: &str, text: &str, error: impl Fn() -> MappingError) -> Result<Self, MappingError> {
        if rest.is_empty() {
            return Ok(Self::Body);
        }
        if !rest.starts_with(['.', '[']) {
            return Err(error());
        }
        let path = JsonPath::parse(&format!("${rest}"));
        let path = path.map_err(|reason| MappingError::Path { source_text: text.to_owned(), reason })?;
        if path.searches() { Err(error()) } else { Ok(Self::BodyAt(path)) }
    }

    fn read<'a>(&'a self, scene: &'a Scene<'_>) -> Option<Cow<'a, str>> {
        match self {
            Self::Value(source) => source.value(scene.headers, scene.context),
            Self::Path => Some(scene.path.into()),
            Self::Body => scene.body.filter(|body| !body.is_empty()).map(String::from_utf8_lossy),
            // What was cut, or is no JSON, holds nothing.
            Self::BodyAt(path) => BodyText::new(Some(scene.start()?)).at(path).ok()?.map(Cow::from),
        }
    }
}

impl<'a> Scene<'a> {
    pub(crate) fn new(headers: &'a HeaderMap, path: &'a str, body: Option<&'a [u8]>, context: &'a Context) -> Self {
        Self { headers, path, body, start: OnceCell::new(), context }
    }

    /// The part of the body that JSONPath sees.
    fn start(&self) -> Option<&str> {
        let body = self.body?;
        Some(self.start.get_or_init(|| String::from_utf8_lossy(body.get(..BODY).unwrap_or(body))))
    }
}
