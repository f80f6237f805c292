//! An answer that keeps its place until it was read.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use gateway_core::{Body, BodyError, Response};
use http_body::{Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;

use super::state::UnderWay;

/// A body, and what is free again when it is dropped. The gateway's `Body` drops what it reads from as soon as that has
/// ended.
struct Held {
    body: Body,
    _slot: Option<OwnedSemaphorePermit>,
    _under_way: UnderWay,
}

/// Keeps the slot and the target's place until the answer has ended; one that is in memory has.
pub(super) fn hold(response: Response, slot: Option<OwnedSemaphorePermit>, under_way: UnderWay) -> Response {
    if response.body().as_bytes().is_some() {
        return response;
    }
    response.map(|body| Body::new(Held { body, _slot: slot, _under_way: under_way }))
}

impl http_body::Body for Held {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
