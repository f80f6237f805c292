//! Where an authorizer gets its keys from; it outlives the authorizer.

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use arc_swap::{ArcSwapOption, Guard};
use gateway_core::{Clock, HttpClient};
use http::Uri;
use tokio::{runtime::Handle, sync::watch};

use super::{
    JwtError,
    fetch::{Address, FetchError, fetch, web_address},
    key_set::KeySet,
};

/// How long fetched keys are fresh unless told otherwise.
const MAX_AGE: Duration = Duration::from_secs(2 * 60 * 60);

/// How long fetched keys are used at most while they cannot be fetched anew.
const MAX_STALE: Duration = Duration::from_secs(24 * 60 * 60);

/// How long to wait between two fetches that unknown keys ask for, unless told otherwise.
const REFETCH_INTERVAL: Duration = Duration::from_secs(5 * 60);

/// How long to wait after a fetch that failed.
const RETRY: Duration = Duration::from_secs(10);

/// The keys of one issuer, given or fetched: shared by everything that trusts it, and kept over reloads.
///
/// - Fetched keys are fresh for 2 hours. Then one request starts a fetch in the background, and the old keys serve on
///   until it succeeds; it is tried again every 10 seconds. After 24 hours without success they are dropped.
/// - A token with an unknown key starts a fetch too, at most once in 5 minutes; requests that need its result wait for
///   it, at most 3 seconds, and share it. The fetch runs in a task of its own: a caller who leaves stops nobody.
/// - A set without keys is believed: it is how an issuer takes all of them back.
///
/// A fetch needs a tokio runtime with its timer. All ages are measured on the clock of the requests, so everything
/// that shares a source must use one clock.
///
/// # Example: two authorizers, one set of keys
/// ```
/// # #[cfg(feature = "jwt-aws-lc-rs")] {
/// # use std::{sync::Arc, time::Duration};
/// # use gateway_auth::{JwtAuthorizer, JwtError, KeySource};
/// # use gateway_core::HttpClient;
/// # fn example(client: Arc<dyn HttpClient>) -> Result<(), JwtError> {
/// let issuer = "https://issuer.example";
/// let keys = Arc::new(KeySource::discovered(issuer, client)?.with_max_age(Duration::from_secs(3600)));
/// let pets = JwtAuthorizer::builder(issuer).audience(["pets"]).key_source(Arc::clone(&keys)).build()?;
/// let shop = JwtAuthorizer::builder(issuer).audience(["shop"]).key_source(keys).build()?;
/// # Ok(()) }
/// # }
/// ```
pub struct KeySource {
    remote: Option<Remote>,
    keys: ArcSwapOption<Loaded>,
    flight: Mutex<Flight>,
    /// How many fetches have ended.
    landings: AtomicU64,
    max_age: Duration,
    refetch_interval: Duration,
}

#[derive(Clone)]
struct Remote {
    address: Address,
    client: Arc<dyn HttpClient>,
}

/// Keys that were fetched, with when to do something about them, in [`Clock::elapsed`].
struct Loaded {
    set: Arc<KeySet>,
    refresh_at: Duration,
    drop_at: Duration,
}

/// The fetch under way, and when the next may start.
#[derive(Default)]
struct Flight {
    /// Closed as soon as the fetch has ended, in whatever way.
    running: Option<watch::Receiver<()>>,
    /// No fetch before: the last one failed.
    retry_at: Duration,
    /// No fetch for the sake of an unknown key before.
    refetch_at: Duration,
    failure: Option<FetchError>,
}

/// The keys of one moment; not to be held over an await.
pub(super) struct Keys(Guard<Option<Arc<Loaded>>>);

impl Keys {
    pub(super) fn set(&self) -> Option<&KeySet> {
        self.0.as_ref().map(|loaded| &*loaded.set)
    }
}

impl KeySource {
    /// Keys that do not change.
    #[must_use]
    pub fn fixed(keys: KeySet) -> Self {
        let loaded = Loaded { set: Arc::new(keys), refresh_at: Duration::MAX, drop_at: Duration::MAX };
        Self { keys: ArcSwapOption::from_pointee(loaded), ..Self::new(None) }
    }

