//! `Observer`: told of every request when it is over; access logs and metrics.

mod access_log;
mod escape;
mod execution_log;
mod format;
#[cfg(feature = "metrics")]
mod metrics;
mod sink;
#[cfg(test)]
mod testing;
mod writer;

use std::sync::Arc;

pub(crate) use self::execution_log::{ExecutionLog, ExecutionLogging, RouteExecutionLog};
#[cfg(feature = "metrics")]
pub use self::metrics::Metrics;
pub use self::{
    access_log::AccessLog,
    execution_log::LoggingLevel,
    format::{AccessLogFormat, AccessLogFormatError},
    sink::LogSink,
};
use crate::context::Context;

/// Told of every request, once, when its response's body has ended or was dropped, also after a refusal, a panic or a
/// client that left: whatever was known is in the context.
///
/// Closures are observers too.
///
/// # Example
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use gateway_core::{Context, Observer};
///
/// static SLOW: AtomicU64 = AtomicU64::new(0);
///
/// fn observer() -> impl Observer {
///     |context: &Context| {
///         if context.response().is_some_and(|response| response.latency.as_secs() >= 5) {
///             SLOW.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
/// # let _ = observer();
/// ```
pub trait Observer: Send + Sync + 'static {
    /// The request is over. Called on the task that drops the body, so it must not block.
    fn finished(&self, context: &Context);
}

impl<O: Observer + ?Sized> Observer for Arc<O> {
    fn finished(&self, context: &Context) {
        (**self).finished(context);
    }
}

impl<F: Fn(&Context) + Send + Sync + 'static> Observer for F {
    fn finished(&self, context: &Context) {
        self(context);
    }
}
