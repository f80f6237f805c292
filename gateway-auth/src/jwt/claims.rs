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

/// The claims that are judged, beside all of them.
#[derive(Debug)]
pub(super) struct Claims {
    /// `sub`; empty if there is none.
    pub(super) subject: String,
    /// The values of `scope` and `scp`.
    pub(super) scopes: Vec<String>,
    pub(super) times: Times,
    values: BTreeMap<String, Value>,
    /// `aud`, if it is there.
    pub(super) audience: Option<Vec<String>>,
    issuer: Option<String>,
    client: Option<String>,
}

/// What the claims of a token must say.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    /// `iss`, to the letter.
    pub(super) issuer: String,
    pub(super) audience: Audience,
    pub(super) claims: Vec<ClaimRule>,
}

/// For whom a token must be.
#[derive(Clone, Debug)]
pub(super) enum Audience {
    /// For one of these by `aud`, or without it by `client_id`; maybe it need not say at all.
    Either { known: Vec<String>, optional: bool },
    /// For one of these by `aud`.
    Named(Vec<String>),
    /// For anybody.
    Any,
}

/// A claim that is one text.
#[derive(Clone, Debug)]
pub(super) struct ClaimRule {
    pub(super) name: String,
    pub(super) required: bool,
    /// Any, if there is none.
    pub(super) expected: Vec<String>,
}

/// How lists become text.
#[derive(Clone, Copy, Debug)]
pub(super) enum Lists {
    /// `[a b c]`: HTTP APIs.
    Bracketed,
    /// `a,b,c`: REST APIs.
    Commas,
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
        let Unique(values) = object(payload).ok_or(MALFORMED)?;
        let times = Times {
            expires: seconds(values.get("exp"))?.ok_or(MALFORMED)?,
            not_before: seconds(values.get("nbf"))?,
            issued: seconds(values.get("iat"))?,
        };
        let mut scopes = Vec::new();
        for claim in ["scope", "scp"] {
            match values.get(claim) {
                Some(Value::String(all)) => scopes.extend(all.split_ascii_whitespace().map(str::to_owned)),
                Some(all) => scopes.extend(list(all)?),
                None => {}
            }
        }
        Ok(Self {
            subject: string(values.get("sub"))?.unwrap_or_default(),
            scopes,
            times,
            issuer: string(values.get("iss"))?,
            audience: values.get("aud").map(list).transpose()?,
            client: string(values.get("client_id"))?,
            values,
        })
    }

    /// Whether the issuer made the token, for whom it must be, and with what it must say.
    pub(super) fn check(&self, rules: &Rules) -> Result<(), Refusal> {
        if self.issuer.as_deref() != Some(&rules.issuer) {
            return Err(Refusal::Issuer);
        }
        let one_of = |known: &[String], named: &[String]| named.iter().any(|one| known.contains(one));
        let known = match (&rules.audience, &self.audience, &self.client) {
            (Audience::Any, _, _) => true,
            (Audience::Either { known, .. } | Audience::Named(known), Some(named), _) => one_of(known, named),
            (Audience::Either { known, .. }, None, Some(client)) => known.contains(client),
            (Audience::Either { optional, .. }, None, None) => *optional,
            (Audience::Named(_), None, _) => false,
        };
        if !known {
            return Err(Refusal::Audience);
        }
        let holds = |rule: &ClaimRule| match self.values.get(&rule.name) {
            Some(Value::String(text)) => rule.expected.is_empty() || rule.expected.contains(text),
            Some(_) => false,
            None => !rule.required,
        };
        if rules.claims.iter().all(holds) { Ok(()) } else { Err(Refusal::Claim) }
    }

    /// A claim that is one text.
    pub(super) fn string(&self, name: &str) -> Option<&str> {
        self.values.get(name).and_then(Value::as_str)
    }

    /// All claims as integrations, logs and templates see them; nested objects as JSON.
    pub(super) fn texts(&self, lists: Lists) -> BTreeMap<String, String> {
        self.values.iter().map(|(name, value)| (name.clone(), text(value, lists))).collect()
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
fn seconds(claim: Option<&Value>) -> Result<Option<f64>, Refusal> {
    claim.map(|value| value.as_f64().filter(|date| date.is_finite()).ok_or(MALFORMED)).transpose()
}

fn string(claim: Option<&Value>) -> Result<Option<String>, Refusal> {
    match claim {
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(MALFORMED),
        None => Ok(None),
    }
}

/// A string or a list of strings.
fn list(claim: &Value) -> Result<Vec<String>, Refusal> {
    match claim {
        Value::String(text) => Ok(vec![text.clone()]),
        Value::Array(all) => all.iter().filter_map(|one| string(Some(one)).transpose()).collect(),
        _ => Err(MALFORMED),
    }
}

fn text(claim: &Value, lists: Lists) -> String {
    match (claim, lists) {
        (Value::String(text), _) => text.clone(),
        (Value::Array(all), Lists::Bracketed) => {
            format!("[{}]", all.iter().map(|one| text(one, lists)).collect::<Vec<_>>().join(" "))
        }
        (Value::Array(all), Lists::Commas) => all.iter().map(|one| text(one, lists)).collect::<Vec<_>>().join(","),
        (other, _) => other.to_string(),
    }
}

#[cfg(test)]
#[path = "claims_tests.rs"]
mod tests;
