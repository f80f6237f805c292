//! Looking a fact up by its `$context` name.

use std::borrow::Cow;

use serde_json::Value;

use super::{
    ApiKind, Context, StageFacts, clf_time, client_certificate::CertificateField, facts::AuthorizerFacts,
    identity::IdentityField,
};

/// A `$context` variable, parsed once: `requestId`, `identity.sourceIp`, `authorizer.claims.sub`, ...
///
/// AWS developer guide: *Variables for access logging for API Gateway*.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextVariable(Name);

macro_rules! names {
    ($($variant:ident = $($name:literal)|+;)+) => {
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[expect(clippy::enum_variant_names, reason = "`identity.apiKey` ends so by itself")]
        enum Name {
            $($variant,)+
            Authorizer(Box<str>),
            Identity(IdentityField),
            Certificate(CertificateField),
            Claim(Box<str>),
            Unknown(Box<str>),
        }

        fn known(name: &str) -> Option<Name> {
            match name { $($($name)|+ => Some(Name::$variant),)+ _ => None }
        }
    };
}

names! {
    AccountId = "accountId";
    ApiId = "apiId";
    ApiKey = "identity.apiKey";
    ApiKeyId = "identity.apiKeyId";
    BasePath = "customDomain.basePathMatched";
    BackendRequestId = "awsEndpointRequestId" | "integration.requestId";
    BackendRequestId2 = "awsEndpointRequestId2";
    ConnectedAt = "connectedAt";
    ConnectionId = "connectionId";
    DeploymentId = "deploymentId";
    DomainName = "domainName";
    DomainPrefix = "domainPrefix";
    EndpointType = "endpointType";
    ErrorMessage = "error.message";
    ErrorMessageString = "error.messageString";
    ErrorType = "error.responseType";
    ExtendedRequestId = "extendedRequestId";
    HttpMethod = "httpMethod";
    FailureCause = "integration.failure.cause";
    FailurePhase = "integration.failure.phase";
    FailureSide = "integration.failure.side";
    IntegrationError = "integration.error" | "integrationErrorMessage";
    IntegrationLatency = "integration.latency" | "integrationLatency";
    IntegrationServiceStatus = "integration.integrationStatus" | "integrationStatus";
    IntegrationStatus = "integration.status";
    IsCanaryRequest = "isCanaryRequest";
    OperationName = "operationName";
    Path = "path";
    PrincipalId = "authorizer.principalId";
    Protocol = "protocol";
    RequestId = "requestId";
    RequestTime = "requestTime";
    RequestTimeEpoch = "requestTimeEpoch";
    ResourceId = "resourceId";
    ResourcePath = "resourcePath";
    ResponseLatency = "responseLatency";
    ResponseLength = "responseLength" | "dataProcessed";
    RouteKey = "routeKey";
    RoutingRule = "customDomain.routingRuleIdMatched";
    SourceIp = "identity.sourceIp";
    Stage = "stage";
    Status = "status";
    Trace = "xrayTraceId";
    UserAgent = "identity.userAgent";
    ValidationError = "error.validationErrorString";
}

impl ContextVariable {
    /// Parses a name without the leading `$context.`.
    ///
    /// A name that is not known is kept; its value is never there.
    #[must_use]
    pub fn parse(name: &str) -> Self {
        Self(known(name).unwrap_or_else(|| {
            if let Some(claim) = name.strip_prefix("authorizer.claims.") {
                Name::Claim(claim.into())
            } else if let Some(field) = name.strip_prefix("identity.clientCert.").and_then(CertificateField::parse) {
                Name::Certificate(field)
            } else if let Some(field) = name.strip_prefix("identity.").and_then(IdentityField::parse) {
                Name::Identity(field)
            } else if let Some(key) = name.strip_prefix("authorizer.").filter(|key| *key != "claims") {
                Name::Authorizer(key.into())
            } else {
                Name::Unknown(name.into())
            }
        }))
    }

    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self.0, Name::Unknown(_))
    }
}

