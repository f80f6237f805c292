//! One request: attempts, retries, hedges.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::Duration,
};

use gateway_core::{Body, Error, ErrorKind, Parts, Request, Response, config::ShadowConfig};
use tokio::time::{sleep, timeout};

use super::{
    Inner, Live,
    attempt::{Attempt, attempt},
    balance::Draw,
    gate::Refusal,
    held::hold,
    metrics::Event,
    replay::Replay,
    settings::HedgeAfter,
    shed::Shed,
    state::TargetState,
};

/// How long a request waits for targets to be found for the first time.
const FIRST_TARGETS: Duration = Duration::from_secs(5);

/// Sends a request to the targets of an upstream.
pub(super) async fn send(inner: &Arc<Inner>, request: Request) -> Result<Response, Error> {
    inner.keep_tasks();
    let mut live = inner.current();
    if live.targets.is_empty() {
        let found = inner.first_found.notified();
        // Asked again: they may have come meanwhile.
        live = inner.current();
        if live.targets.is_empty() && inner.finds_targets(&live) {
            let _ = timeout(FIRST_TARGETS, found).await;
            live = inner.current();
        }
    }
    let slot = match &live.gate {
        Some(gate) => Some(gate.enter().await.map_err(|refusal| {
            let name = inner.name.clone();
            inner.refused(match refusal {
                Refusal::Full => Shed::Full(name),
                Refusal::Waited => Shed::Waited(name),
            })
        })?),
        None => None,
    };
    let (parts, body) = request.into_parts();
    let call = Call { inner, key: inner.key(&live, &parts), live: &live };
    let sent = call.run(parts, body).await?;
    let response = sent.answer?;
    if slot.is_none() && live.targets.len() == 1 {
        return Ok(response);
    }
    Ok(hold(response, slot, sent.under_way))
}

struct Call<'a> {
    inner: &'a Arc<Inner>,
    live: &'a Live,
    key: Option<u64>,
}

