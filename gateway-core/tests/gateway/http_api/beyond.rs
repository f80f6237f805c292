//! What HTTP APIs of AWS have not, and these have by one line: the steps are a REST API's.

use gateway_core::{
    Api, ApiKey, Canary, Context, Definition, ErrorKind, GatewayResponse, GatewayResponses, Parts, Plan, PlanStage,
    PolicyPhase, PolicyVerdict, Quota, RequestValidator, ResourcePolicy, Route, RouteSettings, StageCache,
    StageDefinition, Throttle,
    config::{Config, Registry},
    testing::RecordingIntegration,
};
use serde_json::json;

use crate::{Outcome, gateway, run};

const KEY: &str = "alice-0123456789-0123";

fn backend() -> RecordingIntegration {
    RecordingIntegration::answering("ok")
}

fn api(stage: StageDefinition) -> Api {
    Api::http("api").stage(stage)
}

fn default_stage() -> StageDefinition {
    StageDefinition::new("$default")
}

#[test]
fn api_keys_and_usage_plans() -> Outcome {
    run(async {
        let throttled = PlanStage::new("api", "$default").method("GET /slow", Throttle::new(0.001, 1));
        let plan = Plan::new("free").quota(Quota::per_day(3)).stage_with(throttled);
        let plan = plan.key(ApiKey::new("alice", KEY)?);
        let api = ["GET /x", "GET /slow"]
            .into_iter()
            .fold(api(default_stage()), |api, key| api.route(key, Route::to(backend()).api_key_required()));
        let gateway = gateway(Definition::new().api(api).plan(plan))?;
        let refused = gateway.send(http::Request::get("/x")).await;
        assert_eq!((refused.status.as_u16(), refused.text()), (403, r#"{"message":"Forbidden"}"#));
        let get = |path| http::Request::get(path).header("x-api-key", KEY);
        assert_eq!(gateway.send(get("/slow")).await.status, 200);
        assert_eq!(gateway.send(get("/slow")).await.text(), r#"{"message":"Too Many Requests"}"#);
        assert_eq!(gateway.send(get("/x")).await.status, 200);
        assert_eq!(gateway.send(get("/x")).await.status, 200);
        let over = gateway.send(get("/x")).await;
        assert_eq!((over.status.as_u16(), over.text()), (429, r#"{"message":"Limit Exceeded"}"#));
        assert_eq!(over.header("x-amzn-errortype"), "", "the form is an HTTP API's");
        Ok(())
    })
}

#[test]
fn request_validation() -> Outcome {
    run(async {
        let everything = RequestValidator::new().parameters().body();
        let route = Route::to(backend())
            .request_parameter("method.request.querystring.kind", true)
            .request_model("application/json", "Pet");
        let api = api(default_stage())
            .model("Pet", json!({"type": "object", "required": ["name"]}))
            .validate(everything)
            .route("POST /pets", route);
        let gateway = gateway(Definition::new().api(api))?;
        let post = |path| http::Request::post(path).header("content-type", "application/json");
        let answer = gateway.send_body(post("/pets"), r#"{"name":"Rex"}"#).await;
        assert_eq!(
            (answer.status.as_u16(), answer.text()),
            (400, r#"{"message":"Missing required request parameters: [kind]"}"#)
        );
        let answer = gateway.send_body(post("/pets?kind=dog"), "{}").await;
        assert_eq!((answer.status.as_u16(), answer.text()), (400, r#"{"message":"Invalid request body"}"#));
        assert_eq!(gateway.send_body(post("/pets?kind=dog"), r#"{"name":"Rex"}"#).await.status, 200);
        Ok(())
    })
}

#[test]
fn response_caching() -> Outcome {
    run(async {
        let stage =
            default_stage().cache(StageCache::new(1 << 20)).settings("GET /x/{id}", RouteSettings::new().caching(true));
        let backend = backend();
        let route = Route::to(backend.clone()).cache_key(["$request.path.id", "$request.querystring.page"]);
        let gateway = gateway(Definition::new().api(api(stage).route("GET /x/{id}", route)))?;
        for (path, calls) in [("/x/1", 1), ("/x/1", 1), ("/x/2", 2), ("/x/2?page=2", 3), ("/x/2?page=2&other=1", 3)] {
            assert_eq!(gateway.send(http::Request::get(path)).await.text(), "ok");
            assert_eq!(backend.calls().len(), calls, "{path}");
        }
        Ok(())
    })
}

#[test]
fn gateway_responses() -> Outcome {
    run(async {
        let not_found = GatewayResponse::new()
            .status(410)?
            .header("x-path", "context.path")?
            .template("application/json", r#"{"error":$context.error.messageString}"#);
        let responses = GatewayResponses::default()
            .with(ErrorKind::MissingAuthenticationToken, not_found)
            .with_default_5xx(GatewayResponse::new().header("retry-after", "'7'")?);
        let down = Route::to(RecordingIntegration::failing(ErrorKind::IntegrationFailure));
        let api = api(default_stage()).gateway_responses(responses).route("GET /down", down);
        let gateway = gateway(Definition::new().api(api))?;
        let gone = gateway.send(http::Request::get("/none")).await;
        assert_eq!(
            (gone.status.as_u16(), gone.text(), gone.header("x-path")),
            (410, r#"{"error":"Not Found"}"#, "/none")
        );
        let down = gateway.send(http::Request::get("/down")).await;
        assert_eq!(
            (down.status.as_u16(), down.text(), down.header("retry-after")),
            (503, r#"{"message":"Service Unavailable"}"#, "7")
        );
        assert_eq!(down.header("x-amzn-errortype"), "");
        Ok(())
    })
}

struct OnlyFrom(&'static str);

impl ResourcePolicy for OnlyFrom {
    fn evaluate(&self, request: &Parts, _: &Context, _: PolicyPhase) -> PolicyVerdict {
        let from = request.headers.get("x-from").is_some_and(|from| from == self.0);
        if from { PolicyVerdict::allow() } else { PolicyVerdict::silent() }
    }
}

#[test]
fn resource_policies() -> Outcome {
    run(async {
        let api = api(default_stage()).policy(OnlyFrom("inside")).route("GET /x", Route::to(backend()));
        let gateway = gateway(Definition::new().api(api))?;
        let refused = gateway.send(http::Request::get("/x")).await;
        assert_eq!((refused.status.as_u16(), refused.text()), (403, r#"{"message":"Forbidden"}"#));
        assert_eq!(gateway.send(http::Request::get("/x").header("x-from", "inside")).await.status, 200);
        Ok(())
    })
}

#[test]
fn canaries() -> Outcome {
    run(async {
        let next = Api::http("next").route("GET /x", Route::to(RecordingIntegration::answering("next")));
        let stage = default_stage().canary(Canary::percent(100.0).api("next"));
        let definition = Definition::new().api(api(stage).route("GET /x", Route::to(backend()))).api(next);
        let answer = gateway(definition)?.send(http::Request::get("/x").header("host", "api.local")).await;
        assert_eq!(answer.text(), "next");
        Ok(())
    })
}

#[test]
fn each_is_one_line_of_a_configuration() -> Outcome {
    run(async {
        let config = Config::from_json(
            r#"{"apis":[{"name":"api","protocolType":"HTTP",
              "gatewayResponses":{"INVALID_API_KEY":{"statusCode":401}},
              "requestValidators":{"all":{"validateRequestParameters":true}},"requestValidator":"all",
              "routes":[
                {"route":"GET /key","apiKeyRequired":true,"integration":{"type":"service","name":"x"}},
                {"route":"GET /q","requestParameters":{"method.request.querystring.q":true},
                 "integration":{"type":"service","name":"x"}}],
              "stages":[{"name":"$default","cacheClusterEnabled":true,"defaultRouteSettings":{"cachingEnabled":true},
                "canarySettings":{"percentTraffic":1.0}}]}]}"#,
        )?;
        let gateway = gateway(config.define(&Registry::new().service("x", backend())))?;
        for (path, status) in [("/key", 401), ("/q", 400), ("/q?q=1", 200)] {
            assert_eq!(gateway.send(http::Request::get(path)).await.status, status, "{path}");
        }
        Ok(())
    })
}
