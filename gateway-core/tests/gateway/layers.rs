use std::{convert::Infallible, sync::Arc};

use gateway_core::{
    ApiKey, Authorization, Authorizer, Body, Context, Error, ErrorKind, Guard, Integration, Parts, Plan, Quota,
    Request, Response, UsagePlan, UsagePlans,
};
use http_body_util::Full;
use tower::{Layer, Service, ServiceExt};

use crate::{Outcome, run};

/// Answers with what the layers before it found out.
async fn facts(request: Request) -> Result<http::Response<Full<bytes::Bytes>>, Infallible> {
    let context = request.extensions().get::<Arc<Context>>().cloned();
    let name =
        context.as_ref().and_then(|context| context.authorization()).map(|caller| caller.principal_id().to_owned());
    let key = context.as_ref().and_then(|context| context.api_key()).map(|key| key.id.to_string());
    Ok(http::Response::new(Full::from(format!("{name:?} {key:?}"))))
}

async fn send<S>(
    service: &S,
    headers: &[(&str, &str)],
) -> Result<(u16, String, Option<ErrorKind>), Box<dyn std::error::Error>>
where
    S: Service<http::Request<Full<bytes::Bytes>>, Response = Response, Error = Infallible> + Clone,
{
    let request = headers.iter().fold(http::Request::get("/"), |request, (name, value)| request.header(*name, *value));
    let response = service.clone().oneshot(request.body(Full::from("body"))?).await?;
    let kind = response.extensions().get::<Arc<Error>>().map(|error| error.kind());
    let status = response.status().as_u16();
    let bytes = response.into_body().collect().await?;
    Ok((status, String::from_utf8(bytes.to_vec())?, kind))
}

#[test]
fn layers_work_one_by_one_and_share_what_they_know() -> Outcome {
    run(async {
        let badge = |request: &Parts, _: &Context| {
            let badge = request.headers.get("x-badge").and_then(|badge| badge.to_str().ok());
            badge.map(Authorization::new).ok_or_else(|| ErrorKind::Unauthorized.into())
        };
        let plan = Plan::new("plan").quota(Quota::per_day(1)).key(ApiKey::new("alice", "alice-0123456789-0123")?);
        let keyed = UsagePlans::new([plan]).into_layer().layer(tower::service_fn(facts));
        let service = Authorizer::into_layer(badge).layer(keyed);
        let key = ("x-api-key", "alice-0123456789-0123");

        let (status, body, kind) = send(&service, &[]).await?;
        assert_eq!((status, &*body, kind), (401, r#"{"message":"Unauthorized"}"#, Some(ErrorKind::Unauthorized)));
        let (status, _, kind) = send(&service, &[("x-badge", "al")]).await?;
        assert_eq!((status, kind), (403, Some(ErrorKind::InvalidApiKey)));
        let (status, body, kind) = send(&service, &[("x-badge", "al"), key]).await?;
        assert_eq!((status, &*body, kind), (200, r#"Some("al") Some("alice")"#, None));
        let (status, _, kind) = send(&service, &[("x-badge", "al"), key]).await?;
        assert_eq!((status, kind), (429, Some(ErrorKind::QuotaExceeded)));
        Ok(())
    })
}

struct Signed;

#[async_trait::async_trait]
impl Guard for Signed {
    async fn check(&self, _: &Parts, context: &Context) -> Result<(), Error> {
        match context.body() {
            Some(body) if body == "body" => Ok(()),
            _ => Err(Error::new(ErrorKind::AccessDenied).with_message("sign the body")),
        }
    }

    fn reads_body(&self) -> bool {
        true
    }
}

#[test]
fn a_guard_may_read_the_body_and_leaves_it_to_the_next() -> Outcome {
    run(async {
        let echo = tower::service_fn(async |request: Request| Ok::<_, Infallible>(Response::new(request.into_body())));
        let service = Signed.into_layer().layer(echo);
        let (status, body, _) = send(&service, &[]).await?;
        assert_eq!((status, &*body), (200, "body"));
        let request = http::Request::post("/").body(Full::from(vec![0; 10 * 1024 * 1024 + 1]))?;
        assert_eq!(service.oneshot(request).await?.status(), 413);
        Ok(())
    })
}

#[test]
fn an_integration_is_a_service_of_its_own() -> Outcome {
    run(async {
        let hello = |_: Request| async { Ok::<_, Error>(Response::new(Body::from("hello"))) };
        assert_eq!(send(&hello.into_service(), &[]).await?, (200, "hello".to_owned(), None));
        let down = |_: Request| async { Err::<Response, _>(ErrorKind::IntegrationFailure.into()) };
        assert_eq!(send(&down.into_service(), &[]).await?.2, Some(ErrorKind::IntegrationFailure));
        Ok(())
    })
}
