use std::{fmt, sync::Arc};

use crate::{
    context::Context,
    error::{Error, ErrorKind},
    store::{TokenBucket, UsageStore},
    trace::Step,
};

/// A token bucket's size: `rate` tokens a second, up to `burst` at once.
///
/// AWS developer guide: *Throttle API requests for better throughput*. A rate or burst of zero refuses every request.
///
/// # Example
/// ```
/// use gateway_core::Throttle;
///
/// let half_a_request_a_second = Throttle::new(0.5, 5);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Throttle {
    rate: f64,
    burst: u32,
}

impl Throttle {
    /// `rate` requests a second, `burst` at once. A rate that is no number, or less than zero, counts as zero.
    #[must_use]
    pub fn new(rate: f64, burst: u32) -> Self {
        Self { rate: if rate > 0.0 { rate } else { 0.0 }, burst }
    }

    /// Tokens a second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// The most tokens at once.
    #[must_use]
    pub fn burst(&self) -> u32 {
        self.burst
    }
}

/// A throttle with its state.
#[derive(Clone)]
pub(crate) struct Limiter {
    bucket: Arc<dyn TokenBucket>,
    throttle: Throttle,
}

impl Limiter {
    pub(crate) fn new(store: &dyn UsageStore, id: &str, throttle: Throttle) -> Self {
        Self { bucket: store.bucket(id, throttle.rate, throttle.burst), throttle }
    }

    /// Takes one token; `whose` is for the trace. A store that fails lets the request pass, as AWS does.
    pub(crate) async fn take(&self, whose: &str, context: &Context) -> Result<(), Error> {
        let passed = match self.bucket.take_now(1) {
            Some(taken) => taken,
            None => self.bucket.take(1).await.unwrap_or_else(|error| {
                tracing::warn!(error = &error as &(dyn std::error::Error + 'static), "throttle not checked");
                true
            }),
        };
        context.record(|| Step::Throttle {
            bucket: whose.to_owned(),
            passed,
            left: self.bucket.level(),
            rate: self.throttle.rate,
            burst: self.throttle.burst,
        });
        if passed { Ok(()) } else { Err(ErrorKind::Throttled.into()) }
    }
}

impl fmt::Debug for Limiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limiter").field("throttle", &self.throttle).finish_non_exhaustive()
    }
}
