//! The facts of one request: written once each, readable by everyone, also after a refusal.

mod authorization;
mod client_certificate;
mod facts;
mod failure;
mod head;
mod identity;
mod lookup;
mod request_id;
mod times;
mod trace_id;
mod written;

use std::{
    fmt,
    net::IpAddr,
    sync::{Arc, OnceLock, Weak},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, request::Parts};

pub use self::{
    authorization::Authorization,
    client_certificate::{ClientCertificate, ClientCertificateFields},
    facts::{
        ApiKeyFacts, ApiKind, AuthorizerFacts, CacheOutcome, ConnectionFacts, DomainFacts, EndpointType, ErrorFacts,
        IntegrationFacts, PathParams, PathVariable, RequestFacts, ResponseFacts, RouteFacts, StageFacts, Variables,
    },
    failure::CallFailure,
    identity::{CognitoIdentity, Identity},
    lookup::ContextVariable,
    request_id::RequestId,
    times::{clf_time, iso_time},
    trace_id::TraceId,
};
pub(crate) use self::{
    failure::integration_error,
    head::{Head, peer, without_port},
};
use crate::{
    clock::{Clock, SystemClock, epoch_seconds},
    error::Error,
    random::Random,
    trace::{Step, Trace},
};

/// The facts of one request (`$context`).
///
/// Every fact is written at most once, by the step that finds it out; what is not known yet is `None`. A later write
/// of the same fact is ignored. Deciders and observers get `&Context`; a handler behind a layer finds the
/// `Arc<Context>` in the request's extensions.
pub struct Context {
    this: Weak<Self>,
    clock: Arc<dyn Clock>,
    id: RequestId,
    received: SystemTime,
    started: Duration,
    request: RequestFacts,
    host: Option<HeaderValue>,
    user_agent: Option<HeaderValue>,
    client_certificate: Option<ClientCertificate>,
    trace_id: OnceLock<TraceId>,
    trace_header: Option<HeaderValue>,
    steps: OnceLock<Arc<Trace>>,
    overridden_method: OnceLock<Box<Method>>,
    domain: OnceLock<Arc<DomainFacts>>,
    stage: OnceLock<Arc<StageFacts>>,
    route: OnceLock<Arc<RouteFacts>>,
    path_params: OnceLock<PathParams>,
    headers: OnceLock<Box<HeaderMap>>,
    body: OnceLock<Bytes>,
    connection: OnceLock<Box<ConnectionFacts>>,
    authorization: OnceLock<Authorization>,
    authorizer: OnceLock<AuthorizerFacts>,
    api_key: OnceLock<ApiKeyFacts>,
    cache: OnceLock<CacheOutcome>,
    integration: OnceLock<IntegrationFacts>,
    service_status: OnceLock<StatusCode>,
    validation_error: OnceLock<String>,
    error: OnceLock<ErrorFacts>,
    response: OnceLock<ResponseFacts>,
}

impl Context {
    /// Begins the facts of a request: its id, time and head.
    ///
    /// The peer's address is taken from a [`SocketAddr`](std::net::SocketAddr) or [`IpAddr`] in the request's extensions,
    /// where the host put one there.
    #[must_use]
    pub fn begin(request: &Parts, clock: Arc<dyn Clock>, random: &Random) -> Self {
        let head = Head::of(&request.headers);
        Self::of_head(Weak::new(), request, &head, clock, RequestId::draw(random), peer(request), None)
    }

    /// The same, shared from the start: it is too large to be moved about.
    pub(crate) fn begin_shared(
        request: &Parts,
        head: &Head<'_>,
        clock: Arc<dyn Clock>,
        id: RequestId,
        source_ip: Option<IpAddr>,
        domain: Option<Arc<DomainFacts>>,
    ) -> Arc<Self> {
        Arc::new_cyclic(|this| Self::of_head(Weak::clone(this), request, head, clock, id, source_ip, domain))
    }

