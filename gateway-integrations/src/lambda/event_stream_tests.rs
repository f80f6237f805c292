use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue};
use proptest::prelude::*;

use super::*;

fn message(kind: &str, event: &str, payload: &str) -> Vec<u8> {
    let name = if kind == "exception" { ":exception-type" } else { ":event-type" };
    let message = Message::new(Bytes::from(payload.to_owned()))
        .add_header(Header::new(":message-type", HeaderValue::String(kind.to_owned().into())))
        .add_header(Header::new(name, HeaderValue::String(event.to_owned().into())));
    let mut written = Vec::new();
    write_message_to(&message, &mut written).unwrap();
    written
}

fn chunk(payload: &str) -> Vec<u8> {
    message("event", "PayloadChunk", payload)
}

fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// What becomes of an answer that arrives in pieces.
fn read(bytes: &[u8], piece: usize) -> Result<String, String> {
    let frames = bytes.chunks(piece.max(1)).map(|piece| Ok::<_, BodyError>(Frame::data(Bytes::copy_from_slice(piece))));
    let frames: Vec<_> = frames.collect();
    struct Pieces(std::vec::IntoIter<Result<Frame<Bytes>, BodyError>>);
    impl http_body::Body for Pieces {
        type Data = Bytes;
        type Error = BodyError;

        fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
            Poll::Ready(self.0.next())
        }
    }
    block(async {
        match begin(Body::new(Pieces(frames.into_iter()))).await {
            Ok(Answer::Begun(body)) => {
                let bytes = body.collect().await.map_err(|error| {
                    format!(
                        "broke off: {}",
                        std::error::Error::source(&error).map_or_else(String::new, ToString::to_string)
                    )
                })?;
                Ok(String::from_utf8(bytes.to_vec()).unwrap())
            }
            Ok(Answer::Failed { kind, details }) => Err(format!("{kind}: {details}")),
            Err(error) => Err(error.to_string()),
        }
    })
}

#[test]
fn an_answer_is_what_its_chunks_hold() {
    let answer =
        [chunk("one, "), message("event", "News", "x"), chunk("two"), message("event", "InvokeComplete", "{}")];
    for piece in [1, 7, 10_000] {
        assert_eq!(read(&answer.concat(), piece), Ok("one, two".to_owned()));
    }
}

#[test]
fn a_function_fails_before_its_answer_or_within() {
    let failed =
        message("event", "InvokeComplete", r#"{"ErrorCode":"Unhandled","ErrorDetails":"{\"errorMessage\":\"x\"}"}"#);
    assert_eq!(read(&failed, 9), Err("Unhandled: {\"errorMessage\":\"x\"}".to_owned()));
    let within = [chunk("one"), failed].concat();
    assert!(read(&within, 9).unwrap_err().starts_with("broke off"), "{:?}", read(&within, 9));
    let exception = message("exception", "InternalFailure", "{}");
    assert_eq!(read(&exception, 9), Err("the call of the function broke off: InternalFailure".to_owned()));
}

#[test]
fn an_answer_that_ends_early_or_is_changed_breaks_off() {
    assert_eq!(read(b"", 9), Err(StreamError::Truncated.to_string()));
    assert!(read(&chunk("one"), 9).is_err());
    assert!(read(&[0, 0, 0, 1, 0], 9).unwrap_err().contains("1 bytes"));
    assert!(read(&[255, 255, 255, 255], 9).is_err());
    let mut changed = chunk("one");
    let last = changed.len() - 5;
    changed[last] ^= 1;
    assert!(read(&changed, 100).is_err());
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..80), piece in 1..20_usize) {
        let _ = read(&bytes, piece);
    }
}
