//! Copies of requests for another upstream, whose answers are compared and thrown away.

use std::{
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

use super::{Inner, ShapeDifference, metrics::Event, replay::Replay, shape::differences, upstreams::Named};

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
    /// From the request to the head of the answer that the client got, retries and all.
    pub latency: Duration,
    /// The shadow's, if it answered.
    pub shadow_status: Option<StatusCode>,
    /// From sending the copy to the head of its answer.
    pub shadow_latency: Duration,
    /// Whether the bodies are the same; `None` if one was not read to its end, or was too long.
    pub same_body: Option<bool>,
    /// Where the bodies have different names or types, at most sixteen places; `None` if they were not compared, or are no
    /// JSON.
    pub shape: Option<Vec<ShapeDifference>>,
}

/// What an answer and its shadow's differ in first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Difference {
    Answer,
    Status,
    Shape,
    Body,
}

#[cfg(feature = "metrics")]
impl Difference {
    pub(super) const ALL: [Self; 4] = [Self::Answer, Self::Status, Self::Shape, Self::Body];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Answer => "Answer",
            Self::Status => "Status",
            Self::Shape => "Shape",
            Self::Body => "Body",
        }
    }
}

impl Comparison {
    /// Whether both answers are the same, as far as they were compared.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.difference().is_none()
    }

    fn difference(&self) -> Option<Difference> {
        if self.shadow_status.is_none() {
            Some(Difference::Answer)
        } else if self.shadow_status != Some(self.status) {
            Some(Difference::Status)
        } else if self.shape.as_ref().is_some_and(|shape| !shape.is_empty()) {
            Some(Difference::Shape)
        } else {
            (self.same_body == Some(false)).then_some(Difference::Body)
        }
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
        latency: Duration,
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
        let bound = shadow.max_body_bytes;
        let is_json = is_json(&response);
        let (response, whole) = kept(response, bound);
        let inner = Arc::clone(self);
        let comparing = async move {
            let _copying = copying;
            let began = inner.clock.elapsed();
            let answer = timeout(LONGEST, client.send(Request::from_parts(parts, body.into()))).await;
            let shadow_latency = inner.clock.elapsed().saturating_sub(began);
            let answer = answer.ok().and_then(Result::ok);
            let shadow_status = answer.as_ref().map(Response::status);
            let reading = async {
                let answer = answer?;
                let is_json = is_json && self::is_json(&answer);
                let shadow = answer.into_body().with_limit(bound as u64).collect().await.ok()?;
                let primary = whole.await.ok()?;
                Some((primary == shadow, is_json.then(|| differences(&primary, &shadow)).flatten()))
            };
            let (same_body, shape) = timeout(LONGEST, reading).await.ok().flatten().unzip();
            inner.compared(&Comparison {
                upstream: inner.name.clone(),
                method,
                path,
                status,
                latency,
                shadow_status,
                shadow_latency,
                same_body,
                shape: shape.flatten(),
            });
        };
        runtime.spawn(comparing);
        response
    }

    fn compared(&self, comparison: &Comparison) {
        self.metrics.shadow_took(comparison.latency, comparison.shadow_status.map(|_| comparison.shadow_latency));
        if let Some(difference) = comparison.difference() {
            self.metrics.shadow_differs(difference);
        }
        if let Some(observer) = &self.copier.observer {
            observer.compared(comparison);
        }
    }
}

/// Whether an answer says that it is JSON.
fn is_json(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    kind == "application/json" || kind.ends_with("+json")
}

/// A body that is kept while it is read.
struct Kept {
    body: Body,
    kept: Vec<u8>,
    bound: usize,
    done: Option<oneshot::Sender<Bytes>>,
}

/// A response, and its body once that was read to its end, unless it is longer than `bound`.
fn kept(response: Response, bound: usize) -> (Response, oneshot::Receiver<Bytes>) {
    let (done, whole) = oneshot::channel();
    if let Some(bytes) = response.body().as_bytes() {
        if bytes.len() <= bound {
            let _ = done.send(Bytes::copy_from_slice(bytes));
        }
        return (response, whole);
    }
    let wrap = |body| Body::new(Kept { body, kept: Vec::new(), bound, done: Some(done) });
    (response.map(wrap), whole)
}

impl Kept {
    fn end(&mut self) {
        if let Some(done) = self.done.take() {
            let _ = done.send(std::mem::take(&mut self.kept).into());
        }
    }

    fn give_up(&mut self) {
        (self.done, self.kept) = (None, Vec::new());
    }
}

impl http_body::Body for Kept {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref().filter(|_| self.done.is_some()) {
                    if self.kept.len() + data.len() <= self.bound {
                        self.kept.extend_from_slice(data);
                    } else {
                        self.give_up();
                    }
                }
                if self.body.is_end_stream() {
                    self.end();
                }
            }
            Some(Err(_)) => self.give_up(),
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
