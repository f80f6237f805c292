use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use super::*;

#[tokio::test]
async fn a_limit_holds_for_streams_and_for_bytes() {
    for body in [Body::from("12345"), Body::new(http_body_util::Full::new(Bytes::from("12345")))] {
        assert!(body.with_limit(4).collect().await.unwrap_err().is_too_large());
    }
    assert_eq!(Body::from("12345").with_limit(5).collect().await.unwrap(), "12345");
}

#[tokio::test]
async fn buffering_keeps_the_bytes_for_the_next_reader() {
    let mut body = Body::new(http_body_util::Full::new(Bytes::from("twice")));
    assert!(body.as_bytes().is_none());
    assert_eq!(body.buffer().await.unwrap(), "twice");
    assert_eq!(body.collect().await.unwrap(), "twice");
}

#[tokio::test]
async fn the_smallest_limit_holds() {
    for (first, second, passes) in [(4, 10, false), (10, 4, false), (5, 10, true), (10, 5, true)] {
        let body = Body::from("12345").with_limit(first).with_limit(second);
        assert_eq!(body.collect().await.is_ok(), passes, "{first} {second}");
    }
    assert!(Body::from("12345").with_limit(6).with_default_limit(4).collect().await.is_ok());
    assert!(Body::from("12345").with_default_limit(4).collect().await.is_err());
}

/// A body that never comes.
struct Never;

impl http_body::Body for Never {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, _: &mut task::Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        Poll::Pending
    }
}

/// Whether the body came to its end.
#[derive(Clone, Default)]
struct Ended(Arc<AtomicBool>);

impl Tail for Ended {
    fn data(&mut self, _: u64) {}

    fn fail(&mut self, _: &BodyError) {}

    fn end(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn what_breaks_off_has_not_come_to_its_end() {
    let full = || Body::new(http_body_util::Full::new(Bytes::from("12345")));
    let watched = |body: Body| {
        let ended = Ended::default();
        (body.with_tail(Box::new(ended.clone())), ended.0)
    };
    let ended = |ended: Arc<AtomicBool>| ended.load(Ordering::SeqCst);

    let (body, end) = watched(full());
    body.collect().await.unwrap();
    assert!(ended(end));
    let (body, end) = watched(full().with_limit(4));
    body.collect().await.unwrap_err();
    assert!(!ended(end), "over the limit, buffered");
    let (body, end) = watched(full().with_limit(4));
    BodyExt::collect(body).await.unwrap_err();
    assert!(!ended(end), "over the limit, streamed");
    let (body, end) = watched(Body::new(Never));
    drop(body);
    assert!(!ended(end), "never read");
    let (body, end) = watched(Body::new(Never));
    let mut reading = Box::pin(body.collect());
    assert!(reading.as_mut().poll(&mut task::Context::from_waker(task::Waker::noop())).is_pending());
    drop(reading);
    assert!(!ended(end), "dropped while it was read");
}

#[tokio::test]
async fn an_own_error_survives_another_body_around_it() {
    let inner = Body::from("12345").with_limit(1);
    let boxed = UnsyncBoxBody::new(inner.map_err(|error| Box::new(error) as BoxError));
    assert!(Body::new(boxed).collect().await.unwrap_err().is_too_large());
}
