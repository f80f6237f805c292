//! Signatures of calls (Signature Version 4).

use std::{borrow::Cow, time::SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{
        PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
        UriPathNormalizationMode, sign as sign_http,
    },
    sign::v4,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, Request, header};
use tower::BoxError;

static DATE: HeaderName = HeaderName::from_static("x-amz-date");
static TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");
static TAG: HeaderName = HeaderName::from_static("x-amzn-lambda-integration-tag");
/// What the signature itself says; nothing else may.
static OWN: [HeaderName; 5] = [
    header::AUTHORIZATION,
    header::HOST,
    HeaderName::from_static("x-amz-content-sha256"),
    HeaderName::from_static("x-amz-date"),
    HeaderName::from_static("x-amz-security-token"),
];

/// Whom a call is signed for.
pub(super) struct Scope<'a> {
    pub(super) service: &'a str,
    pub(super) region: &'a str,
    pub(super) time: SystemTime,
}

/// Signs `request`, whose body is only read. Its headers come out in the order in which AWS logs them.
///
/// IAM user guide: *Signing AWS API requests*.
pub(super) fn sign(request: &mut Request<Bytes>, credentials: &Credentials, scope: &Scope<'_>) -> Result<(), BoxError> {
    for name in &OWN {
        request.headers_mut().remove(name);
    }
    let (uri, identity) = (request.uri().to_string(), credentials.clone().into());
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(scope.region)
        .name(scope.service)
        .time(scope.time)
        .settings(settings(scope.service))
        .build()?
        .into();
    let headers: Result<Vec<_>, _> = request
        .headers()
        .iter()
        .map(|(name, value)| std::str::from_utf8(value.as_bytes()).map(|value| (name.as_str(), value)))
        .collect();
    let signable = SignableRequest::new(
        request.method().as_str(),
        uri,
        headers?.into_iter(),
        SignableBody::Bytes(request.body()),
    )?;
    let (instructions, _) = sign_http(signable, &params)?.into_parts();
    instructions.apply_to_request_http1x(request);
    let headers = std::mem::take(request.headers_mut());
    *request.headers_mut() = in_order(headers);
    Ok(())
}

/// How a service wants to be signed: S3 takes paths as they are, and the body's hash beside them.
fn settings(service: &str) -> SigningSettings {
    let mut settings = SigningSettings::default();
    if service == "s3" {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    // The client library may add or complete them on the way.
    settings.excluded_headers = Some(vec![
        Cow::Borrowed("authorization"),
        Cow::Borrowed("user-agent"),
        Cow::Borrowed("x-amzn-trace-id"),
        Cow::Borrowed("transfer-encoding"),
    ]);
    settings
}

fn in_order(mut headers: HeaderMap) -> HeaderMap {
    let mut ordered = HeaderMap::with_capacity(headers.len());
    for name in [&TAG, &header::AUTHORIZATION, &DATE] {
        if let Some(mut value) = headers.remove(name) {
            value.set_sensitive(*name == header::AUTHORIZATION);
            ordered.insert(name.clone(), value);
        }
    }
    let token = headers.remove(&TOKEN);
    let mut rest: Vec<_> = headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    if let Some(token) = token {
        let agent = rest.iter().position(|(name, _)| *name == header::USER_AGENT);
        rest.insert(agent.map_or(rest.len(), |agent| agent + 1), (TOKEN.clone(), token));
    }
    ordered.extend(rest);
    ordered
}

/// The name that a service has in signatures, where its hosts have another one.
///
/// AWS general reference: *Service endpoints*; the names in signatures stand in the SDKs' models.
pub(super) fn signing_name<'a>(service: &'a str, subdomain: Option<&str>) -> &'a str {
    match (service, subdomain) {
        ("iot", Some("data" | "data-ats")) => "iotdata",
        ("iot", Some("data.jobs")) => "iot-jobs-data",
        ("email", _) => "ses",
        ("appconfigdata", _) => "appconfig",
        ("bedrock-runtime" | "bedrock-agent" | "bedrock-agent-runtime", _) => "bedrock",
        ("marketplace", _) => "aws-marketplace",
        _ => service,
    }
}

/// The prefix of `X-Amz-Target` of services that speak JSON and take actions.
pub(super) fn target_prefix(service: &str) -> Option<&'static str> {
    Some(match service {
        "cognito-idp" => "AWSCognitoIdentityProviderService",
        "dynamodb" => "DynamoDB_20120810",
        "events" => "AWSEvents",
        "firehose" => "Firehose_20150804",
        "kinesis" => "Kinesis_20131202",
        "kms" => "TrentService",
        "logs" => "Logs_20140328",
        "secretsmanager" => "secretsmanager",
        "ssm" => "AmazonSSM",
        "states" => "AWSStepFunctions",
        _ => return None,
    })
}
