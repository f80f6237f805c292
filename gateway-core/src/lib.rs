//! `async fn(Request) -> Response`: Amazon API Gateway as tower layers and services, in the host's own process.

mod authorizer;
mod body;
mod cache;
mod call_error;
mod client;
mod clock;
mod compile;
mod compress;
pub mod config;
mod context;
mod cors;
mod definition;
mod error;
mod function;
mod gateway;
mod guard;
mod header_case;
mod http_client;
mod integration;
mod media;
mod names;
mod observe;
#[cfg(feature = "openapi")]
pub mod openapi;
mod policy;
mod problem;
mod random;
mod reserved_header;
mod responses;
mod route;
mod router;
mod runtime;
mod service;
mod snapshot;
mod source;
mod stage;
pub mod store;
mod template;
#[cfg(any(test, feature = "test-util"))]
pub mod testing;
mod trace;
mod usage_plan;
mod validate;

#[cfg(feature = "metrics")]
pub use self::observe::Metrics;
#[cfg(feature = "schema")]
pub use self::validate::{Schema, SchemaBuilder};
pub use self::{
    authorizer::{AllOf, AnyOf, Authorizer, AuthorizerGuard, CachedAuthorizer, ResultCache, ResultKey, all_of, any_of},
    body::{Body, BodyError},
    cache::{StageCache, UnauthorizedCacheControl},
    call_error::{CallCause, CallError, CallPhase, CallSide},
    client::{CertificateCheck, PeerCertificates, Proxies},
    clock::{Clock, ManualClock, SystemClock, epoch_seconds},
    context::{
        ApiKeyFacts, ApiKind, Authorization, AuthorizerFacts, CacheOutcome, CallFailure, ClientCertificate,
        ClientCertificateFields, CognitoIdentity, ConnectionFacts, Context, ContextVariable, DomainFacts, EndpointType,
        ErrorFacts, Identity, IntegrationFacts, PathParams, PathVariable, RequestFacts, RequestId, ResponseFacts,
        RouteFacts, StageFacts, TraceId, Variables, clf_time, iso_time,
    },
    cors::Cors,
    definition::{
        Api, Canary, Definition, Domain, Limits, OnLoad, RouteDefinition, RouteSettings, RoutingMode, RoutingRule,
        StageDefinition,
    },
    error::{Error, ErrorKind},
    function::{Function, Functions, Invocation, Invoked, InvokedStream, TypedFunction},
    gateway::{
        CanarySummary, DeploymentDiff, DeploymentSummary, Explanation, Gateway, GatewayBuilder, GatewayHandle,
        StageError, StageSummary, TestInvoke, TestInvokeAuthorizer, TestInvokeError, TestInvoked,
        TestInvokedAuthorizer,
    },
    guard::{Guard, GuardFuture, GuardLayer, GuardService},
    header_case::HeaderCase,
    http_client::HttpClient,
    integration::{FromService, Integration, IntegrationService},
    media::{MediaTypes, media_type},
    observe::{AccessLog, AccessLogFormat, AccessLogFormatError, LogSink, LoggingLevel, Observer},
    policy::{
        PolicyCombination, PolicyEffect, PolicyPhase, PolicyVerdict, ResourcePolicy, access_denied, execute_api_arn,
    },
    problem::{Problem, Problems, pointer_token},
    random::Random,
    reserved_header::is_reserved_header,
    responses::{GatewayResponse, GatewayResponseError, GatewayResponses},
    route::Route,
    router::{
        ConflictReason, HttpRouter, PathError, PathSegment, PathTemplate, RestRouter, RouteConflict, RouteKey,
        RouteKeyError, RouteMatch, RouteMethod, Router,
    },
    service::{Parts, Request, Response, ResponseFuture},
    source::{SourceError, ValueSource, query_pairs},
    stage::{CanaryStage, Deployment, FixedStage, Stage, StageService},
    trace::{Candidate, Phase, Step, Trace, TracedStep},
    usage_plan::{
        ApiKey, ApiKeyError, ApiKeySource, Period, Plan, PlanStage, Quota, Throttle, Usage, UsagePlan, UsagePlans,
        Window,
    },
    validate::RequestValidator,
};
pub use tower::BoxError;
