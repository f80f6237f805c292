use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use tower::BoxError;

use super::{Gateway, GatewayHandle};
use crate::{
    body::Body,
    trace::{Trace, TracedStep},
};

/// What became of one request, and why. `Display` prints an account to read: a line a step, in plain words, and one for
/// each route that lost.
///
/// # Example
/// ```
/// use gateway_core::{Api, Body, Definition, Error, Gateway, Request, Response, Route, StageDefinition};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let pet = |_: Request| async { Ok::<_, Error>(Response::new(Body::from("cat"))) };
/// let api = Api::rest("petstore").route("GET /pets/{id}", Route::to(pet)).stage(StageDefinition::new("prod"));
/// let handle = Gateway::new(Definition::new().api(api))?.handle();
///
/// let told = handle.explain(http::Request::post("/prod/pets/7").body(Body::empty())?).await;
/// assert_eq!(told.status, 403);
/// assert!(told.to_string().contains("no route serves this request"));
/// assert!(told.to_string().contains("`/pets/{id}` has GET, and not POST"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Explanation {
    /// The status of the answer.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, as far as it could be read.
    pub body: Bytes,
    /// What the gateway decided, in order.
    pub steps: Vec<TracedStep>,
}

impl GatewayHandle {
    /// Serves `request` and tells what every step of it decided.
    ///
    /// The request is served really: the backend is called, and throttles and quotas count it. No client can ask for
    /// this; only who holds the handle can.
    pub async fn explain<B>(&self, request: http::Request<B>) -> Explanation
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let trace = Trace::new();
        let (mut parts, body) = request.into_parts();
        parts.extensions.insert(std::sync::Arc::clone(&trace));
        let Ok(response) = Gateway { shared: std::sync::Arc::clone(&self.shared) }.serve(parts, Body::new(body)).await;
        let (parts, body) = response.into_parts();
        let body = body.with_default_limit(crate::guard::BODY_LIMIT).collect().await.unwrap_or_default();
        Explanation { status: parts.status, headers: parts.headers, body, steps: trace.steps() }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for TracedStep { at, step } in &self.steps {
            writeln!(f, "{:>8.3} ms  {step}", at.as_secs_f64() * 1000.0)?;
        }
        write!(f, "answered with {}", self.status)
    }
}

impl fmt::Debug for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Explanation").field("status", &self.status).field("steps", &self.steps).finish_non_exhaustive()
    }
}
