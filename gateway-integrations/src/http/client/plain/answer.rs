//! The body of a plain answer.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use gateway_core::{Body, CallError, Response};
use http_body::{Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;

use super::{
    super::{
        pool::{Host, Kept},
        timer::{Due, Limits},
    },
    Plain,
};

/// What there was of a body together with its head, and how much is to come.
#[derive(Debug)]
pub(in super::super) struct Start {
    pub(super) first: Bytes,
    pub(super) left: u64,
}

/// The rest of an answer, which reads its connection and gives it back; dropped before its end, it closes it.
struct Rest {
    /// None when it broke off, or has ended.
    connection: Option<Box<Plain>>,
    host: Arc<Host>,
    start: Start,
    limits: Limits,
    due: Due,
    _slot: Option<OwnedSemaphorePermit>,
}

/// What the caller gets. A body that came with its head is in memory, and the connection is free at once.
pub(in super::super) fn hand_on(
    answer: http::Response<Start>,
    connection: Box<Plain>,
    host: Arc<Host>,
    limits: Limits,
    mut due: Due,
    slot: Option<OwnedSemaphorePermit>,
) -> Response {
    due.end_phase();
    answer.map(|start| {
        if start.left == 0 {
            host.put(Kept::Plain(connection));
            return start.first.into();
        }
        Body::new(Rest { connection: Some(connection), host, start, limits, due, _slot: slot })
    })
}

impl http_body::Body for Rest {
    type Data = Bytes;
    type Error = CallError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, CallError>>> {
        let Self { connection, host, start, limits, due, .. } = &mut *self;
        if !start.first.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut start.first)))));
        }
        let Some(open) = connection else { return Poll::Ready(None) };
        let piece = match ready!(open.poll_piece(start.left, limits, due, cx)) {
            Ok(piece) => piece.freeze(),
            Err(error) => {
                *connection = None;
                return Poll::Ready(Some(Err(error)));
            }
        };
        start.left = start.left.saturating_sub(piece.len() as u64);
        if start.left == 0
            && let Some(connection) = connection.take()
        {
            host.put(Kept::Plain(connection));
        }
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.start.first.is_empty() && self.start.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.start.first.len() as u64 + self.start.left)
    }
}
