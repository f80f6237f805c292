use std::{fmt, marker::PhantomData};

use async_trait::async_trait;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;
use tower::{Service, ServiceExt};

use super::{Function, Invocation, Invoked, start};
use crate::{context::Context, error::Error};

/// A tower service from events to answers as a [`Function`] in this process: JSON is read before it and written behind it.
///
/// The service is cloned for each call and driven to readiness. An event that it cannot take, an answer that is no JSON,
/// and its own error are failures of the function, as on Lambda: `errorType` and `errorMessage`.
///
/// # Example
/// ```
/// use gateway_core::{Functions, TypedFunction};
///
/// #[derive(serde::Deserialize)]
/// struct Order { amount: u32 }
/// #[derive(serde::Serialize)]
/// struct Receipt { total: u32 }
///
/// let price = TypedFunction::new(tower::service_fn(|order: Order| async move {
///     Ok::<_, std::io::Error>(Receipt { total: order.amount * 3 })
/// }));
/// let functions = Functions::new().with("price", price);
/// ```
pub struct TypedFunction<S, E> {
    service: S,
    event: PhantomData<fn(E)>,
}

impl<S: Service<E>, E> TypedFunction<S, E> {
    /// Makes a function of `service`.
    #[must_use]
    pub fn new(service: S) -> Self {
        Self { service, event: PhantomData }
    }
}

impl<S, E> fmt::Debug for TypedFunction<S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypedFunction").finish_non_exhaustive()
    }
}

#[async_trait]
impl<S, E> Function for TypedFunction<S, E>
where
    S: Service<E> + Clone + Send + Sync + 'static,
    S::Response: Serialize + Send,
    S::Error: fmt::Display + Send,
    S::Future: Send + 'static,
    E: DeserializeOwned + Send + 'static,
{
    async fn invoke(&self, invocation: Invocation, _: &Context) -> Result<Invoked, Error> {
        let service = self.service.clone();
        let asynchronous = invocation.asynchronous;
        let call = async move { Ok(outcome(service, &invocation.payload).await) };
        if asynchronous { Ok(start(call)) } else { call.await }
    }
}

async fn outcome<S, E>(service: S, payload: &[u8]) -> Invoked
where
    S: Service<E>,
    S::Response: Serialize,
    S::Error: fmt::Display,
    E: DeserializeOwned,
{
    let event = match serde_json::from_slice(payload) {
        Ok(event) => event,
        Err(error) => return failed("Runtime.UnmarshalError", &error),
    };
    match service.oneshot(event).await {
        Ok(answer) => {
            serde_json::to_vec(&answer).map_or_else(|error| failed("Runtime.MarshalError", &error), Invoked::new)
        }
        Err(error) => failed(std::any::type_name::<S::Error>(), &error),
    }
}

fn failed(kind: &str, error: &impl fmt::Display) -> Invoked {
    Invoked::failed(json!({ "errorType": kind, "errorMessage": error.to_string() }).to_string())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{clock::ManualClock, random::Random};

    #[tokio::test]
    async fn what_a_service_makes_of_an_event_is_the_outcome() {
        let function = TypedFunction::new(tower::service_fn(|number: i32| async move {
            u32::try_from(number).map_err(|error| error.to_string())
        }));
        let (parts, ()) = http::Request::new(()).into_parts();
        let context = Context::begin(&parts, Arc::new(ManualClock::default()), &Random::seeded(1));
        for (event, payload, error) in [
            ("7", "7", None),
            (
                "-7",
                r#"{"errorMessage":"out of range integral type conversion attempted","errorType":"alloc::string::String"}"#,
                Some("Unhandled"),
            ),
            (
                r#""x""#,
                r#"{"errorMessage":"invalid type: string \"x\", expected i32 at line 1 column 3","errorType":"Runtime.UnmarshalError"}"#,
                Some("Unhandled"),
            ),
        ] {
            let invoked = function.invoke(Invocation::new(event), &context).await.unwrap();
            assert_eq!((&*invoked.payload, invoked.error.as_deref()), (payload.as_bytes(), error), "{event}");
        }
    }
}
