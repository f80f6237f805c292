use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, StatusCode, request::Builder};
use tower::{BoxError, ServiceExt};

use crate::{
    body::{Body, BodyError},
    clock::{Clock, ManualClock},
    definition::Definition,
    gateway::{Gateway, GatewayBuilder},
    problem::Problems,
    random::Random,
    service::Request,
};

/// A gateway in memory, on a [`ManualClock`] and a seeded source of randomness: the same test sees the same ids.
#[derive(Clone, Debug)]
pub struct TestGateway {
    gateway: Gateway,
    clock: Arc<ManualClock>,
}

/// A whole answer.
#[derive(Debug)]
#[non_exhaustive]
pub struct TestResponse {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, or why it broke off.
    pub body: Result<Bytes, BodyError>,
}

impl TestGateway {
    /// Compiles `definition`.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn new(definition: Definition) -> Result<Self, Problems> {
        Self::build(Gateway::builder(definition))
    }

    /// Builds a gateway with more settings; its clock and randomness are the test's.
    ///
    /// # Errors
    /// Everything that is wrong with the definition.
    pub fn build(builder: GatewayBuilder) -> Result<Self, Problems> {
        let clock = Arc::new(ManualClock::default());
        let builder = builder.clock(Arc::clone(&clock) as Arc<dyn Clock>).random(Random::seeded(7));
        Ok(Self { gateway: builder.build()?, clock })
    }

    /// The gateway itself.
    #[must_use]
    pub fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    /// The clock: move it with [`ManualClock::advance`].
    #[must_use]
    pub fn clock(&self) -> &ManualClock {
        &self.clock
    }

    /// Sends a request without a body through all steps.
    ///
    /// # Panics
    /// When the builder holds no request.
    pub async fn send(&self, request: Builder) -> TestResponse {
        self.send_body(request, Body::empty()).await
    }

    /// Sends a request with a body through all steps.
    ///
    /// # Panics
    /// When the builder holds no request.
    #[expect(clippy::expect_used, reason = "a test kit fails the test")]
    pub async fn send_body(&self, request: Builder, body: impl Into<Body>) -> TestResponse {
        self.send_request(request.body(body.into()).expect("a request that can be built")).await
    }

    /// Sends a request through all steps.
    pub async fn send_request(&self, request: Request) -> TestResponse {
        let Ok(response) = self.gateway.clone().oneshot(request).await;
        let (parts, body) = response.into_parts();
        TestResponse { status: parts.status, headers: parts.headers, body: body.collect().await }
    }
}

impl TestResponse {
    /// The body as text.
    ///
    /// # Panics
    /// When it broke off, or is no UTF-8.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test kit fails the test")]
    pub fn text(&self) -> &str {
        let bytes = self.body.as_ref().expect("a body that came to its end");
        std::str::from_utf8(bytes).expect("a body in UTF-8")
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// When it is no JSON.
    pub fn json(&self) -> Result<serde_json::Value, BoxError> {
        Ok(serde_json::from_str(self.text())?)
    }

    /// A header's value, or nothing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}
