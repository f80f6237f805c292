//! What an explained request tells of each step.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use gateway_core::{
    Api, ApiKey, Authorization, Body, Context, Definition, Error, ErrorKind, Gateway, GatewayResponse,
    GatewayResponses, Parts, Plan, PlanStage, Quota, RequestValidator, Route, StageDefinition, Throttle,
    store::{Allowance, QuotaCounter, StoreError, TokenBucket, UsageStore},
    testing::{RecordingIntegration, TestGateway},
};
use serde_json::json;

use crate::{Outcome, gateway, http, run};

const SECRET: &str = "Bearer super-secret-token-of-alice-0123456789";
const KEY: &str = "alice-super-secret-0123456789";
const OFF: &str = "bob-super-secret-0123456789";

/// An API on which every step can refuse.
fn guarded() -> Result<Definition, Box<dyn std::error::Error>> {
    let blocked = |request: &Parts, _: &Context| match request.headers.contains_key("x-blocked") {
        true => Err(Error::new(ErrorKind::WafFiltered).with_source("the list of\nbad callers")),
        false => Ok(()),
    };
    let by_name = |request: &Parts, _: &Context| match request.headers.get("authorization") {
        Some(value) if value == SECRET => Ok(Authorization::new("alice")),
        Some(_) => Err(ErrorKind::AccessDenied.into()),
        None => Err(ErrorKind::Unauthorized.into()),
    };
    let ok = || RecordingIntegration::answering("ok");
    let kept = Route::to(ok()).authorizer(by_name).api_key_required();
    let checked = RequestValidator::new().parameters();
    let api = Api::rest("api")
        .guard(blocked)
        .route("GET /kept", kept)
        .route("POST /pets/{id}", Route::to(ok()))
        .route("ANY /pets/cats", Route::to(ok()))
        .route("GET /{all+}", Route::to(ok()))
        .route(
            "PUT /list",
            Route::to(ok()).validate(checked).request_parameter("method.request.querystring.page", true),
        )
        .gateway_responses(
            GatewayResponses::default()
                .with(ErrorKind::Throttled, GatewayResponse::new().status(503)?)
                .with_default_4xx(GatewayResponse::new().status(418)?),
        )
        .stage(StageDefinition::new("prod").throttle("GET /kept", Throttle::new(2.0, 4)));
    let plan = Plan::new("gold")
        .throttle(Throttle::new(1.0, 3))
        .quota(Quota::per_day(4))
        .stage_with(PlanStage::new("api", "prod").method("GET /kept", Throttle::new(0.5, 2)))
        .key(ApiKey::new("alice", KEY)?)
        .key(ApiKey::new("bob", OFF)?.enabled(false));
    Ok(Definition::new().api(api).plan(plan).account_throttle(Throttle::new(100.0, 200)))
}

/// The account of a request, without its times and last line; no secret is in it or in what `Debug` prints.
async fn told(gateway: &TestGateway, request: http::request::Builder) -> Result<Vec<String>, http::Error> {
    let told = gateway.gateway().handle().explain(request.body(Body::empty())?).await;
    let text = told.to_string();
    for text in [&text, &format!("{told:?}"), &format!("{:?}", told.steps)] {
        assert!(!text.contains("super-secret"), "{text}");
    }
    let lines = text.lines().map(|line| line.split_once(" ms  ").map_or(line, |(_, line)| line).trim().to_owned());
    Ok(lines.filter(|line| !line.starts_with("answered with")).collect())
}

fn kept() -> http::request::Builder {
    http::Request::get("/prod/kept").header("authorization", SECRET)
}

/// The lines that are not about routing.
fn decided(lines: &[String]) -> Vec<&str> {
    lines.iter().map(String::as_str).filter(|line| !line.contains("routed to") && !line.starts_with("not to")).collect()
}

#[test]
fn the_routes_that_lost_are_told_with_the_reason() -> Outcome {
    run(async {
        let gateway = gateway(guarded()?)?;
        let lines = told(&gateway, http::Request::get("/prod/pets/cats/")).await?;
        assert_eq!(
            lines[..6],
            [
                "routed to `ANY /pets/cats`",
                "not to `POST /pets/{id}`: the path fits, but the method does not: `/pets/{id}` has POST, and not GET",
                "not to `GET /{all+}`: less specific than `ANY /pets/cats`: at segment 1, `pets` comes before `{all+}`",
                "not to `GET /kept`: segment 1: `kept` is needed, and not `pets`",
                "not to `PUT /list`: segment 1: `list` is needed, and not `pets`",
                "guard 0 let the request pass",
            ]
        );
        let lines = told(&gateway, http::Request::delete("/prod/pets/7/more")).await?;
        assert_eq!(
            lines,
            [
                "no route serves this request",
                "not to `GET /{all+}`: the path fits, but the method does not: `/{all+}` has GET, and not DELETE",
                "not to `POST /pets/{id}`: segment 3: the route ends before it, and the path goes on with `more`",
                "not to `ANY /pets/cats`: segment 2: `cats` is needed, and not `7`",
                "not to `GET /kept`: segment 1: `kept` is needed, and not `pets`",
                "not to `PUT /list`: segment 1: `list` is needed, and not `pets`",
                "gateway response MISSING_AUTHENTICATION_TOKEN by DEFAULT_4XX, 418 I'm a teapot; \
                 MISSING_AUTHENTICATION_TOKEN: Missing Authentication Token",
            ]
        );
        Ok(())
    })
}

