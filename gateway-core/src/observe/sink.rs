//! Where the lines of an access log go.

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// Where the lines of an [`AccessLog`](super::AccessLog) go. Closures are sinks too.
pub trait LogSink: Send + Sync + 'static {
    /// Takes one line, without a line break. Called when a response's body is dropped, so it must not block for long.
    fn write(&self, line: &str);
}

impl<S: LogSink + ?Sized> LogSink for Arc<S> {
    fn write(&self, line: &str) {
        (**self).write(line);
    }
}

impl<F: Fn(&str) + Send + Sync + 'static> LogSink for F {
    fn write(&self, line: &str) {
        self(line);
    }
}

/// Lines to a writer, one call each.
pub(super) struct WriterSink<W> {
    writer: Mutex<Buffered<W>>,
    lost: AtomicU64,
}

struct Buffered<W> {
    writer: W,
    line: Vec<u8>,
}

impl<W: io::Write> WriterSink<W> {
    pub(super) fn new(writer: W) -> Self {
        Self { writer: Mutex::new(Buffered { writer, line: Vec::new() }), lost: AtomicU64::new(0) }
    }
}

impl<W: io::Write + Send + 'static> LogSink for WriterSink<W> {
    fn write(&self, line: &str) {
        let result = {
            let mut guard = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
            let Buffered { writer, line: buffer } = &mut *guard;
            buffer.clear();
            buffer.extend_from_slice(line.as_bytes());
            buffer.push(b'\n');
            writer.write_all(buffer)
        };
        let Err(error) = result else { return };
        // A disk that is full would fill the host's own log as well.
        if self.lost.fetch_add(1, Ordering::Relaxed) == 0 {
            tracing::warn!(%error, "lines of the access log are lost; said once");
        }
    }
}

/// Lines as events.
pub(super) struct TracingSink;

impl LogSink for TracingSink {
    fn write(&self, line: &str) {
        tracing::info!(target: "gateway::access", "{line}");
    }
}
