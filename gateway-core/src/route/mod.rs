//! `Route`: one compiled method or route, its steps in the specification's order.

mod admit;
mod cached;

use std::{
    fmt,
    future::poll_fn,
    mem,
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::Duration,
};

use http_body::Body as _;
use tokio::{task::unconstrained, time::sleep};

pub(crate) use self::admit::{Admission, RouteThrottle};
use self::cached::Looked;
use crate::{
    body::Body,
    cache::RouteCache,
    compress::{Compression, RequestCoding},
    context::{ApiKind, Context, IntegrationFacts, RouteFacts, integration_error},
    cors::CompiledCors,
    definition::RouteDefinition,
    error::{Error, ErrorKind},
    integration::Integration,
    observe::{Observer, RouteExecutionLog},
    service::{Parts, Request, Response},
    trace::Step,
    validate::Validation,
};

/// One compiled method of a REST API, or route of an HTTP API.
pub struct Route {
    pub(crate) facts: Arc<RouteFacts>,
    pub(crate) admission: Admission,
    pub(crate) validation: Option<Arc<Validation>>,
    /// Boxed, as are the throttles: a request then touches less of the memory of a large API.
    pub(crate) cache: Option<Box<RouteCache>>,
    /// From how many bytes on answers are compressed.
    pub(crate) minimum_compression_size: Option<u64>,
    pub(crate) integration: Arc<dyn Integration>,
    /// Of an HTTP API: preflights that were admitted go no further.
    pub(crate) cors: Option<Arc<CompiledCors>>,
    pub(crate) timeout: Duration,
    /// The most bytes that an answer may have whose size is known beforehand.
    pub(crate) max_answer: Option<u64>,
    /// The most bytes that a body may have, decoded.
    pub(crate) max_payload: u64,
    pub(crate) observers: Box<[Arc<dyn Observer>]>,
    pub(crate) execution_log: Option<Arc<RouteExecutionLog>>,
}

impl Route {
    /// Begins the definition of a route to `integration`.
    #[must_use]
    pub fn to(integration: impl Integration) -> RouteDefinition {
        RouteDefinition::new(Arc::new(integration))
    }

    /// What `$context` says of the route.
    #[must_use]
    pub fn facts(&self) -> &RouteFacts {
        &self.facts
    }

    /// Serves one request. The order of the steps is the gateway's, not the definition's.
    ///
    /// # Errors
    /// What the first step that fails refuses with.
    pub async fn serve(&self, request: Request, context: &Context) -> Result<Response, Error> {
        let (mut parts, mut body) = request.into_parts();
        self.take(&mut parts, &mut body, context).await
    }

    /// The same, of a request that stays where it is until the integration gets it: a future that holds it would be
    /// as large again, and be moved with it.
    pub(crate) async fn take(&self, parts: &mut Parts, body: &mut Body, context: &Context) -> Result<Response, Error> {
        let coding = match self.admission.kind {
            ApiKind::Rest => RequestCoding::of(&parts.headers, body)?,
            ApiKind::Http => None,
        };
        self.admission.admit(parts, body, context).await?;
        context.record(|| Step::Admitted);
        if let Some(cors) = self.cors.as_ref().filter(|_| CompiledCors::is_preflight(parts)) {
            let answer = cors.preflight(parts, None);
            context.record(|| Step::MethodResponse {
                status: answer.status(),
                headers: answer.headers().clone(),
                body: String::new(),
            });
            return Ok(answer);
        }
        if let Some(coding) = coding {
            // After the guards: a signature is of the bytes that were sent. Boxed, as few requests are coded.
            Box::pin(coding.decode(&mut parts.headers, body, self.max_payload)).await?;
        }
        self.call(parts, body, context).await
    }

    /// What follows admission: validation and integration.
    pub(crate) async fn call(&self, parts: &mut Parts, body: &mut Body, context: &Context) -> Result<Response, Error> {
        if let Some(validation) = &self.validation {
            Box::pin(validation.validate(parts, body, context)).await?;
        }
        let minimum = self.minimum_compression_size;
        let compression = minimum.and_then(|minimum| Compression::of(minimum, &parts.method, &parts.headers));
        let cached = self.cache.as_deref().and_then(|cache| Some((cache, cache.rules(&parts.method)?)));
        let answer = match cached {
            Some((cache, rules)) => match cache.look(rules, parts, context)? {
                Looked::Hit(response) => Ok(response),
                // Boxed, so that all others do not carry it about.
                Looked::Miss(miss) => Box::pin(self.serve_missed(cache, rules, miss, parts, body, context)).await,
            },
            None => self.answer(self.timeout, self.invoke(parts, body, context), context).await,
        };
        let mut answer = answer?;
        if self.max_answer.is_some_and(|most| answer.body().size_hint().lower() > most) {
            return Err(Error::new(ErrorKind::ApiConfigurationError).with_source("the backend's answer is too large"));
        }
        if let Some(cors) = &self.cors {
            cors.strip(answer.headers_mut());
        }
        match compression {
            Some(compression) => Box::pin(compression.apply(answer)).await,
            None => Ok(answer),
        }
    }

    /// Hands the request to the integration; an empty one stays.
    fn invoke<'a>(&'a self, parts: &mut Parts, body: &mut Body, context: &'a Context) -> Answer<'a> {
        let (none, ()) = http::Request::new(()).into_parts();
        let request = Request::from_parts(mem::replace(parts, none), mem::take(body));
        // The one in the `Arc`: the `Arc` itself would box a second future.
        (*self.integration).invoke(request, context)
    }

    /// Waits for the backend no longer than `limit`, and writes down how it answered.
    async fn answer(&self, limit: Duration, call: Answer<'_>, context: &Context) -> Result<Response, Error> {
        let called = context.clock().elapsed();
        let answer = within(limit, call).await;
        let answer = answer.unwrap_or_else(|| Err(self.integration.late()));
        let latency = context.clock().elapsed().saturating_sub(called);
        context.set_integration(match &answer {
            Ok(response) => IntegrationFacts::answered(response.status(), response.headers(), latency),
            Err(error) => IntegrationFacts {
                status: None,
                latency,
                error: Some(integration_error(error)),
                request_id: None,
                request_id2: None,
            },
        });
        answer
    }
}

/// The future of a call.
type Answer<'a> = Pin<Box<dyn Future<Output = Result<Response, Error>> + Send + 'a>>;

/// What `future` gives, if it does so in time. What is there at once costs no timer.
async fn within<F: Future + Unpin>(limit: Duration, mut future: F) -> Option<F::Output> {
    let mut timer = pin!(None);
    poll_fn(|cx| {
        if let Poll::Ready(output) = Pin::new(&mut future).poll(cx) {
            return Poll::Ready(Some(output));
        }
        if timer.is_none() {
            // A future that uses up the task's budget must not keep the timer from ending it.
            timer.set(Some(unconstrained(sleep(limit))));
        }
        timer.as_mut().as_pin_mut().map_or(Poll::Pending, |timer| timer.poll(cx).map(|()| None))
    })
    .await
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route").field("facts", &self.facts).field("timeout", &self.timeout).finish_non_exhaustive()
    }
}
