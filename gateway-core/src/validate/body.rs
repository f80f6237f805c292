use std::sync::Arc;

use http::{HeaderMap, header};

use super::Schema;
use crate::{
    body::Body,
    context::Context,
    error::{Error, ErrorKind},
    guard::buffer,
};

/// The models of a route's body, by content type; `None` takes anything.
#[derive(Debug, Default)]
pub(crate) struct BodyModels {
    by_type: Vec<(String, Option<Arc<Schema>>)>,
    fallback: Option<Arc<Schema>>,
}

const DEFAULT: &str = "$default";
const JSON: &str = "application/json";

impl BodyModels {
    /// Adds the model of a content type, or of `$default`.
    pub(crate) fn insert(&mut self, content_type: &str, model: Option<Arc<Schema>>) {
        if content_type == DEFAULT {
            self.fallback = model;
        } else {
            self.by_type.push((content_type.to_owned(), model));
        }
    }

    /// Whether no body is ever validated.
    pub(crate) fn is_empty(&self) -> bool {
        self.fallback.is_none() && self.by_type.iter().all(|(_, model)| model.is_none())
    }

    /// Holds the body against the model of its content type; where there is none, it is not even read.
    pub(super) async fn validate(&self, headers: &HeaderMap, body: &mut Body, context: &Context) -> Result<(), Error> {
        let Some(model) = self.model(headers) else { return Ok(()) };
        buffer(body, context).await?;
        // Not the context's, which are as they were sent.
        let bytes = body.as_bytes().unwrap_or_default();
        // An empty body stands for an empty object.
        let read = serde_json::from_slice(if bytes.is_empty() { b"{}" } else { bytes });
        let wrong = match &read {
            Ok(value) => match model.check(value) {
                Ok(()) => return Ok(()),
                Err(messages) => messages,
            },
            // Where it breaks off, not what stands there.
            Err(error) => format!("[the body is no JSON: {error}]"),
        };
        context.set_validation_error(wrong);
        Err(ErrorKind::BadRequestBody.into())
    }

    /// The content type without its parameters chooses, JSON if there is none; then `$default`.
    fn model(&self, headers: &HeaderMap) -> Option<&Schema> {
        let written = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let bare = written.split(';').next().unwrap_or_default().trim();
        let bare = if bare.is_empty() { JSON } else { bare };
        let own = self.by_type.iter().find(|(content_type, _)| content_type.eq_ignore_ascii_case(bare));
        own.map_or(&self.fallback, |(_, model)| model).as_deref()
    }
}
