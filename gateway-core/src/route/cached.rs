//! The step between validation and integration on routes whose answers are kept.

use std::{pin::pin, sync::Arc, time::Duration};

use http::header;
use tokio::sync::watch;

use super::{Route, within};
use crate::{
    body::Body,
    cache::{CacheRules, Entry, Found, IGNORED, Landing, Lead, Renewal, RouteCache},
    context::{CacheOutcome, Context},
    error::{Error, ErrorKind},
    service::{Parts, Response},
    trace::Step,
};

impl Route {
    /// Answers from the cache, or calls the integration and keeps its answer.
    ///
    /// Of several requests that miss the same entry one makes the call, and the others wait for it, no longer than
    /// for a call of their own.
    pub(super) async fn serve_cached(
        &self,
        cache: &RouteCache,
        rules: &CacheRules,
        parts: &mut Parts,
        body: &mut Body,
        context: &Context,
    ) -> Result<Response, Error> {
        let renewal = cache.renewal(rules, &parts.headers, context)?;
        let key = cache.key.of(parts, context);
        let record = |outcome: &str| {
            context.record(|| Step::Cache { key: cache.key.describe(&key), outcome: outcome.to_owned() });
        };
        let begun = context.clock().elapsed();
        let left = || self.timeout.saturating_sub(context.clock().elapsed().saturating_sub(begun));
        let lead = loop {
            if renewal == Renewal::Yes {
                record("invalidated");
                break Some(cache.store.renew(key));
            }
            let entry = match cache.store.find(key, context.clock().elapsed()) {
                Found::Kept(entry) => entry,
                Found::Nothing(lead) => {
                    record("miss");
                    break Some(lead);
                }
                Found::UnderWay(landing) => match within(left(), pin!(landed(landing))).await {
                    Some(Some(Landing::Kept(entry))) => entry,
                    Some(Some(_)) => {
                        record("bypassed: the answer of another request that missed it cannot be kept");
                        break None;
                    }
                    // The request that made the call is gone.
                    Some(None) => continue,
                    None => return Err(ErrorKind::IntegrationTimeout.into()),
                },
            };
            record("hit");
            context.set_cache(CacheOutcome::Hit);
            return Ok(warned(entry.respond(context), renewal));
        };
        context.set_cache(CacheOutcome::Miss);
        let answer = self.answer(left(), self.invoke(parts, body, context), context).await;
        let answer = match lead {
            Some(lead) => keep(lead, answer, rules.ttl, left(), context).await,
            None => answer,
        };
        answer.map(|response| warned(response, renewal))
    }
}

/// Keeps the answer, if it is one to keep, or lets those who wait go on.
async fn keep(
    lead: Lead,
    answer: Result<Response, Error>,
    ttl: Duration,
    limit: Duration,
    context: &Context,
) -> Result<Response, Error> {
    let response = match answer {
        Ok(response) if Entry::takes(&response) => response,
        other => {
            lead.let_go();
            return other;
        }
    };
    match within(limit, pin!(Entry::read(response, ttl, context))).await {
        Some(Ok(entry)) => {
            let entry = Arc::new(entry);
            lead.keep(&entry);
            Ok(entry.respond(context))
        }
        Some(Err(error)) => {
            lead.let_go();
            Err(Error::new(ErrorKind::IntegrationFailure).with_source(error))
        }
        None => {
            lead.let_go();
            Err(ErrorKind::IntegrationTimeout.into())
        }
    }
}

/// How the call ended; `None` if nobody makes it any more.
async fn landed(mut landing: watch::Receiver<Landing>) -> Option<Landing> {
    let landed = landing.wait_for(|landing| !matches!(landing, Landing::Pending)).await.ok()?;
    Some(landed.clone())
}

fn warned(mut response: Response, renewal: Renewal) -> Response {
    if renewal == Renewal::Ignored {
        response.headers_mut().append(header::WARNING, IGNORED);
    }
    response
}