    /// Keys that the issuer's discovery document names: `{issuer}/.well-known/openid-configuration`.
    ///
    /// The document must name this very issuer, and keys on `https`. An issuer on plain `http` is for tests and
    /// neighbours: whoever can change what it says can sign tokens.
    ///
    /// # Errors
    /// [`JwtError::Issuer`] if the issuer is no `https` or `http` address without query.
    pub fn discovered(issuer: &str, client: Arc<dyn HttpClient>) -> Result<Self, JwtError> {
        let base = issuer.strip_suffix('/').unwrap_or(issuer);
        let document = Some(format!("{base}/.well-known/openid-configuration"));
        let document = document.filter(|_| !issuer.contains(['?', '#'])).as_deref().and_then(web_address);
        let document = document.ok_or(JwtError::Issuer)?;
        let address = Address::Discovery { document, issuer: issuer.to_owned() };
        Ok(Self::new(Some(Remote { address, client })))
    }

    /// Keys at a known address.
    ///
    /// # Errors
    /// [`JwtError::JwksUri`] if it is no `https` or `http` address.
    pub fn at(jwks_uri: &str, client: Arc<dyn HttpClient>) -> Result<Self, JwtError> {
        let address = Address::Jwks(web_address(jwks_uri).ok_or(JwtError::JwksUri)?);
        Ok(Self::new(Some(Remote { address, client })))
    }

    fn new(remote: Option<Remote>) -> Self {
        Self {
            remote,
            keys: ArcSwapOption::empty(),
            flight: Mutex::default(),
            landings: AtomicU64::new(0),
            max_age: MAX_AGE,
            refetch_interval: REFETCH_INTERVAL,
        }
    }

    /// How long fetched keys are fresh; 2 hours unless told otherwise.
    #[must_use]
    pub fn with_max_age(mut self, max_age: Duration) -> Self {
        self.max_age = max_age;
        self
    }

    /// How long to wait between two fetches that unknown keys ask for; 5 minutes unless told otherwise.
    #[must_use]
    pub fn with_refetch_interval(mut self, interval: Duration) -> Self {
        self.refetch_interval = interval;
        self
    }

    /// How many fetches have ended: to be read before the keys that are looked at, and told to
    /// [`fetch`](Self::fetch).
    pub(super) fn landings(&self) -> u64 {
        self.landings.load(Ordering::Acquire)
    }

    /// The keys, if there are any; starts a refresh in the background where it is due.
    pub(super) fn current(self: &Arc<Self>, clock: &Arc<dyn Clock>) -> Option<Keys> {
        let seen = self.landings();
        let loaded = self.keys.load();
        let (refresh_at, drop_at) = loaded.as_ref().map(|loaded| (loaded.refresh_at, loaded.drop_at))?;
        if refresh_at == Duration::MAX {
            return Some(Keys(loaded));
        }
        let now = clock.elapsed();
        if now >= refresh_at {
            let _ = self.fetch(clock, seen);
        }
        (now < drop_at).then_some(Keys(loaded))
    }

    /// Why the last fetch failed, if it did.
    pub(super) fn failure(&self) -> Option<FetchError> {
        self.flight().failure
    }

    /// Whether [`fetch`](Self::fetch) would give something to wait for.
    pub(super) fn can_fetch(&self, clock: &Arc<dyn Clock>, seen: u64) -> bool {
        self.remote.is_some() && {
            let flight = self.flight();
            flight.is_running() || (Handle::try_current().is_ok() && self.may_start(&flight, clock.elapsed(), seen))
        }
    }

