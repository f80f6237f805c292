//! HTTP/1.1 from end to end without a socket: hyper's client and server over a pipe in memory.

use std::{convert::Infallible, fmt};

use bytes::Bytes;
use gateway_core::Gateway;
use http::{HeaderValue, Request, Response, header};
use http_body_util::{BodyExt, Empty, Full};
use hyper::{
    body::{Body, Incoming},
    client::conn::http1::{SendRequest, handshake},
    server::conn::http1,
    service::{HttpService, service_fn},
};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::{
    io::duplex,
    runtime::{Builder, Runtime},
};
use tower::BoxError;

use crate::admission;

/// As much as a socket's buffer would take at once, in bytes.
const BUFFER: usize = 16 * 1024;

/// A kept-alive connection to a server that runs on the same thread.
pub struct Pipe {
    runtime: Runtime,
    sender: SendRequest<Empty<Bytes>>,
    authorization: String,
}

impl Pipe {
    /// A connection to a gateway; each request is that of [`admission::request`].
    ///
    /// # Errors
    /// When there is no runtime.
    pub fn to(gateway: Gateway) -> Result<Self, BoxError> {
        Self::serve(TowerToHyperService::new(gateway))
    }

    /// A connection to a service that does nothing but answer, with the same head and body as the gateway's backend.
    ///
    /// # Errors
    /// When there is no runtime.
    pub fn to_bare() -> Result<Self, BoxError> {
        Self::serve(service_fn(bare))
    }

    /// The same with a request's ids in the answer, which is then as long as the gateway's.
    ///
    /// # Errors
    /// When there is no runtime.
    pub fn to_bare_with_ids() -> Result<Self, BoxError> {
        Self::serve(service_fn(bare_with_ids))
    }

    /// Sends this `Authorization` instead.
    #[must_use]
    pub fn authorization(mut self, value: String) -> Self {
        self.authorization = value;
        self
    }

    fn serve<S>(service: S) -> Result<Self, BoxError>
    where
        S: HttpService<Incoming, Error = Infallible, Future: Send> + Send + 'static,
        S::ResBody: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
    {
        let runtime = Builder::new_current_thread().enable_time().build()?;
        let (near, far) = duplex(BUFFER);
        runtime.spawn(http1::Builder::new().serve_connection(TokioIo::new(far), service));
        let (sender, connection) = runtime.block_on(handshake(TokioIo::new(near)))?;
        runtime.spawn(connection);
        Ok(Self { runtime, sender, authorization: admission::CALLER.to_owned() })
    }

    /// Sends `count` requests, one after the other, and reads their answers.
    ///
    /// # Errors
    /// When one of them is not answered with 200.
    pub fn send(&mut self, count: usize) -> Result<(), BoxError> {
        let Self { runtime, sender, authorization } = self;
        runtime.block_on(async {
            for _ in 0..count {
                sender.ready().await?;
                let response = sender.send_request(admission::request(authorization)?).await?;
                if response.status() != http::StatusCode::OK {
                    return Err(format!("the answer was {}", response.status()).into());
                }
                response.into_body().collect().await?;
            }
            Ok(())
        })
    }
}

impl fmt::Debug for Pipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipe").finish_non_exhaustive()
    }
}

async fn bare(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::new(Full::new(Bytes::from_static(admission::ANSWER.as_bytes())));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

async fn bare_with_ids(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = bare(request).await?;
    let (id, extended) = ("01234567-89ab-4def-8123-456789abcdef", "0123456789abcde=");
    response.headers_mut().insert("x-amzn-requestid", HeaderValue::from_static(id));
    response.headers_mut().insert("x-amz-apigw-id", HeaderValue::from_static(extended));
    Ok(response)
}
