//! The plain data that the steps of a request write down, each once.

use std::{
    collections::BTreeMap,
    fmt,
    net::IpAddr,
    ops::Range,
    sync::Arc,
    time::{Duration, SystemTime},
};

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, uri::PathAndQuery};

use serde::Deserialize;

use super::{CallFailure, ClientCertificate};
use crate::{error::ErrorKind, media::MediaTypes};

/// What an API is: it decides the order of the steps and the form of the answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ApiKind {
    /// A REST API (version 1).
    #[default]
    Rest,
    /// An HTTP API (version 2).
    Http,
}

/// Behind what an API is reached.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "UPPERCASE")]
pub enum EndpointType {
    /// AWS's content delivery network.
    #[default]
    Edge,
    /// The region's own.
    Regional,
    /// VPC endpoints.
    Private,
}

impl EndpointType {
    /// The name as AWS writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Edge => "EDGE",
            Self::Regional => "REGIONAL",
            Self::Private => "PRIVATE",
        }
    }
}

/// Stage variables, by name.
pub type Variables = BTreeMap<String, String>;

/// Which API and stage serve a request, compiled once.
#[derive(Clone, Debug, Default)]
pub struct StageFacts {
    /// What the API is.
    pub kind: ApiKind,
    /// `$context.apiId`.
    pub api_id: String,
    /// The API's name, a dimension of metrics.
    pub api_name: String,
    /// `$context.accountId`: twelve digits, for ARNs.
    pub account_id: String,
    /// The region, for ARNs.
    pub region: String,
    /// `$context.stage`.
    pub stage: String,
    /// `$context.deploymentId`.
    pub deployment_id: String,
    /// `$stageVariables`.
    pub variables: Variables,
    /// Behind what the API is reached.
    pub endpoint: EndpointType,
    /// Which bodies are no text.
    pub binary_media_types: MediaTypes,
    /// `$context.isCanaryRequest`, on a stage that has a canary.
    pub is_canary: Option<bool>,
    /// The id of the certificate that HTTP backends are shown.
    pub client_certificate_id: Option<Arc<str>>,
    /// Whether this is no stage, but the test of one method or authorizer: nothing is remembered of it.
    pub is_test: bool,
}

/// Which method or route serves a request, compiled once.
#[derive(Clone, Debug, Default)]
pub struct RouteFacts {
    /// The route's place in its deployment.
    pub index: usize,
    /// `$context.resourcePath`: the path template, such as `/pets/{id}`.
    pub resource_path: String,
    /// `$context.routeKey`: `GET /pets/{id}`, or `$default`.
    pub route_key: String,
    /// `$context.resourceId`.
    pub resource_id: String,
    /// `$context.operationName`: the route's name for people, if it has one.
    pub operation_name: Option<String>,
    /// Of these scopes a token must have one, if there are any.
    pub authorization_scopes: Vec<String>,
    /// Whether the route takes whatever no other takes (`$default` of an HTTP API).
    pub is_default: bool,
}

/// The values of the path variables, as they stand in the path: still percent-encoded.
///
/// Where they stand is worked out when somebody asks, so that a request that nobody asks about pays nothing.
#[derive(Clone, Default)]
pub struct PathParams(Option<Values>);

#[derive(Clone)]
struct Values {
    target: PathAndQuery,
    path: Range<usize>,
    variables: Arc<[PathVariable]>,
}

/// A variable of a route: which segment of the path it stands for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PathVariable {
    /// Its name.
    pub name: Arc<str>,
    /// The number of the segment, counted from zero.
    pub segment: usize,
    /// Whether it takes all that follows, too.
    pub greedy: bool,
}

impl PathParams {
    /// The values of `variables`, which are in the order of their segments. `path` is where the segments are in the
    /// path of `uri`, without the slash before the first.
    #[must_use]
    pub fn new(uri: &Uri, path: Range<usize>, variables: &Arc<[PathVariable]>) -> Self {
        let target = uri.path_and_query().filter(|_| !variables.is_empty());
        Self(target.map(|target| Values { target: target.clone(), path, variables: Arc::clone(variables) }))
    }

    /// The value of the variable `name`.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.iter().find_map(|(key, value)| (key == name).then_some(value))
    }

    /// Names and values, in the order of the path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let path = self.0.as_ref().and_then(|values| values.target.path().get(values.path.clone()));
        let (mut rest, mut number) = (path.unwrap_or_default(), 0);
        self.variables().iter().map(move |variable| {
            while number < variable.segment {
                rest = rest.split_once('/').map_or("", |(_, rest)| rest);
                number += 1;
            }
            let one = || rest.split_once('/').map_or(rest, |(segment, _)| segment);
            (&*variable.name, if variable.greedy { rest } else { one() })
        })
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.variables().len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    fn variables(&self) -> &[PathVariable] {
        self.0.as_ref().map_or(&[], |values| &values.variables)
    }
}