impl Context {
    /// The value of the `$context` variable `name`, such as `identity.sourceIp`.
    ///
    /// What is asked for on each request is better parsed once, into a [`ContextVariable`].
    #[must_use]
    pub fn lookup(&self, name: &str) -> Option<Cow<'static, str>> {
        self.value(&ContextVariable::parse(name)).map(|value| Cow::Owned(value.into_owned()))
    }

    /// The value of a variable, as text. `None` where the fact is not known (yet).
    #[must_use]
    pub fn value(&self, variable: &ContextVariable) -> Option<Cow<'_, str>> {
        let stage = |field: fn(&StageFacts) -> &String| self.stage().map(|facts| Cow::from(field(facts)));
        let route = self.route();
        let integration = self.integration();
        let error = self.error();
        match &variable.0 {
            Name::AccountId => stage(|facts| &facts.account_id),
            Name::ApiId => stage(|facts| &facts.api_id),
            Name::DeploymentId => stage(|facts| &facts.deployment_id),
            Name::Stage => stage(|facts| &facts.stage),
            Name::ApiKey => self.api_key().map(|_| "[redacted]".into()),
            Name::ApiKeyId => self.api_key().map(|key| (&*key.id).into()),
            Name::BasePath => self.domain()?.base_path.as_deref().map(Cow::from),
            Name::ConnectedAt => self.connection().map(|connection| millis(connection.connected_at).to_string().into()),
            Name::ConnectionId => self.connection().map(|connection| connection.id.as_str().into()),
            Name::DomainName => self.domain_name().map(Cow::from),
            Name::DomainPrefix => self.domain_name()?.split('.').next().map(Cow::from),
            Name::EndpointType => {
                self.stage().filter(|stage| stage.kind == ApiKind::Rest).map(|stage| stage.endpoint.as_str().into())
            }
            Name::RequestId => Some(self.request_id().into()),
            Name::ExtendedRequestId => Some(self.id().extended().into()),
            Name::HttpMethod => Some(self.request().method.as_str().into()),
            Name::IsCanaryRequest => Some(if self.stage()?.is_canary? { "true" } else { "false" }.into()),
            Name::OperationName => route?.operation_name.as_deref().map(Cow::from),
            Name::Path => Some(self.request().uri.path().into()),
            Name::Protocol => Some("HTTP/1.1".into()),
            Name::RequestTime => Some(clf_time(self.received()).into()),
            Name::RequestTimeEpoch => Some(self.received_millis().to_string().into()),
            Name::SourceIp => self.request().source_ip.map(|ip| ip.to_string().into()),
            Name::UserAgent => self.user_agent().map(Cow::from),
            Name::RoutingRule => self.domain()?.routing_rule_id.as_deref().map(Cow::from),
            Name::ResourceId => route.map(|facts| facts.resource_id.as_str().into()),
            Name::ResourcePath => route.map(|facts| facts.resource_path.as_str().into()),
            Name::RouteKey => route.map(|facts| facts.route_key.as_str().into()),
            Name::Trace => Some(self.trace_id().as_str().into()),
            Name::PrincipalId => self.authorization().map(|caller| caller.principal_id().into()),
            Name::Claim(claim) => self.authorization()?.claims().get(&**claim).map(|text| text.as_str().into()),
            Name::Identity(field) => self.authorization()?.identity()?.value(*field).map(Cow::from),
            Name::Certificate(field) => self.client_certificate().map(|certificate| certificate.value(*field).into()),
            Name::Authorizer(key) => {
                let own = self.authorization().and_then(|caller| caller.context().get(&**key));
                own.map_or_else(|| self.authorizer().and_then(|call| call_value(call, key)), text)
            }
            Name::IntegrationServiceStatus => {
                let service = self.service_status().or(integration.and_then(|facts| facts.status.as_ref()));
                service.map(|status| status.as_str().into())
            }
            Name::IntegrationStatus => integration?.status.as_ref().map(|status| status.as_str().into()),
            Name::IntegrationLatency => Some(integration?.latency.as_millis().to_string().into()),
            Name::FailureCause => Some(self.failure()?.cause.name().into()),
            Name::FailurePhase => Some(self.failure()?.phase.name().into()),
            Name::FailureSide => Some(self.failure()?.side.name().into()),
            Name::IntegrationError => integration?.error.as_deref().map(Cow::from),
            Name::BackendRequestId => integration?.request_id.as_deref().map(Cow::from),
            Name::BackendRequestId2 => integration?.request_id2.as_deref().map(Cow::from),
            Name::ErrorMessage => error?.message.as_deref().map(Cow::from),
            Name::ErrorMessageString => Some(quoted(error?.message.as_deref()).into()),
            Name::ValidationError => self.validation_error().map(Cow::from),
            Name::ErrorType => Some(error?.kind.name().into()),
            Name::Status => self.response()?.status.as_ref().map(|status| status.as_str().into()),
            Name::ResponseLength => Some(self.response()?.length.to_string().into()),
            Name::ResponseLatency => Some(self.response()?.latency.as_millis().to_string().into()),
            Name::Unknown(_) => None,
        }
    }
}

