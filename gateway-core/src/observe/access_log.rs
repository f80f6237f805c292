//! One line for each request.

use std::{cell::Cell, fmt, io};

use super::{AccessLogFormat, LogSink, Observer, sink::TracingSink, writer::WriterSink};
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
}

thread_local! {
    /// The memory of the last line, for the next one.
    static LINE: Cell<String> = const { Cell::new(String::new()) };
}

/// Longer lines give their memory back.
const KEPT: usize = 16 * 1024;

impl AccessLog {
    /// A log whose lines go to `sink`.
    #[must_use]
    pub fn new(format: AccessLogFormat, sink: impl LogSink) -> Self {
        Self { format, sink: Box::new(sink) }
    }

    /// A log whose lines go to a writer, in batches, on a thread of its own: no request waits for it.
    ///
    /// A line is written within 50 ms, and what is left when the log is dropped; a process that is killed loses so much.
    /// Up to 4 MiB wait for a writer that is slow. Lines beyond, and those that it refuses, are [lost](Self::lost), and
    /// leave warnings with their number. It is never flushed.
    #[must_use]
    pub fn to_writer(format: AccessLogFormat, writer: impl io::Write + Send + 'static) -> Self {
        Self::new(format, WriterSink::new(writer))
    }

    /// A log whose lines are the messages of `tracing` events, with level INFO and target `gateway::access`.
    #[must_use]
    pub fn to_tracing(format: AccessLogFormat) -> Self {
        Self::new(format, TracingSink)
    }

    /// How many lines were lost so far.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.sink.lost()
    }
}

impl Observer for AccessLog {
    fn finished(&self, context: &Context) {
        let mut line = LINE.take();
        self.format.render(context, &mut line);
        self.sink.write(&line);
        if line.capacity() <= KEPT {
            line.clear();
            LINE.set(line);
        }
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
