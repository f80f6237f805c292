//! The step between validation and integration on routes whose answers are kept.

use std::{pin::pin, sync::Arc, time::Duration};

use http::header;
use tokio::sync::watch;

use super::{Route, within};
use crate::{
    body::Body,
    cache::{CacheRules, Entry, Found, IGNORED, Key, Landing, Lead, Renewal, RouteCache},
    context::{CacheOutcome, Context},
    error::{Error, ErrorKind},
    service::{Parts, Response},
    trace::Step,
};

/// What the cache has for a request.
pub(super) enum Looked {
    /// A kept answer.
    Hit(Response),
    /// None, so far.
    Miss(Miss),
}

/// A request without a kept answer.
pub(super) struct Miss {
    key: Key,
    renewal: Renewal,
    found: Found,
}

impl RouteCache {
    /// Answers with what is kept. Apart from [`Route::serve_missed`], so that a hit carries no call about.
    pub(super) fn look(&self, rules: &CacheRules, parts: &Parts, context: &Context) -> Result<Looked, Error> {
        let renewal = self.renewal(rules, &parts.headers, context)?;
        let key = self.key.of(parts, context);
        let found = match renewal {
            Renewal::Yes => Found::Nothing(self.store.renew(key)),
            Renewal::No | Renewal::Ignored => self.store.find(key, context.clock().elapsed()),
        };
        Ok(match found {
            Found::Kept(entry) => Looked::Hit(self.hit(&entry, &key, renewal, context)),
            found => Looked::Miss(Miss { key, renewal, found }),
        })
    }

    fn hit(&self, entry: &Entry, key: &Key, renewal: Renewal, context: &Context) -> Response {
        self.record(key, "hit", context);
        context.set_cache(CacheOutcome::Hit);
        warned(entry.respond(context), renewal)
    }

    fn record(&self, key: &Key, outcome: &str, context: &Context) {
        context.record(|| Step::Cache { key: self.key.describe(key), outcome: outcome.to_owned() });
    }
}

impl Route {
    /// Calls the integration and keeps its answer.
    ///
    /// Of several requests that miss the same entry one makes the call, and the others wait for it, no longer than
    /// for a call of their own.
    pub(super) async fn serve_missed(
        &self,
        cache: &RouteCache,
        rules: &CacheRules,
        miss: Miss,
        parts: &mut Parts,
        body: &mut Body,
        context: &Context,
    ) -> Result<Response, Error> {
        let Miss { key, renewal, mut found } = miss;
        let begun = context.clock().elapsed();
        let left = || self.timeout.saturating_sub(context.clock().elapsed().saturating_sub(begun));
        let lead = loop {
            let entry = match found {
                Found::Kept(entry) => entry,
                Found::Nothing(lead) => {
                    cache.record(&key, if renewal == Renewal::Yes { "invalidated" } else { "miss" }, context);
                    break Some(lead);
                }
                Found::UnderWay(landing) => match within(left(), pin!(landed(landing))).await {
                    Some(Some(Landing::Kept(entry))) => entry,
                    Some(Some(_)) => {
                        let outcome = "bypassed: the answer of another request that missed it cannot be kept";
                        cache.record(&key, outcome, context);
                        break None;
                    }
                    // The request that made the call is gone.
                    Some(None) => {
                        found = cache.store.find(key, context.clock().elapsed());
                        continue;
                    }
                    None => return Err(self.integration.late()),
                },
            };
            return Ok(cache.hit(&entry, &key, renewal, context));
        };
        context.set_cache(CacheOutcome::Miss);
        let answer = self.answer(left(), self.invoke(parts, body, context), context).await;
        let answer = match lead {
            Some(lead) => match keep(lead, answer, rules.ttl, left(), context).await {
                Some(kept) => kept,
                None => Err(self.integration.late()),
            },
            None => answer,
        };
        answer.map(|response| warned(response, renewal))
    }
}

/// Keeps the answer, if it is one to keep, or lets those who wait go on; `None` if its body is late.
async fn keep(
    lead: Lead,
    answer: Result<Response, Error>,
    ttl: Duration,
    limit: Duration,
    context: &Context,
) -> Option<Result<Response, Error>> {
    let response = match answer {
        Ok(response) if Entry::takes(&response) => response,
        other => {
            lead.let_go();
            return Some(other);
        }
    };
    match within(limit, pin!(Entry::read(response, ttl, context))).await {
        Some(Ok(entry)) => {
            let entry = Arc::new(entry);
            lead.keep(&entry);
            Some(Ok(entry.respond(context)))
        }
        Some(Err(error)) => {
            lead.let_go();
            Some(Err(Error::new(ErrorKind::IntegrationFailure).with_source(error)))
        }
        None => {
            lead.let_go();
            None
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
