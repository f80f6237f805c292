//! `async fn(Request) -> Response`: Amazon API Gateway as tower layers and services, in the host's own process.

mod authorizer;
mod body;
mod clock;
pub mod config;
mod context;
mod error;
mod guard;
mod http_client;
mod integration;
mod observe;
mod problem;
mod random;
mod responses;
mod router;
mod service;
mod source;
mod template;

pub use self::{
    authorizer::{Authorizer, AuthorizerGuard, CachedAuthorizer, ResultCache},
    body::{Body, BodyError},
    clock::{Clock, ManualClock, SystemClock, epoch_seconds},
    context::{
        ApiKeyFacts, ApiKind, Authorization, Context, ContextVariable, DomainFacts, ErrorFacts, IntegrationFacts,
        PathParams, RequestFacts, RequestId, ResponseFacts, RouteFacts, StageFacts, TraceId, Variables, clf_time,
        iso_time,
    },
    error::{Error, ErrorKind},
    guard::{Guard, GuardFuture, GuardLayer, GuardService},
    http_client::HttpClient,
    integration::{FromService, Integration, IntegrationFuture, IntegrationService},
    observe::Observer,
    problem::{Problem, Problems},
    random::Random,
    responses::{GatewayResponse, GatewayResponseError, GatewayResponses},
    router::{
        ConflictReason, HttpRouter, PathError, PathSegment, PathTemplate, RestRouter, RouteConflict, RouteKey,
        RouteKeyError, RouteMatch, RouteMethod, Router,
    },
    service::{Parts, Request, Response},
    source::{SourceError, ValueSource, query_pairs},
};
