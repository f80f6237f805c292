//! From pieces and the facts of a request to an address.
//!
//! The parts are put together as parts, so that no value can move from one into another.

use std::{borrow::Cow, fmt::Write};

use bytes::Bytes;
use gateway_core::{Context, Error, ErrorKind};
use http::{
    HeaderValue, Uri,
    uri::{Authority, InvalidUri, Parts, PathAndQuery, Scheme},
};

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::{
    Host, Piece, UriTemplate, UriTemplateError,
    dots::climbs,
    query::{QUERY, without},
};
use crate::failure::misconfigured;

/// There is no address, in API Gateway's words.
#[derive(Debug, thiserror::Error)]
#[error("Invalid endpoint address")]
struct InvalidEndpoint(#[source] RenderError);

/// Why there is no address for a request; every kind but the last is the definition's fault.
#[derive(Debug, thiserror::Error)]
enum RenderError {
    #[error("the route has no path variable `{0}`")]
    Missing(String),
    #[error("the stage variables do not give a valid host")]
    Host,
    #[error("a stage variable brings a `?` or a `#` into the path")]
    Reserved,
    #[error("the address is not valid")]
    Invalid(#[source] InvalidUri),
    #[error("a path variable holds a `..` segment")]
    DotSegment,
}

/// What a mapping adds to an address: names and values, decoded or as they arrived.
pub(in crate::http) type Pairs = [(Box<str>, String)];

/// What the values of variables are.
#[derive(Clone, Copy)]
pub(in crate::http) enum Variables<'a> {
    /// The route's own path variables.
    OfRoute,
    /// Mapped ones; a variable without a value stays as it is written.
    Mapped(&'a Pairs),
    /// The route's own, in the query: the path is the request's, whatever the template's is.
    PathOverwritten,
}

impl UriTemplate {
    /// The address to call for `request`, whose path is the API's own, without stage and base path.
    ///
    /// # Errors
    /// [`ApiConfigurationError`](ErrorKind::ApiConfigurationError) if a path variable is missing or the outcome is no
    /// address, [`BadRequest`](ErrorKind::BadRequest) if the client's path leads out of the template's.
    pub fn render(&self, request: &Uri, context: &Context) -> Result<Uri, Error> {
        self.target(request, context).map(|(uri, _)| uri)
    }

    /// The address, and the `Host` header that goes with it.
    pub(crate) fn target(&self, request: &Uri, context: &Context) -> Result<(Uri, HeaderValue), Error> {
        self.proxied(request, Variables::OfRoute, &[], &[], context)
    }

    /// The same, where a mapping has set variables, parameters that follow the client's own, and what the address must not
    /// have of its own.
    pub(in crate::http) fn proxied(
        &self,
        request: &Uri,
        variables: Variables<'_>,
        added: &Pairs,
        replaced: &[Box<str>],
        context: &Context,
    ) -> Result<(Uri, HeaderValue), Error> {
        let appends = match context.route() {
            Some(route) => route.is_default,
            None => self.has_no_path(),
        };
        let overwrites = matches!(variables, Variables::PathOverwritten);
        let path = (appends || overwrites).then(|| request.path());
        let client = Client { path, overwrites, query: request.query().unwrap_or_default(), added, replaced };
        if added.is_empty()
            && !overwrites
            && let Some(unchanged) = self.unchanged(request, appends)
        {
            return unchanged.map_err(|error| refused(error, context));
        }
        self.written(variables, &client, context)
    }

    /// The address for a call that has nothing of the client's own address.
    #[cfg(feature = "mapping")]
    pub(in crate::http) fn called(
        &self,
        path: &Pairs,
        query: &Pairs,
        context: &Context,
    ) -> Result<(Uri, HeaderValue), Error> {
        self.written(
            Variables::Mapped(path),
            &Client { path: None, overwrites: false, query: "", added: query, replaced: &[] },
            context,
        )
    }

    fn written(
        &self,
        variables: Variables<'_>,
        client: &Client<'_>,
        context: &Context,
    ) -> Result<(Uri, HeaderValue), Error> {
        if let (Some(uri), Host::Fixed(_, host)) = (&self.constant, &self.host)
            && client.changes_nothing()
        {
            return Ok((uri.clone(), host.clone()));
        }
        let values = match variables {
            Variables::OfRoute | Variables::PathOverwritten => Values::Of(context),
            Variables::Mapped(pairs) => Values::Mapped(pairs, context),
        };
        self.assemble(&values, client).map_err(|error| refused(error, context))
    }

    /// The client's own path and query on a fixed host: nothing is written, nothing is parsed.
    fn unchanged(&self, request: &Uri, appends: bool) -> Option<Result<(Uri, HeaderValue), RenderError>> {
        let target = request.path_and_query().filter(|target| target.path().starts_with('/'))?;
        match &self.host {
            Host::Fixed(authority, host) if appends && self.has_no_path() && self.query.is_empty() => {
                if climbs(target.path()) {
                    return Some(Err(RenderError::DotSegment));
                }
                Some(self.uri(authority.clone(), target.clone()).map(|uri| (uri, host.clone())))
            }
            _ => None,
        }
    }

    /// Puts the parts together; nothing is parsed again.
    fn uri(&self, authority: Authority, target: PathAndQuery) -> Result<Uri, RenderError> {
        let mut parts = Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(authority);
        parts.path_and_query = Some(target);
        Uri::from_parts(parts).map_err(|_| RenderError::Host)
    }

    /// An address of this form, with `1` for every variable.
    pub(super) fn sample(&self) -> Result<Uri, UriTemplateError> {
        let client = Client { path: None, overwrites: false, query: "", added: &[], replaced: &[] };
        let (uri, _) = self.assemble(&Values::Sample, &client).map_err(|error| match error {
            RenderError::Invalid(source) => UriTemplateError::Invalid(source),
            RenderError::DotSegment => UriTemplateError::DotSegment,
            RenderError::Missing(_) | RenderError::Host | RenderError::Reserved => UriTemplateError::Host,
        })?;
        if climbs(uri.path()) {
            return Err(UriTemplateError::DotSegment);
        }
        Ok(uri)
    }

    /// Writes path and query into one text, which is parsed once and not copied.
    fn assemble(&self, values: &Values<'_>, client: &Client<'_>) -> Result<(Uri, HeaderValue), RenderError> {
        let room = client.path.map_or(0, str::len) + client.query.len() + 1;
        let mut text = String::with_capacity(room + length(&self.path) + length(&self.query));
        let (authority, host) = match &self.host {
            Host::Fixed(authority, host) => (authority.clone(), host.clone()),
            Host::Rendered(pieces) => {
                let mut whole = String::with_capacity(length(pieces));
                for piece in pieces {
                    piece.write(&mut whole, values, &[])?;
                }
                // A stage variable in the place of the host may bring the start of the path along.
                let start = whole.find('/').unwrap_or(whole.len());
                text.push_str(whole.get(start..).unwrap_or_default());
                whole.truncate(start);
                authority(&self.scheme, whole).ok_or(RenderError::Host)?
            }
        };
        if client.overwrites {
            text.clear();
        }
        self.write_path(&mut text, values, client)?;
        self.write_query(&mut text, values, client)?;
        let target = PathAndQuery::from_maybe_shared(Bytes::from(text)).map_err(RenderError::Invalid)?;
        Ok((self.uri(authority, target)?, host))
    }

    /// Writes the path, and checks the part of it that the client had a hand in.
    fn write_path(&self, out: &mut String, values: &Values<'_>, client: &Client<'_>) -> Result<(), RenderError> {
        // Where the client's part begins: at the start of the first segment that holds any of it.
        let mut clients = None;
        let own = if client.overwrites { &[][..] } else { &self.path };
        for piece in own {
            if let Piece::PathVariable(_) = piece {
                clients = clients.or_else(|| out.rfind('/'));
            }
            piece.write(out, values, &['?', '#'])?;
        }
        if let Some(path) = client.path {
            if out.ends_with('/') {
                out.pop();
            }
            clients = clients.or(Some(out.len()));
            if !path.starts_with('/') {
                out.push('/');
            }
            out.push_str(path);
        }
        if out.is_empty() {
            out.push('/');
        }
        // Paths are short: a plain loop beats the search of `str`.
        if out.bytes().any(|byte| matches!(byte, b'?' | b'#')) {
            return Err(RenderError::Reserved);
        }
        match clients.and_then(|start| out.get(start..)) {
            Some(part) if climbs(part) => Err(RenderError::DotSegment),
            _ => Ok(()),
        }
    }

    /// Writes the template's own pairs first, then the client's as they came, then those that are mapped.
    fn write_query(&self, out: &mut String, values: &Values<'_>, client: &Client<'_>) -> Result<(), RenderError> {
        let (mut separator, path) = ('?', out.len());
        if !self.query.is_empty() {
            out.push(separator);
            separator = '&';
        }
        for piece in &self.query {
            let start = out.len();
            // As part of a path these letters were text; here they end a value, mean a space, or are not allowed.
            piece.write(out, values, &['&', '=', '+', ';', '?', '#', '"'])?;
            let is_stage_variable = matches!(piece, Piece::StageVariable(_));
            if is_stage_variable && out.get(start..).is_some_and(|value| value.contains('#')) {
                return Err(RenderError::Reserved);
            }
        }
        if !self.query.is_empty() && !client.replaced.is_empty() {
            let own = out.split_off(path);
            separator = without(client.replaced, &own, out);
        }
        if !client.query.is_empty() {
            out.push(separator);
            out.push_str(client.query);
            separator = '&';
        }
        for (name, value) in client.added {
            out.push(separator);
            out.extend(utf8_percent_encode(name, QUERY));
            out.push('=');
            out.extend(utf8_percent_encode(value, QUERY));
            separator = '&';
        }
        Ok(())
    }
}

/// Nowhere in an address are these allowed.
const UNSAFE: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\\').add(b'^').add(b'`').add(b'{').add(b'|').add(b'}');

/// In a path that is written as a whole these end it, or are not allowed; what is encoded stays so.
#[cfg(feature = "mapping")]
pub(crate) const PATH: &AsciiSet = &UNSAFE.add(b'?').add(b'#');

/// The failure of a request whose address cannot be rendered.
fn refused(error: RenderError, context: &Context) -> Error {
    match error {
        RenderError::DotSegment => Error::new(ErrorKind::BadRequest).with_source(error),
        _ => misconfigured(context, InvalidEndpoint(error)),
    }
}

impl Host {
    /// A host without variables, parsed once.
    pub(super) fn fixed(scheme: &Scheme, pieces: &[Piece]) -> Result<Self, UriTemplateError> {
        let text = match pieces {
            [Piece::Text(text)] => text.clone(),
            _ => return Err(UriTemplateError::Host),
        };
        if text.contains('@') {
            return Err(UriTemplateError::Credentials);
        }
        let (authority, host) = authority(scheme, text).ok_or(UriTemplateError::Host)?;
        Ok(Self::Fixed(authority, host))
    }
}

impl Piece {
    /// Writes this piece for one request; in the value of a path variable, `reserved` letters are percent-encoded.
    fn write(&self, out: &mut String, values: &Values<'_>, reserved: &[char]) -> Result<(), RenderError> {
        match (self, values) {
            (Self::Text(text), _) => out.push_str(text),
            (_, Values::Sample) => out.push('1'),
            (Self::StageVariable(name), Values::Of(context) | Values::Mapped(_, context)) => {
                out.push_str(context.stage_variable(name).unwrap_or_default());
            }
            (Self::PathVariable(name), Values::Of(context)) => {
                let value = context.path_param(name).ok_or_else(|| RenderError::Missing(name.clone()))?;
                escape(out, value, reserved);
            }
            (Self::PathVariable(name), Values::Mapped(pairs, _)) => {
                match pairs.iter().find(|(known, _)| **known == **name) {
                    Some((_, value)) => escape(out, &safe(value), reserved),
                    None => out.extend(["{", name, "}"]),
                }
            }
        }
        Ok(())
    }
}

/// Where the values of variables come from.
enum Values<'a> {
    Of(&'a Context),
    Mapped(&'a Pairs, &'a Context),
    Sample,
}

/// What the client's own address and a mapping add.
struct Client<'a> {
    path: Option<&'a str>,
    /// Whether the path stands in place of the template's own, and not behind it.
    overwrites: bool,
    query: &'a str,
    added: &'a Pairs,
    /// Parameters that the template's own query loses.
    replaced: &'a [Box<str>],
}

impl Client<'_> {
    fn changes_nothing(&self) -> bool {
        self.path.is_none() && self.query.is_empty() && self.added.is_empty() && self.replaced.is_empty()
    }
}

/// A mapped value as part of an address: what was encoded stays so, what may not stand there is encoded.
fn safe(value: &str) -> Cow<'_, str> {
    let encoded = Cow::from(utf8_percent_encode(value, UNSAFE));
    let is_escape =
        |rest: &str| rest.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
    if encoded.split('%').skip(1).all(is_escape) {
        return encoded;
    }
    let mut out = String::with_capacity(encoded.len() + 8);
    for (place, part) in encoded.split('%').enumerate() {
        if place > 0 {
            out.push_str(if is_escape(part) { "%" } else { "%25" });
        }
        out.push_str(part);
    }
    Cow::Owned(out)
}

/// About how long the text will be: names are as long as values.
fn length(pieces: &[Piece]) -> usize {
    let length = |piece: &Piece| match piece {
        Piece::Text(text) => text.len(),
        Piece::StageVariable(name) | Piece::PathVariable(name) => name.len(),
    };
    pieces.iter().map(length).sum::<usize>() + 1
}

/// The authority, and its `Host` header, which leaves the scheme's own port out.
fn authority(scheme: &Scheme, text: String) -> Option<(Authority, HeaderValue)> {
    let authority = Authority::from_maybe_shared(Bytes::from(text)).ok()?;
    if authority.host().is_empty() || authority.as_str().contains('@') {
        return None;
    }
    let own_port = if *scheme == Scheme::HTTPS { ":443" } else { ":80" };
    let name = authority.as_str();
    let host = HeaderValue::from_str(name.strip_suffix(own_port).unwrap_or(name)).ok()?;
    Some((authority, host))
}

/// Writes `value`, with the letters that mean something here percent-encoded.
fn escape(out: &mut String, value: &str, reserved: &[char]) {
    let mut rest = value;
    while let Some(at) = rest.find(reserved) {
        let (plain, after) = rest.split_at(at);
        out.push_str(plain);
        let letter = after.chars().next().map_or(0, u32::from);
        let _ = write!(out, "%{letter:02X}");
        rest = after.get(1..).unwrap_or_default();
    }
    out.push_str(rest);
}