impl PartialEq for PathParams {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for PathParams {}

impl fmt::Debug for PathParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// The API key that a request was admitted with.
#[derive(Clone)]
pub struct ApiKeyFacts {
    /// `$context.identity.apiKeyId`.
    pub id: Arc<str>,
    /// The usage plan that it was found in.
    pub plan: Arc<str>,
}

impl fmt::Debug for ApiKeyFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKeyFacts").field("id", &self.id).field("plan", &self.plan).finish_non_exhaustive()
    }
}

/// A connection of a WebSocket API.
#[derive(Clone, Debug)]
pub struct ConnectionFacts {
    /// `$context.connectionId`.
    pub id: String,
    /// `$context.connectedAt`.
    pub connected_at: SystemTime,
}

/// How the call of a Lambda authorizer went.
#[derive(Clone, Debug)]
pub struct AuthorizerFacts {
    /// `$context.authorizer.integrationStatus`: the status of the call itself, if it was answered.
    pub status: Option<StatusCode>,
    /// `$context.authorizer.latency` and `integrationLatency`.
    pub latency: Duration,
    /// `$context.authorizer.error`.
    pub error: Option<&'static str>,
}

/// How the backend answered.
#[derive(Clone, Debug)]
pub struct IntegrationFacts {
    /// `$context.integration.status`, if it answered.
    pub status: Option<StatusCode>,
    /// `$context.integration.latency`: until the head of its answer was there.
    pub latency: Duration,
    /// `$context.integration.error`.
    pub error: Option<String>,
    /// `$context.awsEndpointRequestId`: the backend's own `x-amzn-requestid` or `x-amz-request-id`.
    pub request_id: Option<String>,
    /// `$context.awsEndpointRequestId2`: the backend's own `x-amz-id-2`.
    pub request_id2: Option<String>,
}

impl IntegrationFacts {
    /// What an answer of a backend tells, which came after `latency`.
    #[must_use]
    pub fn answered(status: StatusCode, headers: &HeaderMap, latency: Duration) -> Self {
        // A proxy of a REST API has renamed the first by now.
        static NAMES: [HeaderName; 4] = [
            HeaderName::from_static("x-amzn-remapped-x-amzn-requestid"),
            HeaderName::from_static("x-amzn-requestid"),
            HeaderName::from_static("x-amz-request-id"),
            HeaderName::from_static("x-amz-id-2"),
        ];
        let mut ids = [None; 4];
        // Few answers have one, and to look through their headers once is cheaper than to hash four names.
        for (name, value) in headers {
            if let Some((_, id)) = NAMES.iter().zip(&mut ids).find(|(known, _)| *known == name) {
                id.get_or_insert(value);
            }
        }
        let text = |id: Option<&HeaderValue>| id.and_then(|id| id.to_str().ok()).map(str::to_owned);
        let [remapped, own, other, second] = ids;
        let request_id = text(remapped.or(own).or(other));
        Self { status: Some(status), latency, error: None, request_id, request_id2: text(second) }
    }
}

/// How the response cache served a request of a route whose answers are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CacheOutcome {
    /// With a kept answer: the backend was not called for this request.
    Hit,
    /// Not: the backend was called.
    Miss,
}

/// Why the request was refused.
#[derive(Clone, Debug)]
pub struct ErrorFacts {
    /// `$context.error.responseType`.
    pub kind: ErrorKind,
    /// `$context.error.message`.
    pub message: Option<String>,
    /// How the call of the backend failed, or the client's body, where it was that.
    pub failure: Option<CallFailure>,
}

/// What the client was sent.
#[derive(Clone, Copy, Debug)]
pub struct ResponseFacts {
    /// `$context.status`; `None` if the client left before there was one.
    pub status: Option<StatusCode>,
    /// `$context.responseLength` in bytes.
    pub length: u64,
    /// `$context.responseLatency`: from the request's arrival to the end of the response's body.
    pub latency: Duration,
    /// Whether the body came to its end.
    pub complete: bool,
    /// Why it did not, or why there was no response: the backend broke off, or the client left.
    pub failure: Option<CallFailure>,
}

/// What of a custom domain matched: a mapping or a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DomainFacts {
    /// `$context.customDomain.basePathMatched`: of a mapping; empty for the root's.
    pub base_path: Option<String>,
    /// `$context.customDomain.routingRuleIdMatched`: of a rule.
    pub routing_rule_id: Option<String>,
    /// What the domain's truststore says of the client's certificate, or why it takes none of him; `None` where the domain
    /// asks for no certificate.
    pub client_certificate: Option<Result<ClientCertificate, Arc<str>>>,
}

/// The head of the request as it arrived.
#[derive(Clone, Debug)]
pub struct RequestFacts {
    /// The method, after `X-HTTP-Method-Override`.
    pub method: Method,
    /// The target as it arrived, with stage or base path.
    pub uri: Uri,
    /// The address of the client, if the host gave it.
    pub source_ip: Option<IpAddr>,
}
