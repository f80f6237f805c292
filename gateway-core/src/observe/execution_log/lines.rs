//! The lines of an execution log, in AWS's words.

use std::fmt;

use http::HeaderMap;

use crate::{
    context::Context,
    error::ErrorKind,
    header_case::HeaderCase,
    trace::{Step, mask},
};

/// The most bytes of one event.
const LONGEST: usize = 1024;

/// Writes the lines of one request.
pub(crate) struct ExecutionLog<W> {
    write: W,
    data: bool,
}

impl<W: FnMut(&str)> ExecutionLog<W> {
    /// A log that gives each line to `write`; `data` says whether headers and bodies are told.
    pub(crate) fn new(data: bool, write: W) -> Self {
        Self { write, data }
    }

    pub(crate) fn line(&mut self, event: fmt::Arguments<'_>) {
        let mut event = event.to_string();
        if event.len() > LONGEST {
            let end = (0..=LONGEST).rev().find(|end| event.is_char_boundary(*end)).unwrap_or_default();
            event.truncate(end);
            event.push_str(" [TRUNCATED]");
        }
        (self.write)(&event);
    }

    /// A line of headers or of a body.
    fn data(&mut self, event: fmt::Arguments<'_>) {
        if self.data {
            self.line(event);
        }
    }

    /// A map as Java prints it; values of credentials are masked.
    pub(crate) fn map<'a>(&mut self, title: &str, entries: impl Iterator<Item = (&'a str, &'a str)>) {
        if self.data {
            let entries: Vec<_> = entries.map(|(name, value)| format!("{name}={}", mask::value(name, value))).collect();
            self.line(format_args!("{title}: {{{}}}", entries.join(", ")));
        }
    }

    pub(crate) fn headers(&mut self, title: &str, headers: &HeaderMap) {
        if self.data {
            let entries: Vec<_> = headers
                .iter()
                .map(|(name, value)| (HeaderCase::usual(name), String::from_utf8_lossy(value.as_bytes())))
                .collect();
            self.map(title, entries.iter().map(|(name, value)| (&**name, &**value)));
        }
    }

    pub(crate) fn body(&mut self, title: &str, body: &[u8]) {
        self.data(format_args!("{title}: {}", String::from_utf8_lossy(body)));
    }

    /// What the steps between the method's request and its response have to tell.
    pub(crate) fn steps<'a>(&mut self, steps: impl Iterator<Item = &'a Step>) {
        for step in steps {
            match step {
                Step::EndpointRequest { uri, headers, body, .. } => {
                    self.line(format_args!("Endpoint request URI: {uri}"));
                    self.headers("Endpoint request headers", headers);
                    self.data(format_args!("Endpoint request body after transformations: {body}"));
                    self.line(format_args!("Sending request to {uri}"));
                }
                Step::EndpointResponse { status, latency, headers, body } => {
                    let (status, latency) = (status.as_u16(), latency.as_millis());
                    self.line(format_args!("Received response. Status: {status}, Integration latency: {latency} ms"));
                    self.headers("Endpoint response headers", headers);
                    self.data(format_args!("Endpoint response body before transformations: {body}"));
                }
                Step::Template { stopped_loops: loops @ 1.., .. } => {
                    self.line(format_args!("Loops of a mapping template that ended before their last item: {loops}"));
                }
                Step::Failed { reason } => self.line(format_args!("Execution failed due to {reason}")),
                _ => {}
            }
        }
    }

    /// What became of an execution that `error` ended, if no step has told.
    pub(crate) fn failed(&mut self, error: ErrorKind, message: Option<&str>, context: &Context, content_type: &str) {
        match (error, context.validation_error()) {
            (ErrorKind::BadRequestBody, Some(wrong)) => self.line(format_args!(
                "Request body does not match model schema for content type {content_type}: {wrong}"
            )),
            (ErrorKind::BadRequestParameters, Some(wrong)) => self.line(format_args!("{wrong}")),
            (ErrorKind::IntegrationTimeout, _) => self.line(format_args!("Execution failed due to a timeout error")),
            (ErrorKind::ApiConfigurationError, _) => {
                let message = message.unwrap_or("Internal server error");
                self.line(format_args!("Execution failed due to configuration error: {message}"));
            }
            _ => self.line(format_args!("Execution failed due to an internal error")),
        }
    }
}
