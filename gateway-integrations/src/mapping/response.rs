//! From the backend's answer to the method response.

use std::borrow::Cow;

use bytes::Bytes;
use gateway_core::{Body, Context, Error, Parts, Phase, Response, Step};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, response};

use super::{
    body_text::{BodyFault, BodyText},
    call::SelectionSubject,
    content::Content,
    headers::{Behind, rename_for_client},
    integration_response::IntegrationResponse,
    parameters::header_value,
    request::{binary_types, header_name},
    scene::{Input, rendered},
};
use crate::{
    failure::{misconfigured, readable},
    velocity::Overrides,
};

static TRACE: HeaderName = HeaderName::from_static("x-amzn-trace-id");

/// How answers are mapped.
#[derive(Clone, Debug)]
pub(super) struct ResponseMapping {
    pub(super) behind: Behind,
    /// By ascending status.
    responses: Vec<IntegrationResponse>,
    /// The statuses that clients may get, where they are declared.
    pub(super) declared: Option<Vec<u16>>,
}

/// The answer of a backend, with its body read.
pub(super) struct Answer {
    pub(super) head: response::Parts,
    pub(super) body: Bytes,
}

impl Answer {
    /// What patterns are held against.
    fn subject(&self) -> Cow<'_, str> {
        match self.head.extensions.get::<SelectionSubject>() {
            Some(SelectionSubject(subject)) => subject.into(),
            None => self.head.status.as_str().to_owned().into(),
        }
    }
}

impl ResponseMapping {
    pub(super) fn new(behind: Behind) -> Self {
        Self { behind, responses: Vec::new(), declared: None }
    }

    /// Adds a response; those of one status keep their order.
    pub(super) fn add(&mut self, response: IntegrationResponse) {
        let place = self.responses.partition_point(|known| known.status <= response.status);
        self.responses.insert(place, response);
    }

    /// Makes the method response of an answer; `overrides` are those of the request's template.
    pub(super) fn apply(
        &self,
        answer: Answer,
        overrides: Overrides,
        request: &Parts,
        context: &Context,
    ) -> Result<Response, Error> {
        let response = self.select(&answer, context)?;
        let accept = request.headers.get(header::ACCEPT);
        let Answer { head, body } = answer;
        let content = Content::of_response(body, &head.headers, accept, &binary_types(context), response.handling)
            .map_err(|error| misconfigured(context, error))?;
        let reads_body = response.headers.iter().any(|(_, source)| source.reads_body());
        let read = BodyText::new(if reads_body { content.text() } else { None });
        let mut headers = mapped_headers(response, &head.headers, &read, context)?;
        let (body, overrides) = match response.templates.for_response(accept) {
            Some(entry) => {
                let input = Input { content: &content, parsed: read.parsed(), overrides };
                let (text, overrides) = rendered(Phase::Response, entry, input, request, context)?;
                (text.into(), overrides)
            }
            None => (content.into_bytes(), overrides),
        };
        for (name, values) in overrides.response_headers() {
            let name = header_name(name, context)?;
            headers.remove(&name);
            for value in values {
                headers.append(&name, header_value(context, &name, &value)?);
            }
        }
        // A final answer cannot be an interim one.
        let status = overrides.status().filter(|status| *status >= 200);
        let status = status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(response.status);
        self.finish(&mut headers, context);
        context.record(|| Step::MethodResponse { status, headers: headers.clone(), body: readable(&body) });
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }

    /// The integration response for an answer.
    fn select(&self, answer: &Answer, context: &Context) -> Result<&IntegrationResponse, Error> {
        let subject = answer.subject();
        let matches = |response: &&IntegrationResponse| {
            response.pattern.as_ref().is_some_and(|pattern| pattern.matches(&subject))
        };
        let found = self.responses.iter().find(matches);
        let found = found.or_else(|| self.responses.iter().find(|response| response.pattern.is_none()));
        let response = found.ok_or_else(|| {
            misconfigured(
                context,
                format!(
                    "No match for output mapping and no default output mapping configured. Endpoint Response Status \
                     Code: {}",
                    answer.head.status.as_str()
                ),
            )
        })?;
        let status = response.status.as_u16();
        context.record(|| Step::IntegrationResponse {
            subject: subject.clone().into_owned(),
            pattern: response.pattern.as_ref().map(|pattern| pattern.text.to_string()),
            status,
        });
        if self.declared.as_ref().is_some_and(|declared| !declared.contains(&status)) {
            return Err(misconfigured(context, format!("the method declares no response with the status {status}")));
        }
        Ok(response)
    }

    /// The gateway's own part of the headers.
    fn finish(&self, headers: &mut HeaderMap, context: &Context) {
        rename_for_client(headers, self.behind);
        if self.behind != Behind::Nothing
            && let Some(trace) = context.trace_id().to_header()
        {
            headers.insert(&TRACE, trace);
        }
        let json = || HeaderValue::from_static("application/json");
        headers.entry(header::CONTENT_TYPE).or_insert_with(json);
    }
}

fn mapped_headers(
    response: &IntegrationResponse,
    backend: &HeaderMap,
    body: &BodyText<'_>,
    context: &Context,
) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::with_capacity(response.headers.len() + 4);
    for (name, source) in &response.headers {
        let value = source.value(backend, body, context).map_err(|fault| {
            let no_json = matches!(fault, BodyFault::NoJson);
            let error = misconfigured(context, fault);
            if no_json { error.with_exception("InternalFailureException") } else { error }
        })?;
        if let Some(value) = value {
            headers.insert(name, header_value(context, name, &value)?);
        }
    }
    Ok(headers)
}
