//! Why a request was refused: one error, whose kinds are the gateway response types.

use std::{borrow::Cow, error::Error as StdError, fmt};

use http::{HeaderName, HeaderValue, StatusCode};
use tower::BoxError;

/// Why the gateway refused or failed a request.
///
/// `Display` prints this level only; walk [`source`](StdError::source) for the cause.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    status: Option<StatusCode>,
    http_status: Option<StatusCode>,
    message: Option<Cow<'static, str>>,
    exception: Option<&'static str>,
    header: Option<(HeaderName, HeaderValue)>,
    source: Option<BoxError>,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal, $status:literal, $message:expr, $exception:literal, $http:literal;)+) => {
        /// The gateway response types, and the few refusals that cannot be customised.
        ///
        /// AWS developer guide: *Gateway response types*.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $($(#[$doc])* $kind,)+
        }

        impl ErrorKind {
            /// Every kind, in the order of the guide's table.
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// The name of the gateway response type, such as `MISSING_AUTHENTICATION_TOKEN`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$kind => $name),+ }
            }

            /// The status of the stock answer of a REST API.
            #[must_use]
            pub fn status(self) -> StatusCode {
                let code: u16 = match self { $(Self::$kind => $status),+ };
                StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }

            /// The stock `$context.error.message` of a REST API.
            #[must_use]
            pub fn message(self) -> Option<&'static str> {
                match self { $(Self::$kind => $message),+ }
            }

            /// The value of `x-amzn-ErrorType`.
            #[must_use]
            pub fn exception(self) -> &'static str {
                match self { $(Self::$kind => $exception),+ }
            }

            /// The status of the answer of an HTTP API, which knows fewer.
            #[must_use]
            pub fn http_status(self) -> StatusCode {
                let code: u16 = match self { $(Self::$kind => $http),+ };
                StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    };
}

kinds! {
    /// A policy or an authorizer denies.
    AccessDenied = "ACCESS_DENIED", 403, Some("User is not authorized to access this resource"), "AccessDeniedException", 403;
    /// The API's own definition cannot be carried out.
    ApiConfigurationError = "API_CONFIGURATION_ERROR", 500, Some("Internal server error"), "InternalServerErrorException", 500;
    /// The authorizer cannot be called, or its output cannot be used.
    AuthorizerConfigurationError = "AUTHORIZER_CONFIGURATION_ERROR", 500, None, "AuthorizerConfigurationException", 500;
    /// The authorizer failed.
    AuthorizerFailure = "AUTHORIZER_FAILURE", 500, None, "AuthorizerFailureException", 500;
    /// A required parameter is missing.
    BadRequestParameters = "BAD_REQUEST_PARAMETERS", 400, Some("Missing required request parameters"), "BadRequestException", 400;
    /// The body does not match its model.
    BadRequestBody = "BAD_REQUEST_BODY", 400, Some("Invalid request body"), "BadRequestException", 400;
    /// An AWS token has expired.
    ExpiredToken = "EXPIRED_TOKEN", 403, Some("The security token included in the request is expired"), "ExpiredTokenException", 403;
    /// The backend could not be reached.
    IntegrationFailure = "INTEGRATION_FAILURE", 504, Some("Network error communicating with endpoint"), "InternalServerErrorException", 503;
    /// The backend did not answer in time.
    IntegrationTimeout = "INTEGRATION_TIMEOUT", 504, Some("Endpoint request timed out"), "InternalServerErrorException", 504;
    /// The API key is missing, unknown, disabled, or not in a plan of this stage.
    InvalidApiKey = "INVALID_API_KEY", 403, Some("Forbidden"), "ForbiddenException", 403;
    /// A SigV4 signature does not match.
    InvalidSignature = "INVALID_SIGNATURE", 403, Some("The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."), "InvalidSignatureException", 403;
    /// No route, or an unsigned call where a signed one is needed.
    MissingAuthenticationToken = "MISSING_AUTHENTICATION_TOKEN", 403, Some("Missing Authentication Token"), "MissingAuthenticationTokenException", 404;
    /// The quota of the usage plan is used up.
    QuotaExceeded = "QUOTA_EXCEEDED", 429, Some("Limit Exceeded"), "LimitExceededException", 429;
    /// The payload is over the limit. Not customisable.
    RequestTooLarge = "REQUEST_TOO_LARGE", 413, Some("Request Too Long"), "RequestTooLargeException", 413;
    /// An authenticated call to a resource that does not exist.
    ResourceNotFound = "RESOURCE_NOT_FOUND", 404, Some("Not Found"), "ResourceNotFoundException", 404;
    /// A throttle of the plan, the method, the stage or the account.
    Throttled = "THROTTLED", 429, Some("Too Many Requests"), "TooManyRequestsException", 429;
    /// The caller could not be authenticated.
    Unauthorized = "UNAUTHORIZED", 401, Some("Unauthorized"), "UnauthorizedException", 401;
    /// The content type or coding is refused.
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE", 415, Some("Unsupported Media Type"), "BadRequestException", 415;
    /// A web ACL blocks.
    WafFiltered = "WAF_FILTERED", 403, Some("Forbidden"), "ForbiddenException", 403;
    /// No API or stage answers here: unknown host, unknown stage, disabled endpoint. Not customisable.
    Forbidden = "FORBIDDEN", 403, Some("Forbidden"), "ForbiddenException", 404;
    /// The request is malformed or ambiguous. Not customisable.
    BadRequest = "BAD_REQUEST", 400, Some("Bad Request"), "BadRequestException", 400;
    /// The request target is too long. Not customisable.
    UriTooLong = "URI_TOO_LONG", 414, Some("Request URI too long"), "RequestUriTooLongException", 414;
    /// The headers are too large. Not customisable.
    HeadersTooLarge = "HEADERS_TOO_LARGE", 431, Some("Request Header Fields Too Large"), "RequestHeaderFieldsTooLargeException", 431;
}

