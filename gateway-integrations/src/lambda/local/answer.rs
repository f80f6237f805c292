//! What a process gives for a call, read from its connection.

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::{Bytes, BytesMut};
use gateway_core::BodyError;
use http::{HeaderMap, HeaderName};
use http_body_util::{BodyExt, channel::Sender};
use hyper::body::Incoming;

use super::failure::ANSWER;

static ERROR_TYPE: HeaderName = HeaderName::from_static("lambda-runtime-function-error-type");
static ERROR_BODY: HeaderName = HeaderName::from_static("lambda-runtime-function-error-body");

/// An answer that was read to its end.
pub(super) enum Read {
    Whole(Bytes),
    /// The function failed after its answer had begun.
    Failed(Bytes),
    TooLarge,
}

/// Reads an answer into memory. One that is too large is read to its end all the same: until then its sender does not
/// hear that it is refused.
pub(super) async fn collect(mut body: Incoming) -> Result<Read, ()> {
    let (mut whole, mut length, mut late) = (BytesMut::new(), 0_usize, None);
    while let Some(frame) = body.frame().await {
        match frame.map_err(drop)?.into_data() {
            Ok(data) => {
                length = length.saturating_add(data.len());
                if length <= ANSWER {
                    whole.extend_from_slice(&data);
                }
            }
            Err(frame) => late = frame.trailers_ref().and_then(late_error),
        }
    }
    Ok(match late {
        Some(error) => Read::Failed(error),
        None if length > ANSWER => Read::TooLarge,
        None => Read::Whole(whole.freeze()),
    })
}

/// Hands an answer on while it comes; gives the error of a function that failed after its answer had begun.
pub(super) async fn pass_on(mut body: Incoming, sender: &mut Sender<Bytes, BodyError>) -> Result<Option<Bytes>, ()> {
    while let Some(frame) = body.frame().await {
        match frame.map_err(drop)?.into_data() {
            // Where nobody takes it any more, the function runs to its end all the same.
            Ok(data) => drop(sender.send_data(data).await),
            Err(frame) => {
                if let Some(error) = frame.trailers_ref().and_then(late_error) {
                    return Ok(Some(error));
                }
            }
        }
    }
    Ok(None)
}

/// The error in the trailers of an answer.
fn late_error(trailers: &HeaderMap) -> Option<Bytes> {
    trailers.get(&ERROR_TYPE)?;
    let body = trailers.get(&ERROR_BODY).and_then(|body| BASE64_STANDARD.decode(body).ok());
    Some(body.unwrap_or_default().into())
}
