use std::{fmt, sync::Arc, time::Duration};

use gateway_core::{Function, Functions, ResultCache, StageFacts};

use super::{AuthorizerEvent, LambdaAuthorizer, callee::Callee, identity::Sources, uri::FunctionUri};
use crate::expression::whole;

/// AWS's longest time to live.
const MAX_TTL: Duration = Duration::from_secs(3600);

/// What is wrong with the settings of a [`LambdaAuthorizer`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LambdaAuthorizerError {
    /// The address is not that of a function.
    #[error(
        "Invalid Authorizer URI: write \
         arn:aws:apigateway:REGION:lambda:path/2015-03-31/functions/FUNCTION-ARN/invocations"
    )]
    Uri,
    /// A text is no identity source of this kind of API.
    #[error(
        "`{0}` is no identity source here: it is a header, a query parameter, a stage variable or a context variable"
    )]
    IdentitySource(String),
    /// A token is in exactly one header.
    #[error("a TOKEN authorizer has one identity source, which is a header: method.request.header.NAME")]
    OneHeader,
    /// Results are to be remembered, and nothing says by what.
    #[error("name the identity sources that results are remembered by, or remember none (0 seconds)")]
    NoIdentitySource,
    /// The expression cannot be read.
    #[error("the expression cannot be read: {0}")]
    Expression(String),
    /// Results are remembered for too long.
    #[error("results are remembered for at most 3600 seconds")]
    Ttl,
    /// Only the second version of HTTP APIs has simple answers.
    #[error("simple responses need the payload format version 2.0")]
    SimpleResponses,
}

/// Settings of a [`LambdaAuthorizer`]; see [`LambdaAuthorizer::builder`].
#[must_use]
pub struct LambdaAuthorizerBuilder {
    event: AuthorizerEvent,
    callee: Result<Callee, LambdaAuthorizerError>,
    sources: Vec<String>,
    expression: Option<String>,
    simple: bool,
    ttl: Duration,
    timeout: Duration,
    cache: Option<ResultCache>,
    stage: Option<Arc<StageFacts>>,
    credentials: Option<String>,
}

impl LambdaAuthorizer {
    /// Begins an authorizer that asks this function, with this form of event.
    pub fn builder(event: AuthorizerEvent, function: impl Function) -> LambdaAuthorizerBuilder {
        LambdaAuthorizerBuilder::new(event, Ok(Callee::Here(Arc::new(function))))
    }

    /// The same with a function that is looked for when it is called, by API Gateway's ARN of its invocation, which may
    /// have stage variables in it (`authorizerUri`).
    pub fn by_uri(event: AuthorizerEvent, uri: &str, functions: &Functions) -> LambdaAuthorizerBuilder {
        let uri = FunctionUri::parse(uri).ok_or(LambdaAuthorizerError::Uri);
        LambdaAuthorizerBuilder::new(event, uri.map(|uri| Callee::ByUri { uri, functions: functions.clone() }))
    }
}

impl LambdaAuthorizerBuilder {
    fn new(event: AuthorizerEvent, callee: Result<Callee, LambdaAuthorizerError>) -> Self {
        Self {
            event,
            callee,
            sources: Vec::new(),
            expression: None,
            simple: false,
            ttl: Duration::ZERO,
            timeout: event.timeout(),
            cache: None,
            stage: None,
            credentials: None,
        }
    }

    /// What of a request says who calls: `method.request.header.NAME`, `method.request.querystring.NAME`,
    /// `stageVariables.NAME`, `context.NAME` (REST); `$request.header.NAME`, ... (HTTP); `route.request.header.NAME`, ...
    /// (WebSocket).
    pub fn identity_sources<T: Into<String>>(mut self, sources: impl IntoIterator<Item = T>) -> Self {
        self.sources = sources.into_iter().map(Into::into).collect();
        self
    }

    /// What the whole token must match for the function to be asked; only with [`AuthorizerEvent::Token`].
    pub fn identity_validation(mut self, expression: impl Into<String>) -> Self {
        self.expression = Some(expression.into());
        self
    }

    /// The function answers `isAuthorized` and no policy; only with [`AuthorizerEvent::Version2`].
    pub fn simple_responses(mut self, enabled: bool) -> Self {
        self.simple = enabled;
        self
    }

    /// How long results are remembered, up to one hour; 0 unless given: not at all.
    pub fn result_ttl(mut self, ttl: Duration) -> Self {
        self.ttl = ttl;
        self
    }

    /// Where results are remembered; in a cache of its own unless given.
    pub fn cache(mut self, cache: ResultCache) -> Self {
        self.cache = Some(cache);
        self
    }

    /// How long the function may take; unless given 10 seconds for HTTP APIs, 29 for others.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The role that the function is called with (an ARN), where what calls it can assume roles.
    pub fn credentials(mut self, role: impl Into<String>) -> Self {
        self.credentials = Some(role.into());
        self
    }

    /// Which API and stage it stands for where no gateway says so: as a layer alone. The resource that the function is
    /// asked about names its account, region, id and stage.
    pub fn for_stage(mut self, stage: StageFacts) -> Self {
        self.stage = Some(Arc::new(stage));
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn build(self) -> Result<LambdaAuthorizer, LambdaAuthorizerError> {
        let callee = self.callee?;
        let is_token = self.event == AuthorizerEvent::Token;
        if is_token && self.sources.len() != 1 {
            return Err(LambdaAuthorizerError::OneHeader);
        }
        if self.simple && self.event != AuthorizerEvent::Version2 {
            return Err(LambdaAuthorizerError::SimpleResponses);
        }
        if self.ttl > MAX_TTL {
            return Err(LambdaAuthorizerError::Ttl);
        }
        if !self.ttl.is_zero() && self.sources.is_empty() {
            return Err(LambdaAuthorizerError::NoIdentitySource);
        }
        let expression = match self.expression.filter(|expression| is_token && !expression.is_empty()) {
            Some(text) => {
                let refused = |error: regex::Error| LambdaAuthorizerError::Expression(error.to_string());
                Some(whole(&text).map_err(refused)?)
            }
            None => None,
        };
        let mark = format!("{callee:?} {:?} {} {:?}", self.event, self.simple, self.sources);
        let sources = Sources::new(self.event, &self.sources, expression).map_err(|text| match is_token {
            true => LambdaAuthorizerError::OneHeader,
            false => LambdaAuthorizerError::IdentitySource(text.to_owned()),
        })?;
        Ok(LambdaAuthorizer {
            event: self.event,
            callee,
            sources,
            simple: self.simple,
            // The result of a connection is its own.
            ttl: if self.event == AuthorizerEvent::Connect { Duration::ZERO } else { self.ttl },
            timeout: self.timeout,
            cache: self.cache.unwrap_or_default(),
            mark,
            stage: self.stage,
            credentials: self.credentials,
        })
    }
}

impl fmt::Debug for LambdaAuthorizerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LambdaAuthorizerBuilder")
            .field("event", &self.event)
            .field("sources", &self.sources)
            .field("ttl", &self.ttl)
            .finish_non_exhaustive()
    }
}
