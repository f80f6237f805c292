//! What a line of an access log says.

use http::HeaderMap;
use serde::de::IgnoredAny;

use super::escape::{Encoding, ends_line};
use crate::{
    context::{ApiKind, Context, ContextVariable},
    source::ValueSource,
    template::{Piece, Template},
};

const REST_CLF: &str = "$context.identity.sourceIp $context.identity.caller $context.identity.user \
    [$context.requestTime] \"$context.httpMethod $context.resourcePath $context.protocol\" $context.status \
    $context.responseLength $context.requestId $context.extendedRequestId";
const REST_JSON: &str = "{ \"requestId\":\"$context.requestId\", \
    \"extendedRequestId\":\"$context.extendedRequestId\", \"ip\": \"$context.identity.sourceIp\", \
    \"caller\":\"$context.identity.caller\", \"user\":\"$context.identity.user\", \
    \"requestTime\":\"$context.requestTime\", \"httpMethod\":\"$context.httpMethod\", \
    \"resourcePath\":\"$context.resourcePath\", \"status\":\"$context.status\", \
    \"protocol\":\"$context.protocol\", \"responseLength\":\"$context.responseLength\" }";
const REST_XML: &str = "<request id=\"$context.requestId\"> \
    <extendedRequestId>$context.extendedRequestId</extendedRequestId> <ip>$context.identity.sourceIp</ip> \
    <caller>$context.identity.caller</caller> <user>$context.identity.user</user> \
    <requestTime>$context.requestTime</requestTime> <httpMethod>$context.httpMethod</httpMethod> \
    <resourcePath>$context.resourcePath</resourcePath> <status>$context.status</status> \
    <protocol>$context.protocol</protocol> <responseLength>$context.responseLength</responseLength> </request>";
const REST_CSV: &str = "$context.identity.sourceIp,$context.identity.caller,$context.identity.user,\
    $context.requestTime,$context.httpMethod,$context.resourcePath,$context.protocol,$context.status,\
    $context.responseLength,$context.requestId,$context.extendedRequestId";
const HTTP_CLF: &str = "$context.identity.sourceIp - - [$context.requestTime] \
    \"$context.httpMethod $context.routeKey $context.protocol\" $context.status $context.responseLength \
    $context.requestId";
const HTTP_JSON: &str = "{ \"requestId\":\"$context.requestId\", \"ip\": \"$context.identity.sourceIp\", \
    \"requestTime\":\"$context.requestTime\", \"httpMethod\":\"$context.httpMethod\",\
    \"routeKey\":\"$context.routeKey\", \"status\":\"$context.status\",\"protocol\":\"$context.protocol\", \
    \"responseLength\":\"$context.responseLength\" }";
const HTTP_XML: &str = "<request id=\"$context.requestId\"> <ip>$context.identity.sourceIp</ip> \
    <requestTime>$context.requestTime</requestTime> <httpMethod>$context.httpMethod</httpMethod> \
    <routeKey>$context.routeKey</routeKey> <status>$context.status</status> \
    <protocol>$context.protocol</protocol> <responseLength>$context.responseLength</responseLength> </request>";
const HTTP_CSV: &str = "$context.identity.sourceIp,$context.requestTime,$context.httpMethod,$context.routeKey,\
    $context.protocol,$context.status,$context.responseLength,$context.requestId";

/// The largest format, in bytes.
const MAX_LENGTH: usize = 3 * 1024;

/// What a line of an access log says: text with `$context` variables, compiled once.
///
/// AWS developer guide: *Set up CloudWatch logging for REST APIs in API Gateway*; *Customize HTTP API access logs*.
///
/// The longest known name of a variable wins, other text is kept, and what is missing or empty prints `-`. Only
/// `$context` variables are replaced.
///
/// # Escaping
/// AWS puts values in as they are, so that a client's user agent can end a line, or a JSON string, and write what it
/// likes. Here no value can: control characters are never printed raw, and
/// - a format that is a JSON object (it starts with `{`) gets JSON's escapes; a value outside quotes gets quotes, unless
///   it is a number, a boolean, `null` or a JSON string already, so that every line is JSON;
/// - one that starts with an XML tag gets entities;
/// - the [CSV](Self::csv) format gets quotes around a field that needs them;
/// - any other gets a backslash before `"` and `\`. A value outside quotes may still contain spaces.
///
/// # Example
/// ```
/// use gateway_core::AccessLogFormat;
///
/// let format = AccessLogFormat::parse(r#"{"id":"$context.requestId","took":$context.responseLatency}"#)?;
/// assert!(AccessLogFormat::parse("$context.status").is_err(), "no request id");
/// # Ok::<(), gateway_core::AccessLogFormatError>(())
/// ```
#[derive(Clone, Debug)]
pub struct AccessLogFormat {
    template: Template,
    encoding: Encoding,
    /// For each value, whether it stands outside quotes.
    bare: Vec<bool>,
}

