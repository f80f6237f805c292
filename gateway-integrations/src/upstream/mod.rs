//! Upstreams: several targets that stand for one HTTP backend.
//!
//! An [`Upstream`] balances, checks, retries and refuses what is too much; an [`HttpClient`] in front of another. A
//! definition names it in `upstream` of an integration, and [`Upstreams`] keeps what was learnt of the targets when the
//! definition changes.
//!
//! # In a definition
//! ```yaml
//! upstreams:
//!   users:
//!     targets:
//!       - { uri: 'http://10.0.0.1:8080', weight: 2 }
//!       - { uri: 'http://10.0.0.2:8080' }
//!     balance: LEAST_REQUESTS
//!     healthCheck: { path: /health, intervalInMillis: 5000 }
//!     outlierDetection: { consecutiveFailures: 5, baseEjectionInMillis: 30000 }
//!     retry: { maxAttempts: 3 }
//!     limits: { maxRequests: 500, maxWaiting: 100 }
//!     connections: { maxPerTarget: 100, maxWaiting: 50 }
//! apis:
//!   - name: users
//!     protocolType: HTTP
//!     routes:
//!       - route: GET /users/{id}
//!         integration: { type: http_proxy, upstream: users, uri: '/v1/users/{id}' }
//!     stages: [{ name: $default }]
//! ```
//!
//! # Metrics
//! With the feature `metrics`; handles are registered when an upstream or a target is first seen, so **install the
//! recorder before that**.
//!
//! | name | labels | type | counts or measures |
//! | --- | --- | --- | --- |
//! | `TargetRequestCount` | `Upstream`, `Target` | counter | requests sent, with retries and hedges |
//! | `TargetFailureCount` | `Upstream`, `Target`, `Failure` | counter | `Connect`, `Reset`, `Timeout`, `Status` (from 500 on) |
//! | `TargetResponseTime` | `Upstream`, `Target` | histogram, ms | from sending to the head of the answer |
//! | `TargetEjectionCount` | `Upstream`, `Target` | counter | times it was left out |
//! | `UsableTargetCount` | `Upstream` | gauge | targets that get requests |
//! | `BreakerState` | `Upstream` | gauge | 0 closed, 1 half open, 2 open |
//! | `RetryCount`, `RetryDeniedCount` | `Upstream` | counter | requests sent again, or not because of the budget |
//! | `HedgeCount` | `Upstream` | counter | requests sent to a second target |
//! | `RejectedRequestCount` | `Upstream` | counter | requests refused with 503 |
//! | `ShadowRequestCount`, `ShadowDroppedCount` | `Upstream` | counter | copies, those not made |
//! | `ShadowDifferenceCount` | `Upstream`, `Difference` | counter | copies with no `Answer`, or another `Status`, `Shape` of JSON, or `Body` |
//! | `ShadowResponseTime` | `Upstream`, `Answer` | histogram, ms | of requests that were copied: `Primary` and `Shadow` |

mod affinity;
mod attempt;
mod balance;
mod breaker;
mod budget;
mod builder;
mod call;
mod failure;
mod gate;
mod held;
mod latency;
mod learn;
mod metrics;
mod replay;
mod resolve;
mod settings;
mod shadow;
mod shape;
mod shed;
mod state;
mod status;
mod target;
mod tasks;
mod upstreams;

use std::{
    fmt,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context as TaskContext, Poll},
};

use arc_swap::ArcSwap;
use async_trait::async_trait;
use bytes::Bytes;
use gateway_core::{
    Body, Clock, Error, HttpClient, Parts, Problems, Random, Request, Response, config::UpstreamConfig,
};
use tokio::sync::Notify;
use tower::{BoxError, Service};

pub(crate) use self::affinity::WithAffinity;
use self::{
    balance::Plan,
    breaker::Breaker,
    budget::Budget,
    gate::Gate,
    latency::Latencies,
    metrics::UpstreamMetrics,
    settings::{ByCode, Settings},
    shadow::Copier,
    state::{Endpoint, TargetState, nanos},
    tasks::Tasks,
};
pub use self::{
    builder::UpstreamBuilder,
    resolve::{Dns, Resolve, Resolved},
    shadow::{Comparison, ShadowObserver},
    shape::{JsonType, ShapeDifference},
    shed::Shed,
    status::{BreakerState, Health, TargetStatus, UpstreamStatus},
    target::{Target, TargetError},
    upstreams::Upstreams,
};

