use std::{sync::Arc, time::Duration};

use gateway_core::{
    Api, ApiKey, ApiKeySource, Authorization, Context, Definition, Error, ErrorKind, Guard, Limits, Parts, Plan,
    PlanStage, Quota, Route, StageDefinition, Throttle,
    testing::{RecordingIntegration, TestGateway},
};

use crate::{Outcome, run};

const ALICE: &str = "alice-0123456789-0123";

fn ok() -> RecordingIntegration {
    RecordingIntegration::answering("ok")
}

/// Takes the name in `authorization`; `bad` is denied, `broken` fails.
fn by_name(request: &Parts, _: &Context) -> Result<Authorization, Error> {
    match request.headers.get("authorization").and_then(|name| name.to_str().ok()) {
        None => Err(ErrorKind::Unauthorized.into()),
        Some("bad") => Err(ErrorKind::AccessDenied.into()),
        Some("broken") => Err(ErrorKind::AuthorizerConfigurationError.into()),
        Some(name) => Ok(Authorization::new(name).with_usage_key(format!("{name}-0123456789-0123"))),
    }
}

fn get(path: &str) -> http::request::Builder {
    http::Request::get(path)
}

#[test]
fn an_authorizer_decides_and_its_refusals_read_as_aws_writes_them() -> Outcome {
    run(async {
        let backend = ok();
        let route = Route::to(backend.clone()).authorizer(by_name);
        let api = Api::rest("api").route("GET /x", route).stage(StageDefinition::new("prod"));
        let gateway = TestGateway::new(Definition::new().api(api))?;
        for (name, status, body, exception) in [
            (None, 401, r#"{"message":"Unauthorized"}"#, "UnauthorizedException"),
            (
                Some("bad"),
                403,
                r#"{"Message":"User is not authorized to access this resource"}"#,
                "AccessDeniedException",
            ),
            (Some("broken"), 500, r#"{"message":null}"#, "AuthorizerConfigurationException"),
            (Some("alice"), 200, "ok", ""),
        ] {
            let request = name.into_iter().fold(get("/prod/x"), |request, name| request.header("authorization", name));
            let response = gateway.send(request).await;
            assert_eq!((response.status.as_u16(), response.text()), (status, body));
            assert_eq!(response.header("x-amzn-errortype"), exception);
        }
        let calls = backend.calls();
        assert_eq!(calls.len(), 1, "refused requests reach no backend");
        let context = calls.first().and_then(|call| call.context.clone()).ok_or("no context")?;
        assert_eq!(context.lookup("authorizer.principalId").as_deref(), Some("alice"));
        Ok(())
    })
}

/// The order of a REST API: guards, authorizer, key, throttles (key, stage), quota.
#[test]
fn the_steps_of_a_rest_api_stand_in_their_order() -> Outcome {
    run(async {
        let blocked = |request: &Parts, _: &Context| match request.headers.contains_key("x-blocked") {
            true => Err(Error::new(ErrorKind::WafFiltered)),
            false => Ok(()),
        };
        let api = Api::rest("api")
            .guard(blocked)
            .route("GET /x", Route::to(ok()).authorizer(by_name).api_key_required())
            .stage(StageDefinition::new("prod").throttle("GET /x", Throttle::new(1.0, 3)));
        let plan = Plan::new("plan")
            .throttle(Throttle::new(1.0, 4))
            .quota(Quota::per_day(5))
            .stage("api", "prod")
            .key(ApiKey::new("alice", ALICE)?);
        let gateway = TestGateway::new(Definition::new().api(api).plan(plan))?;
        let call = async |headers: &[(&str, &str)]| {
            let request = headers.iter().fold(get("/prod/x"), |request, (name, value)| request.header(*name, *value));
            gateway.send(request).await.header("x-amzn-errortype").to_owned()
        };
        assert_eq!(call(&[("x-blocked", "1")]).await, "ForbiddenException");
        assert_eq!(call(&[("x-api-key", ALICE)]).await, "UnauthorizedException", "the authorizer before the key");
        assert_eq!(call(&[("authorization", "alice")]).await, "ForbiddenException", "then the key");
        let good = [("authorization", "alice"), ("x-api-key", ALICE)];
        for _ in 0..3 {
            assert_eq!(call(&good).await, "");
        }
        assert_eq!(call(&good).await, "TooManyRequestsException", "the stage's bucket is empty");
        let handle = gateway.gateway().handle();
        let used = async || handle.usage("api", "prod", "alice").await.ok().flatten().map(|usage| usage.used);
        assert_eq!(used().await, Some(3), "what was throttled is not counted");
        gateway.clock().advance(Duration::from_secs(10));
        for _ in 0..2 {
            assert_eq!(call(&good).await, "");
        }
        assert_eq!(call(&good).await, "LimitExceededException");
        assert_eq!(used().await, Some(5));
        Ok(())
    })
}

#[test]
fn a_key_counts_for_its_stages_only_and_over_all_of_them() -> Outcome {
    run(async {
        let api = |name: &str| {
            let route = || Route::to(ok()).api_key_required();
            let stages = [StageDefinition::new("one"), StageDefinition::new("two"), StageDefinition::new("none")];
            let api = Api::rest(name).route("GET /x", route()).route("GET /y", route());
            stages.into_iter().fold(api, Api::stage)
        };
        let plan = Plan::new("plan")
            .quota(Quota::per_week(3))
            .stage_with(PlanStage::new("api", "one").method("/x/GET", Throttle::new(1.0, 1)))
            .stage("api", "two")
            .key(ApiKey::new("alice", ALICE)?);
        let gateway = TestGateway::new(Definition::new().api(api("api")).plan(plan))?;
        let call = async |path: &str| gateway.send(get(path).header("x-api-key", ALICE)).await.status.as_u16();
        assert_eq!(call("/none/x").await, 403);
        assert_eq!(call("/one/x").await, 200);
        assert_eq!(call("/one/x").await, 429, "the method's throttle in this stage");
        assert_eq!(call("/two/x").await, 200);
        assert_eq!(call("/one/y").await, 200);
        assert_eq!(call("/two/y").await, 429, "the quota is the plan's");
        Ok(())
    })
}

#[test]
fn the_key_may_come_from_the_authorizer() -> Outcome {
    run(async {
        let api = Api::rest("api")
            .api_key_source(ApiKeySource::Authorizer)
            .route("GET /x", Route::to(ok()).authorizer(Arc::new(by_name)).api_key_required())
            .stage(StageDefinition::new("prod"));
        let plan = Plan::new("plan").stage("api", "prod").key(ApiKey::new("alice", ALICE)?);
        let gateway = TestGateway::new(Definition::new().api(api).plan(plan))?;
        assert_eq!(gateway.send(get("/prod/x").header("authorization", "alice")).await.status, 200);
        let other = get("/prod/x").header("authorization", "mallory").header("x-api-key", ALICE);
        assert_eq!(gateway.send(other).await.status, 403, "the header does not count");
        Ok(())
    })
}

#[test]
fn routes_have_buckets_of_their_own_and_zero_refuses_all() -> Outcome {
    run(async {
        let routes = ["GET /a", "GET /b", "ANY /c", "GET /never"];
        let stage = StageDefinition::new("prod")
            .default_throttle(Throttle::new(1.0, 2))
            .throttle("POST /c", Throttle::new(1.0, 1))
            .throttle("GET /never", Throttle::new(0.0, 10));
        let api = routes.into_iter().fold(Api::rest("api"), |api, key| api.route(key, Route::to(ok()))).stage(stage);
        let gateway = TestGateway::new(Definition::new().api(api).account_throttle(Throttle::new(1.0, 7)))?;
        let call = async |request: http::request::Builder| gateway.send(request).await.status.as_u16();
        assert_eq!(call(get("/prod/never")).await, 429);
        for expected in [200, 200, 429] {
            assert_eq!(call(get("/prod/a")).await, expected);
        }
        assert_eq!(call(get("/prod/b")).await, 200);
        for expected in [200, 429] {
            assert_eq!(call(http::Request::post("/prod/c")).await, expected);
        }
        for expected in [200, 200, 429] {
            assert_eq!(call(get("/prod/c")).await, expected);
        }
        assert_eq!(call(get("/prod/b")).await, 200);
        gateway.clock().advance(Duration::from_millis(999));
        assert_eq!(call(get("/prod/a")).await, 429);
        gateway.clock().advance(Duration::from_millis(1));
        assert_eq!(call(get("/prod/a")).await, 200, "a token a second");
        assert_eq!(call(get("/prod/c")).await, 429, "and one a second for the whole account");
        Ok(())
    })
}

#[test]
fn an_http_api_throttles_before_it_authorizes() -> Outcome {
    run(async {
        let api = Api::http("api")
            .route("GET /x", Route::to(ok()).authorizer(by_name))
            .stage(StageDefinition::new("$default").default_throttle(Throttle::new(1.0, 1)));
        let gateway = TestGateway::new(Definition::new().api(api))?;
        let response = gateway.send(get("/x")).await;
        assert_eq!((response.status.as_u16(), response.text()), (401, r#"{"message":"Unauthorized"}"#));
        let response = gateway.send(get("/x").header("authorization", "alice")).await;
        assert_eq!((response.status.as_u16(), response.text()), (429, r#"{"message":"Too Many Requests"}"#));
        Ok(())
    })
}

struct Reader;

#[async_trait::async_trait]
impl Guard for Reader {
    async fn check(&self, _: &Parts, _: &Context) -> Result<(), Error> {
        Ok(())
    }

    fn reads_body(&self) -> bool {
        true
    }
}

#[test]
fn the_payload_limit_holds_for_guards_that_read_the_body() -> Outcome {
    const LARGE: usize = 10 * 1024 * 1024 + 1;
    run(async {
        for (payload, length, status) in [(8, 8, 200), (8, 9, 413), (LARGE, LARGE, 200)] {
            let api =
                Api::rest("api").route("POST /x", Route::to(ok()).guard(Reader)).stage(StageDefinition::new("prod"));
            let limits = Limits { payload: u64::try_from(payload)?, ..Limits::default() };
            let gateway = TestGateway::new(Definition::new().api(api).limits(limits))?;
            let response = gateway.send_body(http::Request::post("/prod/x"), vec![0; length]).await;
            assert_eq!(response.status, status, "{length} of {payload}");
        }
        Ok(())
    })
}
