use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use http::HeaderName;

use super::{
    ApiKeySource, Limiter, Plan, Quota, UsagePlan,
    key::{KeyDigest, KeyMap},
    plan::PlanStage,
};
use crate::{
    clock::SystemClock,
    context::{ApiKeyFacts, Context},
    error::{Error, ErrorKind},
    names::NameMap,
    service::Parts,
    store::{MemoryStore, QuotaCounter, StoreError, UsageStore},
    trace::Step,
};

static API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// The usage plans of one stage, compiled: who has which key, and what is left for it.
pub struct UsagePlans {
    source: ApiKeySource,
    keys: KeyMap<Entry>,
}

/// One key in its plan. The state hangs here, so that a look-up finds it with the key.
pub(crate) struct Entry {
    facts: ApiKeyFacts,
    enabled: bool,
    throttle: Option<Limiter>,
    methods: NameMap<String, Limiter>,
    quota: Option<(Quota, Arc<dyn QuotaCounter>)>,
}

/// What a key has used of its quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Requests a period.
    pub limit: u64,
    /// Requests of this period.
    pub used: u64,
    /// Requests that are left in this period.
    pub remaining: u64,
    /// When the next period starts.
    pub resets_at: SystemTime,
}

impl UsagePlans {
    /// Plans for a layer that stands alone, in memory and on the system's clock. Their stages do not matter.
    #[must_use]
    pub fn new(plans: impl IntoIterator<Item = Plan>) -> Self {
        Self::with_store(plans, &MemoryStore::new(Arc::new(SystemClock::new())))
    }

    /// Plans for a layer that stands alone, whose state is in `store`.
    #[must_use]
    pub fn with_store(plans: impl IntoIterator<Item = Plan>, store: &dyn UsageStore) -> Self {
        let mut all = Self::empty(ApiKeySource::Header);
        for plan in plans {
            all.insert(&plan, None, store);
        }
        all
    }

    pub(crate) fn empty(source: ApiKeySource) -> Self {
        Self { source, keys: KeyMap::default() }
    }

    /// Adds the keys of a plan, for one of its stages; gives the ids of the keys that were there already.
    pub(crate) fn insert(&mut self, plan: &Plan, stage: Option<&PlanStage>, store: &dyn UsageStore) -> Vec<Arc<str>> {
        let id: Arc<str> = plan.id.as_str().into();
        let mut twice = Vec::new();
        for key in &plan.keys {
            let name = format!("plan/{}/key/{}", plan.id, key.id());
            let limiters = stage.into_iter().flat_map(|stage| {
                let place = format!("{name}/{}/{}", stage.api, stage.stage);
                let limiter = move |(route, throttle): (&String, &super::Throttle)| {
                    (route.clone(), Limiter::new(store, &format!("{place}/{route}"), *throttle))
                };
                stage.methods.iter().map(limiter)
            });
            let entry = Entry {
                facts: ApiKeyFacts { id: Arc::clone(key.id()), plan: Arc::clone(&id) },
                enabled: key.is_enabled(),
                methods: limiters.collect(),
                throttle: plan.throttle.map(|throttle| Limiter::new(store, &name, throttle)),
                quota: plan.quota.map(|quota| (quota, store.counter(&format!("{name}/{}", quota.numbering())))),
            };
            if self.keys.insert(key.digest(), entry).is_some() {
                twice.push(Arc::clone(key.id()));
            }
        }
        twice
    }

    /// Finds the caller's key, and writes it down.
    pub(crate) fn identify(&self, request: &Parts, context: &Context) -> Result<&Entry, Error> {
        let found = self.find(request, context);
        context.record(|| {
            let (entry, refused) = match found {
                Ok(entry) if entry.enabled => (Some(entry), None),
                Ok(entry) => (Some(entry), Some("the key is switched off")),
                Err(reason) => (None, Some(reason)),
            };
            Step::ApiKey {
                id: entry.map(|entry| entry.facts.id.to_string()),
                plan: entry.map(|entry| entry.facts.plan.to_string()),
                refused: refused.map(str::to_owned),
            }
        });
        let entry = found.ok().filter(|entry| entry.enabled).ok_or(ErrorKind::InvalidApiKey)?;
        context.set_api_key(entry.facts.clone());
        Ok(entry)
    }