/// Several targets that stand for one HTTP backend.
///
/// AWS developer guide: *Set up API Gateway private integrations*; Elastic Load Balancing user guide: *Target groups for
/// your Application Load Balancers* has the ideas of targets and health checks.
///
/// It is an [`HttpClient`]: whatever calls through one ([`HttpProxy`](crate::HttpProxy), a key set) can call it. Scheme
/// and authority of a request's address are replaced by those of the target that is chosen. `Host` stays what it is,
/// unless it is the upstream's own name, which becomes the target's. Alone it is a tower service.
///
/// Clones are the same upstream. Health checks and look-ups of names run in tasks of the tokio runtime that it is first
/// used in, and end with it.
///
/// # Example
/// ```
/// use std::sync::Arc;
/// use gateway_core::{HttpClient, config::{RetryConfig, UpstreamConfig, UpstreamTargetConfig}};
/// use gateway_integrations::{HttpProxy, upstream::Upstream};
///
/// fn users(client: Arc<dyn HttpClient>) -> Result<HttpProxy, Box<dyn std::error::Error>> {
///     let target = |uri: &str| UpstreamTargetConfig { uri: uri.to_owned(), weight: 1 };
///     let config = UpstreamConfig {
///         targets: vec![target("http://10.0.0.1:8080"), target("http://10.0.0.2:8080")],
///         retry: Some(RetryConfig { max_attempts: 2, ..RetryConfig::default() }),
///         ..UpstreamConfig::default()
///     };
///     let users = Upstream::builder("users", client).build(&config)?;
///     Ok(HttpProxy::new("http://users/v1/{id}", Arc::new(users))?)
/// }
/// ```
#[derive(Clone)]
pub struct Upstream {
    inner: Arc<Inner>,
}

/// What lives as long as the upstream; what changes with its definition is in `live`.
struct Inner {
    name: String,
    client: Arc<dyn HttpClient>,
    clock: Arc<dyn Clock>,
    random: Arc<Random>,
    key: Option<KeyFunction>,
    resolve: Option<Arc<dyn Resolve>>,
    live: ArcSwap<Live>,
    turn: AtomicUsize,
    /// When the plan must be made anew, on the clock, in nanoseconds.
    until: AtomicU64,
    breaker: Arc<Breaker>,
    retries: Budget,
    hedges: Budget,
    latencies: Latencies,
    /// What was found by looking a name up; held while the plan is made anew.
    found: Mutex<Option<Vec<Target>>>,
    first_found: Notify,
    copier: Copier,
    tasks: Mutex<Tasks>,
    are_tasks_running: AtomicBool,
    metrics: UpstreamMetrics,
}

/// What tells callers apart, in code.
type KeyFunction = Arc<dyn Fn(&Parts) -> Option<u64> + Send + Sync>;

/// What serves now.
struct Live {
    settings: Arc<Settings>,
    gate: Option<Arc<Gate>>,
    targets: Arc<[Endpoint]>,
    plan: Plan,
}

