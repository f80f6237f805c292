use std::{fmt, net::IpAddr, time::SystemTime};

use gateway_core::{Context, Parts};
use http::{HeaderName, header};

use super::value::{ConditionValue, ConditionValues};

/// A condition key, parsed once. Names compare without case.
///
/// AWS developer guide: *AWS condition keys that can be used in API Gateway resource policies*.
#[derive(Clone, PartialEq, Eq)]
pub struct ConditionKey {
    name: Box<str>,
    pub(super) known: Known,
}

/// What the gateway itself knows a key by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    CognitoAmr,
    CognitoAud,
    CognitoSub,
    CurrentTime,
    EpochTime,
    MultiFactorAuthAge,
    MultiFactorAuthPresent,
    PrincipalAccount,
    PrincipalArn,
    PrincipalOrgId,
    PrincipalOrgPaths,
    PrincipalTag,
    PrincipalType,
    Referer,
    SecureTransport,
    SourceIp,
    SourceVpc,
    SourceVpce,
    TokenIssueTime,
    UserAgent,
    UserId,
    UserName,
    VpcSourceIp,
    No,
}

const TAG: &str = "aws:principaltag/";

impl ConditionKey {
    /// A key by its name. One that is not known is kept; a host's [`ConditionKeys`] may know it.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let name = name.to_ascii_lowercase();
        let known = match name.as_str() {
            "aws:currenttime" => Known::CurrentTime,
            "aws:epochtime" => Known::EpochTime,
            "aws:multifactorauthage" => Known::MultiFactorAuthAge,
            "aws:multifactorauthpresent" => Known::MultiFactorAuthPresent,
            "aws:principalaccount" => Known::PrincipalAccount,
            "aws:principalarn" => Known::PrincipalArn,
            "aws:principalorgid" => Known::PrincipalOrgId,
            "aws:principalorgpaths" => Known::PrincipalOrgPaths,
            "aws:principaltype" => Known::PrincipalType,
            "aws:referer" => Known::Referer,
            "aws:securetransport" => Known::SecureTransport,
            "aws:sourceip" => Known::SourceIp,
            "aws:sourcevpc" => Known::SourceVpc,
            "aws:sourcevpce" => Known::SourceVpce,
            "aws:tokenissuetime" => Known::TokenIssueTime,
            "aws:useragent" => Known::UserAgent,
            "aws:userid" => Known::UserId,
            "aws:username" => Known::UserName,
            "aws:vpcsourceip" => Known::VpcSourceIp,
            "cognito-identity.amazonaws.com:amr" => Known::CognitoAmr,
            "cognito-identity.amazonaws.com:aud" => Known::CognitoAud,
            "cognito-identity.amazonaws.com:sub" => Known::CognitoSub,
            name if name.starts_with(TAG) => Known::PrincipalTag,
            _ => Known::No,
        };
        Self { name: name.into(), known }
    }

    /// Its name, in small letters.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Of `aws:PrincipalTag/team` the `team`.
    pub(super) fn tag(&self) -> &str {
        self.name.strip_prefix(TAG).unwrap_or_default()
    }
}

impl fmt::Debug for ConditionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// What conditions may ask of a request, besides its caller.
///
/// What holds of the caller (`aws:PrincipalArn`, `aws:userid`, ...) a [`PolicyRequest`](super::PolicyRequest) knows by
/// itself.
pub trait ConditionKeys {
    /// The values of a key.
    fn values(&self, key: &ConditionKey) -> ConditionValues<'_>;

    /// The time, for the keys that ask for it.
    fn now(&self) -> Option<SystemTime> {
        None
    }
}

/// A request of which nothing is known.
impl ConditionKeys for () {
    fn values(&self, _: &ConditionKey) -> ConditionValues<'_> {
        ConditionValues::Absent
    }
}

/// Whether a request came over TLS, in its extensions: the host alone knows. Without it the scheme of the target counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecureTransport(pub bool);

/// Through which VPC endpoint a request came, in its extensions (private APIs). `aws:SourceIp` is not there then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VpcOrigin {
    /// `aws:SourceVpce`: `vpce-...`.
    pub endpoint_id: String,
    /// `aws:SourceVpc`: `vpc-...`.
    pub vpc_id: String,
    /// `aws:VpcSourceIp`.
    pub source_ip: Option<IpAddr>,
}

/// What is known of a request from its head and its facts.
#[derive(Debug)]
pub struct RequestKeys<'a> {
    request: &'a Parts,
    context: &'a Context,
}

impl<'a> RequestKeys<'a> {
    /// The keys of this request.
    #[must_use]
    pub fn new(request: &'a Parts, context: &'a Context) -> Self {
        Self { request, context }
    }

    fn header(&self, name: &HeaderName) -> ConditionValues<'_> {
        ConditionValues::text(self.request.headers.get(name).and_then(|value| value.to_str().ok()))
    }

    fn is_secure(&self) -> bool {
        let told = self.request.extensions.get::<SecureTransport>().map(|SecureTransport(secure)| *secure);
        told.unwrap_or_else(|| self.context.request().uri.scheme_str() == Some("https"))
    }
}

impl ConditionKeys for RequestKeys<'_> {
    fn values(&self, key: &ConditionKey) -> ConditionValues<'_> {
        let vpc = self.request.extensions.get::<VpcOrigin>();
        let ip = |ip: Option<IpAddr>| {
            ip.map_or(ConditionValues::Absent, |ip| ConditionValues::One(ConditionValue::Ip(ip.to_canonical())))
        };
        match key.known {
            Known::SecureTransport => ConditionValues::One(ConditionValue::Bool(self.is_secure())),
            Known::SourceIp if vpc.is_none() => ip(self.context.request().source_ip),
            Known::VpcSourceIp => ip(vpc.and_then(|vpc| vpc.source_ip)),
            Known::SourceVpc => ConditionValues::text(vpc.map(|vpc| vpc.vpc_id.as_str())),
            Known::SourceVpce => ConditionValues::text(vpc.map(|vpc| vpc.endpoint_id.as_str())),
            Known::Referer => self.header(&header::REFERER),
            Known::UserAgent => self.header(&header::USER_AGENT),
            _ => ConditionValues::Absent,
        }
    }

    fn now(&self) -> Option<SystemTime> {
        Some(self.context.clock().now())
    }
}
