use http::{HeaderMap, HeaderValue, header};
use serde::Deserialize;

use super::{CacheRules, RouteCache};
use crate::{
    context::{Authorization, Context},
    error::{Error, ErrorKind},
};

/// What becomes of a `Cache-Control: max-age=0` of a caller who may not invalidate the cache.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum UnauthorizedCacheControl {
    /// The request is refused.
    #[serde(rename = "FAIL_WITH_403")]
    FailWith403,
    /// The header is ignored, and the answer says so.
    #[default]
    SucceedWithResponseHeader,
    /// The header is ignored.
    SucceedWithoutResponseHeader,
}

/// The value of `Warning` where a wish for a fresh answer was ignored.
pub(crate) const IGNORED: HeaderValue = HeaderValue::from_static(
    "199 - \"Cache-Control header ignored: caller is not authorized to invalidate the cache\"",
);

/// Whether a fresh answer takes the place of the kept one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Renewal {
    /// Nobody asked, or the wish is ignored without a word.
    No,
    /// The wish is ignored, and the answer says so.
    Ignored,
    /// It does.
    Yes,
}

impl RouteCache {
    /// What becomes of the request's `Cache-Control`, if it has one.
    pub(crate) fn renewal(&self, rules: &CacheRules, headers: &HeaderMap, context: &Context) -> Result<Renewal, Error> {
        if !asks(headers) {
            return Ok(Renewal::No);
        }
        let allowed = || match &self.may_invalidate {
            Some(may) => may(context),
            None => context.authorization().is_some_and(Authorization::may_invalidate_cache),
        };
        if !rules.requires_authorization || allowed() {
            return Ok(Renewal::Yes);
        }
        match rules.unauthorized {
            UnauthorizedCacheControl::FailWith403 => {
                let forbidden = ErrorKind::Forbidden;
                let denied = Error::new(ErrorKind::AccessDenied).with_exception(forbidden.exception());
                Err(denied.with_message(forbidden.message().unwrap_or_default()))
            }
            UnauthorizedCacheControl::SucceedWithResponseHeader => Ok(Renewal::Ignored),
            UnauthorizedCacheControl::SucceedWithoutResponseHeader => Ok(Renewal::No),
        }
    }
}

/// Whether `Cache-Control` says `max-age=0`; no other directive counts.
fn asks(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|directive| directive.trim().eq_ignore_ascii_case("max-age=0"))
}
