//! A request's body that can be sent again, as long as it is short.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use gateway_core::{Body, BodyError};
use http::HeaderMap;
use http_body::{Frame, SizeHint};

/// Keeps what is read of a body, up to a bound.
pub(super) enum Replay {
    /// It is in memory anyway.
    Memory(Bytes),
    /// It comes as it comes.
    Stream(Arc<Mutex<Stream>>),
}

/// A body of which some was read.
pub(super) struct Stream {
    kept: Vec<Kept>,
    bytes: usize,
    bound: usize,
    /// More was read than could be kept.
    over: bool,
    ended: bool,
    rest: Body,
    /// Which body reads; earlier ones may still be somewhere in a connection.
    turn: u32,
}

enum Kept {
    Data(Bytes),
    Trailers(HeaderMap),
}

/// The body of one attempt.
struct Reader {
    stream: Arc<Mutex<Stream>>,
    turn: u32,
    place: usize,
}

/// Another attempt reads now.
#[derive(Debug, thiserror::Error)]
#[error("the request is being sent again")]
struct Superseded;

impl Replay {
    /// Keeps at most `bound` bytes.
    pub(super) async fn new(mut body: Body, bound: usize) -> Result<Self, BodyError> {
        if body.as_bytes().is_some() {
            return body.buffer().await.map(Self::Memory);
        }
        let (kept, bytes, over, ended, turn) = (Vec::new(), 0, false, false, 0);
        Ok(Self::Stream(Arc::new(Mutex::new(Stream { kept, bytes, bound, over, ended, rest: body, turn }))))
    }

    /// The body once more, from its start; `None` if that is gone.
    pub(super) fn body(&self) -> Option<Body> {
        match self {
            Self::Memory(bytes) => Some(bytes.clone().into()),
            Self::Stream(stream) => {
                let mut kept = stream.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.over {
                    return None;
                }
                kept.turn += 1;
                let turn = kept.turn;
                // A new body is asked at once whether it has ended.
                drop(kept);
                Some(Body::new(Reader { stream: Arc::clone(stream), turn, place: 0 }))
            }
        }
    }

    /// Whether [`Replay::body`] gives one.
    pub(super) fn can_start_again(&self) -> bool {
        match self {
            Self::Memory(_) => true,
            Self::Stream(stream) => !stream.lock().unwrap_or_else(PoisonError::into_inner).over,
        }
    }

    /// All of it, if all of it was read and kept.
    pub(super) fn whole(&self) -> Option<Bytes> {
        match self {
            Self::Memory(bytes) => Some(bytes.clone()),
            Self::Stream(stream) => {
                let stream = stream.lock().unwrap_or_else(PoisonError::into_inner);
                let data = stream.kept.iter().filter_map(|kept| match kept {
                    Kept::Data(bytes) => Some(bytes.as_ref()),
                    Kept::Trailers(_) => None,
                });
                (stream.ended && !stream.over).then(|| data.collect::<Vec<_>>().concat().into())
            }
        }
    }

    /// Whether it is in memory, so that several can be sent at once.
    pub(super) fn is_in_memory(&self) -> bool {
        matches!(self, Self::Memory(_))
    }
}

impl Stream {
    fn keep(&mut self, frame: &Frame<Bytes>) {
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        self.bytes = self.bytes.saturating_add(bytes);
        if self.over || self.bytes > self.bound {
            self.over = true;
            self.kept = Vec::new();
            return;
        }
        if let Some(data) = frame.data_ref() {
            self.kept.push(Kept::Data(data.clone()));
        } else if let Some(trailers) = frame.trailers_ref() {
            self.kept.push(Kept::Trailers(trailers.clone()));
        }
    }
}

impl http_body::Body for Reader {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        let mut stream = this.stream.lock().unwrap_or_else(PoisonError::into_inner);
        if stream.turn != this.turn {
            return Poll::Ready(Some(Err(BodyError::Transport(Superseded.into()))));
        }
        if let Some(kept) = stream.kept.get(this.place) {
            this.place += 1;
            return Poll::Ready(Some(Ok(match kept {
                Kept::Data(bytes) => Frame::data(bytes.clone()),
                Kept::Trailers(trailers) => Frame::trailers(trailers.clone()),
            })));
        }
        let frame = ready!(Pin::new(&mut stream.rest).poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => {
                this.place += 1;
                stream.keep(frame);
            }
            Some(Err(_)) => stream.over = true,
            None => {}
        }
        stream.ended |= frame.is_none() || stream.rest.is_end_stream();
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        let stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        self.place >= stream.kept.len() && stream.rest.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = stream.kept.iter().skip(self.place).map(|kept| match kept {
            Kept::Data(bytes) => bytes.len() as u64,
            Kept::Trailers(_) => 0,
        });
        let (kept, rest) = (kept.sum::<u64>(), stream.rest.size_hint());
        let mut hint = SizeHint::new();
        hint.set_lower(kept.saturating_add(rest.lower()));
        if let Some(upper) = rest.upper() {
            hint.set_upper(kept.saturating_add(upper));
        }
        hint
    }
}

#[cfg(test)]
#[path = "replay_tests.rs"]
mod tests;
