//! Steps in plain words.

use std::fmt::{self, Display, Write};

use http::HeaderMap;

use super::{Phase, Step};

/// How many characters of a body are told.
const LONGEST: usize = 200;

/// The step in one line; the routes that lost have one each below it.
impl Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CustomDomain { api, stage, base_path, routing_rule_id } => {
                write!(f, "custom domain: stage `{}` of `{}`, by ", Plain(stage), Plain(api))?;
                match (routing_rule_id, base_path.as_deref().unwrap_or_default()) {
                    (Some(id), _) => write!(f, "the routing rule {}", Plain(id)),
                    (None, "") => f.write_str("the mapping of every path"),
                    (None, base_path) => write!(f, "the base path `{}`", Plain(base_path)),
                }
            }
            Self::Routed { candidates } => {
                match candidates.iter().find(|candidate| candidate.lost.is_none()) {
                    Some(winner) => write!(f, "routed to `{}`", Plain(&winner.route))?,
                    None => f.write_str("no route serves this request")?,
                }
                candidates.iter().try_for_each(|candidate| match &candidate.lost {
                    Some(lost) => write!(f, "\n                not to `{}`: {}", Plain(&candidate.route), Plain(lost)),
                    None => Ok(()),
                })
            }
            Self::Guard { place, refused } => {
                write!(f, "guard {place} {}", Verdict("let the request pass", refused.as_deref()))
            }
            Self::Policy { after_authorizer, effect, statement, refused } => {
                let when = if *after_authorizer { "after" } else { "before" };
                write!(f, "resource policy {when} the authorizer: {effect}")?;
                if let Some(statement) = statement {
                    write!(f, " by {}", Plain(statement))?;
                }
                write!(f, ", {}", Verdict("let the request pass", refused.as_deref()))
            }
            Self::CallerPolicy { effect, statement } => {
                write!(f, "policies of the caller: {effect}")?;
                statement.as_ref().map_or(Ok(()), |statement| write!(f, " by {}", Plain(statement)))
            }
            Self::Authorizer { principal_id, refused } => match principal_id {
                Some(caller) if refused.is_none() => write!(f, "authorizer found the caller {}", Plain(caller)),
                _ => write!(f, "authorizer {}", Verdict("let the request pass", refused.as_deref())),
            },
            Self::AuthorizerResult { body } => write!(f, "authorizer's function answered {}", Text(body)),
            Self::ApiKey { id, plan, refused } => {
                f.write_str("API key")?;
                if let Some(id) = id {
                    write!(f, " {}", Plain(id))?;
                }
                if let Some(plan) = plan {
                    write!(f, " of plan {}", Plain(plan))?;
                }
                write!(f, " {}", Verdict("accepted", refused.as_deref()))
            }
            Self::Throttle { bucket, passed, left, rate, burst } => {
                let verdict = if *passed { "let the request pass" } else { "refused: no token left" };
                write!(f, "throttle of the {} {verdict} (", Plain(bucket))?;
                if let Some(left) = left {
                    write!(f, "{left} left, ")?;
                }
                write!(f, "{rate} a second, {burst} at once)")
            }
            Self::Quota { used, limit, passed } => {
                write!(f, "quota {}", if *passed { "let the request pass" } else { "refused" })?;
                match (used, limit) {
                    (Some(used), Some(limit)) => write!(f, ": {used} of {limit} used"),
                    (None, Some(limit)) => write!(f, ": the limit is {limit}, what is used cannot be read"),
                    _ => Ok(()),
                }
            }
            Self::Admitted => f.write_str("every check passed"),
            Self::Validation { error } => write!(f, "validation {}", Verdict("found nothing wrong", error.as_deref())),
            Self::Cache { key, outcome } => write!(f, "cache: {} for {}", Plain(outcome), Plain(key)),
            Self::Template { phase, content_type, input, output, stopped_loops } => {
                let whose = match phase {
                    Phase::Request => "request",
                    Phase::Response => "response",
                };
                write!(
                    f,
                    "{whose} template for {} read {} and wrote {}",
                    Plain(content_type),
                    Text(input),
                    Text(output)
                )?;
                match stopped_loops {
                    0 => Ok(()),
                    loops => write!(f, "; loops that ended before their last item: {loops}"),
                }
            }
            Self::EndpointRequest { uri, method, headers, body } => {
                write!(f, "sent {} {} with {}; body {}", Plain(method), Plain(uri), Fields(headers), Text(body))
            }
            Self::EndpointResponse { status, latency, headers, body } => {
                let latency = latency.as_secs_f64() * 1000.0;
                write!(
                    f,
                    "backend answered {status} after {latency:.0} ms with {}; body {}",
                    Fields(headers),
                    Text(body)
                )
            }
            Self::IntegrationResponse { subject, pattern, status } => match pattern {
                Some(pattern) => {
                    write!(f, "integration response {status}: {} matches {}", Plain(subject), Plain(pattern))
                }
                None => write!(f, "integration response {status}, the default: no pattern matches {}", Plain(subject)),
            },
            Self::MethodResponse { status, headers, body } => {
                write!(f, "method response {status} with {}; body {}", Fields(headers), Text(body))
            }
            Self::GatewayResponse { response_type, source, status, reason } => {
                let (kind, reason) = (Plain(response_type), Plain(reason));
                match source.as_str() {
                    "explicit" => write!(f, "gateway response {kind} of the API, {status}; {reason}"),
                    "stock" => write!(f, "gateway response {kind} as AWS has it, {status}; {reason}"),
                    default => write!(f, "gateway response {kind} by {}, {status}; {reason}", Plain(default)),
                }
            }
            Self::Failed { reason } => write!(f, "failed: {}", Plain(reason)),
        }
    }
}

/// Text that stays on its line.
pub(crate) struct Plain<'a>(pub(crate) &'a str);

impl Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|letter| {
            if letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}') {
                write!(f, "{}", letter.escape_default())
            } else {
                f.write_char(letter)
            }
        })
    }
}

/// A body, as much of it as is readable in a line.
struct Text<'a>(&'a str);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(LONGEST) {
            _ if self.0.is_empty() => f.write_str("empty"),
            None => write!(f, "`{}`", Plain(self.0)),
            Some((end, _)) => {
                let start = self.0.get(..end).unwrap_or_default();
                write!(f, "`{}`... ({} bytes)", Plain(start), self.0.len())
            }
        }
    }
}

/// The names and values of headers.
struct Fields<'a>(&'a HeaderMap);

impl Display for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no headers");
        }
        for (place, (name, value)) in self.0.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            write!(f, "{comma}{name}={}", Text(&String::from_utf8_lossy(value.as_bytes())))?;
        }
        Ok(())
    }
}

/// What a check did: the words for that it passed, or why it refused.
struct Verdict<'a>(&'a str, Option<&'a str>);

impl Display for Verdict<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            Some(reason) => write!(f, "refused: {}", Plain(reason)),
            None => f.write_str(self.0),
        }
    }
}
