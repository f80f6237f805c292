//! `Function`: what a Lambda-style function is to the gateway: bytes in, bytes out.

mod typed;

use std::{collections::HashMap, fmt, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use tokio::sync::Semaphore;

pub use self::typed::TypedFunction;
use crate::{body::Body, context::Context, error::Error};

/// A Lambda-style function, wherever it runs: in this process, beside it, or on AWS.
///
/// A closure `|call: Invocation| async { Ok(Invoked::new(bytes)) }` is one too, and [`TypedFunction`] makes one of a
/// tower service. An [asynchronous](Invocation::asynchronous) call of a closure runs on by itself, and is answered with
/// 202 at once; while 1000 of them run, further ones get 429.
///
/// AWS Lambda API reference: *Invoke*, *InvokeWithResponseStream*.
#[async_trait]
pub trait Function: Send + Sync + 'static {
    /// Calls the function.
    ///
    /// # Errors
    /// When it could not be called: [`IntegrationFailure`](crate::ErrorKind::IntegrationFailure), or
    /// [`ApiConfigurationError`](crate::ErrorKind::ApiConfigurationError) where it does not exist or may not be called.
    /// A function that was called and failed is no such error, see [`Invoked::error`].
    async fn invoke(&self, invocation: Invocation, context: &Context) -> Result<Invoked, Error>;

    /// Calls the function for an answer that is handed on while it is made; at once, where the function gives it so.
    ///
    /// # Errors
    /// As [`invoke`](Self::invoke). A function that fails after its answer has begun breaks the answer off.
    async fn invoke_streaming(&self, invocation: Invocation, context: &Context) -> Result<InvokedStream, Error> {
        self.invoke(invocation, context).await.map(InvokedStream::from)
    }
}

/// One call of a function.
#[derive(Clone, Debug, Default)]
pub struct Invocation {
    /// What the function is given, most often JSON.
    pub payload: Bytes,
    /// Whether the caller does not wait for the outcome (`X-Amz-Invocation-Type: Event`). A function that takes such a
    /// call answers with 202 before it has run.
    pub asynchronous: bool,
    /// The function as the caller names it: its ARN, perhaps with a version or alias.
    pub function: Option<String>,
    /// Further headers of the call, such as `X-Amzn-Trace-Id`.
    pub headers: HeaderMap,
    /// The role to call with (an ARN), where the definition names one.
    pub credentials: Option<String>,
}

impl Invocation {
    /// A call with `payload` that waits for its outcome.
    #[must_use]
    pub fn new(payload: impl Into<Bytes>) -> Self {
        Self { payload: payload.into(), ..Self::default() }
    }
}

/// What came of a call.
#[derive(Clone, Debug)]
pub struct Invoked {
    /// The status of the call itself: 200, or 202 for one that nobody waits for.
    pub status: StatusCode,
    /// What the function gave, or its error object.
    pub payload: Bytes,
    /// What kind of failure it was, if the function failed: `Unhandled`.
    pub error: Option<String>,
    /// The headers of the call's answer, where the call was one over HTTP: `x-amzn-RequestId`, ...
    pub headers: HeaderMap,
}

impl Invoked {
    /// A function that succeeded.
    #[must_use]
    pub fn new(payload: impl Into<Bytes>) -> Self {
        Self { status: StatusCode::OK, payload: payload.into(), error: None, headers: HeaderMap::new() }
    }

    /// A function that failed, with its error object: `{"errorMessage": ..., "errorType": ...}`.
    #[must_use]
    pub fn failed(payload: impl Into<Bytes>) -> Self {
        Self { error: Some("Unhandled".to_owned()), ..Self::new(payload) }
    }
}

/// What came of a call whose answer is handed on while it is made.
#[derive(Debug)]
pub struct InvokedStream {
    /// As [`Invoked::status`].
    pub status: StatusCode,
    /// What the function gives, or its error object.
    pub payload: Body,
    /// What kind of failure it was, if the function failed before its answer began.
    pub error: Option<String>,
}

impl From<Invoked> for InvokedStream {
    fn from(invoked: Invoked) -> Self {
        Self { status: invoked.status, payload: invoked.payload.into(), error: invoked.error }
    }
}

#[async_trait]
impl<F, Fut> Function for F
where
    F: Fn(Invocation) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Invoked, Error>> + Send + 'static,
{
    async fn invoke(&self, invocation: Invocation, _: &Context) -> Result<Invoked, Error> {
        if invocation.asynchronous { Ok(start(self(invocation))) } else { self(invocation).await }
    }
}

