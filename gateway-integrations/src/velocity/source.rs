//! Where `$context` and the parameters come from.

use std::borrow::Cow;

use gateway_core::Context;

use crate::json::Json;

/// What `$context` shows.
///
/// [`Context`] is one, so the gateway passes the facts of the request; [`Json`] is another, for tests and tools.
pub trait ContextSource {
    /// The value of a variable by its name without `$context.`, such as `identity.sourceIp`. `None` for a group such as
    /// `identity`, and for what is not there.
    fn variable(&self, name: &str) -> Option<Json>;

    /// The names directly inside a group, such as `identity`; the outermost group is the empty text.
    fn keys(&self, group: &str) -> Vec<Cow<'_, str>>;
}

/// Which parameters of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParameterKind {
    /// Of the path.
    Path,
    /// Of the query, decoded.
    Query,
    /// Headers.
    Header,
    /// The variables of the stage.
    StageVariable,
}

/// Where the parameters of a request come from: what is not asked for is never copied.
///
/// # Example
/// ```
/// use std::borrow::Cow;
/// use gateway_integrations::velocity::{ParameterKind, ParameterSource, Scene, Template};
///
/// struct Headers(http::HeaderMap);
///
/// impl ParameterSource for Headers {
///     fn value(&self, kind: ParameterKind, name: &str) -> Option<Cow<'_, str>> {
///         let value = (kind == ParameterKind::Header).then(|| self.0.get(name))?;
///         value.map(|value| String::from_utf8_lossy(value.as_bytes()))
///     }
///
///     fn all(&self, kind: ParameterKind) -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
///         let shown = self.0.iter().filter(|_| kind == ParameterKind::Header);
///         shown.map(|(name, value)| (name.as_str().into(), String::from_utf8_lossy(value.as_bytes()))).collect()
///     }
/// }
///
/// let headers = Headers([(http::header::HOST, "example.com".parse()?)].into_iter().collect());
/// let template = Template::parse("$input.params('Host')")?;
/// assert_eq!(template.render(&Scene::new().parameters_of(&headers))?.text(), "example.com");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait ParameterSource {
    /// The value of a parameter; of several the last one. Of headers the name may come in any case.
    fn value(&self, kind: ParameterKind, name: &str) -> Option<Cow<'_, str>>;

    /// All parameters of a kind, in order.
    fn all(&self, kind: ParameterKind) -> Vec<(Cow<'_, str>, Cow<'_, str>)>;
}

impl ContextSource for Json {
    fn variable(&self, name: &str) -> Option<Json> {
        walk(self, name).filter(|value| !matches!(value, Self::Object(_) | Self::Null)).cloned()
    }

    fn keys(&self, group: &str) -> Vec<Cow<'_, str>> {
        match if group.is_empty() { Some(self) } else { walk(self, group) } {
            Some(Self::Object(object)) => object.iter().map(|(key, _)| Cow::Borrowed(&**key)).collect(),
            _ => Vec::new(),
        }
    }
}

/// Follows a dotted name; a key may hold dots itself.
fn walk<'a>(json: &'a Json, name: &str) -> Option<&'a Json> {
    json.get(name).or_else(|| {
        name.match_indices('.').find_map(|(dot, _)| {
            let (head, tail) = name.split_at_checked(dot)?;
            walk(json.get(head)?, tail.get(1..)?)
        })
    })
}

/// In the order that API Gateway shows (recorded); it depends on a hash there.
const TOP: [&str; 16] = [
    "resourceId",
    "resourcePath",
    "httpMethod",
    "extendedRequestId",
    "requestTime",
    "path",
    "accountId",
    "protocol",
    "stage",
    "domainPrefix",
    "requestTimeEpoch",
    "requestId",
    "identity",
    "domainName",
    "deploymentId",
    "apiId",
];
const IDENTITY: [&str; 4] = ["sourceIp", "userAgent", "apiKey", "apiKeyId"];

impl ContextSource for Context {
    fn variable(&self, name: &str) -> Option<Json> {
        // The outcome of a request is for gateway responses and logs; a template runs before there is one.
        if name.starts_with("error.") || matches!(name, "status" | "responseLength" | "responseLatency") {
            return None;
        }
        let text = self.lookup(name)?;
        Some(match name {
            "requestTimeEpoch" => text.parse::<i64>().map_or(Json::Null, Json::from),
            _ => Json::from(&*text),
        })
    }

    fn keys(&self, group: &str) -> Vec<Cow<'_, str>> {
        let caller = self.authorization();
        match group {
            "" => {
                let authorizer = caller.is_some().then_some("authorizer");
                let canary = self.stage().and_then(|stage| stage.is_canary).map(|_| "isCanaryRequest");
                TOP.into_iter().chain(canary).chain(authorizer).map(Cow::Borrowed).collect()
            }
            "identity" => IDENTITY.into_iter().map(Cow::Borrowed).collect(),
            "authorizer" => caller.map_or_else(Vec::new, |caller| {
                let own = caller.context().keys().map(|key| Cow::Borrowed(key.as_str()));
                let claims = (!caller.claims().is_empty()).then_some(Cow::Borrowed("claims"));
                std::iter::once(Cow::Borrowed("principalId")).chain(own).chain(claims).collect()
            }),
            "authorizer.claims" => caller.map_or_else(Vec::new, |caller| {
                caller.claims().keys().map(|key| Cow::Borrowed(key.as_str())).collect()
            }),
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_walked_by_dotted_names() {
        let json = Json::parse(r#"{"identity":{"sourceIp":"192.0.2.7"},"a.b":{"c":1},"n":null}"#).unwrap();
        assert_eq!(json.variable("identity.sourceIp"), Some("192.0.2.7".into()));
        assert_eq!(json.variable("a.b.c"), Some(1.into()));
        assert_eq!((json.variable("identity"), json.variable("n"), json.variable("x.y")), (None, None, None));
        assert_eq!(json.keys(""), ["identity", "a.b", "n"]);
        assert_eq!(json.keys("identity"), ["sourceIp"]);
    }
}
