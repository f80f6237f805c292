//! `ServiceUri`: the address of an integration with AWS, compiled once.

use std::str::FromStr;

use super::pieces::Pieces;

/// The ARN that an integration with AWS has as its address.
///
/// - `arn:aws:apigateway:{region}:{service}:path/{path}` calls a path of the service; `{subdomain.service}` names a host
///   below the service's own.
/// - `arn:aws:apigateway:{region}:{service}:action/{action}` calls an action: `Action={action}` goes into the query.
/// - `arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{arn}/invocations` calls a function, as does its own
///   ARN; `.../2021-11-15/functions/{arn}/response-streaming-invocations` calls one that streams its answer.
///
/// `${stageVariables.name}` may stand behind `path/` and `action/`, or begin what such a variable names itself, with a value
/// such as `action/Scan`; and `{name}`, a mapped path parameter
/// (`integration.request.path.name`), behind `path/` of what is no function.
///
/// AWS API reference: *Integration*, `uri`.
///
/// # Example
/// ```
/// use gateway_integrations::aws::ServiceUri;
///
/// let uri = ServiceUri::parse("arn:aws:apigateway:eu-west-1:s3:path/bucket/{key}")?;
/// assert_eq!((uri.service(), uri.region()), ("s3", "eu-west-1"));
/// assert!(ServiceUri::parse("arn:aws:iam::000000000000:role/x").is_err());
/// # Ok::<(), gateway_integrations::aws::ServiceUriError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ServiceUri {
    partition: Box<str>,
    region: Box<str>,
    service: Box<str>,
    subdomain: Option<Box<str>>,
    pub(crate) target: Target,
}

/// What of a service is called.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// A function, by its ARN.
    Function(Pieces),
    /// A function that streams its answer, by its ARN.
    StreamingFunction(Pieces),
    /// A path, with a slash in front; perhaps with a query.
    #[cfg_attr(not(feature = "mapping"), expect(dead_code, reason = "services are called behind mappings"))]
    Path(Pieces),
    /// An action.
    #[cfg_attr(not(feature = "mapping"), expect(dead_code, reason = "services are called behind mappings"))]
    Action(Pieces),
    /// What a stage variable says: `path/` and a path, or `action/` and an action.
    #[cfg_attr(not(feature = "mapping"), expect(dead_code, reason = "services are called behind mappings"))]
    Variable(Pieces),
}

/// Why a text is no address of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceUriError {
    /// It is no ARN, or one of another service than API Gateway.
    #[error("Invalid ARN specified in the request")]
    Arn,
    /// It names neither path nor action.
    #[error("AWS ARN for integration must contain path or action")]
    PathOrAction,
    /// A variable stands where none may.
    #[error("Invalid ARN specified in the request: variables may stand behind `path/` or `action/` only")]
    Variable,
}

impl ServiceUri {
    /// Reads an address.
    ///
    /// # Errors
    /// When the text is no address of a service, in AWS's words.
    pub fn parse(text: &str) -> Result<Self, ServiceUriError> {
        let mut parts = text.splitn(6, ':');
        let mut part = || parts.next().ok_or(ServiceUriError::Arn);
        let (arn, partition, owner) = (part()?, part()?, part()?);
        if (arn, owner) == ("arn", "lambda") {
            return Self::of_function(text);
        }
        let (region, host, rest) = (part()?, part()?, part()?);
        let target = match (Target::of_variable(rest).filter(|_| host != "lambda"), rest.split_once('/')) {
            (Some(variable), _) => variable,
            (None, Some(("path", path))) => match Target::of_path(path) {
                Target::Function(_) | Target::StreamingFunction(_) if host != "lambda" => {
                    Target::Path(Pieces::path(path))
                }
                target => target,
            },
            (None, Some(("action", action))) if !action.is_empty() => Target::Action(Pieces::parse(action)),
            _ => return Err(ServiceUriError::PathOrAction),
        };
        if [partition, region, host].iter().any(|part| part.contains(['{', '}'])) {
            return Err(ServiceUriError::Variable);
        }
        let labels = is_label(partition) && is_region(region) && is_label(host);
        if arn != "arn" || owner != "apigateway" || !labels {
            return Err(ServiceUriError::Arn);
        }
        let (subdomain, service) = match host.rsplit_once('.') {
            Some((subdomain, service)) => (Some(subdomain), service),
            None => (None, host),
        };
        if service.is_empty() || subdomain == Some("") {
            return Err(ServiceUriError::Arn);
        }
        Ok(Self {
            partition: partition.into(),
            region: region.into(),
            service: service.into(),
            subdomain: subdomain.map(Into::into),
            target,
        })
    }

    /// The address that the ARN of a function is: HTTP APIs name functions so.
    fn of_function(arn: &str) -> Result<Self, ServiceUriError> {
        let mut parts = arn.splitn(6, ':').skip(1);
        let mut part = || parts.next().unwrap_or_default();
        let (partition, service, region, _, name) = (part(), part(), part(), part(), part());
        if [partition, region].iter().any(|part| part.contains(['{', '}'])) {
            return Err(ServiceUriError::Variable);
        }
        if !is_label(partition) || !is_region(region) || !name.starts_with("function:") {
            return Err(ServiceUriError::Arn);
        }
        Ok(Self {
            partition: partition.into(),
            region: region.into(),
            service: service.into(),
            subdomain: None,
            target: Target::Function(Pieces::fixed_paths(arn)),
        })
    }

