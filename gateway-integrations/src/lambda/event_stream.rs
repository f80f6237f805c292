//! The answer of a function that streams: messages of `application/vnd.amazon.eventstream`.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use aws_smithy_eventstream::frame::read_message_from;
use aws_smithy_types::event_stream::Message;
use bytes::{Bytes, BytesMut};
use gateway_core::{Body, BodyError};
use http_body::Frame;
use http_body_util::BodyExt;
use serde::Deserialize;

/// The longest message, in bytes: a payload of 16 MiB and its headers.
const LONGEST: usize = (16 << 20) + (128 << 10);
/// The shortest: lengths and checksums alone.
const SHORTEST: usize = 16;

/// What a function begins with.
pub(super) enum Answer {
    /// With an answer.
    Begun(Body),
    /// It failed first.
    Failed { kind: String, details: String },
}

/// Why an answer breaks off.
#[derive(Debug, thiserror::Error)]
pub(super) enum StreamError {
    #[error("a message of the function's answer has {0} bytes")]
    Length(usize),
    #[error("the function's answer cannot be read")]
    Message(#[from] aws_smithy_eventstream::error::Error),
    #[error("the call of the function broke off: {0}")]
    Exception(String),
    #[error("the function failed: {0}")]
    Function(String),
    #[error("the function's answer ended in the middle")]
    Truncated,
    #[error("the function's answer broke off")]
    Body(#[from] BodyError),
}

/// What Lambda says at the end.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Complete {
    error_code: Option<String>,
    error_details: Option<String>,
}

enum Event {
    Chunk(Bytes),
    Complete(Complete),
}

/// Waits until the function has begun to answer, or has failed.
pub(super) async fn begin(body: Body) -> Result<Answer, StreamError> {
    let mut stream = EventStream { body, buffer: BytesMut::new(), first: None, complete: false };
    match stream.frame().await.transpose() {
        Ok(Some(frame)) => stream.first = frame.into_data().ok(),
        Ok(None) => {}
        Err(StreamError::Function(kind)) => {
            let details = String::from_utf8_lossy(&stream.buffer).into_owned();
            return Ok(Answer::Failed { kind, details });
        }
        Err(error) => return Err(error),
    }
    Ok(Answer::Begun(Body::new(stream)))
}

/// The payload of the messages, as a body.
struct EventStream {
    body: Body,
    /// What has arrived and is not read; behind a failure, its details.
    buffer: BytesMut,
    first: Option<Bytes>,
    complete: bool,
}

impl EventStream {
    /// The next event that is there in full.
    fn event(&mut self) -> Result<Option<Event>, StreamError> {
        let Some(length) = self.buffer.first_chunk::<4>() else { return Ok(None) };
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        if !(SHORTEST..=LONGEST).contains(&length) {
            return Err(StreamError::Length(length));
        }
        if self.buffer.len() < length {
            return Ok(None);
        }
        let message = read_message_from(&mut self.buffer.split_to(length).freeze())?;
        let header = |name: &str| {
            let header = message.headers().iter().find(|header| header.name().as_str() == name)?;
            header.value().as_string().ok().map(|value| value.as_str().to_owned())
        };
        match (header(":message-type").as_deref(), header(":event-type").as_deref()) {
            (Some("exception" | "error"), _) => {
                let kind = header(":exception-type").or_else(|| header(":error-code"));
                Err(StreamError::Exception(kind.unwrap_or_default()))
            }
            (_, Some("PayloadChunk")) => Ok(Some(Event::Chunk(message.payload().clone()))),
            (_, Some("InvokeComplete")) => Ok(Some(Event::Complete(complete(&message)))),
            // What Lambda may say some day.
            _ => Ok(Some(Event::Chunk(Bytes::new()))),
        }
    }
}

fn complete(message: &Message) -> Complete {
    serde_json::from_slice(message.payload()).unwrap_or_default()
}

impl http_body::Body for EventStream {
    type Data = Bytes;
    type Error = StreamError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, StreamError>>> {
        let this = self.get_mut();
        if let Some(first) = this.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        loop {
            if this.complete {
                return Poll::Ready(None);
            }
            match this.event() {
                Ok(Some(Event::Chunk(chunk))) if chunk.is_empty() => {}
                Ok(Some(Event::Chunk(chunk))) => return Poll::Ready(Some(Ok(Frame::data(chunk)))),
                Ok(Some(Event::Complete(Complete { error_code: Some(code), error_details }))) => {
                    this.complete = true;
                    this.buffer = error_details.unwrap_or_default().as_bytes().into();
                    return Poll::Ready(Some(Err(StreamError::Function(code))));
                }
                Ok(Some(Event::Complete(_))) => this.complete = true,
                Err(error) => {
                    this.complete = true;
                    return Poll::Ready(Some(Err(error)));
                }
                Ok(None) => match ready!(Pin::new(&mut this.body).poll_frame(cx)) {
                    Some(Ok(frame)) => {
                        if let Ok(data) = frame.into_data() {
                            this.buffer.extend_from_slice(&data);
                        }
                    }
                    Some(Err(error)) => {
                        this.complete = true;
                        return Poll::Ready(Some(Err(error.into())));
                    }
                    None => {
                        this.complete = true;
                        return Poll::Ready(Some(Err(StreamError::Truncated)));
                    }
                },
            }
        }
    }
}

#[cfg(test)]
#[path = "event_stream_tests.rs"]
mod tests;
