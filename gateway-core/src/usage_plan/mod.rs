//! `UsagePlan`: how much a key may use. API keys, throttles, quotas.

mod key;
mod plan;
mod plans;
mod quota;
mod throttle;

use std::{fmt, sync::Arc};

use async_trait::async_trait;

pub(crate) use self::throttle::Limiter;
pub use self::{
    key::{ApiKey, ApiKeyError},
    plan::{ApiKeySource, Plan, PlanStage},
    plans::{Usage, UsagePlans},
    quota::{Period, Quota, Window},
    throttle::Throttle,
};
use crate::{
    context::Context,
    error::Error,
    guard::{Guard, GuardLayer},
    service::Parts,
};

/// Admits requests by what their caller has left.
///
/// [`UsagePlans`] is the stock implementation: API keys with throttles and quotas.
///
/// # Example: an API key in front of an existing service
/// ```
/// use gateway_core::{ApiKey, Plan, Quota, Throttle, UsagePlan, UsagePlans};
///
/// let gold = Plan::new("gold")
///     .throttle(Throttle::new(100.0, 200))
///     .quota(Quota::per_day(10_000))
///     .key(ApiKey::new("alice", "b2c5f0e4a1d94f0b8c7e")?);
/// let layer = UsagePlans::new([gold]).into_layer(); // axum: `.layer(layer)`
/// # Ok::<(), gateway_core::ApiKeyError>(())
/// ```
#[async_trait]
pub trait UsagePlan: Send + Sync + 'static {
    /// Admits the request, and counts it.
    ///
    /// # Errors
    /// [`InvalidApiKey`](crate::ErrorKind::InvalidApiKey) without a good key,
    /// [`Throttled`](crate::ErrorKind::Throttled) when it comes too fast,
    /// [`QuotaExceeded`](crate::ErrorKind::QuotaExceeded) when the period's requests are used up.
    async fn admit(&self, request: &Parts, context: &Context) -> Result<(), Error>;

    /// This plan as a tower layer.
    fn into_layer(self) -> GuardLayer
    where
        Self: Sized,
    {
        UsagePlanGuard(Arc::new(self)).into_layer()
    }
}

#[async_trait]
impl<P: UsagePlan + ?Sized> UsagePlan for Arc<P> {
    async fn admit(&self, request: &Parts, context: &Context) -> Result<(), Error> {
        (**self).admit(request, context).await
    }
}

/// A [`UsagePlan`] as a [`Guard`].
#[derive(Clone)]
struct UsagePlanGuard(Arc<dyn UsagePlan>);

impl fmt::Debug for UsagePlanGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UsagePlanGuard").finish_non_exhaustive()
    }
}

#[async_trait]
impl Guard for UsagePlanGuard {
    async fn check(&self, request: &Parts, context: &Context) -> Result<(), Error> {
        self.0.admit(request, context).await
    }
}
