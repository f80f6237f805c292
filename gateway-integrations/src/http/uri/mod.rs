//! `UriTemplate`: the address of a backend, with variables in it, compiled once.

mod dots;
mod parse;
mod query;
mod render;

use http::{
    HeaderValue, Uri,
    uri::{Authority, Scheme},
};

pub use self::parse::UriTemplateError;
pub(super) use self::render::Variables;
#[cfg(feature = "mapping")]
pub(crate) use self::{
    dots::climbs,
    query::{QUERY, parameter_name},
    render::PATH,
};

/// The address of a backend.
///
/// - `{id}` stands for a path variable of the route, inserted as it arrived, still percent-encoded. A greedy variable
///   `{proxy+}` may be written `{proxy}` or `{proxy+}`. Allowed in the path and in the query.
/// - `${stageVariables.name}` stands for a stage variable, an empty text where there is none. Allowed everywhere
///   behind the scheme; in the place of the host it may bring the start of the path along (`example.com/v1`).
/// - The client's query string follows the template's own, unchanged.
///
/// No value that a client sends changes the host, begins a query string or leads out of the path that the template
/// gives: a `..` segment in it, also in disguise (`%2e%2e`, `..;x`, behind a `%2F` or a backslash), is refused.
///
/// The path of the request is appended on the `$default` route of an HTTP API. It is also appended where no gateway
/// stands in front and the template has no path of its own, as other reverse proxies do.
///
/// AWS developer guide: *Set up an HTTP integration*, *API Gateway stage variables reference*, *HTTP proxy integrations
/// for HTTP APIs*.
///
/// # Example
/// ```
/// use gateway_integrations::http::UriTemplate;
///
/// let template = UriTemplate::parse("http://${stageVariables.host}/pets/{id}?fields={fields}")?;
/// assert!(UriTemplate::parse("http://{host}/pets").is_err());
/// # Ok::<(), gateway_integrations::http::UriTemplateError>(())
/// ```
#[derive(Clone, Debug)]
pub struct UriTemplate {
    scheme: Scheme,
    host: Host,
    path: Vec<Piece>,
    query: Vec<Piece>,
    /// The whole, where it has no variables.
    constant: Option<Uri>,
}

#[derive(Clone, Debug)]
enum Host {
    Fixed(Authority, HeaderValue),
    Rendered(Vec<Piece>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    StageVariable(String),
    PathVariable(String),
}

impl UriTemplate {
    /// Whether the backend is called over TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }

    /// The names of the path variables, as the route must have them.
    pub fn path_variables(&self) -> impl Iterator<Item = &str> {
        self.path.iter().chain(&self.query).filter_map(|piece| match piece {
            Piece::PathVariable(name) => Some(name.as_str()),
            Piece::Text(_) | Piece::StageVariable(_) => None,
        })
    }

    /// Whether the address ends with the host.
    fn has_no_path(&self) -> bool {
        match self.path.as_slice() {
            [] => true,
            [Piece::Text(text)] => text == "/",
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;
