use std::{sync::Arc, time::Duration};

use gateway_core::{
    Authorizer, Functions, Problem,
    config::{AuthorizerConfig, AuthorizerFactory, AuthorizerPlace, LambdaAuthorizerConfig, ProtocolType},
};

use super::{AuthorizerEvent, LambdaAuthorizer, LambdaAuthorizerError};

/// What a REST API remembers a result for, in seconds, unless told otherwise.
const REST_TTL: u32 = 300;

/// Makes [`LambdaAuthorizer`]s of what a definition says (`type: token` and `type: request`).
///
/// Results are kept in the [`Registry`](gateway_core::config::Registry), so that they outlive a reload.
///
/// # Example
/// ```
/// use gateway_auth::LambdaAuthorizers;
/// use gateway_core::{Error, Functions, Invocation, Invoked, config::Registry};
///
/// let functions = Functions::new().with("guard", |_: Invocation| async { Ok::<_, Error>(Invoked::new("{}")) });
/// let registry = Registry::new().authorizers(LambdaAuthorizers::new(functions));
/// ```
#[derive(Clone, Debug)]
pub struct LambdaAuthorizers {
    functions: Functions,
}

impl LambdaAuthorizers {
    /// A factory whose authorizers ask these functions, found by the ARN in their `authorizerUri` when they are called.
    #[must_use]
    pub fn new(functions: Functions) -> Self {
        Self { functions }
    }

    fn make(
        &self,
        config: &LambdaAuthorizerConfig,
        is_token: bool,
        place: AuthorizerPlace<'_>,
    ) -> Result<Arc<dyn Authorizer>, Problem> {
        let event = event(config, is_token, place.api.protocol_type)?;
        let is_http = matches!(event, AuthorizerEvent::Version1 | AuthorizerEvent::Version2);
        let sources = config.identity_source.as_deref().unwrap_or_default().split(',').map(str::trim);
        let ttl = config.authorizer_result_ttl_in_seconds.unwrap_or(if is_http { 0 } else { REST_TTL });
        let mut builder = LambdaAuthorizer::by_uri(event, &config.authorizer_uri, &self.functions)
            .identity_sources(sources.filter(|source| !source.is_empty()))
            .simple_responses(config.enable_simple_responses)
            .result_ttl(Duration::from_secs(ttl.into()))
            .cache(place.results());
        if let Some(role) = config.authorizer_credentials.as_ref().filter(|role| !role.is_empty()) {
            builder = builder.credentials(role);
        }
        if let Some(expression) = &config.identity_validation_expression {
            builder = builder.identity_validation(expression);
        }
        Ok(Arc::new(builder.build().map_err(|error| problem(&error))?))
    }
}

/// The form of the event.
fn event(config: &LambdaAuthorizerConfig, is_token: bool, protocol: ProtocolType) -> Result<AuthorizerEvent, Problem> {
    let version = config.authorizer_payload_format_version.as_deref();
    match (protocol, version) {
        (ProtocolType::Rest, None) if is_token => Ok(AuthorizerEvent::Token),
        (ProtocolType::Rest, None) => Ok(AuthorizerEvent::Request),
        (ProtocolType::Rest, Some(_)) => {
            Err(Problem::new("/authorizerPayloadFormatVersion", "a REST API has one form of events; leave it out"))
        }
        _ if is_token => Err(Problem::new("/type", "an HTTP API has Lambda authorizers of the type `request` only")),
        (_, None | Some("1.0")) => Ok(AuthorizerEvent::Version1),
        (_, Some("2.0")) => Ok(AuthorizerEvent::Version2),
        (_, Some(_)) => Err(Problem::new("/authorizerPayloadFormatVersion", "it is `1.0` or `2.0`")),
    }
}

impl AuthorizerFactory for LambdaAuthorizers {
    fn authorizer(
        &self,
        config: &AuthorizerConfig,
        place: AuthorizerPlace<'_>,
    ) -> Option<Result<Arc<dyn Authorizer>, Problem>> {
        match config {
            AuthorizerConfig::Token(config) => Some(self.make(config, true, place)),
            AuthorizerConfig::Request(config) => Some(self.make(config, false, place)),
            _ => None,
        }
    }
}

/// Where in the definition a setting stands.
fn problem(error: &LambdaAuthorizerError) -> Problem {
    let pointer = match error {
        LambdaAuthorizerError::Uri => "/authorizerUri",
        LambdaAuthorizerError::IdentitySource(_)
        | LambdaAuthorizerError::OneHeader
        | LambdaAuthorizerError::NoIdentitySource => "/identitySource",
        LambdaAuthorizerError::Expression(_) => "/identityValidationExpression",
        LambdaAuthorizerError::Ttl => "/authorizerResultTtlInSeconds",
        LambdaAuthorizerError::SimpleResponses => "/enableSimpleResponses",
    };
    Problem::new(pointer, error)
}