#[test]
fn the_routes_of_an_http_api_are_ranked_by_its_own_rules() -> Outcome {
    run(async {
        let ok = || Route::to(RecordingIntegration::answering("ok"));
        let keys = ["GET /a/{x}", "ANY /a/b", "GET /a/{x+}", "GET /a", "$default"];
        let gateway = gateway(http(keys.map(|key| (key, ok()))))?;
        assert_eq!(
            told(&gateway, http::Request::get("/a/b")).await?,
            [
                "routed to `GET /a/{x}`",
                "not to `ANY /a/b`: less specific than `GET /a/{x}`: the request's own method comes before ANY",
                "not to `GET /a/{x+}`: less specific than `GET /a/{x}`: \
                 a path without a greedy variable comes first",
                "not to `GET /a`: segment 2: the route ends before it, and the path goes on with `b`",
                "not to `$default`: another route fits",
                "every check passed",
            ]
        );
        let lines = told(&gateway, http::Request::get("/a/")).await?;
        assert_eq!(lines[0], "routed to `GET /a/{x+}`", "what may be empty");
        assert_eq!(lines[1], "not to `GET /a/{x}`: segment 2: `{x}` cannot be empty");
        assert_eq!(told(&gateway, http::Request::get("/b")).await?[0], "routed to `$default`");
        Ok(())
    })
}

#[test]
fn each_check_tells_why_it_refused() -> Outcome {
    run(async {
        let gateway = gateway(guarded()?)?;
        let passed = ["guard 0 let the request pass", "authorizer found the caller alice", "every check passed"];
        for (request, step, answer) in [
            (
                kept().header("x-blocked", "1"),
                "guard 0 refused: WAF_FILTERED: Forbidden: the list of\\nbad callers",
                "WAF_FILTERED by DEFAULT_4XX, 418 I'm a teapot; WAF_FILTERED: Forbidden: the list of\\nbad callers",
            ),
            (
                http::Request::get("/prod/kept").header("authorization", "super-secret of mallory"),
                "authorizer refused: ACCESS_DENIED: User is not authorized to access this resource",
                "ACCESS_DENIED by DEFAULT_4XX, 418 I'm a teapot; \
                 ACCESS_DENIED: User is not authorized to access this resource",
            ),
            (kept(), "API key refused: the request has no x-api-key header", ""),
            (
                kept().header("x-api-key", KEY).header("x-api-key", KEY),
                "API key refused: the request has more than one x-api-key header",
                "",
            ),
            (
                kept().header("x-api-key", "other-super-secret"),
                "API key refused: no usage plan of this stage has the key",
                "",
            ),
            (kept().header("x-api-key", OFF), "API key bob of plan gold refused: the key is switched off", ""),
            (
                http::Request::put("/prod/list?pages=1"),
                "validation refused: Missing required request parameters: [page]",
                "BAD_REQUEST_PARAMETERS by DEFAULT_4XX, 418 I'm a teapot; \
                 BAD_REQUEST_PARAMETERS: Missing required request parameters: [page]",
            ),
        ] {
            let lines = told(&gateway, request).await?;
            let lines = decided(&lines);
            let [before @ .., last, rendered] = &lines[..] else { return Err(format!("{lines:?}").into()) };
            assert_eq!(*last, step);
            assert!(before.iter().all(|line| passed.contains(line) || line.starts_with("throttle of the account")));
            let invalid = "INVALID_API_KEY by DEFAULT_4XX, 418 I'm a teapot; INVALID_API_KEY: Forbidden";
            assert_eq!(*rendered, format!("gateway response {}", if answer.is_empty() { invalid } else { answer }));
        }
        Ok(())
    })
}

