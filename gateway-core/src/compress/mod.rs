//! Content codings: requests are decoded, answers are compressed.

mod answer;
mod coding;
mod request;

pub(crate) use self::{answer::Compression, coding::Coding, request::RequestCoding};
