//! Where a request carries its signature: the `Authorization` header, or the query.

use std::borrow::Cow;

use gateway_core::Error;
use http::{HeaderMap, header};
use percent_encoding::percent_decode_str;

use super::{refusal, signed_request::SignedRequest, time::AmzDate};

const HMAC: &str = "AWS4-HMAC-SHA256";
#[cfg(feature = "iam-sigv4a")]
pub(super) const ECDSA: &str = "AWS4-ECDSA-P256-SHA256";
const TERMINATOR: &str = "aws4_request";
const REGION_SET_HEADER: &str = "x-amz-region-set";
pub(super) const TOKEN_HEADER: &str = "x-amz-security-token";
pub(super) const TOKEN_PARAMETER: &str = "X-Amz-Security-Token";
pub(super) const SIGNATURE_PARAMETER: &str = "X-Amz-Signature";

/// How a request is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    /// Signature Version 4.
    Hmac,
    /// Signature Version 4a.
    #[cfg(feature = "iam-sigv4a")]
    Ecdsa,
}

/// A signature, as it was sent.
pub(super) struct Carrier<'a> {
    pub(super) algorithm: Algorithm,
    /// `AKID/20150830/us-east-1/execute-api/aws4_request`
    pub(super) credential: Cow<'a, str>,
    pub(super) signed_headers: Cow<'a, str>,
    pub(super) signature: Cow<'a, str>,
    pub(super) date: AmzDate,
    /// The same, as it is signed.
    pub(super) date_text: Cow<'a, str>,
    /// Of a presigned request: for how many seconds it is good.
    pub(super) expires: Option<u64>,
    pub(super) token: Option<Cow<'a, str>>,
    /// The regions that a signature without one is for.
    region_set: Option<Cow<'a, str>>,
}

/// The parts of a credential.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope<'a> {
    /// All but the access key.
    pub(super) text: &'a str,
    pub(super) date: &'a str,
    pub(super) region: Option<&'a str>,
    pub(super) service: &'a str,
    terminator: &'a str,
}

impl<'a> Carrier<'a> {
    /// The signature of a request.
    pub(super) fn find(request: &SignedRequest<'a>) -> Result<Self, Error> {
        let mut headers = request.headers.get_all(header::AUTHORIZATION).iter();
        match (headers.next(), headers.next()) {
            (Some(value), None) => Self::of_header(value.as_bytes(), request.headers),
            (Some(value), Some(_)) => Err(refusal::missing_parts(&[], true, value.as_bytes())),
            (None, _) => Self::of_query(request.query.unwrap_or_default()),
        }
    }

    fn of_header(value: &'a [u8], headers: &'a HeaderMap) -> Result<Self, Error> {
        let text = std::str::from_utf8(value).map_err(|_| refusal::no_equal_sign(value))?;
        let (algorithm, rest) = text.trim().split_once(' ').ok_or_else(|| refusal::no_equal_sign(value))?;
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for part in rest.split(',') {
            let (name, part) = part.trim().split_once('=').ok_or_else(|| refusal::no_equal_sign(value))?;
            let slot = match name {
                "Credential" => &mut credential,
                "SignedHeaders" => &mut signed_headers,
                "Signature" => &mut signature,
                _ => continue,
            };
            if slot.replace(part).is_some() {
                return Err(refusal::no_equal_sign(value));
            }
        }
        let date = match headers.get("x-amz-date") {
            Some(date) => date.to_str().ok().and_then(|text| Some((AmzDate::parse(text)?, Cow::from(text)))),
            None => {
                let date = headers.get(header::DATE).and_then(|date| AmzDate::parse_header(date.to_str().ok()?));
                date.map(|date| (date, date.to_string().into()))
            }
        };
        let has_date = date.is_some();
        let (Some(credential), Some(signature), Some(signed_headers), Some((date, date_text))) =
            (credential, signature, signed_headers, date)
        else {
            let found = [("Credential", credential), ("Signature", signature), ("SignedHeaders", signed_headers)];
            let missing: Vec<_> = found.iter().filter(|(_, part)| part.is_none()).map(|(name, _)| *name).collect();
            return Err(refusal::missing_parts(&missing, has_date, value));
        };
        let algorithm = Algorithm::parse(algorithm)?;
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(Cow::from);
        let (token, region_set) = (header(TOKEN_HEADER), header(REGION_SET_HEADER));
        let [credential, signed_headers, signature] = [credential, signed_headers, signature].map(Cow::from);
        Ok(Self { algorithm, credential, signed_headers, signature, date, date_text, expires: None, token, region_set })
    }

