//! Copies of requests for another upstream, whose answers are compared and thrown away.

use std::{
    hash::{DefaultHasher, Hasher},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use gateway_core::{Body, BodyError, HttpClient, Parts, Random, Request, Response, config::ShadowConfig};
use http::{HeaderValue, Method, StatusCode, header};
use http_body::{Frame, SizeHint};
use tokio::{runtime::Handle, sync::oneshot, time::timeout};

use super::{Inner, metrics::Event, replay::Replay, upstreams::Named};

/// How long a copy may take, answer and all.
const LONGEST: Duration = Duration::from_secs(30);

/// Told how the answers of an upstream and of its shadow compare.
///
/// It is called in a task of its own; the client has its answer already, or is getting it.
pub trait ShadowObserver: Send + Sync + 'static {
    /// Both answers are there, or the shadow gave none.
    fn compared(&self, comparison: &Comparison);
}

/// How the answers of an upstream and of its shadow compare.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Comparison {
    /// The upstream.
    pub upstream: String,
    /// The method.
    pub method: Method,
    /// The path that was called, without the query.
    pub path: String,
    /// The status that the client got.
    pub status: StatusCode,
    /// The shadow's, if it answered.
    pub shadow_status: Option<StatusCode>,
    /// From sending the copy to the head of its answer.
    pub shadow_latency: Duration,
    /// Whether the bodies are the same; `None` if one was not read to its end, or was too long.
    pub same_body: Option<bool>,
}

impl Comparison {
    /// Whether both answers are the same, as far as they were compared.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.shadow_status == Some(self.status) && self.same_body != Some(false)
    }
}

/// What copies are sent by.
pub(super) struct Copier {
    other: Option<Other>,
    observer: Option<Arc<dyn ShadowObserver>>,
    under_way: Arc<AtomicUsize>,
}

/// Who answers copies.
#[derive(Clone)]
pub(super) enum Other {
    Client(Arc<dyn HttpClient>),
    Named(Named),
}

/// A copy that is under way; over when this is dropped.
struct Copying(Arc<AtomicUsize>);

/// Marks a request as a copy, which is not copied again.
#[derive(Clone, Copy)]
struct Copied;

impl Copier {
    pub(super) fn new(other: Option<Other>, observer: Option<Arc<dyn ShadowObserver>>) -> Self {
        Self { other, observer, under_way: Arc::default() }
    }

    /// Whether this request is to be copied.
    pub(super) fn draw<'s>(
        &self,
        shadow: Option<&'s ShadowConfig>,
        request: &Parts,
        random: &Random,
    ) -> Option<&'s ShadowConfig> {
        let is_drawn = |shadow: &&ShadowConfig| random.next_unit() * 100.0 < shadow.percent;
        shadow.filter(|_| request.extensions.get::<Copied>().is_none()).filter(is_drawn)
    }

    fn begin(&self, most: usize) -> Option<Copying> {
        let copying = Copying(Arc::clone(&self.under_way));
        (self.under_way.fetch_add(1, Ordering::Relaxed) < most).then_some(copying)
    }
}

impl Drop for Copying {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Inner {
    /// Sends a copy of what was sent, and compares its answer with `response`, which passes on as it is.
    pub(super) fn copy(
        self: &Arc<Self>,
        shadow: &ShadowConfig,
        mut parts: Parts,
        replay: &Replay,
        response: Response,
    ) -> Response {
        let client = self.copier.other.as_ref().and_then(|other| match other {
            Other::Client(client) => Some(Arc::clone(client)),
            Other::Named(named) => named.find(&shadow.upstream).map(|found| Arc::new(found) as Arc<dyn HttpClient>),
        });
        let ready = replay.whole().zip(client).zip(Handle::try_current().ok());
        let Some(((body, client), runtime)) = ready else {
            self.metrics.count(Event::ShadowDropped);
            return response;
        };
        let Some(copying) = self.copier.begin(shadow.max_requests) else {
            self.metrics.count(Event::ShadowDropped);
            return response;
        };
        self.metrics.count(Event::Shadowed);
        if parts.headers.get(header::HOST).is_some_and(|host| host == self.name.as_str())
            && let Ok(host) = HeaderValue::from_str(&shadow.upstream)
        {
            parts.headers.insert(header::HOST, host);
        }
        parts.extensions.insert(Copied);
        let (status, method, path) = (response.status(), parts.method.clone(), parts.uri.path().to_owned());
        let bound = shadow.max_body_bytes as u64;
        let (response, digest) = digested(response, bound);
        let inner = Arc::clone(self);
        let comparing = async move {
            let _copying = copying;
            let began = inner.clock.elapsed();
            let answer = timeout(LONGEST, client.send(Request::from_parts(parts, body.into()))).await;
            let shadow_latency = inner.clock.elapsed().saturating_sub(began);
            let answer = answer.ok().and_then(Result::ok);
            let shadow_status = answer.as_ref().map(Response::status);
            let reading = async {
                let body = answer?.into_body().with_limit(bound).collect().await.ok()?;
                let digest = digest.await.ok()?;
                Some(digest == digest_of(&body))
            };
            let same_body = timeout(LONGEST, reading).await.ok().flatten();
            let upstream = inner.name.clone();
            let comparison = Comparison { upstream, method, path, status, shadow_status, shadow_latency, same_body };
            inner.compared(&comparison);
        };
        runtime.spawn(comparing);
        response
    }

    fn compared(&self, comparison: &Comparison) {
        if !comparison.is_same() {
            self.metrics.count(Event::ShadowDiffers);
        }
        if let Some(observer) = &self.copier.observer {
            observer.compared(comparison);
        }
    }
}

/// A body that is digested while it is read.
struct Digested {
    body: Body,
    hasher: DefaultHasher,
    left: u64,
    done: Option<oneshot::Sender<u64>>,
}

/// A response, and what becomes of its body.
fn digested(response: Response, bound: u64) -> (Response, oneshot::Receiver<u64>) {
    let (done, digest) = oneshot::channel();
    if let Some(bytes) = response.body().as_bytes() {
        if bytes.len() as u64 <= bound {
            let _ = done.send(digest_of(bytes));
        }
        return (response, digest);
    }
    let wrap = |body| Body::new(Digested { body, hasher: DefaultHasher::new(), left: bound, done: Some(done) });
    (response.map(wrap), digest)
}

fn digest_of(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

impl Digested {
    fn end(&mut self) {
        if let Some(done) = self.done.take() {
            let _ = done.send(self.hasher.finish());
        }
    }
}

impl http_body::Body for Digested {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    match self.left.checked_sub(data.len() as u64) {
                        Some(left) => {
                            self.left = left;
                            self.hasher.write(data);
                        }
                        None => self.done = None,
                    }
                }
                if self.body.is_end_stream() {
                    self.end();
                }
            }
            Some(Err(_)) => self.done = None,
            None => self.end(),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