impl ErrorKind {
    /// The message of the answer of an HTTP API: what the status says, or for what such an API does not do on AWS (request
    /// validation, quotas) a REST API's.
    #[must_use]
    pub fn http_message(self) -> Option<&'static str> {
        self.http_message_of(self.http_status())
    }

    fn http_message_of(self, status: StatusCode) -> Option<&'static str> {
        match status {
            _ if self.is_rest_only() => self.message(),
            StatusCode::PAYLOAD_TOO_LARGE => Some("Request Entity Too Large"),
            status => status.canonical_reason(),
        }
    }

    /// Whether a gateway response can be defined for this kind.
    #[must_use]
    pub fn is_customisable(self) -> bool {
        !matches!(
            self,
            Self::RequestTooLarge | Self::Forbidden | Self::BadRequest | Self::UriTooLong | Self::HeadersTooLarge
        )
    }

    /// Whether HTTP APIs on AWS refuse nothing for this reason.
    fn is_rest_only(self) -> bool {
        matches!(self, Self::BadRequestBody | Self::BadRequestParameters | Self::QuotaExceeded)
    }

    /// The kind with this gateway response type name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

impl Error {
    /// An error with its kind's stock message.
    #[must_use]
    pub fn new(kind: ErrorKind) -> Self {
        Self(Box::new(Inner {
            kind,
            status: None,
            http_status: None,
            message: None,
            exception: None,
            header: None,
            source: None,
        }))
    }

    /// Replaces the stock message, which the caller sees.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.0.message = Some(message.into());
        self
    }

    /// Replaces the stock status of a REST API's answer, where AWS has several for one kind. A status that a gateway
    /// response defines stands above it.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.0.status = Some(status);
        self
    }

    /// Replaces the status of an HTTP API's answer, and with it the message, where AWS has several for one kind.
    #[must_use]
    pub fn with_http_status(mut self, status: StatusCode) -> Self {
        self.0.http_status = Some(status);
        self
    }

    /// Replaces the value of `x-amzn-ErrorType` of a REST API's answer, where AWS has several for one kind.
    #[must_use]
    pub fn with_exception(mut self, exception: &'static str) -> Self {
        self.0.exception = Some(exception);
        self
    }

    /// Adds a header to the answer, such as `www-authenticate`.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.header = Some((name, value));
        self
    }

    /// Keeps the cause, for logs; the caller never sees it.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The same answer for another request; the cause stays where it arose.
    #[must_use]
    pub(crate) fn without_source(&self) -> Self {
        let Inner { kind, status, http_status, message, exception, header, source: _ } = &*self.0;
        Self(Box::new(Inner {
            kind: *kind,
            status: *status,
            http_status: *http_status,
            message: message.clone(),
            exception: *exception,
            header: header.clone(),
            source: None,
        }))
    }

    /// The gateway response type.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The status of a REST API's answer, unless a gateway response defines one.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status.unwrap_or_else(|| self.kind().status())
    }

    /// The status of an HTTP API's answer, unless a gateway response defines one.
    #[must_use]
    pub fn http_status(&self) -> StatusCode {
        self.0.http_status.unwrap_or_else(|| self.kind().http_status())
    }

    /// The value of `x-amzn-ErrorType` in a REST API's answer.
    #[must_use]
    pub fn exception(&self) -> &'static str {
        self.0.exception.unwrap_or_else(|| self.kind().exception())
    }

    /// The message given, if any; the stock message depends on the API's kind.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// The message of an HTTP API's answer, which says no more than the status where AWS has such an answer.
    pub(crate) fn http_message(&self) -> Option<&str> {
        let stock = self.kind().http_message_of(self.http_status());
        self.message().filter(|_| self.kind().is_rest_only()).or(stock)
    }

    /// The header that the answer must carry.
    #[must_use]
    pub fn header(&self) -> Option<&(HeaderName, HeaderValue)> {
        self.0.header.as_ref()
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self::new(kind)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stock = self.kind().message().unwrap_or("Internal server error");
        write!(f, "{}: {}", self.kind().name(), self.message().unwrap_or(stock))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("source", &self.0.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_ref().map(|source| &**source as &(dyn StdError + 'static))
    }
}
