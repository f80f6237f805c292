use std::{
    fmt,
    net::IpAddr,
    sync::{Arc, Mutex},
};

use arc_swap::ArcSwap;

use super::{Gateway, Shared, ledger::Ledger};
use crate::{
    cache::ResponseCaches,
    clock::{Clock, SystemClock},
    definition::Definition,
    problem::Problems,
    random::Random,
    runtime::{PeerOf, Runtime},
    service::Parts,
    store::{MemoryStore, UsageStore},
};

/// Builds a [`Gateway`].
pub struct GatewayBuilder {
    definition: Definition,
    clock: Option<Arc<dyn Clock>>,
    random: Option<Arc<Random>>,
    store: Option<Arc<dyn UsageStore>>,
    peer: Option<PeerOf>,
    deployments_kept: usize,
}

const DEPLOYMENTS_KEPT: usize = 10;

impl GatewayBuilder {
    pub(super) fn new(definition: Definition) -> Self {
        Self { definition, clock: None, random: None, store: None, peer: None, deployments_kept: DEPLOYMENTS_KEPT }
    }

    /// Another clock than the system's.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// A seeded source of randomness: request ids, canaries.
    #[must_use]
    pub fn random(mut self, random: Random) -> Self {
        self.random = Some(Arc::new(random));
        self
    }

    /// Where throttles and quotas keep their state; in memory unless given.
    #[must_use]
    pub fn store(mut self, store: Arc<dyn UsageStore>) -> Self {
        self.store = Some(store);
        self
    }

    /// How to tell the peer's address (`$context.identity.sourceIp`) from a request.
    ///
    /// Without it, or where it gives `None`, a `SocketAddr` or `IpAddr` in the request's extensions counts. Where that is a
    /// proxy that the definition [trusts](Definition::trusted_proxies), who is behind it counts instead. With axum's
    /// `into_make_service_with_connect_info`:
    /// `.source_ip(|parts| parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip()))`.
    #[must_use]
    pub fn source_ip(mut self, peer: impl Fn(&Parts) -> Option<IpAddr> + Send + Sync + 'static) -> Self {
        self.peer = Some(Arc::new(peer));
        self
    }

    /// How many deployments of each API are kept to go back to, those that serve included; 10 unless given.
    #[must_use]
    pub fn deployments_kept(mut self, count: usize) -> Self {
        self.deployments_kept = count;
        self
    }

    /// Compiles the definition.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn build(self) -> Result<Gateway, Problems> {
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        let store = self.store.unwrap_or_else(|| Arc::new(MemoryStore::new(Arc::clone(&clock))));
        let random = self.random.unwrap_or_else(|| Arc::new(Random::from_os()));
        let runtime = Runtime { random, clock, store, caches: ResponseCaches::default(), peer: self.peer };
        let mut ledger = Ledger::new(self.deployments_kept);
        ledger.load(&self.definition, &runtime)?;
        self.definition.is_served();
        let snapshot = ArcSwap::from_pointee(ledger.snapshot());
        Ok(Gateway { shared: Arc::new(Shared { snapshot, runtime, ledger: Mutex::new(ledger) }) })
    }
}

impl fmt::Debug for GatewayBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatewayBuilder").field("definition", &self.definition).finish_non_exhaustive()
    }
}