fn millis(time: std::time::SystemTime) -> u128 {
    time.duration_since(std::time::SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_millis())
}

fn quoted(message: Option<&str>) -> String {
    message.map_or_else(|| "null".to_owned(), |message| Value::from(message).to_string())
}

/// What the call of a Lambda authorizer tells by itself.
fn call_value<'a>(call: &'a AuthorizerFacts, name: &str) -> Option<Cow<'a, str>> {
    match name {
        "error" => call.error.map(Cow::from),
        "integrationLatency" | "latency" => Some(call.latency.as_millis().to_string().into()),
        "integrationStatus" | "status" => call.status.map(|status| status.as_u16().to_string().into()),
        _ => None,
    }
}

/// What an authorizer's context shows: strings bare, numbers and booleans as JSON, nothing for the rest.
fn text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(text.into()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string().into()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, sync::Arc};

    use super::*;
    use crate::{
        clock::ManualClock,
        context::{Authorization, RouteFacts},
        error::{Error, ErrorKind},
        random::Random,
    };

    fn context() -> Context {
        let request = http::Request::get("/prod/pets/1?token=secret-query").header("host", "api.example.com:8080");
        let (mut parts, ()) = request.header("user-agent", "curl/8").body(()).unwrap().into_parts();
        parts.extensions.insert(std::net::IpAddr::from([192, 0, 2, 7]));
        Context::begin(&parts, Arc::new(ManualClock::default()), &Random::seeded(7))
    }

    #[test]
    fn the_head_of_a_request_can_be_looked_up() {
        let context = context();
        for (name, value) in [
            ("httpMethod", "GET"),
            ("path", "/prod/pets/1"),
            ("domainName", "api.example.com"),
            ("domainPrefix", "api"),
            ("identity.sourceIp", "192.0.2.7"),
            ("identity.userAgent", "curl/8"),
            ("requestTime", "01/Jan/2024:00:00:00 +0000"),
            ("requestTimeEpoch", "1704067200000"),
        ] {
            assert_eq!(context.lookup(name).as_deref(), Some(value), "{name}");
        }
        assert_eq!(context.lookup("requestId").unwrap().len(), 36);
        assert_eq!(context.lookup("status"), None);
        assert_eq!(context.lookup("noSuchThing"), None);
    }

    #[test]
    fn facts_are_written_once_and_never_show_a_credential() {
        let context = context();
        context.set_route(Arc::new(RouteFacts { resource_path: "/pets/{id}".into(), ..RouteFacts::default() }));
        context.set_route(Arc::new(RouteFacts { resource_path: "/other".into(), ..RouteFacts::default() }));
        assert_eq!(context.lookup("resourcePath").unwrap(), "/pets/{id}");

        let claims = BTreeMap::from([("sub".to_owned(), "alice".to_owned())]);
        let caller =
            Authorization::new("alice").with_claims(claims).with_context("tier", 3).with_usage_key("secret-key");
        context.set_authorization(caller);
        assert_eq!(context.lookup("authorizer.claims.sub").unwrap(), "alice");
        assert_eq!(context.lookup("authorizer.tier").unwrap(), "3");
        assert_eq!(context.lookup("authorizer.claims"), None);
        let request = http::Request::get("/x").header("authorization", "secret-header");
        context.set_headers(request.body(()).unwrap().headers().clone());
        context.set_body("secret-body".into());
        context.set_validation_error("secret-part-of-the-body".into());
        assert!(!format!("{context:?}").contains("secret"));
    }

    #[test]
    fn a_refusal_is_quoted_for_json() {
        let context = context();
        context.refuse(&Error::new(ErrorKind::AccessDenied).with_message("no \"entry\""));
        assert_eq!(context.lookup("error.message").unwrap(), "no \"entry\"");
        assert_eq!(context.lookup("error.messageString").unwrap(), r#""no \"entry\"""#);
        assert_eq!(context.lookup("error.responseType").unwrap(), "ACCESS_DENIED");
    }
}
