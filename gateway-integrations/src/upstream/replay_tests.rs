use http_body::Body as _;
use http_body_util::{BodyExt, Full};

use super::*;

/// A body that comes in these pieces.
fn pieces(pieces: &'static [&'static str]) -> Body {
    struct Pieces(std::slice::Iter<'static, &'static str>);

    impl http_body::Body for Pieces {
        type Data = Bytes;
        type Error = BodyError;

        fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
            Poll::Ready(self.0.next().map(|piece| Ok(Frame::data(Bytes::from(*piece)))))
        }
    }

    Body::new(Pieces(pieces.iter()))
}

async fn read(body: Body) -> String {
    String::from_utf8(body.collect().await.unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn what_was_half_read_is_sent_again_from_the_start() {
    let replay = Replay::new(pieces(&["ab", "cd", "ef"]), 6).await.unwrap();
    let mut first = replay.body().unwrap();
    first.frame().await.unwrap().unwrap();
    assert_eq!(replay.whole(), None, "not read to its end");
    assert_eq!(read(replay.body().unwrap()).await, "abcdef");
    assert!(first.frame().await.unwrap().is_err(), "the first reader takes nothing from the second");
    assert_eq!(read(replay.body().unwrap()).await, "abcdef");
    assert_eq!(replay.whole().unwrap(), "abcdef");
}

#[tokio::test]
async fn what_is_too_long_passes_once() {
    let replay = Replay::new(pieces(&["abc", "def"]), 5).await.unwrap();
    drop(replay.body().unwrap());
    assert_eq!(read(replay.body().unwrap()).await, "abcdef", "nothing had been read");
    assert!(replay.body().is_none());
    assert_eq!(replay.whole(), None);
}

#[tokio::test]
async fn what_is_in_memory_is_not_kept_twice() {
    let replay = Replay::new(Body::from("abcdef"), 0).await.unwrap();
    assert!(replay.is_in_memory());
    assert_eq!(read(replay.body().unwrap()).await, "abcdef");
    assert_eq!(read(replay.body().unwrap()).await, "abcdef");
    let error = Replay::new(Body::from("abcdef").with_limit(5), 9).await.err().unwrap();
    assert!(error.is_too_large());
}

#[tokio::test]
async fn the_length_is_known_where_it_was() {
    let replay = Replay::new(Body::new(Full::new(Bytes::from("abcd"))), 9).await.unwrap();
    assert_eq!(replay.body().unwrap().size_hint().exact(), Some(4));
    read(replay.body().unwrap()).await;
    assert_eq!(replay.body().unwrap().size_hint().exact(), Some(4));
}
