//! The body of an answer, which drives its connection and gives it back.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use gateway_core::{Body, CallError, CallPhase, Response};
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::sync::OwnedSemaphorePermit;

use super::{
    body::Sending,
    failure::hyper_cause,
    http1::{Http1, Piece, is_switched},
    http2::Place,
    pool::{Host, Kept},
    timer::{Due, Limits, Timer},
};

/// An answer's body; dropped before its end, it closes its connection or resets its stream.
pub(super) struct Answer {
    incoming: Incoming,
    via: Via,
    limits: Limits,
    due: Due,
    _slot: Option<OwnedSemaphorePermit>,
}

/// Who moves the bytes.
enum Via {
    /// This body.
    Http1(Box<Http1>, Arc<Host>),
    /// A task of the connection's own.
    Task { timer: Timer, _place: Option<Place> },
    /// Nobody: nothing more comes.
    Ended,
}

/// What an answer came by.
pub(super) enum From {
    Http1(Box<Http1>, Arc<Host>),
    Http2(Place),
}

impl Answer {
    /// What the caller gets.
    pub(super) fn hand_on(
        mut answer: http::Response<Incoming>,
        from: From,
        sending: &Sending,
        limits: Limits,
        mut due: Due,
        mut slot: Option<OwnedSemaphorePermit>,
    ) -> Response {
        let switched = is_switched(&answer);
        if let Some(slot) = slot.take_if(|_| switched) {
            // Whoever joins the connections holds the extensions.
            answer.extensions_mut().insert(Arc::new(slot));
        }
        due.end_phase();
        answer.map(|incoming| {
            let has_ended = incoming.is_end_stream();
            let via = match from {
                From::Http1(connection, _) if switched => {
                    connection.switch();
                    return Body::empty();
                }
                From::Http1(connection, _) if !sending.has_ended() => {
                    connection.detach();
                    Via::Task { timer: Timer::default(), _place: None }
                }
                From::Http1(connection, host) if has_ended => {
                    host.put(Kept::Http1(connection));
                    return Body::empty();
                }
                From::Http1(connection, host) => Via::Http1(connection, host),
                From::Http2(place) => Via::Task { timer: Timer::default(), _place: Some(place) },
            };
            Body::new(Self { incoming, via, limits, due, _slot: slot })
        })
    }

    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Piece> {
        match &mut self.via {
            Via::Http1(connection, _) => connection.poll_piece(&mut self.incoming, &self.limits, &mut self.due, cx),
            Via::Task { timer, .. } => {
                if let Poll::Ready(piece) = Pin::new(&mut self.incoming).poll_frame(cx) {
                    self.due.end_phase();
                    return Poll::Ready(Piece::of(piece));
                }
                self.due.start_phase(self.limits.idle);
                timer.poll(self.due, cx).map(|()| Piece::TimedOut)
            }
            Via::Ended => Poll::Ready(Piece::End),
        }
    }

    /// Gives the connection back.
    fn end(&mut self) {
        if let Via::Http1(connection, host) = std::mem::replace(&mut self.via, Via::Ended) {
            host.put(Kept::Http1(connection));
        }
    }
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = CallError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, CallError>>> {
        let this = &mut *self;
        this.poll_piece(cx).map(|piece| {
            let failure = match piece {
                Piece::Frame(frame) => {
                    if this.incoming.is_end_stream() {
                        this.end();
                    }
                    return Some(Ok(frame));
                }
                Piece::End => {
                    this.end();
                    return None;
                }
                Piece::Broken(error) => CallError::new(CallPhase::ResponseBody, hyper_cause(&error)).with_source(error),
                Piece::TimedOut => CallError::new(CallPhase::ResponseBody, this.due.cause()),
            };
            this.via = Via::Ended;
            Some(Err(failure))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