    fn of_query(query: &'a str) -> Result<Self, Error> {
        const NAMES: [&str; 8] = [
            "X-Amz-Algorithm",
            "X-Amz-Credential",
            SIGNATURE_PARAMETER,
            "X-Amz-SignedHeaders",
            "X-Amz-Date",
            "X-Amz-Expires",
            TOKEN_PARAMETER,
            "X-Amz-Region-Set",
        ];
        let mut found: [Option<Cow<'a, str>>; 8] = Default::default();
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let slot = NAMES.iter().position(|known| *known == name).and_then(|place| found.get_mut(place));
            let Some(slot) = slot else { continue };
            let value = percent_decode_str(value).decode_utf8();
            let value = value.map_err(|_| refusal::incomplete(format!("'{name}' is no text")))?;
            if slot.replace(value).is_some() {
                return Err(refusal::incomplete(format!("'{name}' stands in the query more than once")));
            }
        }
        if found.iter().all(Option::is_none) {
            return Err(refusal::missing());
        }
        let [algorithm, credential, signature, signed_headers, date, expires, token, region_set] = found;
        let required = |part: Option<Cow<'a, str>>, name: &str| {
            part.ok_or_else(|| refusal::incomplete(format!("AWS query-string parameters must include '{name}'.")))
        };
        let algorithm = Algorithm::parse(&required(algorithm, "X-Amz-Algorithm")?)?;
        let date_text = required(date, "X-Amz-Date")?;
        let date = AmzDate::parse(&date_text).ok_or_else(|| {
            refusal::incomplete("X-Amz-Date must be in ISO8601 basic format, such as 20150830T123600Z".to_owned())
        })?;
        let expires = required(expires, "X-Amz-Expires")?.parse().ok().filter(|expires| (1..=WEEK).contains(expires));
        let expires = expires.ok_or_else(|| {
            refusal::incomplete("X-Amz-Expires must be a number of seconds from 1 to 604800".to_owned())
        })?;
        Ok(Self {
            algorithm,
            credential: required(credential, "X-Amz-Credential")?,
            signed_headers: required(signed_headers, "X-Amz-SignedHeaders")?,
            signature: required(signature, SIGNATURE_PARAMETER)?,
            date,
            date_text,
            expires: Some(expires),
            token,
            region_set,
        })
    }

    /// Whether the signature covers this header.
    pub(super) fn signs(&self, header: &str) -> bool {
        self.signed_headers.split(';').any(|name| name == header)
    }

    pub(super) fn access_key(&self) -> &str {
        self.credential.split('/').next().unwrap_or_default()
    }

    pub(super) fn scope(&self) -> Option<Scope<'_>> {
        Scope::parse(&self.credential, self.algorithm)
    }

    /// Whether it is for this region: of the credential, or of the set, which must be signed.
    fn is_for(&self, region: &str, scope: &Scope<'_>) -> bool {
        if let Some(own) = scope.region {
            return own == region;
        }
        let is_signed = self.expires.is_some() || self.signs(REGION_SET_HEADER);
        let matches = |pattern: &str| match pattern.trim().strip_suffix('*') {
            Some(prefix) => region.starts_with(prefix),
            None => pattern.trim() == region,
        };
        is_signed && self.region_set.as_ref().is_some_and(|set| set.split(',').any(matches))
    }

    /// The credential must be for this region and service, and of the signature's day.
    pub(super) fn check_scope(&self, region: &str, service: &str) -> Result<(), Error> {
        let scope = self.scope().ok_or_else(|| {
            refusal::incomplete(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term"
                    .to_owned(),
            )
        })?;
        if scope.terminator != TERMINATOR {
            let message = format!("Credential should be scoped with a valid terminator: '{TERMINATOR}'.");
            return Err(refusal::invalid(message));
        }
        if !self.is_for(region, &scope) {
            return Err(refusal::invalid(format!(
                "Credential should be scoped to a valid region, not '{}'.",
                scope.region.unwrap_or_default()
            )));
        }
        if scope.service != service {
            return Err(refusal::invalid(format!("Credential should be scoped to correct service: '{service}'.")));
        }
        let date = &*self.date_text;
        if date.get(..8) != Some(scope.date) {
            return Err(refusal::invalid(format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != \
                 '{}', from '{date}'.",
                scope.date,
                date.get(..8).unwrap_or_default()
            )));
        }
        Ok(())
    }
}

/// The longest that a presigned request is good for, in seconds.
const WEEK: u64 = 604_800;

impl<'a> Scope<'a> {
    fn parse(credential: &'a str, algorithm: Algorithm) -> Option<Self> {
        let (_, text) = credential.split_once('/').filter(|(access_key, _)| !access_key.is_empty())?;
        let mut parts = text.split('/');
        let scope = Self {
            text,
            date: parts.next()?,
            region: match algorithm {
                Algorithm::Hmac => Some(parts.next()?),
                #[cfg(feature = "iam-sigv4a")]
                Algorithm::Ecdsa => None,
            },
            service: parts.next()?,
            terminator: parts.next()?,
        };
        parts.next().is_none().then_some(scope)
    }
}

impl Algorithm {
    fn parse(name: &str) -> Result<Self, Error> {
        match name {
            HMAC => Ok(Self::Hmac),
            #[cfg(feature = "iam-sigv4a")]
            ECDSA => Ok(Self::Ecdsa),
            // Not told: of a header with another scheme it may be anything.
            _ => Err(refusal::incomplete(format!("Unsupported AWS 'algorithm'; it is '{HMAC}'."))),
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Hmac => HMAC,
            #[cfg(feature = "iam-sigv4a")]
            Self::Ecdsa => ECDSA,
        }
    }
}