    #[inline]
    fn of_head(
        this: Weak<Self>,
        request: &Parts,
        head: &Head<'_>,
        clock: Arc<dyn Clock>,
        id: RequestId,
        source_ip: Option<IpAddr>,
        domain: Option<Arc<DomainFacts>>,
    ) -> Self {
        Self {
            this,
            id,
            received: clock.now(),
            started: clock.elapsed(),
            clock,
            request: RequestFacts { method: request.method.clone(), uri: request.uri.clone(), source_ip },
            host: head.host.cloned(),
            user_agent: head.user_agent.cloned(),
            client_certificate: request.extensions.get().cloned(),
            trace_id: OnceLock::new(),
            trace_header: head.trace.cloned(),
            steps: request.extensions.get::<Arc<Trace>>().cloned().map_or_else(OnceLock::new, OnceLock::from),
            overridden_method: OnceLock::new(),
            domain: domain.map_or_else(OnceLock::new, OnceLock::from),
            stage: OnceLock::new(),
            route: OnceLock::new(),
            path_params: OnceLock::new(),
            headers: OnceLock::new(),
            body: OnceLock::new(),
            connection: OnceLock::new(),
            authorization: OnceLock::new(),
            authorizer: OnceLock::new(),
            api_key: OnceLock::new(),
            cache: OnceLock::new(),
            integration: OnceLock::new(),
            service_status: OnceLock::new(),
            validation_error: OnceLock::new(),
            error: OnceLock::new(),
            response: OnceLock::new(),
        }
    }

    /// The facts that an earlier layer or gateway began, or new ones on the system's clock.
    pub(crate) fn of(request: &mut Parts, clock: Option<&Arc<dyn Clock>>) -> Arc<Self> {
        if let Some(context) = request.extensions.get::<Arc<Self>>() {
            return Arc::clone(context);
        }
        static STANDALONE: OnceLock<(Arc<SystemClock>, Random)> = OnceLock::new();
        let (system, random) = STANDALONE.get_or_init(|| (Arc::new(SystemClock::new()), Random::from_os()));
        let clock = clock.cloned().unwrap_or_else(|| Arc::clone(system) as Arc<dyn Clock>);
        let context = Self::begin(request, clock, random).into_shared();
        request.extensions.insert(Arc::clone(&context));
        context
    }

    /// Shares the facts; [`Context::shared`] knows of it.
    #[must_use]
    pub fn into_shared(mut self) -> Arc<Self> {
        Arc::new_cyclic(|this| {
            self.this = Weak::clone(this);
            self
        })
    }

    /// These facts, to keep: for a task that goes on, or a handler's extensions. `None` if they are not shared.
    #[must_use]
    pub fn shared(&self) -> Option<Arc<Self>> {
        self.this.upgrade()
    }

    /// The clock of this request.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// The ids of this request.
    #[must_use]
    pub fn id(&self) -> &RequestId {
        &self.id
    }

    /// `$context.requestId`: a UUID for REST APIs, the short form for HTTP APIs.
    #[must_use]
    pub fn request_id(&self) -> &str {
        match self.kind() {
            ApiKind::Rest => self.id.as_str(),
            ApiKind::Http => self.id.extended(),
        }
    }

    /// The wall time of arrival.
    #[must_use]
    pub fn received(&self) -> SystemTime {
        self.received
    }

