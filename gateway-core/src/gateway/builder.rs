use std::{
    fmt,
    net::IpAddr,
    sync::{Arc, Mutex},
};

use arc_swap::ArcSwap;

use super::{Gateway, Shared};
use crate::{
    cache::ResponseCaches,
    clock::{Clock, SystemClock},
    compile,
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
    random: Option<Random>,
    store: Option<Arc<dyn UsageStore>>,
    peer: Option<PeerOf>,
}

impl GatewayBuilder {
    pub(super) fn new(definition: Definition) -> Self {
        Self { definition, clock: None, random: None, store: None, peer: None }
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
        self.random = Some(random);
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
    /// Without it, or where it gives `None`, a `SocketAddr` or `IpAddr` in the request's extensions counts. With axum's
    /// `into_make_service_with_connect_info`:
    /// `.source_ip(|parts| parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip()))`.
    #[must_use]
    pub fn source_ip(mut self, peer: impl Fn(&Parts) -> Option<IpAddr> + Send + Sync + 'static) -> Self {
        self.peer = Some(Arc::new(peer));
        self
    }

    /// Compiles the definition.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn build(self) -> Result<Gateway, Problems> {
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        let store = self.store.unwrap_or_else(|| Arc::new(MemoryStore::new(Arc::clone(&clock))));
        let random = self.random.unwrap_or_else(Random::from_os);
        let runtime = Runtime { random, clock, store, caches: ResponseCaches::default(), peer: self.peer };
        let snapshot = ArcSwap::from_pointee(compile::compile(&self.definition, &runtime)?);
        Ok(Gateway { shared: Arc::new(Shared { snapshot, runtime, reloading: Mutex::default() }) })
    }
}

impl fmt::Debug for GatewayBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatewayBuilder").field("definition", &self.definition).finish_non_exhaustive()
    }
}
