//! From text to pieces, once.
//!
//! ```text
//! address = scheme "://" host [ "/" path ] [ "?" query ]
//! host    = ( text | stage )*
//! path    = ( text | stage | variable )*
//! query   = ( text | stage | variable )*
//! stage   = "${stageVariables." name "}"
//! variable = "{" name [ "+" ] "}"
//! ```

use std::str::FromStr;

use http::uri::{InvalidUri, Scheme};

use super::{Host, Piece, UriTemplate};

/// Why a text is no address of a backend.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UriTemplateError {
    /// The address is relative, or its scheme is another one.
    #[error("the address must begin with http:// or https://")]
    Scheme,
    /// The host is empty or not valid.
    #[error("the address has no valid host")]
    Host,
    /// The client would choose the host.
    #[error("the path variable `{{{0}}}` stands in the place of the host, where only stage variables may stand")]
    PathVariableInHost(String),
    /// There is a user or a password before the host.
    #[error("the address must not hold credentials")]
    Credentials,
    /// There is a fragment.
    #[error("the address must not have a fragment (`#`)")]
    Fragment,
    /// A brace is open, or closes nothing, or holds no name.
    #[error("the braces around `{0}` hold no variable: write {{name}} or ${{stageVariables.name}}")]
    Braces(String),
    /// The path leads upwards.
    #[error("the path must not hold a `..` segment")]
    DotSegment,
    /// Some letter is not allowed, or the address is too long.
    #[error("the address is not valid: {0}")]
    Invalid(#[source] InvalidUri),
}

const STAGE_VARIABLE: &str = "${stageVariables.";

impl UriTemplate {
    /// Compiles an address. One without variables is rendered here, once and for all.
    ///
    /// # Errors
    /// When the text is no address, or a path variable stands in the place of the host.
    ///
    /// # Example
    /// ```
    /// use gateway_integrations::http::{UriTemplate, UriTemplateError};
    ///
    /// assert!(UriTemplate::parse("https://pets.internal/v1/{proxy+}")?.is_https());
    /// let error = UriTemplate::parse("http://pets.internal/{id").unwrap_err();
    /// assert!(error.to_string().contains("write {name}"));
    /// # Ok::<(), UriTemplateError>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, UriTemplateError> {
        let (scheme, rest) = text.split_once("://").ok_or(UriTemplateError::Scheme)?;
        let scheme = match scheme {
            _ if scheme.eq_ignore_ascii_case("http") => Scheme::HTTP,
            _ if scheme.eq_ignore_ascii_case("https") => Scheme::HTTPS,
            _ => return Err(UriTemplateError::Scheme),
        };
        let mut pieces = Pieces::default();
        let mut rest = rest;
        while !rest.is_empty() {
            rest = pieces.read(rest)?;
        }
        let Pieces { host, path, query, .. } = pieces;
        let host = if host.iter().all(Piece::is_text) { Host::fixed(&scheme, &host)? } else { Host::Rendered(host) };
        let mut template = Self { scheme, host, path, query, constant: None };
        // An address whose variables are all "1" shows what is wrong with its fixed parts.
        let sample = template.sample()?;
        let is_fixed = matches!(template.host, Host::Fixed(..));
        if is_fixed && template.path.iter().chain(&template.query).all(Piece::is_text) {
            template.constant = Some(sample);
        }
        Ok(template)
    }
}

impl FromStr for UriTemplate {
    type Err = UriTemplateError;

    fn from_str(text: &str) -> Result<Self, UriTemplateError> {
        Self::parse(text)
    }
}

impl Piece {
    fn is_text(&self) -> bool {
        matches!(self, Self::Text(_))
    }
}

/// Which part of the address is being read.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Host,
    Path,
    Query,
}

/// What has been read so far.
#[derive(Default)]
struct Pieces {
    place: Place,
    host: Vec<Piece>,
    path: Vec<Piece>,
    query: Vec<Piece>,
}

impl Pieces {
    /// Reads one letter or one variable; returns what follows it.
    fn read<'a>(&mut self, text: &'a str) -> Result<&'a str, UriTemplateError> {
        if let Some(after) = text.strip_prefix(STAGE_VARIABLE) {
            let (name, rest) = closed(after)?;
            self.list().push(Piece::StageVariable(name.to_owned()));
            return Ok(rest);
        }
        if let Some((other, rest)) = text.strip_prefix("${").and_then(|after| after.split_once('}')) {
            // AWS leaves any other `${x}` as it is.
            for part in ["${", other, "}"] {
                self.push(part);
            }
            return Ok(rest);
        }
        if let Some(after) = text.strip_prefix('{') {
            let (name, rest) = closed(after)?;
            if self.place == Place::Host {
                return Err(UriTemplateError::PathVariableInHost(name.to_owned()));
            }
            self.list().push(Piece::PathVariable(name.to_owned()));
            return Ok(rest);
        }
        let letter = text.chars().next().unwrap_or_default();
        let (first, rest) = text.split_at(letter.len_utf8());
        match (letter, self.place) {
            ('#', _) => return Err(UriTemplateError::Fragment),
            ('}', _) => return Err(UriTemplateError::Braces(text.to_owned())),
            ('?', Place::Host | Place::Path) => {
                self.place = Place::Query;
                return Ok(rest);
            }
            ('/', Place::Host) => self.place = Place::Path,
            _ => {}
        }
        self.push(first);
        Ok(rest)
    }

    /// The pieces of the part that is being read.
    fn list(&mut self) -> &mut Vec<Piece> {
        match self.place {
            Place::Host => &mut self.host,
            Place::Path => &mut self.path,
            Place::Query => &mut self.query,
        }
    }

    /// Adds text, to the text before it if there is some.
    fn push(&mut self, text: &str) {
        let list = self.list();
        if let Some(Piece::Text(last)) = list.last_mut() {
            last.push_str(text);
        } else {
            list.push(Piece::Text(text.to_owned()));
        }
    }
}

/// The name up to the closing brace, without the `+` of a greedy variable, and what follows.
fn closed(text: &str) -> Result<(&str, &str), UriTemplateError> {
    let error = || UriTemplateError::Braces(text.to_owned());
    let (name, rest) = text.split_once('}').ok_or_else(error)?;
    let name = name.strip_suffix('+').unwrap_or(name);
    let valid = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.' | ':');
    if name.is_empty() || !name.chars().all(valid) {
        return Err(error());
    }
    Ok((name, rest))
}
