//! The facts that steps write down, each once.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, StatusCode};

use super::{
    ApiKeyFacts, Authorization, AuthorizerFacts, CacheOutcome, Context, DomainFacts, ErrorFacts, IntegrationFacts,
    PathParams, ResponseFacts, RouteFacts, StageFacts,
};

macro_rules! facts {
    ($($(#[$doc:meta])* $name:ident, $set:ident: $type:ty;)+) => {
        impl Context {$(
            $(#[$doc])*
            #[must_use]
            pub fn $name(&self) -> Option<&$type> {
                self.$name.get()
            }

            #[doc = concat!("Writes down [`Context::", stringify!($name), "`]; ignored if it is known.")]
            pub fn $set(&self, fact: $type) {
                let _ = self.$name.set(fact);
            }
        )+}
    };
}

facts! {
    /// The method as it arrived, where `X-HTTP-Method-Override` named another one: a signature is about it, and that header.
    overridden_method, set_overridden_method: Method;
    /// Which mapping or rule of a custom domain matched.
    domain, set_domain: Arc<DomainFacts>;
    /// Which API and stage serve.
    stage, set_stage: Arc<StageFacts>;
    /// Which route serves.
    route, set_route: Arc<RouteFacts>;
    /// The path variables.
    path_params, set_path_params: PathParams;
    /// The request's body, where a guard asked for it.
    body, set_body: Bytes;
    /// How the call of a Lambda authorizer went; where its result was remembered it took no time, and has no status.
    authorizer, set_authorizer: AuthorizerFacts;
    /// What the authorizer found out.
    authorization, set_authorization: Authorization;
    /// The API key that the request was admitted with.
    api_key, set_api_key: ApiKeyFacts;
    /// How the response cache served; known only where answers are kept.
    cache, set_cache: CacheOutcome;
    /// How the backend answered.
    integration, set_integration: IntegrationFacts;
    /// `$context.integration.integrationStatus`, where a service of AWS stands between the gateway and the backend, as
    /// Lambda before a function.
    service_status, set_service_status: StatusCode;
    /// What request validation found wrong, which may hold parts of the body.
    validation_error, set_validation_error: String;
    /// Why the request was refused.
    error, set_error: ErrorFacts;
    /// What the client was sent; known when the response's body has ended or was dropped.
    response, set_response: ResponseFacts;
}
