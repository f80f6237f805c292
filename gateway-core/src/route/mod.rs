//! `Route`: one compiled method or route, its steps in the specification's order.

mod admit;

use std::{fmt, sync::Arc, time::Duration};

use http::HeaderMap;

pub(crate) use self::admit::{Admission, RouteThrottle};
use crate::{
    context::{Context, IntegrationFacts, RouteFacts},
    definition::RouteDefinition,
    error::{Error, ErrorKind},
    integration::Integration,
    observe::Observer,
    service::{Request, Response},
    validate::Validation,
};

/// One compiled method of a REST API, or route of an HTTP API.
pub struct Route {
    pub(crate) facts: Arc<RouteFacts>,
    pub(crate) admission: Admission,
    pub(crate) validation: Option<Arc<Validation>>,
    pub(crate) integration: Arc<dyn Integration>,
    pub(crate) timeout: Duration,
    pub(crate) observer: Option<Arc<dyn Observer>>,
}

impl Route {
    /// Begins the definition of a route to `integration`.
    #[must_use]
    pub fn to(integration: impl Integration) -> RouteDefinition {
        RouteDefinition::new(Arc::new(integration))
    }

    /// What `$context` says of the route.
    #[must_use]
    pub fn facts(&self) -> &RouteFacts {
        &self.facts
    }

    /// Serves one request. The order of the steps is the gateway's, not the definition's.
    ///
    /// # Errors
    /// What the first step that fails refuses with.
    pub async fn serve(&self, request: Request, context: &Context) -> Result<Response, Error> {
        let mut request = self.admission.admit(request, context).await?;
        if let Some(validation) = &self.validation {
            request = validation.validate(request, context).await?;
        }
        self.integrate(request, context).await
    }

    /// Calls the backend under the route's timeout, and writes down how it answered.
    async fn integrate(&self, request: Request, context: &Context) -> Result<Response, Error> {
        let called = context.clock().elapsed();
        let answer = match tokio::time::timeout(self.timeout, self.integration.invoke(request, context)).await {
            Ok(answer) => answer,
            Err(_) => Err(ErrorKind::IntegrationTimeout.into()),
        };
        context.set_integration(IntegrationFacts {
            status: answer.as_ref().ok().map(Response::status),
            latency: context.clock().elapsed().saturating_sub(called),
            error: answer.as_ref().err().map(ToString::to_string),
            request_id: answer.as_ref().ok().and_then(|response| backend_request_id(response.headers())),
        });
        answer
    }
}

fn backend_request_id(headers: &HeaderMap) -> Option<String> {
    // A proxy of a REST API has renamed the first by now.
    const NAMES: [&str; 3] = ["x-amzn-remapped-x-amzn-requestid", "x-amzn-requestid", "x-amz-request-id"];
    let id = NAMES.iter().find_map(|name| headers.get(*name))?;
    id.to_str().ok().map(str::to_owned)
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route").field("facts", &self.facts).field("timeout", &self.timeout).finish_non_exhaustive()
    }
}
