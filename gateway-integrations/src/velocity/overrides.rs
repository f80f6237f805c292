//! What templates put into `$context.requestOverride` and `$context.responseOverride`.

use std::sync::Arc;

use super::{
    error::Fault,
    value::{Heap, Map, MapKind, Value, to_json},
};
use crate::json::{Json, Object};

/// What templates put into `$context.requestOverride` and `$context.responseOverride`.
///
/// It holds after the whole template was rendered. What a request template leaves goes on to the response template
/// by [`Scene::overrides`](super::Scene::overrides).
///
/// AWS developer guide: *Use a mapping template to override an API's request and response parameters and status codes*.
///
/// # Example
/// ```
/// use gateway_integrations::velocity::{Scene, Template};
///
/// let template = Template::parse(r#"#set($context.responseOverride.status = 201)"#)?;
/// assert_eq!(template.render(&Scene::new())?.overrides().status(), Some(201));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides {
    request: Object<Json>,
    response: Object<Json>,
    repeated: Vec<Arc<str>>,
}

impl Overrides {
    /// The status for the client. What is no whole number from 100 to 599 counts as not set.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        let status = match self.response.get("status")? {
            Json::Integer(number) => u16::try_from(*number).ok(),
            Json::Text(text) => text.trim().parse().ok(),
            _ => None,
        };
        status.filter(|status| (100..=599).contains(status))
    }

    /// The headers for the client, in the order of setting; a list gives several values.
    #[must_use]
    pub fn response_headers(&self) -> Vec<(&str, Vec<String>)> {
        texts(self.response.get("header"))
    }

    /// The headers for the backend.
    #[must_use]
    pub fn request_headers(&self) -> Vec<(&str, Vec<String>)> {
        texts(self.request.get("header"))
    }

    /// The query parameters for the backend.
    #[must_use]
    pub fn query_params(&self) -> Vec<(&str, Vec<String>)> {
        texts(self.request.get("querystring"))
    }

    /// The values for the variables in the backend's address.
    #[must_use]
    pub fn path_params(&self) -> Vec<(&str, Vec<String>)> {
        texts(self.request.get("path"))
    }

    /// The whole `$context.requestOverride`.
    #[must_use]
    pub fn request(&self) -> &Object<Json> {
        &self.request
    }

    /// The whole `$context.responseOverride`.
    #[must_use]
    pub fn response(&self) -> &Object<Json> {
        &self.response
    }

    /// The names that one template set more than once: API Gateway answers 5XX then. Here the last value holds, unless
    /// [`Scene::strict_overrides`](super::Scene::strict_overrides) makes it an error.
    pub fn repeated(&self) -> impl Iterator<Item = &str> {
        self.repeated.iter().map(|name| &**name)
    }

    /// As a template leaves them that does not touch them.
    pub(super) fn untouched(&self) -> Self {
        Self { repeated: Vec::new(), ..self.clone() }
    }

    /// As maps that a template can change.
    pub(super) fn maps<'s>(&self, heap: &Heap<'s>) -> Result<(Map<'s>, Map<'s>), Fault> {
        let map = |object: &Object<Json>, groups: &[&str]| {
            let mut object = object.clone();
            for group in groups.iter().copied().filter(|group| object.get(group).is_none()).collect::<Vec<_>>() {
                object.insert(group, Json::Object(Object::new()));
            }
            match heap.quiet_map(&object, MapKind::Override)? {
                Value::Map(map) => Ok(map),
                _ => Err(Fault::new("the overrides are no map")),
            }
        };
        Ok((map(&self.request, &["path", "header", "querystring"])?, map(&self.response, &["header"])?))
    }

    pub(super) fn collect<'s>(heap: &Heap<'s>, request: &Map<'s>, response: &Map<'s>) -> Result<Self, Fault> {
        let object = |map: &Map<'s>| match to_json(heap, &Value::Map(map.clone()))? {
            Json::Object(object) => {
                let filled = |value: &Json| !matches!(value, Json::Object(inner) if inner.is_empty());
                Ok(object.into_iter().filter(|(_, value)| filled(value)).collect())
            }
            _ => Ok(Object::new()),
        };
        Ok(Self { request: object(request)?, response: object(response)?, repeated: heap.repeated() })
    }
}

fn texts(group: Option<&Json>) -> Vec<(&str, Vec<String>)> {
    let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let values = |value: &Json| match value {
        Json::List(items) => items.iter().map(text).collect(),
        other => vec![text(other)],
    };
    match group {
        Some(Json::Object(object)) => object.iter().map(|(name, value)| (&**name, values(value))).collect(),
        _ => Vec::new(),
    }
}
