use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use gateway_core::{
    Api, ApiKey, Authorization, Body, Context, Definition, Error, ErrorKind, Gateway, Integration, Parts, Plan, Quota,
    Request, Response, Route, StageDefinition, Throttle,
    testing::{RecordingIntegration, TestGateway},
};
use tower::ServiceExt;

use crate::{Outcome, run};

const ALICE: &str = "alice-0123456789-0123";

fn version(answer: &'static str) -> Result<Definition, gateway_core::ApiKeyError> {
    let api = Api::rest("api")
        .route("GET /x", Route::to(RecordingIntegration::answering(answer)).api_key_required())
        .route("GET /y", Route::to(RecordingIntegration::answering(answer)))
        .stage(StageDefinition::new("prod").throttle("GET /y", Throttle::new(0.001, 2)));
    let plan = Plan::new("plan").quota(Quota::per_month(3)).stage("api", "prod").key(ApiKey::new("alice", ALICE)?);
    Ok(Definition::new().api(api).plan(plan))
}

#[test]
fn a_reload_changes_the_answer_and_keeps_what_was_used() -> Outcome {
    run(async {
        let gateway = TestGateway::new(version("old")?)?;
        let handle = gateway.gateway().handle();
        let call = async |path: &str| {
            let response = gateway.send(http::Request::get(path).header("x-api-key", ALICE)).await;
            (response.status.as_u16(), response.text().to_owned())
        };
        assert_eq!(call("/prod/x").await, (200, "old".to_owned()));
        assert_eq!(call("/prod/x").await, (200, "old".to_owned()));
        assert_eq!(call("/prod/y").await, (200, "old".to_owned()));
        handle.reload(&version("new")?)?;
        assert_eq!(call("/prod/x").await, (200, "new".to_owned()));
        assert_eq!(call("/prod/x").await.0, 429, "the quota went on");
        assert_eq!(call("/prod/y").await.0, 200);
        assert_eq!(call("/prod/y").await.0, 429, "so did the bucket");
        let usage = handle.usage("api", "prod", "alice").await?.ok_or("no usage")?;
        assert_eq!((usage.used, usage.remaining), (3, 0));
        Ok(())
    })
}

#[test]
fn a_quota_of_another_period_starts_anew_and_ends() -> Outcome {
    run(async {
        let definition = |quota| -> Result<Definition, gateway_core::ApiKeyError> {
            let route = Route::to(RecordingIntegration::answering("ok")).api_key_required();
            let api = Api::rest("api").route("GET /x", route).stage(StageDefinition::new("prod"));
            let plan = Plan::new("plan").quota(quota).stage("api", "prod").key(ApiKey::new("alice", ALICE)?);
            Ok(Definition::new().api(api).plan(plan))
        };
        let gateway = TestGateway::new(definition(Quota::per_month(1))?)?;
        let call =
            async || gateway.send(http::Request::get("/prod/x").header("x-api-key", ALICE)).await.status.as_u16();
        assert_eq!((call().await, call().await), (200, 429));
        for (quota, days) in [
            (Quota::per_day(1), 1),
            (Quota::per_week(1), 7),
            (Quota::per_week(1).starting_on(6), 7),
            (Quota::per_month(1).starting_on(20), 31),
        ] {
            gateway.gateway().handle().reload(&definition(quota)?)?;
            assert_eq!((call().await, call().await), (200, 429), "{quota:?}");
            gateway.clock().advance(Duration::from_secs(days * 86_400));
            assert_eq!((call().await, call().await), (200, 429), "{quota:?} in its next period");
        }
        Ok(())
    })
}

#[test]
fn a_definition_with_problems_changes_nothing() -> Outcome {
    run(async {
        let gateway = TestGateway::new(version("old")?)?;
        let broken = version("new")?.api(Api::rest("other"));
        let problems = gateway.gateway().handle().reload(&broken).err().ok_or("it was taken")?;
        assert_eq!(problems.to_string(), "/apis/1/stages: an API without a stage cannot be called; add one");
        assert_eq!(gateway.send(http::Request::get("/prod/y")).await.text(), "old");
        Ok(())
    })
}

/// Answers with the version that it was built for, if stage and route are of the same.
struct Version(u64);

#[async_trait::async_trait]
impl Integration for Version {
    async fn invoke(&self, _: Request, context: &Context) -> Result<Response, Error> {
        tokio::task::yield_now().await;
        let own = self.0.to_string();
        let route = context.route().map(|route| route.authorization_scopes.clone()).unwrap_or_default();
        if context.stage_variable("version") == Some(&own) && route == [own.clone()] {
            return Ok(Response::new(Body::from(own)));
        }
        Err(Error::new(ErrorKind::ApiConfigurationError).with_message("a mixture of two versions"))
    }
}

#[test]
fn no_request_fails_or_sees_a_mixture_while_definitions_are_swapped() -> Outcome {
    const QUOTA: u64 = 2_000;
    let anybody = |_: &Parts, _: &Context| Ok::<_, Error>(Authorization::new("anybody"));
    let versioned = |version: u64| -> Result<Definition, gateway_core::ApiKeyError> {
        let route = || Route::to(Version(version)).authorizer(anybody).scopes([version.to_string()]);
        let api = Api::rest("api")
            .route("GET /counted", route().api_key_required())
            .route(format!("GET /v{version}"), route())
            .stage(StageDefinition::new("prod").variable("version", version.to_string()));
        let plan = Plan::new("plan").quota(Quota::per_month(QUOTA)).stage("api", "prod");
        Ok(Definition::new().api(api).plan(plan.key(ApiKey::new("alice", ALICE)?)))
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build()?;
    runtime.block_on(async {
        let gateway = Gateway::new(versioned(0)?)?;
        let passed = Arc::new(AtomicU64::new(0));
        let callers = (0..4).map(|_| {
            let (gateway, passed) = (gateway.clone(), Arc::clone(&passed));
            tokio::spawn(async move {
                for _ in 0..QUOTA {
                    let request = http::Request::get("/prod/counted").header("x-api-key", ALICE).body(Body::empty());
                    let Ok(response) = gateway.clone().oneshot(request.unwrap()).await;
                    assert!(matches!(response.status().as_u16(), 200 | 429), "{}", response.status());
                    passed.fetch_add(u64::from(response.status() == 200), Ordering::Relaxed);
                }
            })
        });
        let callers: Vec<_> = callers.collect();
        let mut version = 0;
        while !callers.iter().all(tokio::task::JoinHandle::is_finished) || version < 10 {
            version += 1;
            gateway.handle().reload(&versioned(version)?)?;
            let own = http::Request::get(format!("/prod/v{version}")).body(Body::empty())?;
            let response = gateway.clone().oneshot(own).await?;
            assert_eq!(response.into_body().collect().await?, version.to_string());
        }
        for caller in callers {
            caller.await?;
        }
        assert_eq!(passed.load(Ordering::SeqCst), QUOTA, "exactly the quota passed, over {version} versions");
        Ok(())
    })
}
