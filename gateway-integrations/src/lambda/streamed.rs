//! What a function streams: status and headers first, then the body.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::{Bytes, BytesMut};
use gateway_core::{Body, BodyError, InvokedStream};
use http_body::Frame;
use http_body_util::BodyExt;

use super::result::{Malformed, ProxyResult};

/// What stands between the two.
const DELIMITER: [u8; 8] = [0; 8];

/// How long the first part may be, in bytes: AWS documents no limit, and what must be kept needs one.
const PRELUDE: usize = 64 << 10;

/// An answer whose body is still to come.
pub(super) struct Streamed {
    pub(super) result: ProxyResult,
    pub(super) prelude: Bytes,
    pub(super) body: Body,
}

/// Reads status and headers.
///
/// AWS developer guide: *Set up a Lambda proxy integration with payload response streaming in API Gateway*.
pub(super) async fn read(invoked: InvokedStream) -> Result<Streamed, Malformed> {
    if let Some(error) = invoked.error {
        return Err(Malformed::Function(error));
    }
    let (mut body, mut read) = (invoked.payload, BytesMut::new());
    let end = loop {
        let Some(Ok(frame)) = body.frame().await else { return Err(Malformed::NoPrelude) };
        let Ok(data) = frame.into_data() else { continue };
        // The delimiter may have begun in what came before.
        let from = read.len().saturating_sub(DELIMITER.len() - 1);
        read.extend_from_slice(&data);
        let fresh = read.get(from..).unwrap_or_default();
        if let Some(place) = fresh.windows(DELIMITER.len()).position(|window| window == DELIMITER) {
            break from + place;
        }
        if read.len() > PRELUDE {
            return Err(Malformed::NoPrelude);
        }
    };
    let prelude = read.split_to(end).freeze();
    let first = read.split_off(DELIMITER.len()).freeze();
    let result = ProxyResult::read_prelude(&prelude)?;
    let body = if first.is_empty() { body } else { Body::new(Joined { first: Some(first), rest: body }) };
    Ok(Streamed { result, prelude, body })
}

/// A body whose first part was read already.
struct Joined {
    first: Option<Bytes>,
    rest: Body,
}

impl http_body::Body for Joined {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match self.first.take() {
            Some(first) => Poll::Ready(Some(Ok(Frame::data(first)))),
            None => Pin::new(&mut self.rest).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.rest.is_end_stream()
    }
}