/// How many calls that nobody waits for may run in this process.
static EVENTS: Semaphore = Semaphore::const_new(1000);

/// Lets a call run that nobody waits for, unless there are too many already.
fn start(call: impl Future<Output = Result<Invoked, Error>> + Send + 'static) -> Invoked {
    let Ok(permit) = EVENTS.try_acquire() else {
        return Invoked { status: StatusCode::TOO_MANY_REQUESTS, ..Invoked::new("") };
    };
    tokio::spawn(async move {
        let _permit = permit;
        match call.await {
            Ok(Invoked { error: Some(error), .. }) => tracing::warn!(error, "a function that nobody waits for failed"),
            Ok(_) => {}
            Err(error) => {
                let error: &(dyn std::error::Error + 'static) = &error;
                tracing::warn!(error, "a function that nobody waits for could not be called");
            }
        }
    });
    Invoked { status: StatusCode::ACCEPTED, ..Invoked::new("") }
}

#[async_trait]
impl<F: Function + ?Sized> Function for Arc<F> {
    async fn invoke(&self, invocation: Invocation, context: &Context) -> Result<Invoked, Error> {
        (**self).invoke(invocation, context).await
    }

    async fn invoke_streaming(&self, invocation: Invocation, context: &Context) -> Result<InvokedStream, Error> {
        (**self).invoke_streaming(invocation, context).await
    }
}

/// Finds a function by its ARN.
type Find = Arc<dyn Fn(&str) -> Option<Arc<dyn Function>> + Send + Sync>;

/// The functions that a host has, by name or ARN.
///
/// # Example
/// ```
/// use gateway_core::{Error, Functions, Invocation, Invoked};
///
/// let functions = Functions::new().with("hello", |_: Invocation| async {
///     Ok::<_, Error>(Invoked::new(r#"{"statusCode": 200, "body": "hello"}"#))
/// });
/// assert!(functions.find("arn:aws:lambda:eu-west-1:123456789012:function:hello:live").is_some());
/// assert!(functions.find("other").is_none());
/// ```
#[derive(Clone, Default)]
pub struct Functions {
    named: HashMap<String, Arc<dyn Function>>,
    resolvers: Vec<Find>,
}

impl Functions {
    /// No functions.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a function under its name, or its ARN with or without a version or alias.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, function: impl Function) -> Self {
        self.named.insert(name.into(), Arc::new(function));
        self
    }

    /// Asks `resolver` for what no name is found for; it gets the ARN as the definition has it.
    #[must_use]
    pub fn resolve_with(
        mut self,
        resolver: impl Fn(&str) -> Option<Arc<dyn Function>> + Send + Sync + 'static,
    ) -> Self {
        self.resolvers.push(Arc::new(resolver));
        self
    }

    /// The function of an ARN or name: the whole is looked up, then the ARN without its version or alias, then the
    /// name in it, then the resolvers are asked.
    #[must_use]
    pub fn find(&self, arn: &str) -> Option<Arc<dyn Function>> {
        let mut parts = arn.splitn(8, ':').skip(6);
        let (name, qualifier) = (parts.next().unwrap_or(arn), parts.next());
        let unqualified = qualifier.and_then(|qualifier| arn.get(..arn.len() - qualifier.len() - 1)).unwrap_or(arn);
        let mut names = [arn, unqualified, name].into_iter();
        let found = names.find_map(|name| self.named.get(name)).cloned();
        found.or_else(|| self.resolvers.iter().find_map(|resolver| resolver(arn)))
    }
}

impl fmt::Debug for Functions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Functions").field("named", &self.named.keys()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_found_by_its_arn_or_name() {
        let function = |_: Invocation| async { Ok(Invoked::new("")) };
        let arn = "arn:aws:lambda:eu-west-1:123456789012:function:exact";
        let functions = Functions::new()
            .with("named", function)
            .with(arn, function)
            .resolve_with(move |arn| (arn == "elsewhere").then(|| Arc::new(function) as Arc<dyn Function>));
        for (name, found) in [
            ("named", true),
            ("arn:aws:lambda:eu-west-1:123456789012:function:named", true),
            ("arn:aws:lambda:eu-west-1:123456789012:function:named:7", true),
            (arn, true),
            ("arn:aws:lambda:eu-west-1:123456789012:function:exact:live", true),
            ("arn:aws:lambda:us-east-1:123456789012:function:exact", false),
            ("elsewhere", true),
            ("", false),
        ] {
            assert_eq!(functions.find(name).is_some(), found, "{name}");
        }
    }
}
