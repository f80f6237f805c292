use std::{
    fmt,
    sync::{Arc, PoisonError},
};

use super::Shared;
use crate::{
    compile, definition::Definition, problem::Problems, stage::Deployment, store::StoreError, usage_plan::Usage,
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
    /// # Errors
    /// Everything that is wrong with the definition; the last good one then keeps serving.
    pub fn reload(&self, definition: &Definition) -> Result<(), Problems> {
        let _one_after_the_other = self.shared.reloading.lock().unwrap_or_else(PoisonError::into_inner);
        let snapshot = compile::compile(definition, &self.shared.runtime)?;
        self.shared.snapshot.store(Arc::new(snapshot));
        self.shared.runtime.store.prune();
        Ok(())
    }

    /// The deployment that a stage serves now.
    #[must_use]
    pub fn deployment(&self, api: &str, stage: &str) -> Option<Arc<Deployment>> {
        self.shared.snapshot.load().deployment(api, stage)
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

impl fmt::Debug for GatewayHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatewayHandle").finish_non_exhaustive()
    }
}
