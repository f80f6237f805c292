//! The body of requests and responses: buffered in place at most once, streamed otherwise.

use std::{
    any::Any,
    fmt,
    pin::Pin,
    task::{self, Poll},
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::{BodyExt, combinators::UnsyncBoxBody};
use tower::BoxError;

/// A request or response body.
///
/// Empty and buffered bodies cost no allocation; anything else is a boxed stream. A body can carry a limit in bytes,
/// checked while it is read, so that nothing is ever buffered without bound.
///
/// # Example
/// ```
/// use gateway_core::Body;
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let bytes = Body::from("hello").collect().await?;
/// assert_eq!(bytes, "hello");
/// assert!(Body::from("hello").with_limit(3).collect().await.unwrap_err().is_too_large());
/// # Ok::<(), gateway_core::BodyError>(())
/// # }).unwrap();
/// ```
#[derive(Default)]
pub struct Body {
    inner: Inner,
    limit: Option<Limit>,
    tail: Option<Box<dyn Tail>>,
}

#[derive(Default)]
enum Inner {
    #[default]
    Empty,
    Full(Bytes),
    Stream(UnsyncBoxBody<Bytes, BodyError>),
}

#[derive(Clone, Copy)]
struct Limit {
    max: u64,
    left: u64,
}

/// Told what a body does; dropped with it. The last observer of a request hangs here.
pub(crate) trait Tail: Send {
    /// `bytes` more were handed on.
    fn data(&mut self, bytes: u64);
    /// The body broke off.
    fn fail(&mut self, error: &BodyError);
    /// The body came to its end.
    fn end(&mut self);
}

/// Why a body could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BodyError {
    /// The body is longer than its limit.
    #[error("the body is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The transport below failed.
    #[error("the body could not be read")]
    Transport(#[source] BoxError),
}

impl BodyError {
    /// Whether the body was longer than its limit.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        matches!(self, Self::TooLarge { .. })
    }
}

impl Body {
    /// A body without bytes.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// Wraps any HTTP body. A `Body` is taken as it is, an empty one costs nothing.
    pub fn new<B>(body: B) -> Self
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let mut slot = Some(body);
        if let Some(same) = (&mut slot as &mut dyn Any).downcast_mut::<Option<Self>>() {
            return same.take().unwrap_or_default();
        }
        match slot {
            Some(body) if !body.is_end_stream() => {
                Self::from_inner(Inner::Stream(UnsyncBoxBody::new(body.map_err(|error| from_transport(error.into())))))
            }
            _ => Self::empty(),
        }
    }

    fn from_inner(inner: Inner) -> Self {
        Self { inner, limit: None, tail: None }
    }

    /// Refuses to hand on more than `max` bytes: reading past them gives [`BodyError::TooLarge`]. A smaller limit that
    /// the body has already stays.
    #[must_use]
    pub fn with_limit(mut self, max: u64) -> Self {
        self.limit = self.limit.filter(|limit| limit.left <= max).or(Some(Limit { max, left: max }));
        self
    }

    /// The same for a body without a limit; one that has a limit keeps it.
    pub(crate) fn with_default_limit(self, max: u64) -> Self {
        if self.limit.is_some() { self } else { self.with_limit(max) }
    }

    pub(crate) fn with_tail(self, tail: Box<dyn Tail>) -> Self {
        // A body that is watched already, by a gateway behind this one, is wrapped: both are told.
        let mut body =
            if self.tail.is_some() { Self::from_inner(Inner::Stream(UnsyncBoxBody::new(self))) } else { self };
        body.tail = Some(tail);
        body
    }

    /// The bytes, if the body is in memory.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match &self.inner {
            Inner::Empty => Some(&[]),
            Inner::Full(bytes) => Some(bytes),
            Inner::Stream(_) => None,
        }
    }

    /// Reads the body to its end.
    ///
    /// # Errors
    /// [`BodyError::TooLarge`] past the limit, [`BodyError::Transport`] when the connection fails.
    pub async fn collect(mut self) -> Result<Bytes, BodyError> {
        let bytes = self.buffer().await?;
        self.inner = Inner::Empty;
        if let Some(tail) = &mut self.tail {
            tail.data(bytes.len() as u64);
        }
        Ok(bytes)
    }

    /// Reads the body into memory and keeps it there, so that it can be read again.
    ///
    /// # Errors
    /// As [`Body::collect`]; the body is spent then.
    pub async fn buffer(&mut self) -> Result<Bytes, BodyError> {
        // Put back at the end: a body that breaks off, or is dropped meanwhile, has not come to its end.
        let tail = self.tail.take();
        let read = match std::mem::take(&mut self.inner) {
            Inner::Empty => Ok(Bytes::new()),
            Inner::Full(bytes) => self.limit.map_or(Ok(()), |mut limit| limit.take(bytes.len() as u64)).map(|()| bytes),
            stream @ Inner::Stream(_) => {
                let unread = Self { inner: stream, limit: self.limit, tail: None };
                BodyExt::collect(unread).await.map(http_body_util::Collected::to_bytes)
            }
        };
        let bytes = match read {
            Ok(bytes) => bytes,
            Err(error) => {
                self.tail = tail;
                self.break_off(&error);
                return Err(error);
            }
        };
        self.inner = if bytes.is_empty() { Inner::Empty } else { Inner::Full(bytes.clone()) };
        self.tail = tail;
        Ok(bytes)
    }
}