    /// Joins the fetch under way, or starts one if it is time; what it gives closes when the fetch has ended.
    ///
    /// Starts none where one has ended since `seen`: what it brought is to be looked at first.
    pub(super) fn fetch(self: &Arc<Self>, clock: &Arc<dyn Clock>, seen: u64) -> Option<watch::Receiver<()>> {
        let remote = self.remote.clone()?;
        let mut flight = self.flight();
        if flight.is_running() {
            return flight.running.clone();
        }
        let now = clock.elapsed();
        if !self.may_start(&flight, now, seen) {
            return None;
        }
        let runtime = Handle::try_current().ok()?;
        if !self.is_due(now) {
            flight.refetch_at = now.saturating_add(self.refetch_interval);
        }
        flight.retry_at = now.saturating_add(RETRY);
        let (running, receiver) = watch::channel(());
        flight.running = Some(receiver.clone());
        let (source, clock) = (Arc::clone(self), Arc::clone(clock));
        runtime.spawn(async move {
            source.landed(fetch(&remote.client, &remote.address).await, &remote, clock.elapsed());
            drop(running);
        });
        Some(receiver)
    }

    /// Takes in what a fetch brought.
    fn landed(&self, result: Result<KeySet, FetchError>, remote: &Remote, now: Duration) {
        match &result {
            Ok(set) => tracing::debug!(from = %remote.uri(), keys = set.len(), "fetched signing keys"),
            Err(error) => tracing::warn!(from = %remote.uri(), %error, "signing keys could not be fetched"),
        }
        let mut flight = self.flight();
        flight.failure = result.as_ref().err().copied();
        flight.retry_at = now;
        match result {
            Ok(set) => {
                self.keys.store(Some(Arc::new(Loaded {
                    set: Arc::new(set),
                    refresh_at: now.saturating_add(self.max_age),
                    drop_at: now.saturating_add(self.max_age.max(MAX_STALE)),
                })));
            }
            Err(_) => {
                flight.retry_at = now.saturating_add(RETRY);
                // Until the next attempt, requests need not look for one.
                if let Some(old) = self.keys.load_full().filter(|old| now >= old.refresh_at) {
                    let (set, drop_at) = (Arc::clone(&old.set), old.drop_at);
                    self.keys.store(Some(Arc::new(Loaded { set, refresh_at: flight.retry_at, drop_at })));
                }
            }
        }
        self.landings.fetch_add(1, Ordering::Release);
    }

    /// Whether there are no keys, or old ones.
    fn is_due(&self, now: Duration) -> bool {
        self.keys.load().as_ref().is_none_or(|loaded| now >= loaded.refresh_at || now >= loaded.drop_at)
    }

    /// Whether a fetch may start now: never soon after a failure, nor for the sake of keys that were replaced meanwhile;
    /// else if the keys are old, or if unknown keys were not asked for lately.
    fn may_start(&self, flight: &Flight, now: Duration, seen: u64) -> bool {
        seen == self.landings() && now >= flight.retry_at && (self.is_due(now) || now >= flight.refetch_at)
    }

    fn flight(&self) -> MutexGuard<'_, Flight> {
        self.flight.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySource").field("from", &self.remote.as_ref().map(Remote::uri)).finish_non_exhaustive()
    }
}

impl Remote {
    fn uri(&self) -> &Uri {
        match &self.address {
            Address::Discovery { document, .. } => document,
            Address::Jwks(uri) => uri,
        }
    }
}

impl Flight {
    /// The sender lives in the task: when that is gone, be it by a panic, so is the fetch.
    fn is_running(&self) -> bool {
        self.running.as_ref().is_some_and(|running| running.has_changed().is_ok())
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use gateway_core::{Body, Error, ManualClock, Request, Response};

    use super::*;

    struct EmptySets;

    #[async_trait]
    impl HttpClient for EmptySets {
        async fn send(&self, _: Request) -> Result<Response, Error> {
            Ok(Response::new(Body::from(r#"{"keys":[]}"#)))
        }
    }

    #[tokio::test]
    async fn who_looked_before_a_fetch_ended_looks_again_before_the_next() {
        let source = Arc::new(KeySource::at("https://keys.example/", Arc::new(EmptySets)).unwrap());
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::default());
        let seen = source.landings();
        assert!(source.fetch(&clock, seen).unwrap().changed().await.is_err(), "it closes");
        assert!(!source.can_fetch(&clock, seen));
        assert!(source.fetch(&clock, seen).is_none());
        assert!(source.fetch(&clock, source.landings()).is_some(), "for a key that the new set lacks");
    }
}
