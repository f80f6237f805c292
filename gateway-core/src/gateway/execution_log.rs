//! The execution log, in AWS's words.

use std::{fmt, time::SystemTime};

use http::HeaderMap;
use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};

use crate::{
    header_case::HeaderCase,
    trace::{Step, mask},
};

const TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[weekday repr:short] [month repr:short] [day] [hour]:[minute]:[second] UTC [year]");

/// The most bytes of one event.
const LONGEST: usize = 1024;

/// The lines of one request. AWS developer guide: *Set up CloudWatch logging for REST APIs in API Gateway*.
pub(super) struct ExecutionLog<N> {
    text: String,
    now: N,
}

impl<N: Fn() -> SystemTime> ExecutionLog<N> {
    pub(super) fn begin(request_id: &str, now: N) -> Self {
        Self { text: format!("Execution log for request {request_id}\n"), now }
    }

    pub(super) fn line(&mut self, event: fmt::Arguments<'_>) {
        let time = OffsetDateTime::from((self.now)()).format(TIME).unwrap_or_default();
        let mut event = event.to_string();
        if event.len() > LONGEST {
            let end = (0..=LONGEST).rev().find(|end| event.is_char_boundary(*end)).unwrap_or_default();
            event.truncate(end);
            event.push_str(" [TRUNCATED]");
        }
        self.text.push_str(&format!("{time} : {event}\n"));
    }

    /// A map as Java prints it; values of credentials are masked.
    pub(super) fn map<'a>(&mut self, title: &str, entries: impl Iterator<Item = (&'a str, &'a str)>) {
        let entries: Vec<_> = entries.map(|(name, value)| format!("{name}={}", mask::value(name, value))).collect();
        self.line(format_args!("{title}: {{{}}}", entries.join(", ")));
    }

    pub(super) fn headers(&mut self, title: &str, headers: &HeaderMap) {
        let entries: Vec<_> = headers
            .iter()
            .map(|(name, value)| (HeaderCase::usual(name), String::from_utf8_lossy(value.as_bytes())))
            .collect();
        self.map(title, entries.iter().map(|(name, value)| (&**name, &**value)));
    }

    /// What the steps between the method's request and its response have to tell.
    pub(super) fn steps<'a>(&mut self, steps: impl Iterator<Item = &'a Step>) {
        for step in steps {
            match step {
                Step::EndpointRequest { uri, headers, body, .. } => {
                    self.line(format_args!("Endpoint request URI: {uri}"));
                    self.headers("Endpoint request headers", headers);
                    self.line(format_args!("Endpoint request body after transformations: {body}"));
                    self.line(format_args!("Sending request to {uri}"));
                }
                Step::EndpointResponse { status, latency, headers, body } => {
                    let (status, latency) = (status.as_u16(), latency.as_millis());
                    self.line(format_args!("Received response. Status: {status}, Integration latency: {latency} ms"));
                    self.headers("Endpoint response headers", headers);
                    self.line(format_args!("Endpoint response body before transformations: {body}"));
                }
                Step::Failed { reason } => self.line(format_args!("Execution failed due to {reason}")),
                _ => {}
            }
        }
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }
}
