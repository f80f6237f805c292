//! Roles that are assumed: credentials from AWS STS.

use std::{fmt, sync::Arc, time::SystemTime};

use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, error::CredentialsError, future},
};
use aws_smithy_types::date_time::{DateTime, Format};
use bytes::Bytes;
use gateway_core::{Body, Clock, HttpClient};
use http::{HeaderValue, Method, Request, StatusCode, Uri, header};
use percent_encoding::utf8_percent_encode;

use super::{
    backend::QUERY,
    credentials::Kept,
    domain,
    endpoint::at,
    signature::{Scope, sign},
};

/// What the sessions are called, in whose name the calls are made.
const SESSION: &str = "api-gateway";
/// The longest answer, in bytes.
const LONGEST: u64 = 64 * 1024;

/// The ARN of a role: `arn:aws:iam::123456789012:role/path/name`.
#[derive(Clone, Debug)]
pub(super) struct RoleArn {
    text: Box<str>,
    partition: Box<str>,
}

impl RoleArn {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut fields = text.splitn(6, ':');
        let (arn, partition, service) = (fields.next()?, fields.next()?, fields.next()?);
        let (region, account, resource) = (fields.next()?, fields.next()?, fields.next()?);
        let names = resource.strip_prefix("role/").is_some_and(|name| !name.is_empty());
        let digits = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        let is_role = (arn, service, region) == ("arn", "iam", "") && names && digits;
        is_role.then(|| Self { text: text.into(), partition: partition.into() })
    }
}

/// Assumes a role with the host's own credentials.
///
/// AWS STS API reference: *AssumeRole*.
pub(super) struct AssumedRole {
    pub(super) role: RoleArn,
    pub(super) region: String,
    /// Called in place of AWS's own.
    pub(super) endpoint: Option<Uri>,
    pub(super) own: Arc<Kept>,
    pub(super) client: Arc<dyn HttpClient>,
    pub(super) clock: Arc<dyn Clock>,
}

impl AssumedRole {
    async fn assume(&self) -> Result<Credentials, CredentialsError> {
        let now = self.clock.now();
        let own = self.own.at(now).await?;
        let mut request = self.request()?;
        let scope = Scope { service: "sts", region: &self.region, time: now };
        sign(&mut request, &own, &scope).map_err(CredentialsError::provider_error)?;
        let response = self.client.send(request.map(Body::from)).await.map_err(CredentialsError::provider_error)?;
        let (head, body) = response.into_parts();
        let body = body.with_limit(LONGEST).collect().await.map_err(CredentialsError::provider_error)?;
        read(head.status, &String::from_utf8_lossy(&body))
    }

    fn request(&self) -> Result<Request<Bytes>, CredentialsError> {
        let encoded = |text| utf8_percent_encode(text, QUERY);
        let form = format!(
            "Action=AssumeRole&Version=2011-06-15&RoleArn={}&RoleSessionName={}",
            encoded(&self.role.text),
            encoded(SESSION)
        );
        let address = format!("https://sts.{}/", domain(&self.role.partition, &self.region));
        let address = Uri::try_from(address).map_err(CredentialsError::invalid_configuration)?;
        let mut request = Request::new(Bytes::from(form));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.endpoint.as_ref().map_or_else(|| address.clone(), |endpoint| at(endpoint, &address));
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(header::CONTENT_TYPE, form);
        Ok(request)
    }
}

/// The credentials in an answer, which is XML in a form that never changes.
fn read(status: StatusCode, answer: &str) -> Result<Credentials, CredentialsError> {
    if !status.is_success() {
        let code = element(answer, "Code").unwrap_or("without a code");
        return Err(CredentialsError::provider_error(format!("the role cannot be assumed: {status}, {code}")));
    }
    let missing = || CredentialsError::provider_error("the answer of STS holds no credentials");
    let expires = element(answer, "Expiration").and_then(|time| DateTime::from_str(time, Format::DateTime).ok());
    let expires = expires.and_then(|time| SystemTime::try_from(time).ok()).ok_or_else(missing)?;
    let part = |name| element(answer, name).map(str::to_owned).ok_or_else(missing);
    let (id, secret) = (part("AccessKeyId")?, part("SecretAccessKey")?);
    Ok(Credentials::new(id, secret, Some(part("SessionToken")?), Some(expires), "AssumeRole"))
}

/// The text of the first element of this name. No credential has a letter that XML would write otherwise.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once("</").map(|(text, _)| text.trim())
}

impl ProvideCredentials for AssumedRole {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.assume())
    }
}

impl fmt::Debug for AssumedRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AssumedRole").field("role", &self.role).field("region", &self.region).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_have_arns_of_their_own() {
        for role in ["arn:aws:iam::123456789012:role/r", "arn:aws-cn:iam::123456789012:role/path/to/r"] {
            assert!(RoleArn::parse(role).is_some(), "{role}");
        }
        for other in [
            "",
            "arn:aws:iam::123456789012:role/",
            "arn:aws:iam::123456789012:user/r",
            "arn:aws:iam::*:user/*",
            "arn:aws:iam::12:role/r",
            "arn:aws:sts::123456789012:assumed-role/r/s",
        ] {
            assert!(RoleArn::parse(other).is_none(), "{other}");
        }
    }

    #[test]
    fn an_answer_without_credentials_is_none() {
        let answer = |expires: &str| {
            format!(
                "<AssumeRoleResult><Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>a/b+c=\
                 </SecretAccessKey><SessionToken>token</SessionToken><Expiration>{expires}</Expiration></Credentials>"
            )
        };
        let good = read(StatusCode::OK, &answer("2026-11-21T20:00:00Z")).unwrap();
        assert_eq!((good.access_key_id(), good.secret_access_key()), ("ASIA", "a/b+c="));
        let after = good.expiry().unwrap().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(after.as_secs(), 1_795_291_200);
        for wrong in [answer("soon"), String::new(), "<AccessKeyId>ASIA".to_owned()] {
            assert!(read(StatusCode::OK, &wrong).is_err(), "{wrong}");
        }
        let denied = read(StatusCode::FORBIDDEN, "<Error><Code>AccessDenied</Code></Error>").unwrap_err();
        let cause = std::error::Error::source(&denied).unwrap().to_string();
        assert_eq!(cause, "the role cannot be assumed: 403 Forbidden, AccessDenied");
    }
}
