//! `Gateway`: the whole, as one tower service, and the handle that reloads it.

mod builder;
mod deployments;
mod explain;
mod handle;
mod ledger;
mod test_authorizer;
mod test_invoke;

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use arc_swap::ArcSwap;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, Version, header};
use tracing::{Instrument, field};

use self::ledger::Ledger;
pub use self::{
    builder::GatewayBuilder,
    deployments::{CanarySummary, DeploymentDiff, DeploymentSummary, StageError, StageSummary},
    explain::Explanation,
    handle::GatewayHandle,
    test_authorizer::{TestInvokeAuthorizer, TestInvokedAuthorizer},
    test_invoke::{TestInvoke, TestInvokeError, TestInvoked},
};
use crate::{
    body::Body,
    context::{ApiKind, Context, Head, RequestId, peer},
    definition::Definition,
    error::ErrorKind,
    problem::Problems,
    responses,
    runtime::Runtime,
    service::{Parts, ResponseFuture, tower_service},
    snapshot::{NoTarget, Snapshot},
    stage,
    trace::Step,
};

/// The whole gateway: a tower service that any hyper or axum server can mount.
///
/// It owns no listener, no runtime and no global state. Cloning is cheap; all clones are the same gateway.
///
/// # Example
/// ```
/// use gateway_core::{Api, Body, Definition, Error, Gateway, Request, Response, Route, StageDefinition};
///
/// let hello = |_: Request| async { Ok::<_, Error>(Response::new(Body::from("hello"))) };
/// let api = Api::http("greeter").route("GET /hello", Route::to(hello)).stage(StageDefinition::new("$default"));
/// let gateway = Gateway::new(Definition::new().api(api))?;
/// // axum: `axum::Router::new().fallback_service(gateway)`; hyper: `TowerToHyperService::new(gateway)`
/// # Ok::<(), gateway_core::Problems>(())
/// ```
#[derive(Clone)]
pub struct Gateway {
    shared: Arc<Shared>,
}

/// What all clones of a gateway share.
struct Shared {
    snapshot: ArcSwap<Snapshot>,
    runtime: Runtime,
    /// Held while something is compiled: changes come one after the other.
    ledger: Mutex<Ledger>,
}

static METHOD_OVERRIDE: HeaderName = HeaderName::from_static("x-http-method-override");

impl Gateway {
    /// Compiles `definition`, with the system's clock and everything in memory.
    ///
    /// # Errors
    /// Everything that is wrong with the definition.
    pub fn new(definition: Definition) -> Result<Self, Problems> {
        Self::builder(definition).build()
    }

    /// Begins a gateway of `definition` with another clock, store or source of randomness.
    #[must_use]
    pub fn builder(definition: Definition) -> GatewayBuilder {
        GatewayBuilder::new(definition)
    }

    /// The handle that reloads this gateway and reads its state.
    #[must_use]
    pub fn handle(&self) -> GatewayHandle {
        GatewayHandle { shared: Arc::clone(&self.shared) }
    }

