use std::borrow::Cow;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::{
    context::Context,
    source::{SourceError, ValueSource},
    template::Template,
};

const REFERENCES: &[&str] = &["$context.", "$stageVariables.", "$method.request.", "method.request."];

/// The definition of one gateway response; what is left out comes from elsewhere, see
/// [`GatewayResponses`](super::GatewayResponses).
#[derive(Clone, Debug, Default)]
pub struct GatewayResponse {
    status: Option<StatusCode>,
    headers: Vec<(HeaderName, ValueSource)>,
    templates: Vec<(String, Template)>,
}

/// Headers that frame the message or the connection: the server writes them itself.
const FRAMING: &[&str] = &[
    "connection",
    "content-length",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Why a gateway response cannot be defined so.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GatewayResponseError {
    /// The name is no header name.
    #[error("`{0}` is not a header name")]
    Header(String),
    /// The server writes this header itself: another value would tear the answer apart.
    #[error("a gateway response cannot set `{0}`; the server does")]
    Framing(String),
    /// The value has no source.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The status is out of range.
    #[error("{0} is not a status code between 200 and 599")]
    Status(u16),
}

impl GatewayResponse {
    /// A definition that leaves everything out.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The status to answer with, between 200 and 599.
    ///
    /// # Errors
    /// [`GatewayResponseError::Status`] when it is out of range.
    pub fn status(mut self, status: u16) -> Result<Self, GatewayResponseError> {
        let code = StatusCode::from_u16(status).ok().filter(|code| (200..600).contains(&code.as_u16()));
        self.status = Some(code.ok_or(GatewayResponseError::Status(status))?);
        Ok(self)
    }

    /// Adds a header (`gatewayresponse.header.NAME`) from a [source](ValueSource): `'text'`,
    /// `method.request.header.NAME`, `context.NAME`, `stageVariables.NAME`. The request's ids and `x-amzn-ErrorType`
    /// stay what they are.
    ///
    /// # Errors
    /// When name or source cannot be read, or the header frames the message.
    pub fn header(mut self, name: &str, source: &str) -> Result<Self, GatewayResponseError> {
        let parsed: HeaderName = name.parse().map_err(|_| GatewayResponseError::Header(name.to_owned()))?;
        if FRAMING.contains(&parsed.as_str()) {
            return Err(GatewayResponseError::Framing(name.to_owned()));
        }
        self.headers.push((parsed, ValueSource::parse(source)?));
        Ok(self)
    }

    /// Adds a body template for a content type: text with `$context.NAME`, `$stageVariables.NAME` and
    /// `method.request.POSITION.NAME` in it. It is not VTL; what is missing is empty.
    #[must_use]
    pub fn template(mut self, content_type: impl Into<String>, template: &str) -> Self {
        self.templates.push((content_type.into(), Template::parse(template, REFERENCES)));
        self
    }

    pub(super) fn reads_headers(&self) -> bool {
        let named = self.headers.iter().map(|(_, source)| source);
        let written = self.templates.iter().flat_map(|(_, template)| template.sources());
        self.templates.len() > 1 || named.chain(written).any(ValueSource::reads_headers)
    }

    pub(super) fn own_status(&self) -> Option<StatusCode> {
        self.status
    }

    pub(super) fn apply_headers(&self, to: &mut HeaderMap, request: &HeaderMap, context: &Context) {
        for (name, source) in &self.headers {
            let value = source.value(request, context).and_then(|text| HeaderValue::from_str(&text).ok());
            if let Some(value) = value {
                to.insert(name.clone(), value);
            }
        }
    }

    /// The body, with its content type: by the first type of `Accept`, else JSON, else the first.
    pub(super) fn body(&self, request: &HeaderMap, context: &Context) -> Option<(&str, String)> {
        let accept = request.get(http::header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let wanted = accept.split([',', ';']).next().unwrap_or_default().trim();
        let by_type =
            |content_type: &str| self.templates.iter().find(|(key, _)| key.eq_ignore_ascii_case(content_type));
        let (content_type, template) =
            by_type(wanted).or_else(|| by_type("application/json")).or_else(|| self.templates.first())?;
        let mut body = String::new();
        template.render(&mut body, request, context, |out, value: Option<Cow<'_, str>>| {
            out.push_str(&value.unwrap_or_default());
        });
        Some((content_type, body))
    }
}
