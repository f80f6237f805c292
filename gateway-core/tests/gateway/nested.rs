use std::sync::Arc;

use gateway_core::{
    AccessLog, AccessLogFormat, Api, ApiKey, Authorization, Context, Definition, Error, ErrorKind, FixedStage,
    FromService, Gateway, Limits, Parts, Plan, Quota, Request, Response, Route, Stage, StageDefinition, StageService,
    SystemClock, Throttle, UsagePlan, UsagePlans,
    testing::{CapturedLines, RecordingIntegration, TestGateway},
};
use tower::ServiceExt;

use crate::{Outcome, run};

/// Lets everyone pass as `name`.
fn caller(name: &'static str) -> impl Fn(&Parts, &Context) -> Result<Authorization, Error> {
    move |_: &Parts, _: &Context| Ok(Authorization::new(name))
}

fn inner(backend: &RecordingIntegration, limits: Limits) -> Result<Gateway, gateway_core::Problems> {
    let route = || Route::to(backend.clone()).authorizer(caller("inner"));
    let api = Api::rest("inner").route("ANY /", route()).route("ANY /{inner+}", route());
    Gateway::new(Definition::new().api(api.stage(StageDefinition::new("v1"))).limits(limits))
}

fn outer(behind: Behind, log: &CapturedLines) -> Result<TestGateway, Box<dyn std::error::Error>> {
    let route = match behind {
        Behind::Gateway(gateway) => Route::to(FromService::new(gateway)),
        Behind::Stage(stage) => Route::to(FromService::new(stage)),
    };
    let format = AccessLogFormat::parse("$context.requestId $context.apiId $context.status $context.responseLength")?;
    let stage = StageDefinition::new("$default").observer(AccessLog::new(format, log.clone()));
    let api = Api::http("outer").route("$default", route.authorizer(caller("outer"))).stage(stage);
    let limits = Limits { payload: 8, ..Limits::default() };
    Ok(TestGateway::new(Definition::new().api(api).limits(limits))?)
}

enum Behind {
    Gateway(Gateway),
    Stage(StageService),
}

#[test]
fn a_gateway_behind_a_gateway_knows_its_own_facts_only() -> Outcome {
    run(async {
        let (backend, log) = (RecordingIntegration::answering("hello"), CapturedLines::default());
        let gateway = inner(&backend, Limits::default())?;
        let deployment = gateway.handle().deployment("inner", "v1").ok_or("no deployment")?;
        let stage = FixedStage::new(deployment).into_service();
        for (behind, path) in [(Behind::Gateway(gateway), "/v1/a/b"), (Behind::Stage(stage), "/a/b")] {
            let outer = outer(behind, &log)?;
            let response = outer.send(http::Request::get(path)).await;
            assert_eq!((response.status.as_u16(), response.text()), (200, "hello"), "{path}");
            let context = backend.calls().pop().and_then(|call| call.context).ok_or("no context")?;
            for (name, value) in
                [("apiId", "inner"), ("resourcePath", "/{inner+}"), ("authorizer.principalId", "inner")]
            {
                assert_eq!(context.lookup(name).as_deref(), Some(value), "{path}");
            }
            assert_eq!(context.path_param("inner"), Some("a/b"));
            let id = response.header("apigw-requestid").to_owned();
            assert_eq!(log.lines().pop(), Some(format!("{id} outer 200 5")));
        }
        Ok(())
    })
}

#[test]
fn the_smaller_payload_limit_of_two_gateways_holds() -> Outcome {
    run(async {
        for (payload, status) in [(100, 413), (8, 413), (4, 413)] {
            let backend = RecordingIntegration::answering("hello");
            let limits = Limits { payload, ..Limits::default() };
            let outer = outer(Behind::Gateway(inner(&backend, limits)?), &CapturedLines::default())?;
            let request = || http::Request::post("/v1/x");
            assert_eq!(outer.send_body(request(), "123456789").await.status, status, "{payload}");
            assert_eq!(outer.send_body(request(), "1234").await.status, 200, "{payload}");
        }
        Ok(())
    })
}

#[test]
fn a_handler_finds_the_facts_of_the_gateway_that_is_next_to_it() -> Outcome {
    run(async {
        let found = |request: Request| {
            let context = request.extensions().get::<Arc<Context>>().map(|context| context.lookup("apiId"));
            async move { Ok::<_, Error>(Response::new(format!("{context:?}").into())) }
        };
        let api = Api::rest("inner").route("GET /x", Route::to(found)).stage(StageDefinition::new("v1"));
        let gateway = Gateway::new(Definition::new().api(api))?;
        let outer = outer(Behind::Gateway(gateway), &CapturedLines::default())?;
        assert_eq!(outer.send(http::Request::get("/v1/x")).await.text(), r#"Some(Some("inner"))"#);
        Ok(())
    })
}

#[test]
fn what_is_shared_can_be_read_beside_its_layer() -> Outcome {
    run(async {
        let key = "alice-0123456789-0123";
        let plan = Plan::new("plan").quota(Quota::per_day(2)).throttle(Throttle::new(1.0, 5));
        let plans = Arc::new(UsagePlans::new([plan.key(ApiKey::new("alice", key)?)]));
        let layer = Arc::clone(&plans).into_layer();
        let service = tower::Layer::layer(
            &layer,
            tower::service_fn(async |_: Request| Ok::<_, std::convert::Infallible>(Response::default())),
        );
        let request = http::Request::get("/").header("x-api-key", key).body(gateway_core::Body::empty())?;
        assert_eq!(service.oneshot(request).await?.status(), 200);
        let now = gateway_core::Clock::now(&SystemClock::new());
        assert_eq!(plans.usage("alice", now).await?.ok_or("no quota")?.used, 1);

        let log = CapturedLines::default();
        let shared =
            Arc::new(AccessLog::new(AccessLogFormat::parse("$context.requestId $context.stage")?, log.clone()));
        let api = Api::rest("api").route("GET /x", Route::to(RecordingIntegration::failing(ErrorKind::WafFiltered)));
        let stage = |name| StageDefinition::new(name).observer(Arc::clone(&shared));
        let gateway = TestGateway::new(Definition::new().api(api.stage(stage("a")).stage(stage("b"))))?;
        for stage in ["a", "b"] {
            gateway.send(http::Request::get(format!("/{stage}/x"))).await;
            assert!(log.lines().pop().is_some_and(|line| line.ends_with(stage)));
        }
        Ok(())
    })
}
