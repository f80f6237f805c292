//! The claims of a token: read strictly, judged on the gateway's clock, handed on as text.
//!
//! `jsonwebtoken` could judge them too, but on the system's clock, and it lets a token without `iss` or `aud` pass
//! unless told otherwise. A claim of the wrong type is never skipped here: a token whose `exp` is a string would never
//! expire.

use std::{
    collections::BTreeMap,
    fmt,
    time::{Duration, SystemTime},
};

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::Value;

use super::{
    jws::object,
    refusal::{MALFORMED, Refusal},
};

/// The claims that are judged, and all of them as text.
#[derive(Debug)]
pub(super) struct Claims {
    /// `sub`; empty if there is none.
    pub(super) subject: String,
    /// The values of `scope` and `scp`.
    pub(super) scopes: Vec<String>,
    /// Every claim, as [`text`] renders it.
    pub(super) texts: BTreeMap<String, String>,
    pub(super) times: Times,
    issuer: Option<String>,
    /// `aud`; `client_id` where there is no `aud`; `None` where there is neither.
    audience: Option<Vec<String>>,
}

/// When a token is valid, in seconds since the Unix epoch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    expires: f64,
    not_before: Option<f64>,
    issued: Option<f64>,
}

impl Claims {
    /// Reads a payload. A judged claim of the wrong type, a claim that comes twice and a missing `exp` make the token
    /// malformed.
    pub(super) fn parse(payload: &[u8]) -> Result<Self, Refusal> {
        let Unique(mut claims) = object(payload).ok_or(MALFORMED)?;
        let texts = claims.iter().map(|(name, value)| (name.clone(), text(value))).collect();
        let times = Times {
            expires: seconds(claims.remove("exp"))?.ok_or(MALFORMED)?,
            not_before: seconds(claims.remove("nbf"))?,
            issued: seconds(claims.remove("iat"))?,
        };
        let audience = match claims.remove("aud") {
            Some(audience) => Some(list(audience)?),
            None => string(claims.remove("client_id"))?.map(|client| vec![client]),
        };
        let mut scopes = Vec::new();
        for claim in ["scope", "scp"] {
            match claims.remove(claim) {
                Some(Value::String(all)) => scopes.extend(all.split_ascii_whitespace().map(str::to_owned)),
                Some(all) => scopes.extend(list(all)?),
                None => {}
            }
        }
        Ok(Self {
            subject: string(claims.remove("sub"))?.unwrap_or_default(),
            scopes,
            texts,
            times,
            issuer: string(claims.remove("iss"))?,
            audience,
        })
    }

    /// Whether this issuer made the token, and for one of these audiences; `needed`: whether it must name one at all.
    pub(super) fn check(&self, issuer: &str, audience: &[String], needed: bool) -> Result<(), Refusal> {
        if self.issuer.as_deref() != Some(issuer) {
            return Err(Refusal::Issuer);
        }
        let named = self.audience.as_ref();
        let known = named.map_or(!needed, |named| named.iter().any(|one| audience.contains(one)));
        if known { Ok(()) } else { Err(Refusal::Audience) }
    }
}

impl Times {
    /// Whether the token is valid at `now`, where clocks may be off by `skew`.
    pub(super) fn check(&self, now: SystemTime, skew: Duration) -> Result<(), Refusal> {
        let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let skew = skew.as_secs_f64();
        if now >= self.expires + skew {
            return Err(Refusal::Expired);
        }
        if self.not_before.is_some_and(|from| now < from - skew) {
            return Err(Refusal::NotYetValid);
        }
        if self.issued.is_some_and(|at| now < at - skew) {
            return Err(Refusal::IssuedInFuture);
        }
        Ok(())
    }
}

/// A JSON object none of whose names comes twice: whoever reads the token next might take the other one.
struct Unique(BTreeMap<String, Value>);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;

        impl<'de> Visitor<'de> for Names {
            type Value = Unique;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object without duplicate names")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Unique, A::Error> {
                let mut claims = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if claims.insert(name, value).is_some() {
                        return Err(A::Error::custom("a name comes twice"));
                    }
                }
                Ok(Unique(claims))
            }
        }
        deserializer.deserialize_map(Names)
    }
}

/// A NumericDate (RFC 7519 §2), which may have a fraction.
fn seconds(claim: Option<Value>) -> Result<Option<f64>, Refusal> {
    claim.map(|value| value.as_f64().filter(|date| date.is_finite()).ok_or(MALFORMED)).transpose()
}

fn string(claim: Option<Value>) -> Result<Option<String>, Refusal> {
    match claim {
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(MALFORMED),
        None => Ok(None),
    }
}

/// A string or a list of strings.
fn list(claim: Value) -> Result<Vec<String>, Refusal> {
    match claim {
        Value::String(text) => Ok(vec![text]),
        Value::Array(all) => all.into_iter().filter_map(|one| string(Some(one)).transpose()).collect(),
        _ => Err(MALFORMED),
    }
}

/// A claim as integrations, logs and templates see it: lists as `[a b c]`, nested objects as JSON.
fn text(claim: &Value) -> String {
    match claim {
        Value::String(text) => text.clone(),
        Value::Array(all) => format!("[{}]", all.iter().map(text).collect::<Vec<_>>().join(" ")),
        other => other.to_string(),
    }
}

#[cfg(test)]
#[path = "claims_tests.rs"]
mod tests;
