//! Steps as JSON.

use std::{collections::BTreeMap, time::Duration};

use http::{HeaderMap, StatusCode};
use serde::{Serialize, Serializer};

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
pub(super) fn status<S: Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    status.as_u16().serialize(serializer)
}

/// In milliseconds.
pub(super) fn millis<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    (time.as_secs_f64() * 1000.0).serialize(serializer)
}

/// Each name with a list of values.
pub(super) fn headers<S: Serializer>(headers: &HeaderMap, serializer: S) -> Result<S::Ok, S::Error> {
    let mut lists = BTreeMap::<_, Vec<_>>::new();
    for (name, value) in headers {
        lists.entry(name.as_str()).or_default().push(String::from_utf8_lossy(value.as_bytes()));
    }
    lists.serialize(serializer)
}
