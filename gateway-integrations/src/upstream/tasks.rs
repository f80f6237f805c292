//! What an upstream does in the background: health checks, and looking targets up.

use std::{
    sync::{Arc, PoisonError, Weak, atomic::Ordering},
    time::Duration,
};

use gateway_core::{Body, HttpClient, Request};
use http::{HeaderValue, Uri, header};
use tokio::{
    runtime::Handle,
    task::{AbortHandle, JoinSet},
    time::{sleep, timeout},
};

use super::{
    Dns, Inner, Live, Resolve, Resolved,
    state::{Endpoint, TargetState},
};

/// How long targets are looked for.
const FINDING: Duration = Duration::from_secs(10);

/// How soon targets are looked for again when they were not found.
const FINDING_AGAIN: Duration = Duration::from_secs(1);

/// How long targets that were found in code are good for, unless that says so.
const FOUND: Duration = Duration::from_secs(30);

/// How much of the answer to a health check is read, in bytes, so that its connection can be used again.
const READ: u64 = 65_536;

/// Tasks that end when this is dropped.
#[derive(Default)]
pub(super) struct Tasks(Vec<AbortHandle>);

impl Drop for Tasks {
    fn drop(&mut self) {
        self.0.iter().for_each(AbortHandle::abort);
    }
}

impl Inner {
    /// Begins the tasks, if there was no runtime for them before.
    pub(super) fn keep_tasks(self: &Arc<Self>) {
        if !self.are_tasks_running.load(Ordering::Acquire) {
            self.begin();
        }
    }

    /// Ends the tasks, and begins those that the settings ask for now.
    pub(super) fn restart(self: &Arc<Self>) {
        self.end_tasks();
        self.are_tasks_running.store(false, Ordering::Release);
        self.begin();
    }

    /// Ends the tasks, until there are new settings.
    pub(super) fn end_tasks(&self) {
        *self.tasks.lock().unwrap_or_else(PoisonError::into_inner) = Tasks::default();
    }

    fn begin(self: &Arc<Self>) {
        let Ok(runtime) = Handle::try_current() else { return };
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        if self.are_tasks_running.load(Ordering::Acquire) {
            return;
        }
        let live = self.live.load();
        if live.settings.health.is_some() {
            tasks.0.push(runtime.spawn(keep_checking(Arc::downgrade(self))).abort_handle());
        }
        if let Some((resolve, every)) = self.resolver(&live) {
            tasks.0.push(runtime.spawn(keep_finding(Arc::downgrade(self), resolve, every)).abort_handle());
        }
        self.are_tasks_running.store(true, Ordering::Release);
    }

    /// Whether targets are looked for.
    pub(super) fn finds_targets(&self, live: &Live) -> bool {
        self.resolve.is_some() || live.settings.dns.is_some()
    }

    fn resolver(&self, live: &Live) -> Option<(Arc<dyn Resolve>, Duration)> {
        match (&self.resolve, &live.settings.dns) {
            (Some(resolve), _) => Some((Arc::clone(resolve), FOUND)),
            (None, Some(dns)) => {
                let resolve = Arc::new(Dns::new(&*dns.name, dns.port));
                Some((resolve, Duration::from_millis(dns.refresh_in_millis)))
            }
            (None, None) => None,
        }
    }

    /// Puts targets that were found into service.
    fn found(&self, found: Resolved) {
        {
            let mut before = self.found.lock().unwrap_or_else(PoisonError::into_inner);
            if before.as_ref() == Some(&found.targets) {
                return;
            }
            tracing::info!(upstream = self.name, targets = found.targets.len(), "targets found");
            *before = Some(found.targets);
        }
        self.replan();
        self.first_found.notify_waiters();
    }
}

/// Looks targets up, for as long as there is an upstream.
async fn keep_finding(upstream: Weak<Inner>, resolve: Arc<dyn Resolve>, every: Duration) {
    loop {
        let found = timeout(FINDING, resolve.resolve()).await;
        let Some(inner) = upstream.upgrade() else { return };
        let wait = match found {
            Ok(Ok(found)) if !found.targets.is_empty() => {
                let wait = found.valid_for.unwrap_or(every).max(FINDING_AGAIN);
                inner.found(found);
                wait
            }
            outcome => {
                let error = outcome.ok().and_then(Result::err);
                tracing::warn!(upstream = inner.name, error, "no targets found: those before stay");
                every.min(FINDING_AGAIN)
            }
        };
        drop(inner);
        sleep(wait).await;
    }
}

/// Asks all targets whether they are well, for as long as there is an upstream.
async fn keep_checking(upstream: Weak<Inner>) {
    loop {
        let Some(inner) = upstream.upgrade() else { return };
        let live = inner.live.load_full();
        let Some(health) = &live.settings.health else { return };
        let mut checks = JoinSet::new();
        for Endpoint { state, .. } in live.targets.iter() {
            checks.spawn(check(Arc::clone(&inner.client), Arc::clone(state), Arc::clone(&live)));
        }
        let interval = health.interval;
        drop(inner);
        while let Some(done) = checks.join_next().await {
            let Some(inner) = upstream.upgrade() else { return };
            if let Ok((target, well)) = done {
                inner.checked(&target, well);
            }
        }
        sleep(interval).await;
    }
}

async fn check(client: Arc<dyn HttpClient>, target: Arc<TargetState>, live: Arc<Live>) -> (Arc<TargetState>, bool) {
    let Some(health) = &live.settings.health else { return (target, true) };
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = target.target.uri(Uri::from(health.path.clone()));
    request.headers_mut().insert(header::HOST, target.target.host().clone());
    request.headers_mut().insert(header::USER_AGENT, HeaderValue::from_static("gateway-health-check"));
    let asking = async {
        let response = client.send(request).await.ok()?;
        let status = response.status();
        let _ = response.into_body().with_limit(READ).collect().await;
        Some(status)
    };
    let status = timeout(health.timeout, asking).await.ok().flatten();
    (target, status.is_some_and(|status| health.expects(status)))
}
