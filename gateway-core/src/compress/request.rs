use bytes::Bytes;
use flate2::{Decompress, FlushDecompress, Status, write::MultiGzDecoder};
use http::{HeaderMap, header};
use http_body::Body as _;
use std::io::{self, Write};
use tokio::task::yield_now;

use super::Coding;
use crate::{
    body::Body,
    error::{Error, ErrorKind},
};

/// How much is decoded before other requests have their turn.
const STRETCH: usize = 16 * 1024;

/// The coding of a request's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RequestCoding(Option<Coding>);

impl RequestCoding {
    /// The coding that is to be undone; `None` where nothing is to be done: no body, or no header.
    ///
    /// # Errors
    /// 415 for a coding that is not known, and for several.
    pub(crate) fn of(headers: &HeaderMap, body: &Body) -> Result<Option<Self>, Error> {
        if body.is_end_stream() || !headers.contains_key(header::CONTENT_ENCODING) {
            return Ok(None);
        }
        let mut coding = None;
        for value in headers.get_all(header::CONTENT_ENCODING) {
            let text = value.to_str().map_err(|_| ErrorKind::UnsupportedMediaType)?;
            for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
                if name.eq_ignore_ascii_case("identity") {
                    continue;
                }
                let known = Coding::from_name(name).filter(|_| coding.is_none());
                coding = Some(known.ok_or(ErrorKind::UnsupportedMediaType)?);
            }
        }
        Ok(Some(Self(coding)))
    }

    /// Decodes the body, to no more than `limit` bytes, and takes the coding out of the headers.
    ///
    /// # Errors
    /// 413 past the limit, 415 for what is not coded so.
    pub(crate) async fn decode(self, headers: &mut HeaderMap, body: &mut Body, limit: u64) -> Result<(), Error> {
        if let Some(coding) = self.0 {
            let coded = std::mem::take(body).with_default_limit(limit).collect().await.map_err(|error| {
                let kind = if error.is_too_large() { ErrorKind::RequestTooLarge } else { ErrorKind::BadRequest };
                Error::new(kind).with_source(error)
            })?;
            if coded.is_empty() {
                // A stream that turned out to have nothing: it passes as it is.
                return Ok(());
            }
            let plain = match coding {
                Coding::Gzip => gunzip(&coded, limit).await,
                Coding::Deflate => inflate(&coded, limit).await,
            }?;
            if headers.contains_key(header::CONTENT_LENGTH) {
                headers.insert(header::CONTENT_LENGTH, plain.len().into());
            }
            *body = Body::from(plain);
        }
        headers.remove(header::CONTENT_ENCODING);
        Ok(())
    }
}

async fn gunzip(coded: &Bytes, limit: u64) -> Result<Bytes, Error> {
    let mut decoder = MultiGzDecoder::new(Bounded { bytes: Vec::new(), limit, full: false });
    for (number, stretch) in coded.chunks(STRETCH).enumerate() {
        if number > 0 {
            yield_now().await;
        }
        let written = decoder.write_all(stretch);
        refuse(written, decoder.get_ref())?;
    }
    let ended = decoder.try_finish();
    refuse(ended, decoder.get_ref())?;
    Ok(std::mem::take(&mut decoder.get_mut().bytes).into())
}

fn refuse(result: io::Result<()>, written: &Bounded) -> Result<(), Error> {
    result.map_err(|error| match written.full {
        true => ErrorKind::RequestTooLarge.into(),
        false => Error::new(ErrorKind::UnsupportedMediaType).with_source(error),
    })
}

async fn inflate(coded: &Bytes, limit: u64) -> Result<Bytes, Error> {
    let mut decoder = Decompress::new(true);
    let mut plain = Vec::new();
    let mut piece = vec![0; STRETCH];
    loop {
        let (read, written) = (decoder.total_in(), decoder.total_out());
        let rest = usize::try_from(read).ok().and_then(|read| coded.get(read..)).unwrap_or_default();
        let status = decoder
            .decompress(rest, &mut piece, FlushDecompress::None)
            .map_err(|error| Error::new(ErrorKind::UnsupportedMediaType).with_source(error))?;
        let new = usize::try_from(decoder.total_out() - written).unwrap_or(usize::MAX);
        plain.extend_from_slice(piece.get(..new).unwrap_or_default());
        if plain.len() as u64 > limit {
            return Err(ErrorKind::RequestTooLarge.into());
        }
        if status == Status::StreamEnd {
            let whole = decoder.total_in() == coded.len() as u64;
            return if whole { Ok(plain.into()) } else { Err(ErrorKind::UnsupportedMediaType.into()) };
        }
        if (read, written) == (decoder.total_in(), decoder.total_out()) {
            // It breaks off.
            return Err(ErrorKind::UnsupportedMediaType.into());
        }
        yield_now().await;
    }
}

/// Takes no more than its limit.
struct Bounded {
    bytes: Vec<u8>,
    limit: u64,
    full: bool,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if (self.bytes.len() + bytes.len()) as u64 > self.limit {
            self.full = true;
            return Err(io::Error::other("the decoded body is too large"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
