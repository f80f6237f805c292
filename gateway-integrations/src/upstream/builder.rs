//! What an upstream stands on, and what only code can say of it.

use std::{
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, AtomicUsize},
    },
};

use arc_swap::ArcSwap;
use gateway_core::{Clock, HttpClient, Parts, Problems, Random, SystemClock, config::UpstreamConfig};
use tokio::sync::Notify;

use super::{
    Inner, KeyFunction, Live, Resolve, ShadowObserver, Tasks, Upstream,
    balance::Plan,
    breaker::Breaker,
    budget::Budget,
    latency::Latencies,
    metrics::UpstreamMetrics,
    shadow::{Copier, Other},
};

/// Sets an [`Upstream`] up.
///
/// # Example
/// ```
/// use std::sync::Arc;
/// use gateway_core::{HttpClient, Parts, Problems, config::{BalanceConfig, UpstreamConfig}};
/// use gateway_integrations::upstream::{Target, Upstream};
/// use tower::BoxError;
///
/// fn users(client: Arc<dyn HttpClient>) -> Result<Upstream, Problems> {
///     Upstream::builder("users", client)
///         .resolve(|| async { Ok::<_, BoxError>(vec![Target::parse("http://10.0.0.1:8080")?]) })
///         .key(|request: &Parts| Some(request.uri.path().len() as u64))
///         .build(&UpstreamConfig { balance: BalanceConfig::Hash, ..UpstreamConfig::default() })
/// }
/// ```
#[derive(Clone)]
pub struct UpstreamBuilder {
    name: String,
    client: Arc<dyn HttpClient>,
    clock: Arc<dyn Clock>,
    random: Arc<Random>,
    key: Option<KeyFunction>,
    resolve: Option<Arc<dyn Resolve>>,
    shadow: Option<Other>,
    observer: Option<Arc<dyn ShadowObserver>>,
}

impl UpstreamBuilder {
    pub(super) fn new(name: String, client: Arc<dyn HttpClient>) -> Self {
        Self {
            name,
            client,
            clock: Arc::new(SystemClock::new()),
            random: Arc::new(Random::from_os()),
            key: None,
            resolve: None,
            shadow: None,
            observer: None,
        }
    }

    /// Where the time comes from; the system's clock unless given. Waiting is tokio's.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Where drawn numbers come from.
    #[must_use]
    pub fn random(mut self, random: Arc<Random>) -> Self {
        self.random = random;
        self
    }

    /// What tells callers apart for the balance `HASH`, instead of `hashKey`; a request without a key goes to any
    /// target.
    #[must_use]
    pub fn key(mut self, key: impl Fn(&Parts) -> Option<u64> + Send + Sync + 'static) -> Self {
        self.key = Some(Arc::new(key));
        self
    }

    /// Where targets are found, besides those of the definition and instead of its `dns`.
    #[must_use]
    pub fn resolve(mut self, resolve: impl Resolve) -> Self {
        self.resolve = Some(Arc::new(resolve));
        self
    }

    /// What answers the copies of requests that the definition's `shadow` asks for; its name then means nothing.
    #[must_use]
    pub fn shadow(mut self, client: Arc<dyn HttpClient>) -> Self {
        self.shadow = Some(Other::Client(client));
        self
    }

    pub(super) fn copies_for(mut self, other: Other) -> Self {
        self.shadow = Some(other);
        self
    }

    /// Told how the answers to copies compare.
    #[must_use]
    pub fn shadow_observer(mut self, observer: Arc<dyn ShadowObserver>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Makes the upstream.
    ///
    /// # Errors
    /// Everything that is wrong with `config`; the pointers start at the upstream.
    pub fn build(self, config: &UpstreamConfig) -> Result<Upstream, Problems> {
        let upstream = self.idle();
        upstream.reload(config)?;
        Ok(upstream)
    }

    /// The upstream, without a definition so far.
    pub(super) fn idle(self) -> Upstream {
        let live = Live { settings: Arc::default(), gate: None, targets: Arc::new([]), plan: Plan::default() };
        let inner = Inner {
            metrics: UpstreamMetrics::register(&self.name),
            copier: Copier::new(self.shadow, self.observer),
            name: self.name,
            client: self.client,
            clock: self.clock,
            random: self.random,
            key: self.key,
            resolve: self.resolve,
            live: ArcSwap::from_pointee(live),
            turn: AtomicUsize::new(0),
            until: AtomicU64::new(u64::MAX),
            breaker: Arc::new(Breaker::default()),
            retries: Budget::default(),
            hedges: Budget::default(),
            latencies: Latencies::default(),
            found: Mutex::new(None),
            first_found: Notify::new(),
            tasks: Mutex::new(Tasks::default()),
            are_tasks_running: AtomicBool::new(false),
        };
        Upstream { inner: Arc::new(inner) }
    }
}

impl fmt::Debug for UpstreamBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpstreamBuilder").field("name", &self.name).finish_non_exhaustive()
    }
}
