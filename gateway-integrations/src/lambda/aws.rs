//! Functions on AWS Lambda, called with signatures.

use async_trait::async_trait;
use bytes::Bytes;
use gateway_core::{Body, Context, Error, Function, Invocation, Invoked, InvokedStream, Response};
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{
    callee::failed,
    event_stream::{self, Answer},
};
use crate::{
    aws::{self, SignedClient},
    failure::{misconfigured, no_answer, read_answer},
};

static INVOCATION_TYPE: HeaderName = HeaderName::from_static("x-amz-invocation-type");
static FUNCTION_ERROR: HeaderName = HeaderName::from_static("x-amz-function-error");

/// What stands in the path of a call as it is.
const ARN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':').remove(b'$');

/// Functions on AWS Lambda, each by the ARN that it is called by.
///
/// AWS Lambda API reference: *Invoke*, *InvokeWithResponseStream*.
#[async_trait]
impl Function for SignedClient {
    async fn invoke(&self, mut invocation: Invocation, context: &Context) -> Result<Invoked, Error> {
        if invocation.asynchronous {
            invocation.headers.insert(&INVOCATION_TYPE, HeaderValue::from_static("Event"));
        }
        let response = post(self, "/2015-03-31/functions/", "/invocations", invocation, context).await?;
        let (head, body) = response.into_parts();
        let error = head.headers.get(&FUNCTION_ERROR).map(|kind| String::from_utf8_lossy(kind.as_bytes()).into_owned());
        let payload = read_answer(body, context).await?;
        Ok(Invoked { status: head.status, payload, error, headers: head.headers })
    }

    async fn invoke_streaming(&self, invocation: Invocation, context: &Context) -> Result<InvokedStream, Error> {
        let path = ("/2021-11-15/functions/", "/response-streaming-invocations");
        let response = post(self, path.0, path.1, invocation, context).await?;
        let (head, body) = response.into_parts();
        let (payload, error) = if head.status.is_success() {
            match event_stream::begin(body).await {
                Ok(Answer::Begun(payload)) => (payload, None),
                Ok(Answer::Failed { kind, details }) => (Body::from(details), Some(kind)),
                Err(error) => return Err(no_answer(context, failed(context, error))),
            }
        } else {
            (body, None)
        };
        Ok(InvokedStream { status: head.status, payload, error })
    }
}

/// Calls a function.
async fn post(
    client: &SignedClient,
    before: &str,
    behind: &str,
    invocation: Invocation,
    context: &Context,
) -> Result<Response, Error> {
    let Some(arn) = &invocation.function else { return Err(misconfigured(context, "a function without a name")) };
    let mut parts = arn.split(':');
    let (partition, region) = (parts.nth(1).unwrap_or("aws"), parts.nth(1));
    let region = region.or(context.stage().map(|stage| stage.region.as_str())).unwrap_or_default();
    let (domain, name) = (aws::domain(partition, region), utf8_percent_encode(arn, ARN));
    let address = format!("https://lambda.{domain}{before}{name}{behind}");
    let uri = Uri::try_from(address).map_err(|_| misconfigured(context, "Invalid endpoint address"))?;
    let mut request = Request::new(Bytes::clone(&invocation.payload));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri;
    *request.headers_mut() = invocation.headers;
    let role = invocation.credentials.as_deref();
    client.call("lambda", "lambda", region, role, request, context).await
}