impl Upstream {
    /// An upstream `name` to be set up, whose targets are called through `client`.
    pub fn builder(name: impl Into<String>, client: Arc<dyn HttpClient>) -> UpstreamBuilder {
        UpstreamBuilder::new(name.into(), client)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// Does from now on what `config` says. What is known of targets that stay is kept, and so are requests under way;
    /// a new limit counts those that begin under it.
    ///
    /// # Errors
    /// Everything that is wrong with `config`; the pointers start at the upstream. Nothing has changed then.
    pub fn reload(&self, config: &UpstreamConfig) -> Result<(), Problems> {
        self.inner.apply(Arc::new(self.compile(config)?));
        Ok(())
    }

    /// What `config` says of this upstream.
    fn compile(&self, config: &UpstreamConfig) -> Result<Settings, Problems> {
        let code = ByCode { has_key: self.inner.key.is_some(), finds_targets: self.inner.resolve.is_some() };
        Settings::compile(config, code)
    }

    /// How it is doing.
    #[must_use]
    pub fn status(&self) -> UpstreamStatus {
        let live = self.inner.live.load();
        let now = self.inner.clock.elapsed();
        let target = |target: &Endpoint| {
            let state = &target.state;
            TargetStatus {
                uri: state.target.to_string(),
                weight: target.weight,
                health: state.health(),
                ejected_for: state.ejected_until(now).map(|until| until.saturating_sub(now)),
                ejections: state.ejections(),
                drained: state.drained.load(Ordering::Relaxed),
                under_way: state.under_way.load(Ordering::Relaxed),
                requests: state.requests.load(Ordering::Relaxed),
                failed: state.failed.load(Ordering::Relaxed),
            }
        };
        UpstreamStatus {
            name: self.inner.name.clone(),
            breaker: self.inner.breaker.state(),
            panic: live.plan.panic,
            waiting: live.gate.as_ref().map_or(0, |gate| gate.waiting()),
            targets: live.targets.iter().map(target).collect(),
        }
    }

    /// Takes a target (`http://10.0.0.1:8080`) out by hand, or back in; requests that are with it end as they began.
    /// `false` if there is no such target.
    pub fn drain(&self, target: &str, drained: bool) -> bool {
        let live = self.inner.live.load_full();
        let Some(found) = live.targets.iter().find(|endpoint| endpoint.state.target.to_string() == target) else {
            return false;
        };
        found.state.drained.store(drained, Ordering::Relaxed);
        tracing::info!(upstream = self.name(), target, drained, "target drained or taken back by hand");
        self.inner.replan();
        true
    }

    /// Ends what runs in the background: nothing defines this upstream any more.
    fn retire(&self) {
        self.inner.end_tasks();
    }
}

impl Inner {
    /// Does what `settings` say.
    fn apply(self: &Arc<Self>, settings: Arc<Settings>) {
        let before = self.live.load_full();
        let gate = if before.settings.limits == settings.limits {
            before.gate.clone()
        } else {
            Gate::new(&settings.limits).map(Arc::new)
        };
        if settings.dns != before.settings.dns && self.resolve.is_none() {
            *self.found.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        let is_checked = settings.health.is_some();
        self.put(Some((settings, gate)));
        self.restart();
        if before.settings.health.is_some() && !is_checked {
            self.live.load().targets.iter().for_each(|target| target.state.forget_health());
            self.replan();
        }
    }

    /// Makes the plan anew, of what is known now.
    fn replan(&self) {
        self.put(None);
    }

    /// Puts new settings into service, if there are some, and makes the plan anew.
    fn put(&self, settings: Option<(Arc<Settings>, Option<Arc<Gate>>)>) {
        // One after the other: a plan must not be replaced by an older one.
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.live.load_full();
        let (settings, gate) = settings.unwrap_or_else(|| (Arc::clone(&before.settings), before.gate.clone()));
        let targets = settings.targets.iter().chain(found.iter().flatten());
        let targets = self.endpoints(targets, &before.targets);
        let now = self.clock.elapsed();
        let plan = Plan::new(&targets, settings.panic_percent, now);
        if plan.panic && !before.plan.panic {
            tracing::warn!(upstream = self.name, "too few targets are well: all of them are used");
        }
        self.metrics.usable(plan.len());
        self.until.store(plan.until.map_or(u64::MAX, nanos), Ordering::Relaxed);
        self.live.store(Arc::new(Live { settings, gate, targets, plan }));
    }

    /// Targets, each with the state that it has already.
    fn endpoints<'t>(&self, targets: impl Iterator<Item = &'t Target>, before: &Arc<[Endpoint]>) -> Arc<[Endpoint]> {
        let mut endpoints: Vec<Endpoint> = Vec::new();
        for target in targets.take(settings::MOST_TARGETS) {
            if endpoints.iter().any(|other| other.state.target.is_same_backend(target)) {
                continue;
            }
            let known = before.iter().find(|other| {
                other.state.target == *target || {
                    other.state.target.is_same_backend(target) && other.state.target.host() == target.host()
                }
            });
            let state = known.map_or_else(
                || Arc::new(TargetState::new(&self.name, target.clone())),
                |known| Arc::clone(&known.state),
            );
            endpoints.push(Endpoint { state, weight: target.weight() });
        }
        endpoints.into()
    }

    /// What serves now, with ejections ended that are over.
    fn current(&self) -> Arc<Live> {
        let until = self.until.load(Ordering::Relaxed);
        if until != u64::MAX && nanos(self.clock.elapsed()) >= until {
            self.replan();
        }
        self.live.load_full()
    }
}

#[async_trait]
impl HttpClient for Upstream {
    async fn send(&self, request: Request) -> Result<Response, Error> {
        call::send(&self.inner, request).await
    }
}

/// The same, for what calls tower services: always ready, for what is too much is refused at once.
impl<B> Service<http::Request<B>> for Upstream
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let inner = Arc::clone(&self.inner);
        let request = request.map(Body::new);
        Box::pin(async move { call::send(&inner, request).await })
    }
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upstream").field("status", &self.status()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
