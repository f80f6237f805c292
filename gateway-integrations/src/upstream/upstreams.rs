//! `Upstreams`: the upstreams of a gateway, by name, over all its reloads.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use gateway_core::{
    Clock, HttpClient, Problem, Problems, Random, SystemClock,
    config::{UpstreamConfig, UpstreamsReady},
    pointer_token,
};

use super::{ShadowObserver, Upstream, UpstreamStatus, settings::Settings, shadow::Other};

/// The upstreams of a gateway, by name.
///
/// Clones are the same. Keep one to read how targets are doing, and to drain them by hand; give the other to
/// [`Integrations`](crate::Integrations). What is known of a target lives here, so it lives through a reload.
///
/// # Example
/// ```
/// use std::sync::Arc;
/// use gateway_core::{HttpClient, config::Registry};
/// use gateway_integrations::{Integrations, upstream::Upstreams};
///
/// fn registry(client: Arc<dyn HttpClient>) -> (Registry, Upstreams) {
///     let upstreams = Upstreams::new(Arc::clone(&client));
///     let integrations = Integrations::new(client).upstreams(upstreams.clone());
///     (Registry::new().integrations(integrations), upstreams)
/// }
/// ```
#[derive(Clone)]
pub struct Upstreams {
    client: Arc<dyn HttpClient>,
    clock: Arc<dyn Clock>,
    random: Arc<Random>,
    observer: Option<Arc<dyn ShadowObserver>>,
    known: Arc<Known>,
}

#[derive(Default)]
struct Known {
    /// Made in code; definitions leave them alone.
    own: Mutex<ByName>,
    /// Of the definition that was read last, served or not.
    defined: Mutex<ByName>,
    /// Of the definition that is served.
    served: Mutex<ByName>,
}

type ByName = BTreeMap<String, Upstream>;

/// Finds an upstream when it is needed: two that shadow each other would else hold each other for ever.
#[derive(Clone)]
pub(super) struct Named(Weak<Known>);

impl Upstreams {
    /// No upstreams so far; their targets will be called through `client`.
    #[must_use]
    pub fn new(client: Arc<dyn HttpClient>) -> Self {
        Self {
            client,
            clock: Arc::new(SystemClock::new()),
            random: Arc::new(Random::from_os()),
            observer: None,
            known: Arc::default(),
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

    /// Told how the answers to copies of requests compare.
    #[must_use]
    pub fn shadow_observer(mut self, observer: impl ShadowObserver) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Adds an upstream that is made in code; integrations name it like one of the definition.
    #[must_use]
    pub fn with(self, upstream: Upstream) -> Self {
        lock(&self.known.own).insert(upstream.name().to_owned(), upstream);
        self
    }

    /// The upstream of this name that serves now.
    #[must_use]
    pub fn upstream(&self, name: &str) -> Option<Upstream> {
        self.known.serving(name)
    }

    /// How all of them are doing, by name.
    #[must_use]
    pub fn status(&self) -> Vec<UpstreamStatus> {
        let mut all = lock(&self.known.served).clone();
        all.append(&mut lock(&self.known.own).clone());
        all.values().map(Upstream::status).collect()
    }

    /// Takes a target of an upstream out by hand, or back in; see [`Upstream::drain`].
    pub fn drain(&self, upstream: &str, target: &str, drained: bool) -> bool {
        self.upstream(upstream).is_some_and(|upstream| upstream.drain(target, drained))
    }

    /// The upstream that an integration of the definition that is being read names.
    pub(crate) fn named(&self, name: &str) -> Option<Upstream> {
        lock(&self.known.defined).get(name).or(lock(&self.known.own).get(name)).cloned()
    }

    /// Makes the upstreams of a definition; they change when what is returned is called.
    pub(crate) fn define(&self, configs: &BTreeMap<&str, &UpstreamConfig>) -> Result<UpstreamsReady, Problems> {
        let (mut problems, mut defined, mut changes) = (Vec::new(), ByName::new(), Vec::new());
        for (name, config) in configs {
            let pointer = format!("/{}", pointer_token(name));
            if !is_name(name) {
                let message = "an upstream's name has letters, digits, `-` and `.`, as a host's has";
                problems.push(Problem::new(&*pointer, message));
                continue;
            }
            if lock(&self.known.own).contains_key(*name) {
                problems.push(Problem::new(&*pointer, "the host has made an upstream of this name in code already"));
                continue;
            }
            if let Some(shadow) = &config.shadow
                && !configs.contains_key(&*shadow.upstream)
                && !lock(&self.known.own).contains_key(&shadow.upstream)
            {
                let message = format_args!("there is no upstream `{}`", shadow.upstream);
                problems.push(Problem::new(format!("{pointer}/shadow/upstream"), message));
            }
            let upstream = lock(&self.known.served).get(*name).cloned().unwrap_or_else(|| self.idle(name));
            match upstream.compile(config) {
                Ok(settings) => changes.push((upstream.clone(), Arc::new(settings))),
                Err(wrong) => problems.extend(wrong.into_iter().map(|problem| problem.below(&pointer))),
            }
            defined.insert((*name).to_owned(), upstream);
        }
        *lock(&self.known.defined) = defined.clone();
        if !problems.is_empty() {
            return Err(problems.into_iter().collect());
        }
        let known = Arc::downgrade(&self.known);
        Ok(Arc::new(move || {
            if let Some(known) = known.upgrade() {
                known.serve(&changes, &defined);
            }
        }))
    }

    fn idle(&self, name: &str) -> Upstream {
        let mut builder = Upstream::builder(name, Arc::clone(&self.client))
            .clock(Arc::clone(&self.clock))
            .random(Arc::clone(&self.random))
            .copies_for(Other::Named(Named(Arc::downgrade(&self.known))));
        if let Some(observer) = &self.observer {
            builder = builder.shadow_observer(Arc::clone(observer));
        }
        builder.idle()
    }
}

impl Known {
    fn serving(&self, name: &str) -> Option<Upstream> {
        lock(&self.served).get(name).or(lock(&self.own).get(name)).cloned()
    }

    fn serve(&self, changes: &[(Upstream, Arc<Settings>)], defined: &ByName) {
        for (upstream, settings) in changes {
            upstream.inner.apply(Arc::clone(settings));
        }
        let before = std::mem::replace(&mut *lock(&self.served), defined.clone());
        for (name, upstream) in before {
            let stays = defined.get(&name).is_some_and(|other| Arc::ptr_eq(&other.inner, &upstream.inner));
            if !stays {
                upstream.retire();
            }
        }
    }
}

impl Named {
    pub(super) fn find(&self, name: &str) -> Option<Upstream> {
        self.0.upgrade()?.serving(name)
    }
}

impl fmt::Debug for Upstreams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upstreams").field("status", &self.status()).finish_non_exhaustive()
    }
}

/// It stands for a host in addresses.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 63
        && name.bytes().all(|letter| letter.is_ascii_alphanumeric() || b"-.".contains(&letter))
}

fn lock(map: &Mutex<ByName>) -> MutexGuard<'_, ByName> {
    map.lock().unwrap_or_else(PoisonError::into_inner)
}
