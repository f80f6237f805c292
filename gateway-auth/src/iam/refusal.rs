//! Refusals in AWS's words. What a header holds is told as a digest only, as it may be another's token.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use gateway_core::{Error, ErrorKind};
use sha2::{Digest, Sha256};

use super::time::AmzDate;

pub(super) const INCOMPLETE: &str = "IncompleteSignatureException";
const UNRECOGNIZED: &str = "UnrecognizedClientException";

/// The request is not signed.
pub(super) fn missing() -> Error {
    ErrorKind::MissingAuthenticationToken.into()
}

/// The signature cannot be read.
pub(super) fn incomplete(message: String) -> Error {
    Error::new(ErrorKind::InvalidSignature).with_exception(INCOMPLETE).with_message(message)
}

/// The signature is not of this request, place or time.
pub(super) fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidSignature).with_message(message)
}

/// Nobody has this access key, or not with this session.
pub(super) fn unrecognized() -> Error {
    let message = "The security token included in the request is invalid.";
    Error::new(ErrorKind::AccessDenied).with_exception(UNRECOGNIZED).with_message(message)
}

pub(super) fn expired_session() -> Error {
    ErrorKind::ExpiredToken.into()
}

pub(super) fn no_equal_sign(header: &[u8]) -> Error {
    incomplete(format!(
        "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with \
         Base64): '{}'.",
        digest(header)
    ))
}

/// Which parts are missing, and the header.
pub(super) fn missing_parts(parts: &[&str], has_date: bool, header: &[u8]) -> Error {
    let mut message = String::new();
    for part in parts {
        message.push_str(&format!("Authorization header requires '{part}' parameter. "));
    }
    if !has_date {
        message.push_str("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ");
    }
    let digest = digest(header);
    incomplete(format!("{message}(Hashed with SHA-256 and encoded with Base64) Authorization={digest}"))
}

fn digest(header: &[u8]) -> String {
    BASE64_STANDARD.encode(Sha256::digest(header))
}

pub(super) fn too_old(signed: AmzDate, now: AmzDate, window: Duration) -> Error {
    let (limit, minutes) = (now.minus(window), window.as_secs() / 60);
    invalid(format!("Signature expired: {signed} is now earlier than {limit} ({now} - {minutes} min.)"))
}

pub(super) fn too_new(signed: AmzDate, now: AmzDate, window: Duration) -> Error {
    let (limit, minutes) = (now.plus(window), window.as_secs() / 60);
    invalid(format!("Signature not yet current: {signed} is still later than {limit} ({now} + {minutes} min.)"))
}

/// What the caller should have signed.
pub(super) fn mismatch(canonical: &str, to_sign: &str) -> Error {
    let stock = ErrorKind::InvalidSignature.message().unwrap_or_default();
    invalid(format!(
        "{stock}\n\nThe Canonical String for this request should have been\n'{canonical}'\n\nThe String-to-Sign should \
         have been\n'{to_sign}'\n"
    ))
}
