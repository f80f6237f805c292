//! The head of an answer that a function streams: JSON, eight NUL bytes, and then the body.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::{Bytes, BytesMut};
use gateway_core::{Body, BodyError};
use http_body::Frame;
use http_body_util::BodyExt;

/// What ends the head.
const DELIMITER: [u8; 8] = [0; 8];
/// The longest head, in bytes.
const LONGEST: usize = 1 << 20;

/// Why an answer has no head.
#[derive(Debug, thiserror::Error)]
pub(super) enum PreludeError {
    #[error("the function's answer ended before the eight NUL bytes behind its head")]
    Missing,
    #[error("the head of the function's answer has more than {LONGEST} bytes")]
    TooLong,
    #[error("the function's answer broke off")]
    Body(#[from] BodyError),
}

/// The head of an answer, and what follows it.
///
/// AWS developer guide: *Set up a Lambda proxy integration with payload response streaming in API Gateway*.
pub(super) async fn split(mut body: Body) -> Result<(Bytes, Body), PreludeError> {
    let mut read = BytesMut::new();
    while let Some(frame) = body.frame().await.transpose()? {
        let Ok(data) = frame.into_data() else { continue };
        // The delimiter may begin in what came before.
        let from = read.len().saturating_sub(DELIMITER.len() - 1);
        read.extend_from_slice(&data);
        let new = read.get(from..).unwrap_or_default();
        if let Some(at) = new.windows(DELIMITER.len()).position(|window| window == DELIMITER) {
            let head = read.split_to(from + at).freeze();
            let rest = read.split_off(DELIMITER.len()).freeze();
            return Ok((head, Body::new(Rest { first: Some(rest).filter(|rest| !rest.is_empty()), body })));
        }
        if read.len() > LONGEST {
            return Err(PreludeError::TooLong);
        }
    }
    Err(PreludeError::Missing)
}

/// A body of which the start was read too far.
struct Rest {
    first: Option<Bytes>,
    body: Body,
}

impl http_body::Body for Rest {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match self.first.take() {
            Some(first) => Poll::Ready(Some(Ok(Frame::data(first)))),
            None => Pin::new(&mut self.body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.body.is_end_stream()
    }
}
