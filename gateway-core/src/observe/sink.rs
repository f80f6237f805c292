//! Where the lines of an access log go.

use std::sync::Arc;

/// Where the lines of an [`AccessLog`](super::AccessLog) go. Closures are sinks too.
pub trait LogSink: Send + Sync + 'static {
    /// Takes one line, without a line break. Called when a response's body is dropped, so it must not block for long.
    fn write(&self, line: &str);

    /// How many lines were lost so far.
    fn lost(&self) -> u64 {
        0
    }
}

impl<S: LogSink + ?Sized> LogSink for Arc<S> {
    fn write(&self, line: &str) {
        (**self).write(line);
    }

    fn lost(&self) -> u64 {
        (**self).lost()
    }
}

impl<F: Fn(&str) + Send + Sync + 'static> LogSink for F {
    fn write(&self, line: &str) {
        self(line);
    }
}

/// Lines as events.
pub(super) struct TracingSink;

impl LogSink for TracingSink {
    fn write(&self, line: &str) {
        tracing::info!(target: "gateway::access", "{line}");
    }
}