#[test]
fn throttles_and_quota_tell_what_is_left() -> Outcome {
    run(async {
        let gateway = gateway(guarded()?)?;
        let call = async || told(&gateway, kept().header("x-api-key", KEY)).await;
        assert_eq!(
            decided(&call().await?)[2..],
            [
                "API key alice of plan gold accepted",
                "throttle of the key and method let the request pass (1 left, 0.5 a second, 2 at once)",
                "throttle of the key let the request pass (2 left, 1 a second, 3 at once)",
                "throttle of the method let the request pass (3 left, 2 a second, 4 at once)",
                "throttle of the account let the request pass (199 left, 100 a second, 200 at once)",
                "quota let the request pass: 1 of 4 used",
                "every check passed",
            ]
        );
        call().await?;
        assert_eq!(
            decided(&call().await?)[3..],
            [
                "throttle of the key and method refused: no token left (0 left, 0.5 a second, 2 at once)",
                "gateway response THROTTLED of the API, 503 Service Unavailable; THROTTLED: Too Many Requests",
            ]
        );
        for used in ["3 of 4", "4 of 4"] {
            gateway.clock().advance(Duration::from_secs(10));
            assert_eq!(decided(&call().await?)[7], format!("quota let the request pass: {used} used"));
        }
        gateway.clock().advance(Duration::from_secs(10));
        assert_eq!(decided(&call().await?)[7], "quota refused: 4 of 4 used");
        Ok(())
    })
}

#[test]
fn an_unknown_stage_is_told_too() -> Outcome {
    run(async {
        let gateway = gateway(guarded()?)?;
        assert_eq!(
            told(&gateway, http::Request::get("/other/kept")).await?,
            ["gateway response FORBIDDEN as AWS has it, 403 Forbidden; FORBIDDEN: Forbidden"]
        );
        Ok(())
    })
}

#[cfg(feature = "schema")]
#[test]
fn a_body_that_does_not_match_is_told_with_the_engines_messages() -> Outcome {
    run(async {
        let route = Route::to(RecordingIntegration::answering("ok"))
            .validate(RequestValidator::new().body())
            .request_model("application/json", "Pet");
        let model = json!({"type": "object", "required": ["name"]});
        let api = Api::rest("api").model("Pet", model).route("POST /pets", route).stage(StageDefinition::new("prod"));
        let gateway = gateway(Definition::new().api(api))?;
        let lines = told(&gateway, http::Request::post("/prod/pets")).await?;
        assert_eq!(
            lines[1..],
            [
                "every check passed",
                "validation refused: [object has missing required properties ([\"name\"])]",
                "gateway response BAD_REQUEST_BODY as AWS has it, 400 Bad Request; \
                 BAD_REQUEST_BODY: Invalid request body",
            ]
        );
        Ok(())
    })
}

/// A store that is never there.
struct Away;

impl UsageStore for Away {
    fn bucket(&self, _: &str, _: f64, _: u32) -> Arc<dyn TokenBucket> {
        Arc::new(Self)
    }

    fn counter(&self, _: &str) -> Arc<dyn QuotaCounter> {
        Arc::new(Self)
    }
}

#[async_trait]
impl TokenBucket for Away {
    async fn take(&self, _: u32) -> Result<bool, StoreError> {
        Err(StoreError::new("it is away"))
    }
}

#[async_trait]
impl QuotaCounter for Away {
    async fn take(&self, _: u32, _: u32, _: Allowance) -> Result<u32, StoreError> {
        Err(StoreError::new("it is away"))
    }

    async fn read(&self, _: u32, _: Allowance) -> Result<(u64, u64), StoreError> {
        Err(StoreError::new("it is away"))
    }
}

#[test]
fn what_a_store_cannot_tell_is_left_out() -> Outcome {
    run(async {
        let gateway = TestGateway::build(Gateway::builder(guarded()?).store(Arc::new(Away)))?;
        let lines = told(&gateway, kept().header("x-api-key", KEY)).await?;
        let lines = decided(&lines);
        assert_eq!(lines[6], "throttle of the account let the request pass (100 a second, 200 at once)");
        assert_eq!(
            lines[7..],
            ["quota let the request pass: the limit is 4, what is used cannot be read", "every check passed"]
        );
        Ok(())
    })
}

#[test]
fn steps_are_json() -> Outcome {
    run(async {
        let gateway = gateway(guarded()?)?;
        let request = kept().header("x-api-key", OFF).body(Body::empty())?;
        let told = gateway.gateway().handle().explain(request).await;
        let mut steps = serde_json::to_value(&told.steps)?;
        let routed = steps[0].take();
        assert_eq!((&routed["step"], &routed["at"]), (&json!("routed"), &json!(0.0)));
        assert_eq!(routed["candidates"][0], json!({"route": "GET /kept", "lost": null}));
        assert_eq!(
            steps,
            json!([
                null,
                {"at": 0.0, "step": "guard", "place": 0, "refused": null},
                {"at": 0.0, "step": "authorizer", "principalId": "alice", "refused": null},
                {"at": 0.0, "step": "apiKey", "id": "bob", "plan": "gold", "refused": "the key is switched off"},
                {
                    "at": 0.0,
                    "step": "gatewayResponse",
                    "responseType": "INVALID_API_KEY",
                    "source": "DEFAULT_4XX",
                    "status": 418,
                    "reason": "INVALID_API_KEY: Forbidden"
                },
            ])
        );
        Ok(())
    })
}