impl Call<'_> {
    async fn run(&self, parts: Parts, body: Body) -> Result<Attempt, Error> {
        let settings = &self.live.settings;
        let copy = self.inner.copier.draw(settings.shadow.as_ref(), &parts, &self.inner.random);
        if settings.retry.is_some() || settings.hedge.is_some() || copy.is_some() {
            // In a box of its own: it is large, and most requests have no use for it.
            return Box::pin(self.run_kept(parts, body, copy)).await;
        }
        let target = self.pick(&[]).map_err(|shed| self.inner.refused(shed))?;
        let sent = attempt(self.inner, self.live, target, Request::from_parts(parts, body)).await;
        sent.map_err(|shed| self.inner.refused(shed))
    }

    /// The same, with what it takes to send the request again.
    async fn run_kept(&self, parts: Parts, body: Body, copy: Option<&ShadowConfig>) -> Result<Attempt, Error> {
        let settings = &self.live.settings;
        let retried = settings.retry.as_ref().map_or(0, |retry| retry.config.max_body_bytes);
        let bound = retried.max(copy.map_or(0, |shadow| shadow.max_body_bytes));
        let replay = Replay::new(body, bound).await.map_err(unreadable)?;
        let began = self.inner.clock.elapsed();
        let sent = self.tries(&parts, &replay).await?;
        let Some(shadow) = copy else { return Ok(sent) };
        let latency = self.inner.clock.elapsed().saturating_sub(began);
        let answer = sent.answer.map(|response| self.inner.copy(shadow, parts, &replay, response, latency));
        Ok(Attempt { answer, ..sent })
    }

    /// Sends a request, again where that may help.
    async fn tries(&self, parts: &Parts, replay: &Replay) -> Result<Attempt, Error> {
        let mut tried = Vec::new();
        let mut number = 1;
        if let Some(retry) = &self.live.settings.retry {
            self.inner.retries.deposit(retry.config.budget_percent);
        }
        let mut last = self.once(parts, replay, &mut tried).await.map_err(|shed| self.inner.refused(shed))?;
        while self.may_repeat(&last, number, parts, replay) {
            if let Some(retry) = &self.live.settings.retry {
                // All of the wait is drawn, so that requests that failed together do not come back together.
                sleep(retry.backoff(number).mul_f64(self.inner.random.next_unit())).await;
            }
            number += 1;
            tracing::debug!(upstream = self.inner.name, number, failure = ?last.failure, "request sent again");
            match self.once(parts, replay, &mut tried).await {
                Ok(sent) => last = sent,
                // Nobody takes it: what there is, is the answer.
                Err(_) => break,
            }
        }
        Ok(last)
    }

    fn may_repeat(&self, last: &Attempt, number: u32, parts: &Parts, replay: &Replay) -> bool {
        let Some(retry) = &self.live.settings.retry else { return false };
        if number >= retry.config.max_attempts
            || !retry.allows(&parts.method, last.failure, last.status())
            || !replay.can_start_again()
        {
            return false;
        }
        let paid = self.inner.retries.withdraw(retry.config.min_retries_per_second, self.inner.clock.elapsed());
        self.inner.metrics.count(if paid { Event::Retry } else { Event::RetryDenied });
        paid
    }

    /// Sends a request to one target, and to a second one if the first takes long.
    async fn once(&self, parts: &Parts, replay: &Replay, tried: &mut Vec<Arc<TargetState>>) -> Result<Attempt, Shed> {
        let target = self.pick(tried)?;
        tried.push(Arc::clone(&target));
        let request = || Request::from_parts(parts.clone(), replay.body().unwrap_or_default());
        let mut first = pin!(attempt(self.inner, self.live, target, request()));
        let Some(delay) = self.hedged_after(parts, replay) else { return first.await };
        if let Ok(done) = timeout(delay, first.as_mut()).await {
            return done;
        }
        let other = self.pick(tried).ok().filter(|other| !tried.iter().any(|tried| Arc::ptr_eq(tried, other)));
        let Some(other) = other.filter(|_| self.inner.hedges.withdraw(0, self.inner.clock.elapsed())) else {
            return first.await;
        };
        tried.push(Arc::clone(&other));
        self.inner.metrics.count(Event::Hedge);
        let second = pin!(attempt(self.inner, self.live, other, request()));
        better(first, second).await
    }

    /// How long the first target has, before a second one is asked.
    fn hedged_after(&self, parts: &Parts, replay: &Replay) -> Option<Duration> {
        let hedge = self.live.settings.hedge.as_ref()?;
        self.inner.hedges.deposit(hedge.budget_percent);
        if !parts.method.is_idempotent() || !replay.is_in_memory() {
            return None;
        }
        match hedge.after {
            HedgeAfter::Time(delay) => Some(delay),
            HedgeAfter::Percentile(percent) => self.inner.latencies.percentile(percent),
        }
    }

    /// The next target. Ejections since the request began count.
    fn pick(&self, tried: &[Arc<TargetState>]) -> Result<Arc<TargetState>, Shed> {
        let Inner { turn, random, name, live, .. } = &**self.inner;
        let draw = Draw { balance: self.live.settings.balance, turn, random, key: self.key };
        let now;
        let plan = if tried.is_empty() {
            &self.live.plan
        } else {
            now = live.load();
            &now.plan
        };
        let picked = plan.pick(&draw, tried).ok_or_else(|| Shed::NoTarget(name.clone()))?;
        Ok(Arc::clone(&picked.state))
    }
}

impl Inner {
    /// Nothing was sent.
    fn refused(&self, shed: Shed) -> Error {
        self.metrics.count(Event::Rejected);
        shed.into()
    }
}

type Sent = Result<Attempt, Shed>;

/// The first answer of two, unless it is a failure and the other is none. The other is dropped, which cancels it.
async fn better<F: Future<Output = Sent>, S: Future<Output = Sent>>(
    mut first: Pin<&mut F>,
    mut second: Pin<&mut S>,
) -> Sent {
    let is_good = |sent: &Sent| matches!(sent, Ok(sent) if sent.failure.is_none());
    let (mut first_failed, mut second_failed) = (None, None);
    poll_fn(|cx| {
        if first_failed.is_none()
            && let Poll::Ready(sent) = first.as_mut().poll(cx)
        {
            if is_good(&sent) || second_failed.is_some() {
                return Poll::Ready(sent);
            }
            first_failed = Some(sent);
        }
        if second_failed.is_none()
            && let Poll::Ready(sent) = second.as_mut().poll(cx)
        {
            if is_good(&sent) {
                return Poll::Ready(sent);
            }
            // Both failed: the first one's failure is as good as any.
            if let Some(first) = first_failed.take() {
                return Poll::Ready(first);
            }
            second_failed = Some(sent);
        }
        Poll::Pending
    })
    .await
}

/// The client's own body broke off, or was too large.
fn unreadable(error: gateway_core::BodyError) -> Error {
    let kind = if error.is_too_large() { ErrorKind::RequestTooLarge } else { ErrorKind::BadRequest };
    Error::new(kind).with_source(error)
}