    /// The entry of the key that was given, or why there is none.
    fn find(&self, request: &Parts, context: &Context) -> Result<&Entry, &'static str> {
        let given = match self.source {
            ApiKeySource::Header => {
                let mut values = request.headers.get_all(&API_KEY).iter();
                let first = values.next().ok_or("the request has no x-api-key header")?;
                // Two keys are none: it would be a guess which one is meant.
                if values.next().is_some() {
                    return Err("the request has more than one x-api-key header");
                }
                first.as_bytes()
            }
            ApiKeySource::Authorizer => {
                let key = context.authorization().and_then(|caller| caller.usage_key());
                key.ok_or("the authorizer gave no usage identifier key")?.as_bytes()
            }
        };
        let digest = KeyDigest::of_given(given).ok_or("the key is longer than any key can be")?;
        self.keys.get(&digest).ok_or("no usage plan of this stage has the key")
    }

    /// The keys' ids.
    pub fn keys(&self) -> impl Iterator<Item = &Arc<str>> {
        self.keys.values().map(|entry| &entry.facts.id)
    }

    /// What the key `id` has used of its quota; `None` if there is no such key, or no quota.
    ///
    /// # Errors
    /// When the store cannot be reached.
    pub async fn usage(&self, id: &str, now: SystemTime) -> Result<Option<Usage>, StoreError> {
        let entry = self.keys.values().find(|entry| &*entry.facts.id == id);
        let Some((quota, counter)) = entry.and_then(|entry| entry.quota.as_ref()) else { return Ok(None) };
        let window = quota.window(now);
        let (used, remaining) = counter.read(window.index, quota.allowance()).await?;
        Ok(Some(Usage { limit: quota.limit(), used, remaining, resets_at: window.resets_at }))
    }
}

impl Entry {
    /// The key's throttles: of the method first, then of the plan.
    pub(crate) async fn throttle(&self, context: &Context) -> Result<(), Error> {
        if !self.methods.is_empty() {
            let route = context.route().map(|route| route.route_key.as_str()).unwrap_or_default();
            if let Some(limiter) = self.methods.get(route) {
                limiter.take("key and method", context).await?;
            }
        }
        match &self.throttle {
            Some(limiter) => limiter.take("key", context).await,
            None => Ok(()),
        }
    }

    /// Counts the request against the quota. A store that fails lets it pass, as AWS does.
    pub(crate) async fn count(&self, context: &Context) -> Result<(), Error> {
        let Some((quota, counter)) = &self.quota else { return Ok(()) };
        let window = quota.window(context.received()).index;
        let allowance = quota.allowance();
        let granted = match counter.take_now(window, 1, allowance) {
            Some(granted) => granted,
            None => counter.take(window, 1, allowance).await.unwrap_or_else(|error| {
                tracing::warn!(error = &error as &(dyn std::error::Error + 'static), "quota not checked");
                1
            }),
        };
        let passed = granted == 1;
        if context.trace().is_some() {
            let read = counter.read(window, allowance).await.ok();
            context.record(|| Step::Quota {
                used: read.map(|(used, _)| used),
                // The first period may have less.
                limit: Some(read.map_or(quota.limit(), |(used, remaining)| used.saturating_add(remaining))),
                passed,
            });
        }
        if passed { Ok(()) } else { Err(ErrorKind::QuotaExceeded.into()) }
    }
}

#[async_trait]
impl UsagePlan for UsagePlans {
    async fn admit(&self, request: &Parts, context: &Context) -> Result<(), Error> {
        let entry = self.identify(request, context)?;
        entry.throttle(context).await?;
        entry.count(context).await
    }
}

impl Usage {
    /// How long until the next period.
    #[must_use]
    pub fn resets_in(&self, now: SystemTime) -> Duration {
        self.resets_at.duration_since(now).unwrap_or_default()
    }
}

impl fmt::Debug for UsagePlans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UsagePlans").field("source", &self.source).field("keys", &self.keys.len()).finish()
    }
}

#[cfg(test)]
#[path = "plans_tests.rs"]
mod tests;
