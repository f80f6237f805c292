//! `Mock`: answers by itself, always the same.

use async_trait::async_trait;
use bytes::Bytes;
use gateway_core::{Body, Context, Error, Integration, Request, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

/// An integration without a backend: a fixed answer.
///
/// AWS developer guide: *Mock integrations for REST APIs*.
///
/// # Example
/// ```
/// use gateway_integrations::Mock;
/// use http::{HeaderValue, StatusCode, header};
///
/// let moved = Mock::new(StatusCode::FOUND).header(header::LOCATION, HeaderValue::from_static("/new"));
/// let fine = Mock::json(200, r#"{"ok":true}"#);
/// ```
#[derive(Clone, Debug)]
pub struct Mock {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Mock {
    /// An answer without headers and body.
    #[must_use]
    pub fn new(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: Bytes::new() }
    }

    /// An answer in JSON. A `status` that HTTP does not know (below 100, above 999) becomes 500.
    #[must_use]
    pub fn json(status: u16, body: impl Into<Bytes>) -> Self {
        Self::new(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
            .header(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .body(body)
    }

    /// Adds a header; one of the same name stays beside it.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }
}

/// For how many headers of the gateway an answer has room.
const ROOM: usize = 4;

#[async_trait]
impl Integration for Mock {
    async fn invoke(&self, _: Request, _: &Context) -> Result<Response, Error> {
        let mut response = Response::new(Body::from(self.body.clone()));
        *response.status_mut() = self.status;
        // A clone of the map would have no room for the headers that the gateway adds.
        let headers = response.headers_mut();
        headers.reserve(self.headers.len() + ROOM);
        for (name, value) in &self.headers {
            headers.append(name.clone(), value.clone());
        }
        Ok(response)
    }
}

#[cfg(test)]
mod tests {
    use tower::ServiceExt;

    use super::*;

    async fn answer(mock: Mock) -> Response {
        mock.into_service().oneshot(http::Request::new(Body::from("ignored"))).await.unwrap()
    }

    #[tokio::test]
    async fn it_answers_the_same_each_time() {
        let mock = Mock::json(201, r#"{"ok":true}"#);
        for _ in 0..2 {
            let response = answer(mock.clone()).await;
            assert_eq!(response.status(), 201);
            assert_eq!(response.headers()["content-type"], "application/json");
            assert_eq!(response.into_body().collect().await.unwrap(), r#"{"ok":true}"#);
        }
    }

    #[tokio::test]
    async fn headers_may_repeat() {
        let cookie = HeaderValue::from_static;
        let mock = Mock::new(StatusCode::NO_CONTENT)
            .header(header::SET_COOKIE, cookie("a=1"))
            .header(header::SET_COOKIE, cookie("b=2"));
        let response = answer(mock).await;
        assert_eq!(response.headers().get_all("set-cookie").iter().collect::<Vec<_>>(), ["a=1", "b=2"]);
        assert_eq!(response.status(), 204);
    }

    #[tokio::test]
    async fn a_status_that_is_none_is_a_failure() {
        assert_eq!(answer(Mock::json(7, "")).await.status(), 500);
    }
}
