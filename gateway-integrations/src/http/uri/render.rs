//! From pieces and the facts of a request to an address.
//!
//! The parts are put together as parts, so that no value can move from one into another.

use std::fmt::Write;

use bytes::Bytes;
use gateway_core::{Context, Error, ErrorKind};
use http::{
    HeaderValue, Uri,
    uri::{Authority, InvalidUri, Parts, PathAndQuery, Scheme},
};

use super::{Host, Piece, UriTemplate, UriTemplateError, dots::climbs};

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
        let appends = match context.route() {
            Some(route) => route.is_default,
            None => self.has_no_path(),
        };
        let client = Client { path: appends.then(|| request.path()), query: request.query().unwrap_or_default() };
        if let (Some(uri), Host::Fixed(_, host)) = (&self.constant, &self.host)
            && client.path.is_none()
            && client.query.is_empty()
        {
            return Ok((uri.clone(), host.clone()));
        }
        let answer = match self.unchanged(request, appends) {
            Some(answer) => answer,
            None => self.assemble(&Values::Of(context), &client),
        };
        answer.map_err(|error| {
            let kind = match error {
                RenderError::DotSegment => ErrorKind::BadRequest,
                _ => ErrorKind::ApiConfigurationError,
            };
            Error::new(kind).with_source(error)
        })
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
        let client = Client { path: None, query: "" };
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
                    whole.push_str(piece.value(values)?);
                }
                // A stage variable in the place of the host may bring the start of the path along.
                let start = whole.find('/').unwrap_or(whole.len());
                text.push_str(whole.get(start..).unwrap_or_default());
                whole.truncate(start);
                authority(&self.scheme, whole).ok_or(RenderError::Host)?
            }
        };
        self.write_path(&mut text, values, client.path)?;
        self.write_query(&mut text, values, client.query)?;
        let target = PathAndQuery::from_maybe_shared(Bytes::from(text)).map_err(RenderError::Invalid)?;
        Ok((self.uri(authority, target)?, host))
    }

    /// Writes the path, and checks the part of it that the client had a hand in.
    fn write_path(&self, out: &mut String, values: &Values<'_>, appended: Option<&str>) -> Result<(), RenderError> {
        // Where the client's part begins: at the start of the first segment that holds any of it.
        let mut clients = None;
        for piece in &self.path {
            if let Piece::PathVariable(_) = piece {
                clients = clients.or_else(|| out.rfind('/'));
                escape(out, piece.value(values)?, &['?', '#']);
            } else {
                out.push_str(piece.value(values)?);
            }
        }
        if let Some(path) = appended {
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
        if out.contains(['?', '#']) {
            return Err(RenderError::Reserved);
        }
        match clients.and_then(|start| out.get(start..)) {
            Some(part) if climbs(part) => Err(RenderError::DotSegment),
            _ => Ok(()),
        }
    }

    /// Writes the template's own pairs first, then the client's as they came.
    fn write_query(&self, out: &mut String, values: &Values<'_>, client: &str) -> Result<(), RenderError> {
        let mut separator = '?';
        if !self.query.is_empty() {
            out.push(separator);
            separator = '&';
        }
        for piece in &self.query {
            let value = piece.value(values)?;
            match piece {
                // As part of a path these letters were text; here they end a value, mean a space, or are not allowed.
                Piece::PathVariable(_) => escape(out, value, &['&', '=', '+', ';', '?', '#', '"']),
                Piece::StageVariable(_) if value.contains('#') => return Err(RenderError::Reserved),
                Piece::StageVariable(_) | Piece::Text(_) => out.push_str(value),
            }
        }
        if !client.is_empty() {
            out.push(separator);
            out.push_str(client);
        }
        Ok(())
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
    /// The text of this piece for one request.
    fn value<'a>(&'a self, values: &Values<'a>) -> Result<&'a str, RenderError> {
        match (self, values) {
            (Self::Text(text), _) => Ok(text),
            (_, Values::Sample) => Ok("1"),
            (Self::StageVariable(name), Values::Of(context)) => Ok(context.stage_variable(name).unwrap_or_default()),
            (Self::PathVariable(name), Values::Of(context)) => {
                context.path_param(name).ok_or_else(|| RenderError::Missing(name.clone()))
            }
        }
    }
}

/// Where the values of variables come from.
enum Values<'a> {
    Of(&'a Context),
    Sample,
}

/// What the client's own address adds.
struct Client<'a> {
    path: Option<&'a str>,
    query: &'a str,
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