/// Why a text is no format of an access log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AccessLogFormatError {
    /// It has more than 3 KB.
    #[error("an access log format has at most 3072 bytes, this one has {0}")]
    TooLong(usize),
    /// It has more than one line, or another control character than a tab.
    #[error("an access log format is a single line without control characters, this one has {found:?} at byte {at}")]
    NotOneLine {
        /// The character.
        found: char,
        /// Where it stands, in bytes.
        at: usize,
    },
    /// The lines could not be told apart.
    #[error("an access log format must contain `$context.requestId` or `$context.extendedRequestId`")]
    NoRequestId,
}

impl AccessLogFormat {
    /// The common log format.
    #[must_use]
    pub fn clf(kind: ApiKind) -> Self {
        Self::compile(by_kind(kind, REST_CLF, HTTP_CLF), Encoding::Text)
    }

    /// JSON.
    #[must_use]
    pub fn json(kind: ApiKind) -> Self {
        Self::compile(by_kind(kind, REST_JSON, HTTP_JSON), Encoding::Json)
    }

    /// XML.
    #[must_use]
    pub fn xml(kind: ApiKind) -> Self {
        Self::compile(by_kind(kind, REST_XML, HTTP_XML), Encoding::Xml)
    }

    /// Comma-separated values.
    #[must_use]
    pub fn csv(kind: ApiKind) -> Self {
        Self::compile(by_kind(kind, REST_CSV, HTTP_CSV), Encoding::Csv)
    }

    /// Compiles a custom format, or the text of a predefined one. A line break at its end is ignored.
    ///
    /// # Errors
    /// When it has more than 3072 bytes, more than one line, or no request id.
    pub fn parse(text: &str) -> Result<Self, AccessLogFormatError> {
        let text = text.trim_end_matches(['\r', '\n']);
        if text.len() > MAX_LENGTH {
            return Err(AccessLogFormatError::TooLong(text.len()));
        }
        if let Some((at, found)) = text.char_indices().find(|(_, letter)| *letter != '\t' && ends_line(*letter)) {
            return Err(AccessLogFormatError::NotOneLine { found, at });
        }
        let mut format = Self::compile(text, Encoding::Text);
        format.encoding = match text.trim_start() {
            REST_CSV | HTTP_CSV => Encoding::Csv,
            object if object.starts_with('{') && format.is_json() => Encoding::Json,
            tag if is_tag(tag) => Encoding::Xml,
            _ => Encoding::Text,
        };
        if format.template.sources().any(is_request_id) { Ok(format) } else { Err(AccessLogFormatError::NoRequestId) }
    }

    /// Adds the line of a request to `line`, without a line break.
    pub fn render(&self, context: &Context, line: &mut String) {
        let mut bare = self.bare.iter().copied();
        self.template.render(line, &HeaderMap::new(), context, |line, value| {
            self.encoding.write(line, value.as_deref(), bare.next().unwrap_or_default());
        });
    }

    fn compile(text: &str, encoding: Encoding) -> Self {
        let template = Template::parse(text, &["$context."]);
        let bare = bare_values(template.pieces());
        Self { template, encoding, bare }
    }

    /// Whether the text is JSON once the values stand in it.
    fn is_json(&self) -> bool {
        let (mut filled, mut bare) = (String::new(), self.bare.iter());
        for piece in self.template.pieces() {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Value(_) if bare.next() == Some(&true) => filled.push_str("\"\""),
                Piece::Value(_) => filled.push('x'),
            }
        }
        serde_json::from_str::<IgnoredAny>(&filled).is_ok()
    }
}

fn by_kind(kind: ApiKind, rest: &'static str, http: &'static str) -> &'static str {
    match kind {
        ApiKind::Rest => rest,
        ApiKind::Http => http,
    }
}

fn is_request_id(source: &ValueSource) -> bool {
    let is = |name| *source == ValueSource::Context(ContextVariable::parse(name));
    is("requestId") || is("extendedRequestId")
}

/// A letter must follow: `<14>` is how a syslog line starts.
fn is_tag(text: &str) -> bool {
    let name = text.strip_prefix('<').unwrap_or_default();
    name.starts_with(|first: char| first.is_ascii_alphabetic() || matches!(first, '?' | '!'))
}

/// For each value, whether it stands outside a JSON string.
fn bare_values(pieces: &[Piece]) -> Vec<bool> {
    let (mut quoted, mut escaped, mut bare) = (false, false, Vec::new());
    for piece in pieces {
        match piece {
            Piece::Value(_) => bare.push(!quoted),
            Piece::Text(text) => {
                for letter in text.chars() {
                    quoted ^= letter == '"' && !escaped;
                    escaped = quoted && letter == '\\' && !escaped;
                }
            }
        }
    }
    bare
}

#[cfg(test)]
#[path = "format_tests.rs"]
mod tests;
