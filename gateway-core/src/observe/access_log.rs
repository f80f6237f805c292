//! One line for each request.

use std::{
    fmt, io,
    sync::atomic::{AtomicUsize, Ordering},
};

use super::{
    AccessLogFormat, LogSink, Observer,
    sink::{TracingSink, WriterSink},
};
use crate::context::Context;

/// Writes a line for each request that it is told of.
///
/// An API key prints as `[redacted]`, and a query string, a token or another header is not among the variables; what an
/// authorizer put into its context prints if the format names it.
///
/// AWS developer guide: *Set up CloudWatch logging for REST APIs in API Gateway*.
///
/// # Example
/// ```
/// use gateway_core::{AccessLog, AccessLogFormat, ApiKind};
///
/// let to_stdout = AccessLog::to_writer(AccessLogFormat::clf(ApiKind::Http), std::io::stdout());
/// let to_closure = AccessLog::new(AccessLogFormat::json(ApiKind::Rest), |line: &str| assert!(line.starts_with('{')));
/// # let _ = (to_stdout, to_closure);
/// ```
pub struct AccessLog {
    format: AccessLogFormat,
    sink: Box<dyn LogSink>,
    /// About as much as the last line needed, in bytes.
    expected: AtomicUsize,
}

impl AccessLog {
    /// A log whose lines go to `sink`.
    #[must_use]
    pub fn new(format: AccessLogFormat, sink: impl LogSink) -> Self {
        Self { format, sink: Box::new(sink), expected: AtomicUsize::new(256) }
    }

    /// A log whose lines go to a writer, one call of [`write`](io::Write::write) each where it takes all at once.
    ///
    /// Requests wait for each other here: give a writer that is fast, such as a file, or one that hands on to a thread of
    /// its own. It is never flushed. Lines that it refuses are lost; the first of them leaves a warning.
    #[must_use]
    pub fn to_writer(format: AccessLogFormat, writer: impl io::Write + Send + 'static) -> Self {
        Self::new(format, WriterSink::new(writer))
    }

    /// A log whose lines are the messages of `tracing` events, with level INFO and target `gateway::access`.
    #[must_use]
    pub fn to_tracing(format: AccessLogFormat) -> Self {
        Self::new(format, TracingSink)
    }
}

impl Observer for AccessLog {
    fn finished(&self, context: &Context) {
        let expected = self.expected.load(Ordering::Relaxed);
        let mut line = String::with_capacity(expected);
        self.format.render(context, &mut line);
        // Rounded, so that cores seldom write to what they all read.
        let needed = line.len().next_multiple_of(128);
        if needed != expected {
            self.expected.store(needed, Ordering::Relaxed);
        }
        self.sink.write(&line);
    }
}

impl fmt::Debug for AccessLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessLog").field("format", &self.format).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "access_log_tests.rs"]
mod tests;