    /// `$context.requestTimeEpoch`, in milliseconds.
    #[must_use]
    pub fn received_millis(&self) -> u128 {
        self.received.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_millis())
    }

    /// How long the request has been here.
    #[must_use]
    pub fn age(&self) -> Duration {
        self.clock.elapsed().saturating_sub(self.started)
    }

    /// The head of the request.
    #[must_use]
    pub fn request(&self) -> &RequestFacts {
        &self.request
    }

    /// The host that was called, with its port if that was named.
    #[must_use]
    pub fn authority(&self) -> Option<&str> {
        let target = self.request.uri.authority().map(http::uri::Authority::as_str);
        target.or_else(|| self.host.as_ref()?.to_str().ok())
    }

    /// The host that was called, without its port.
    #[must_use]
    pub fn domain_name(&self) -> Option<&str> {
        self.authority().map(without_port)
    }

    /// The `User-Agent` of the client.
    #[must_use]
    pub fn user_agent(&self) -> Option<&str> {
        self.user_agent.as_ref()?.to_str().ok()
    }

    /// The certificate that the client proved to hold, where the host's TLS asked for one; on a domain with a truststore
    /// only one that this takes.
    #[must_use]
    pub fn client_certificate(&self) -> Option<&ClientCertificate> {
        match self.domain().and_then(|domain| domain.client_certificate.as_ref()) {
            Some(checked) => checked.as_ref().ok(),
            None => self.client_certificate.as_ref(),
        }
    }

    /// The `X-Amzn-Trace-Id` to hand on: the client's, completed, or a new one.
    #[must_use]
    pub fn trace_id(&self) -> &TraceId {
        self.trace_id.get_or_init(|| {
            TraceId::continued(self.trace_header.as_ref(), epoch_seconds(self.received), self.id.as_str())
        })
    }

    /// Where the steps of this request are written down, if somebody asked.
    #[must_use]
    pub fn trace(&self) -> Option<&Arc<Trace>> {
        self.steps.get()
    }

    /// Begins to write the steps down, if that was not done from the start.
    pub(crate) fn follow(&self) {
        self.steps.get_or_init(Trace::new);
    }

    /// Writes a step down, if somebody asked; else it is not even made.
    pub fn record(&self, step: impl FnOnce() -> Step) {
        if let Some(trace) = self.trace() {
            trace.push(self.age(), step());
        }
    }

    /// Writes down with which headers the backend was called, where they are known only after
    /// [`Step::EndpointRequest`] was written down: those of a signature.
    pub fn record_sent(&self, headers: &HeaderMap) {
        if let Some(trace) = self.trace() {
            trace.sent(headers.clone());
        }
    }

    /// What the API is; a REST API as long as that is not known.
    #[must_use]
    pub fn kind(&self) -> ApiKind {
        self.stage().map_or(ApiKind::Rest, |stage| stage.kind)
    }

    /// A stage variable.
    #[must_use]
    pub fn stage_variable(&self, name: &str) -> Option<&str> {
        self.stage()?.variables.get(name).map(String::as_str)
    }

    /// A path variable, as it stands in the path.
    #[must_use]
    pub fn path_param(&self, name: &str) -> Option<&str> {
        self.path_params()?.value(name)
    }

    /// Writes down why the request is refused; called where an error is rendered.
    pub(crate) fn refuse(&self, error: &Error) {
        let message = match self.kind() {
            ApiKind::Rest => error.message().or(error.kind().message()),
            ApiKind::Http => error.message().or(error.http_message()),
        };
        let message = message.map(str::to_owned);
        self.set_error(ErrorFacts { kind: error.kind(), message, failure: CallFailure::of(error) });
    }
}

/// Without the query, the headers and the body, which may hold credentials.
impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("id", &self.id)
            .field("method", &self.request.method)
            .field("path", &self.request.uri.path())
            .field("stage", &self.stage)
            .field("route", &self.route)
            .field("authorization", &self.authorization)
            .field("api_key", &self.api_key)
            .field("integration", &self.integration)
            .field("error", &self.error)
            .field("response", &self.response)
            .finish_non_exhaustive()
    }
}

impl Context {
    /// How the call of the backend failed, or the way of its answer to the client; known when the request is over.
    #[must_use]
    pub fn failure(&self) -> Option<CallFailure> {
        let of_call = self.error().and_then(|facts| facts.failure);
        of_call.or_else(|| self.response().and_then(|facts| facts.failure))
    }
}