    /// The region of the service.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The service's name in host names, such as `sqs`.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.service
    }

    /// What stands in front of the service in the host's name.
    #[must_use]
    pub fn subdomain(&self) -> Option<&str> {
        self.subdomain.as_deref()
    }

    /// Which of AWS's partitions the service is in: `aws`, `aws-cn`, `aws-us-gov`.
    #[must_use]
    pub fn partition(&self) -> &str {
        &self.partition
    }

    /// The host's name: `sqs.eu-west-1.amazonaws.com`.
    #[must_use]
    pub fn host(&self) -> String {
        let (subdomain, dot) = self.subdomain().map_or(("", ""), |subdomain| (subdomain, "."));
        format!("{subdomain}{dot}{}.{}", self.service, domain(self.partition(), self.region()))
    }
}

impl FromStr for ServiceUri {
    type Err = ServiceUriError;

    fn from_str(text: &str) -> Result<Self, ServiceUriError> {
        Self::parse(text)
    }
}

impl Target {
    /// What begins with a stage variable.
    fn of_variable(text: &str) -> Option<Self> {
        let pieces = Pieces::parse(text);
        pieces.begins_with_variable().then_some(Self::Variable(pieces))
    }

    /// What `path`, behind `path/`, means.
    fn of_path(path: &str) -> Self {
        let bare = path.trim_start_matches('/');
        let function = |version: &str, verb: &str| bare.strip_prefix(version)?.strip_suffix(verb);
        if let Some(arn) = function("2015-03-31/functions/", "/invocations") {
            return Self::Function(Pieces::fixed_paths(arn));
        }
        if let Some(arn) = function("2021-11-15/functions/", "/response-streaming-invocations") {
            return Self::StreamingFunction(Pieces::fixed_paths(arn));
        }
        Self::Path(Pieces::path(path))
    }
}

/// The domain of the hosts of a region: `eu-west-1.amazonaws.com`.
pub(crate) fn domain(partition: &str, region: &str) -> String {
    let suffix = if partition == "aws-cn" { ".cn" } else { "" };
    format!("{region}.amazonaws.com{suffix}")
}

/// Whether `text` is a region, or a placeholder for one such as `<region>`: functions in this process are found without
/// it, and a call of a service tells that there is no such host.
fn is_region(text: &str) -> bool {
    is_label(text.strip_prefix('<').and_then(|text| text.strip_suffix('>')).unwrap_or(text))
}

/// Whether `text` can stand in a host's name.
fn is_label(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_are_read_in_both_styles() {
        let uri = ServiceUri::parse("arn:aws-cn:apigateway:cn-north-1:data-ats.iot:path/topics/{topic}").unwrap();
        assert_eq!((uri.subdomain(), uri.service(), uri.partition()), (Some("data-ats"), "iot", "aws-cn"));
        assert_eq!(uri.host(), "data-ats.iot.cn-north-1.amazonaws.com.cn");
        assert!(matches!(uri.target, Target::Path(_)));
        let uri = ServiceUri::parse("arn:aws:apigateway:us-east-1:dynamodb:action/Scan").unwrap();
        assert!(matches!(uri.target, Target::Action(_)));
        assert_eq!(uri.host(), "dynamodb.us-east-1.amazonaws.com");
        let uri = ServiceUri::parse("arn:aws:lambda:eu-west-1:000000000000:function:${stageVariables.f}").unwrap();
        assert_eq!((uri.service(), uri.region()), ("lambda", "eu-west-1"));
        assert!(matches!(uri.target, Target::Function(_)));
        let uri = ServiceUri::parse("arn:aws:apigateway:us-east-1:sqs:${stageVariables.target}").unwrap();
        assert!(matches!(uri.target, Target::Variable(_)));
        let function = "functions/arn:aws:lambda:us-east-1:000000000000:function:f:live";
        for (path, is_function) in [
            (format!("2015-03-31/{function}/invocations"), true),
            (format!("/2015-03-31/{function}/invocations"), true),
            (format!("2015-03-31/{function}"), false),
        ] {
            let uri = ServiceUri::parse(&format!("arn:aws:apigateway:us-east-1:lambda:path/{path}")).unwrap();
            assert_eq!(matches!(uri.target, Target::Function(_)), is_function, "{path}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_in_aws_words() {
        use ServiceUriError::{Arn, PathOrAction, Variable};
        for (text, error) in [
            ("", Arn),
            ("non-valid-arn", Arn),
            ("http://example.com/x", Arn),
            ("arn:aws:iam::000000000000:role/service-role/x", PathOrAction),
            ("arn:aws:apigateway:us-east-1:sqs:queue", PathOrAction),
            ("arn:aws:apigateway:us-east-1:sqs:action/", PathOrAction),
            ("arn:aws:apigateway:us-east-1:sqs:path", PathOrAction),
            ("arn:aws:apigateway:us-east-1:sqs:${stageVariables.open", PathOrAction),
            ("arn:aws:apigateway:us-east-1:lambda:${stageVariables.target}", PathOrAction),
            ("arn:aws:iam:us-east-1:sqs:path/x", Arn),
            ("arn:aws:apigateway::sqs:path/x", Arn),
            ("arn:aws:apigateway:us-east-1::path/x", Arn),
            ("arn:aws:apigateway:us-east-1:.sqs:path/x", Arn),
            ("arn:aws:apigateway:us east:sqs:path/x", Arn),
            ("arn:aws:apigateway:<us east>:sqs:path/x", Arn),
            ("arn:aws:lambda:us-east-1:000000000000:layer:l", Arn),
            ("arn:aws:lambda:${stageVariables.region}:000000000000:function:f", Variable),
            ("arn:aws:apigateway:${stageVariables.region}:sqs:path/x", Variable),
        ] {
            assert_eq!(ServiceUri::parse(text).unwrap_err(), error, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,60}", style in "(path|action|)[/:]?") {
            let _ = ServiceUri::parse(&text);
            let _ = ServiceUri::parse(&format!("arn:aws:apigateway:us-east-1:lambda:{style}{text}"));
        }
    }
}
