//! `GatewayResponses`: what the gateway itself answers, when it refuses or fails a request.

mod definition;
mod render;

use std::collections::HashMap;

use http::HeaderMap;

pub use self::definition::{GatewayResponse, GatewayResponseError};
pub(crate) use self::render::{render_alone, render_stock, stamp, without_body};
use crate::{
    context::{ApiKind, Context},
    error::{Error, ErrorKind},
    service::Response,
    trace::{Step, reason},
};

/// The gateway responses of an API: the definitions given, with the stock table below them.
///
/// A kind without a definition takes status, headers and templates from `DEFAULT_4XX` or `DEFAULT_5XX`, by the family
/// of its own stock status; a kind with one takes what it leaves out from the stock table.
///
/// AWS developer guide: *Gateway responses in API Gateway*.
///
/// # Example
/// ```
/// use gateway_core::{ErrorKind, GatewayResponse, GatewayResponses};
///
/// let responses = GatewayResponses::default()
///     .with(ErrorKind::Throttled, GatewayResponse::new().header("retry-after", "'1'")?)
///     .with_default_4xx(GatewayResponse::new().template("application/json", r#"{"error":$context.error.messageString}"#));
/// # Ok::<(), gateway_core::GatewayResponseError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct GatewayResponses {
    defined: HashMap<ErrorKind, GatewayResponse>,
    default_4xx: Option<GatewayResponse>,
    default_5xx: Option<GatewayResponse>,
}

impl GatewayResponses {
    /// Defines the answer for one kind.
    #[must_use]
    pub fn with(mut self, kind: ErrorKind, response: GatewayResponse) -> Self {
        self.defined.insert(kind, response);
        self
    }

    /// Defines what every 4xx kind without a definition of its own takes.
    #[must_use]
    pub fn with_default_4xx(mut self, response: GatewayResponse) -> Self {
        self.default_4xx = Some(response);
        self
    }

    /// Defines what every 5xx kind without a definition of its own takes.
    #[must_use]
    pub fn with_default_5xx(mut self, response: GatewayResponse) -> Self {
        self.default_5xx = Some(response);
        self
    }

    /// Whether rendering may need the request's headers, which the integration has consumed by then.
    #[must_use]
    pub fn reads_headers(&self) -> bool {
        let all = self.defined.values().chain(&self.default_4xx).chain(&self.default_5xx);
        all.into_iter().any(GatewayResponse::reads_headers)
    }

    /// Renders the answer to an error, and writes the error down in the context.
    #[must_use]
    pub fn render(&self, error: Error, context: &Context) -> Response {
        self.render_as(context.kind(), error, context)
    }

    fn render_as(&self, kind: ApiKind, error: Error, context: &Context) -> Response {
        context.refuse(&error);
        let (source, definition) = self.definition(error.kind());
        context.record(|| {
            let stock = if kind == ApiKind::Rest { error.kind().status() } else { error.http_status() };
            Step::GatewayResponse {
                response_type: error.kind().name().to_owned(),
                source: source.to_owned(),
                status: definition.and_then(GatewayResponse::own_status).unwrap_or(stock),
                reason: reason(&error),
            }
        });
        let none = HeaderMap::new();
        render::answer(kind, error, definition, context.headers().unwrap_or(&none), context)
    }

    /// What defines the answer of this kind, by its name.
    fn definition(&self, kind: ErrorKind) -> (&'static str, Option<&GatewayResponse>) {
        let server = kind.status().is_server_error();
        let (name, family) =
            if server { ("DEFAULT_5XX", &self.default_5xx) } else { ("DEFAULT_4XX", &self.default_4xx) };
        if !kind.is_customisable() {
            return ("stock", None);
        }
        match (self.defined.get(&kind), family) {
            (Some(own), _) => ("explicit", Some(own)),
            (None, Some(family)) => (name, Some(family)),
            (None, None) => ("stock", None),
        }
    }
}