    fn serve(&self, mut parts: Parts, body: Body) -> ResponseFuture {
        if parts.version >= Version::HTTP_2 {
            join_cookies(&mut parts.headers);
        }
        let runtime = &self.shared.runtime;
        let mut head = Head::of(&parts.headers);
        let snapshot = self.shared.snapshot.load();
        let target = unambiguous_host(&parts.uri, &head).and_then(|host| snapshot.resolve(host, &parts));
        let peer = runtime.peer.as_ref().and_then(|peer| peer(&parts)).or_else(|| peer(&parts));
        let source_ip = match &snapshot.proxies {
            Some(proxies) => peer.map(|peer| proxies.client(peer, &parts)),
            None => peer,
        };
        drop(snapshot);
        let mut id = RequestId::draw(&runtime.random);
        let begin = |parts: &Parts, head: &Head<'_>, id, domain| {
            Context::begin_shared(parts, head, Arc::clone(&runtime.clock), id, source_ip, domain)
        };
        let mut target = match target {
            Ok(target) => target,
            Err(NoTarget { kind, error }) => {
                let response = responses::render_stock(kind, error, &begin(&parts, &head, id, None));
                let is_head = parts.version >= Version::HTTP_2 && parts.method == Method::HEAD;
                let response = responses::without_body(is_head, response);
                return ResponseFuture::new(async { response });
            }
        };
        let mut overridden = None;
        if target.deployment.facts.kind == ApiKind::Rest {
            id = head.request_id.and_then(|chosen| id.adopt(chosen.as_bytes())).unwrap_or(id);
            if head.overrides_method {
                overridden = override_method(&mut parts);
                head = Head::of(&parts.headers);
            }
        }
        // What a layer or gateway in front wrote down is not about this request's stage and route.
        parts.extensions.remove::<Arc<Context>>();
        target.authenticate(&parts, || runtime.clock.now());
        let context = begin(&parts, &head, id, target.domain.take());
        if let Some(domain) = context.domain() {
            let facts = &target.deployment.facts;
            context.record(|| Step::CustomDomain {
                api: facts.api_id.clone(),
                stage: facts.stage.clone(),
                base_path: domain.base_path.clone(),
                routing_rule_id: domain.routing_rule_id.clone(),
            });
        }
        if let Some(method) = overridden {
            context.set_overridden_method(method);
        }
        target.rewrite(&mut parts.uri);
        let span = tracing::info_span!(
            "gateway",
            "aws.request_id" = context.id().as_str(),
            "http.request.method" = parts.method.as_str(),
            "url.path" = context.request().uri.path(),
            "http.route" = field::Empty,
            "http.response.status_code" = field::Empty,
            "error.type" = field::Empty,
        );
        let served = stage::serve(target.deployment, parts, body, context, span.clone());
        if span.is_disabled() { ResponseFuture::new(served) } else { ResponseFuture::new(served.instrument(span)) }
    }
}

/// The crumbs of a cookie are one header again, before anything reads them (RFC 9113 §8.2.3).
fn join_cookies(headers: &mut HeaderMap) {
    let crumbs: Vec<_> = headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes).collect();
    if crumbs.len() < 2 {
        return;
    }
    // Values of headers, joined by what may stand in one, are a value.
    if let Ok(whole) = HeaderValue::from_bytes(&crumbs.join(&b"; "[..])) {
        headers.insert(header::COOKIE, whole);
    }
}

/// The host that was called: what the target names, else the `Host` header. A request that names two is refused.
fn unambiguous_host<'a>(target: &'a Uri, head: &Head<'a>) -> Result<Option<&'a str>, NoTarget> {
    let header = head.host.map(|host| host.to_str()).transpose();
    let authority = target.authority().map(http::uri::Authority::as_str);
    match (authority, header) {
        (_, Err(_)) => Err(ErrorKind::BadRequest.into()),
        _ if head.hosts_differ => Err(ErrorKind::BadRequest.into()),
        (Some(target), Ok(Some(host))) if !target.eq_ignore_ascii_case(host) => Err(ErrorKind::BadRequest.into()),
        // A user in front serves to pass one host off as another (RFC 9110 §4.2.4).
        (target, Ok(host)) if target.or(host).is_some_and(|host| host.bytes().any(|byte| byte == b'@')) => {
            Err(ErrorKind::BadRequest.into())
        }
        (target, Ok(host)) => Ok(target.or(host)),
    }
}

/// `X-HTTP-Method-Override`, which REST APIs obey and consume; gives the method that it replaced.
fn override_method(request: &mut Parts) -> Option<Method> {
    let value = request.headers.remove(&METHOD_OVERRIDE);
    let method = value.and_then(|value| Method::from_bytes(value.as_bytes()).ok())?;
    Some(std::mem::replace(&mut request.method, method))
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").finish_non_exhaustive()
    }
}

tower_service!(Gateway);