impl Body {
    /// Nothing more comes, though this is not the end.
    fn break_off(&mut self, error: &BodyError) {
        self.inner = Inner::Empty;
        if let Some(mut tail) = self.tail.take() {
            tail.fail(error);
        }
    }
}

impl Limit {
    fn take(&mut self, bytes: u64) -> Result<(), BodyError> {
        self.left = self.left.checked_sub(bytes).ok_or(BodyError::TooLarge { limit: self.max })?;
        Ok(())
    }
}

/// Keeps a `BodyError` what it is on its way through other bodies.
fn from_transport(error: BoxError) -> BodyError {
    match error.downcast::<BodyError>() {
        Ok(own) => *own,
        Err(other) => BodyError::Transport(other),
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut task::Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        let frame = match &mut this.inner {
            Inner::Empty => None,
            Inner::Full(bytes) => {
                let bytes = std::mem::take(bytes);
                this.inner = Inner::Empty;
                Some(Ok(Frame::data(bytes)))
            }
            Inner::Stream(stream) => std::task::ready!(Pin::new(stream).poll_frame(cx)),
        };
        let frame = match frame {
            Some(Ok(frame)) => {
                let bytes = frame.data_ref().map_or(0, |data| data.len() as u64);
                if let Some(Err(error)) = this.limit.as_mut().map(|limit| limit.take(bytes)) {
                    this.break_off(&error);
                    return Poll::Ready(Some(Err(error)));
                }
                if let Some(tail) = &mut this.tail {
                    tail.data(bytes);
                }
                Some(Ok(frame))
            }
            None => {
                this.inner = Inner::Empty;
                None
            }
            Some(Err(error)) => {
                this.break_off(&error);
                Some(Err(error))
            }
        };
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        match &self.inner {
            Inner::Empty => true,
            Inner::Full(bytes) => bytes.is_empty(),
            Inner::Stream(stream) => stream.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.inner {
            Inner::Empty => SizeHint::with_exact(0),
            Inner::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Inner::Stream(stream) => stream.size_hint(),
        }
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        let ended = http_body::Body::is_end_stream(self);
        if let (true, Some(tail)) = (ended, &mut self.tail) {
            tail.end();
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.inner {
            Inner::Empty => f.write_str("Body::Empty"),
            Inner::Full(bytes) => write!(f, "Body::Full({} bytes)", bytes.len()),
            Inner::Stream(_) => f.write_str("Body::Stream"),
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self::from_inner(if bytes.is_empty() { Inner::Empty } else { Inner::Full(bytes) })
    }
}

macro_rules! from_bytes {
    ($($source:ty),+) => {$(
        impl From<$source> for Body {
            fn from(bytes: $source) -> Self {
                Bytes::from(bytes).into()
            }
        }
    )+};
}

from_bytes!(&'static str, &'static [u8], String, Vec<u8>);

#[cfg(test)]
#[path = "body_tests.rs"]
mod tests;
