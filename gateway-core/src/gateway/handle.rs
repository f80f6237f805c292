use std::{
    fmt,
    sync::{Arc, PoisonError},
};

use super::{Shared, ledger::Ledger};
use crate::{
    definition::Definition, problem::Problems, runtime::Runtime, stage::Deployment, store::StoreError,
    usage_plan::Usage,
};

/// Reloads a [`Gateway`](super::Gateway) and reads its state.
#[derive(Clone)]
pub struct GatewayHandle {
    pub(super) shared: Arc<Shared>,
}

impl GatewayHandle {
    /// Compiles `definition` and serves it from the next request on.
    ///
    /// Requests in flight end as they began. Throttles and quotas go on where they are: their state is kept under the
    /// ids of API, stage, route, plan and key. A throttle whose rate or burst has changed starts full. The answers that a
    /// stage keeps stay, too, unless its cache has another size or its deployment another id.
    ///
    /// Each API becomes a deployment of its own, which its stages serve from now on; canaries and variables are what the
    /// definition says, whatever was promoted before. Earlier deployments are kept, see
    /// [`deployments`](Self::deployments); one whose id the definition gives again is replaced.
    ///
    /// # Errors
    /// Everything that is wrong with the definition; the last good one then keeps serving.
    pub fn reload(&self, definition: &Definition) -> Result<(), Problems> {
        self.change(|ledger, runtime| ledger.load(definition, runtime).inspect(|()| definition.is_served()))
    }

    /// The deployment that a stage serves now, beside its canary's.
    #[must_use]
    pub fn deployment(&self, api: &str, stage: &str) -> Option<Arc<Deployment>> {
        self.shared.snapshot.load().stage(api, stage).map(|stage| Arc::clone(&stage.stable))
    }

    /// Forgets all answers that the response cache of a stage keeps; answers that are under way are not kept either.
    /// `false` if the stage has no cache.
    ///
    /// AWS developer guide: *Flush the API stage cache in API Gateway*.
    pub fn flush_cache(&self, api: &str, stage: &str) -> bool {
        let cache = self.shared.runtime.caches.find(api, stage);
        if let Some(cache) = &cache {
            cache.flush();
        }
        cache.is_some()
    }

    /// What a key has used of its quota, by the plan that it has in this stage; `None` without such a key or quota.
    ///
    /// # Errors
    /// When the store cannot be reached.
    pub async fn usage(&self, api: &str, stage: &str, key_id: &str) -> Result<Option<Usage>, StoreError> {
        let Some(deployment) = self.deployment(api, stage) else { return Ok(None) };
        deployment.usage_plans().usage(key_id, self.shared.runtime.clock.now()).await
    }
}

impl GatewayHandle {
    /// Changes what is served, and serves it.
    pub(super) fn change<T, E>(&self, change: impl FnOnce(&mut Ledger, &Runtime) -> Result<T, E>) -> Result<T, E> {
        let mut ledger = self.shared.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = change(&mut ledger, &self.shared.runtime)?;
        self.shared.snapshot.store(Arc::new(ledger.snapshot()));
        self.shared.runtime.store.prune();
        Ok(changed)
    }

    /// Reads what is served and was served.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Ledger) -> T) -> T {
        read(&self.shared.ledger.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for GatewayHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatewayHandle").finish_non_exhaustive()
    }
}
