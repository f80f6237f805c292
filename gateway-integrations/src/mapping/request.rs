//! From the method request to the call of the backend.

use std::borrow::Cow;

use bytes::Bytes;
use gateway_core::{
    Context, Error, ErrorKind, MediaTypes, Parts, Phase,
    config::{ContentHandling, Passthrough},
};
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::{
    body_text::BodyText,
    call::CallParameters,
    content::Content,
    headers::{Behind, Fate},
    parameters::{RequestParameters, forbidden, header_value},
    scene::{Input, rendered},
    source::MethodRequest,
    templates::Templates,
};
use crate::{
    failure::{misconfigured, refused},
    velocity::Overrides,
};

/// How a request is mapped.
#[derive(Clone, Debug)]
pub(super) struct RequestMapping {
    pub(super) behind: Behind,
    pub(super) parameters: RequestParameters,
    pub(super) templates: Templates,
    pub(super) passthrough: Passthrough,
    pub(super) handling: Option<ContentHandling>,
}

/// What the backend gets, and what its answer will be made with.
pub(super) struct Call {
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) parameters: CallParameters,
    pub(super) overrides: Overrides,
}

impl RequestMapping {
    pub(super) fn new(behind: Behind) -> Self {
        Self {
            behind,
            parameters: RequestParameters::default(),
            templates: Templates::default(),
            passthrough: Passthrough::default(),
            handling: None,
        }
    }

    pub(super) fn apply(&self, request: &Parts, body: Bytes, context: &Context) -> Result<Call, Error> {
        let content = Content::of_request(body, &request.headers, &binary_types(context), self.handling)
            .map_err(|error| misconfigured(context, error))?;
        let text = if self.parameters.reads_body() { content.text() } else { None };
        let read = MethodRequest { headers: &request.headers, context, body: BodyText::new(text) };
        let (mut headers, mut parameters) = self.parameters.values(&read)?;
        let content_type = request.headers.get(header::CONTENT_TYPE);
        let (body, overrides) = match self.templates.for_request(content_type) {
            Some(entry) => {
                let input = Input { content: &content, parsed: read.body.parsed(), overrides: Overrides::default() };
                let (text, overrides) = rendered(Phase::Request, entry, input, request, context)?;
                (text.into(), overrides)
            }
            None if self.passes_on() => (content.into_bytes(), Overrides::default()),
            None => return Err(refused(context, Error::new(ErrorKind::UnsupportedMediaType))),
        };
        self.override_headers(&overrides, &mut headers, context)?;
        override_rest(&overrides, &mut parameters);
        if !body.is_empty() && !headers.contains_key(header::CONTENT_TYPE) {
            let json = || HeaderValue::from_static("application/json");
            headers.insert(header::CONTENT_TYPE, content_type.cloned().unwrap_or_else(json));
        }
        Ok(Call { headers, body, parameters, overrides })
    }

    /// Whether a request that no template is for goes on as it is.
    fn passes_on(&self) -> bool {
        match self.passthrough {
            Passthrough::WhenNoMatch => true,
            Passthrough::WhenNoTemplates => self.templates.is_empty(),
            Passthrough::Never => false,
        }
    }

    fn override_headers(&self, overrides: &Overrides, headers: &mut HeaderMap, context: &Context) -> Result<(), Error> {
        for (name, values) in overrides.request_headers() {
            let name = header_name(name, context)?;
            match self.behind.fate(&name) {
                Fate::Forbidden => return Err(forbidden(context, &name)),
                Fate::Dropped => continue,
                Fate::Sent => {}
            }
            headers.remove(&name);
            for value in values {
                headers.append(&name, header_value(context, &name, &value)?);
            }
        }
        Ok(())
    }
}

/// The name of a header that a template sets.
pub(super) fn header_name(name: &str, context: &Context) -> Result<HeaderName, Error> {
    name.parse().map_err(|_| misconfigured(context, format!("`{name}`, which a template sets, is no name of a header")))
}

fn override_rest(overrides: &Overrides, parameters: &mut CallParameters) {
    for (name, values) in overrides.query_params() {
        parameters.query.retain(|(known, _)| **known != *name);
        parameters.query.extend(values.into_iter().map(|value| (name.into(), value)));
    }
    for (name, mut values) in overrides.path_params() {
        if let Some(value) = values.pop() {
            parameters.path.retain(|(known, _)| **known != *name);
            parameters.path.push((name.into(), value));
        }
    }
}

/// The binary media types of the API.
pub(super) fn binary_types(context: &Context) -> Cow<'_, MediaTypes> {
    context.stage().map_or_else(Default::default, |stage| Cow::Borrowed(&stage.binary_media_types))
}
