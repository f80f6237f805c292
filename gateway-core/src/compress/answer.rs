use std::{
    io::{self, Write},
    mem,
    pin::Pin,
    task::{Context as TaskContext, Poll, ready},
};

use bytes::Bytes;
use flate2::write::{GzEncoder, ZlibEncoder};
use http::{HeaderMap, Method, StatusCode, header};
use http_body::{Body as _, Frame};
use tokio::task::yield_now;
use tower::BoxError;

use super::Coding;
use crate::{
    body::{Body, BodyError},
    error::{Error, ErrorKind},
    service::Response,
};

/// How much is compressed before other requests have their turn.
const STRETCH: usize = 64 * 1024;

/// The compression of one answer, as far as the request tells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Compression {
    coding: Coding,
    minimum: u64,
}

impl Compression {
    /// The compression that the client of this request takes, for answers of `minimum` bytes and more.
    pub(crate) fn of(minimum: u64, method: &Method, headers: &HeaderMap) -> Option<Self> {
        let coding = Coding::accepted(headers).filter(|_| *method != Method::HEAD)?;
        Some(Self { coding, minimum })
    }

    /// Compresses the answer, if it is one to compress.
    ///
    /// A body whose size is not known streams through as it is: whether it reaches the minimum is not known either.
    pub(crate) async fn apply(self, response: Response) -> Result<Response, Error> {
        let size = response.body().size_hint().exact();
        let takes = size.is_some_and(|size| size > 0 && size >= self.minimum);
        if !takes || !changeable(&response) {
            return Ok(response);
        }
        let (mut head, body) = response.into_parts();
        head.headers.insert(header::CONTENT_ENCODING, self.coding.to_header());
        head.headers.remove(header::CONTENT_LENGTH);
        let mut encoder = Encoder::new(self.coding);
        let Some(bytes) = body.as_bytes() else {
            let body = Body::new(Compressed { body, encoder: Some(encoder) });
            return Ok(Response::from_parts(head, body));
        };
        for (number, stretch) in bytes.chunks(STRETCH).enumerate() {
            if number > 0 {
                yield_now().await;
            }
            encoder.write(stretch).map_err(failed)?;
        }
        let compressed = encoder.finish().map_err(failed)?;
        head.headers.insert(header::CONTENT_LENGTH, compressed.len().into());
        Ok(Response::from_parts(head, Body::from(compressed)))
    }
}

fn failed(error: io::Error) -> Error {
    Error::new(ErrorKind::ApiConfigurationError).with_source(error)
}

/// Whether the answer has a body that is the whole thing, and is not coded already.
fn changeable(response: &Response) -> bool {
    let bare = [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED, StatusCode::PARTIAL_CONTENT];
    !response.status().is_informational()
        && !bare.contains(&response.status())
        && !response.headers().contains_key(header::CONTENT_ENCODING)
}

/// Compresses into memory what it is given.
enum Encoder {
    Gzip(GzEncoder<Vec<u8>>),
    Deflate(ZlibEncoder<Vec<u8>>),
}

impl Encoder {
    fn new(coding: Coding) -> Self {
        let level = flate2::Compression::default();
        match coding {
            Coding::Gzip => Self::Gzip(GzEncoder::new(Vec::new(), level)),
            Coding::Deflate => Self::Deflate(ZlibEncoder::new(Vec::new(), level)),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Gzip(encoder) => encoder.write_all(bytes),
            Self::Deflate(encoder) => encoder.write_all(bytes),
        }
    }

    /// What is there so far.
    fn take(&mut self) -> Bytes {
        let written = match self {
            Self::Gzip(encoder) => encoder.get_mut(),
            Self::Deflate(encoder) => encoder.get_mut(),
        };
        mem::take(written).into()
    }

    fn finish(self) -> io::Result<Bytes> {
        Ok(match self {
            Self::Gzip(encoder) => encoder.finish()?,
            Self::Deflate(encoder) => encoder.finish()?,
        }
        .into())
    }
}

/// A body that is compressed while it is read.
struct Compressed {
    body: Body,
    /// Gone when the end was written.
    encoder: Option<Encoder>,
}

impl http_body::Body for Compressed {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        while let Some(encoder) = &mut this.encoder {
            let frame = ready!(Pin::new(&mut this.body).poll_frame(cx));
            let written = match frame.map(|frame| frame.map(Frame::into_data)) {
                Some(Ok(Ok(data))) => encoder.write(&data).map(|()| encoder.take()),
                // Trailers speak of the body as it was.
                Some(Ok(Err(_))) => continue,
                Some(Err(error)) => return this.break_off(error.into()),
                None => match this.encoder.take().map(Encoder::finish) {
                    Some(rest) => rest,
                    None => return Poll::Ready(None),
                },
            };
            match written {
                Ok(bytes) if bytes.is_empty() => {}
                Ok(bytes) => return Poll::Ready(Some(Ok(Frame::data(bytes)))),
                Err(error) => return this.break_off(BodyError::Transport(error.into()).into()),
            }
        }
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        self.encoder.is_none()
    }
}

impl Compressed {
    fn break_off(&mut self, error: BoxError) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.encoder = None;
        Poll::Ready(Some(Err(error)))
    }
}
