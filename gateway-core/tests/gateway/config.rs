use std::sync::Arc;

use gateway_core::{
    Api, ApiKey, ApiKeyError, Authorization, Body, Context, Definition, Domain, Error, ErrorKind, Gateway, Integration,
    Parts, Plan, PlanStage, Request, Response, Route, StageDefinition, Throttle,
    config::{AuthorizerConfig, AuthorizerPlace, Config, IntegrationConfig, IntegrationPlace, Registry},
    testing::{CapturedLines, RecordingIntegration, TestGateway},
};
use proptest::prelude::*;

use crate::{Outcome, problems, run};

const WHOLE: &str = r#"
apis:
  - name: petstore
    protocolType: REST
    authorizers:
      door: { type: custom, name: badge, identitySources: [method.request.header.X-Badge], resultTtlInSeconds: 60 }
    gatewayResponses:
      DEFAULT_4XX:
        responseParameters: { gatewayresponse.header.x-why: context.error.responseType }
    routes:
      - { route: "GET /pets/{id}", integration: { type: service, name: hello }, authorizer: door }
      - { route: GET /keyed, integration: { type: fixed, body: mocked }, apiKeyRequired: true }
    stages:
      - name: prod
        variables: { greeting: hello }
        defaultRouteSettings: { throttlingRateLimit: 0.5, throttlingBurstLimit: 2 }
        routeSettings:
          GET /keyed: { throttlingBurstLimit: 100, throttlingRateLimit: -1 }
        accessLog: { format: "$context.requestId $context.status", destination: { sink: captured } }
usagePlans:
  - id: free
    quota: { limit: 1, period: DAY }
    apiStages: [{ api: petstore, stage: prod }]
    apiKeys: [{ id: alice, value: alice-0123456789-0123 }, { id: bob, value: bob-0123456789-012345, enabled: false }]
domains:
  - name: api.example.com
    routingMode: ROUTING_RULE_THEN_API_MAPPING
    mappings: [{ api: petstore, stage: prod }]
    routingRules:
      - priority: 7
        conditions: [{ matchHeaders: { anyOf: [{ header: x-next, valueGlob: "1*" }] } }, { matchBasePaths: { anyOf: [next] } }]
        actions: [{ invokeApi: { apiId: petstore, stage: prod, stripBasePath: true } }]
"#;

fn registry(lines: &CapturedLines) -> Registry {
    let hello = |_: Request| async { Ok::<_, Error>(Response::new(Body::from("hello"))) };
    let badge = |request: &Parts, _: &Context| match request.headers.contains_key("x-badge") {
        true => Ok(Authorization::new("guest")),
        false => Err(ErrorKind::Unauthorized.into()),
    };
    let fixed = |config: &IntegrationConfig, _: IntegrationPlace<'_>| match config {
        IntegrationConfig::Fixed(fixed) => {
            let body = fixed.body.clone();
            let answer = move |_: Request| std::future::ready(Ok::<_, Error>(Response::new(Body::from(body.clone()))));
            Some(Ok(Arc::new(answer) as Arc<dyn Integration>))
        }
        _ => None,
    };
    let sink = lines.clone();
    Registry::new().service("hello", hello).authorizer("badge", badge).integrations(fixed).log_sink("captured", sink)
}

fn read(yaml: &str) -> Result<Definition, gateway_core::Problems> {
    Ok(Config::from_yaml(yaml)?.define(&registry(&CapturedLines::default())))
}

#[test]
fn a_whole_definition_in_yaml_serves() -> Outcome {
    run(async {
        let lines = CapturedLines::default();
        let gateway = TestGateway::new(Config::from_yaml(WHOLE)?.define(&registry(&lines)))?;
        let get = |path: &str| http::Request::get(path);
        assert_eq!(gateway.send(get("/prod/pets/1").header("x-badge", "1")).await.text(), "hello");
        let refused = gateway.send(get("/prod/pets/1")).await;
        assert_eq!((refused.status.as_u16(), refused.header("x-why")), (401, "UNAUTHORIZED"));
        let keyed = |key: &str| get("/keyed").header("host", "api.example.com").header("x-api-key", key);
        assert_eq!(gateway.send(keyed("alice-0123456789-0123")).await.text(), "mocked");
        assert_eq!(gateway.send(keyed("alice-0123456789-0123")).await.status, 429);
        assert_eq!(gateway.send(keyed("bob-0123456789-012345")).await.status, 403);
        let statuses: Vec<_> = lines.lines().iter().map(|line| line[37..].to_owned()).collect();
        assert_eq!(statuses, ["200", "401", "200", "429", "403"]);
        Ok(())
    })
}

#[test]
fn json_and_yaml_say_the_same() -> Outcome {
    let json = r#"{"apis":[{"name":"a","protocolType":"HTTP","stages":[{"name":"$default"}]}]}"#;
    assert!(Gateway::new(Config::from_json(json)?.define(&Registry::new())).is_ok());
    let yaml = "apis: [{ name: a, protocolType: HTTP, stages: [{ name: $default }] }]";
    assert!(Gateway::new(Config::from_yaml(yaml)?.define(&Registry::new())).is_ok());
    Ok(())
}

#[test]
fn everything_that_is_wrong_is_said_at_once_with_its_place() -> Outcome {
    let definition = read(
        r#"
colour: blue
apis:
  - name: one
    protocolType: REST
    flavour: sweet
    authorizers:
      missing: { type: custom, name: nobody }
      cached: { type: custom, name: badge, resultTtlInSeconds: 60 }
      foreign: { type: jwt, issuer: "https://issuer.example", audience: [a] }
    gatewayResponses:
      NO_SUCH_TYPE: {}
      THROTTLED: { statusCode: 99 }
    routes:
      - { route: "GET /a/{x}", integration: { type: service, name: hello } }
      - { route: "GET /a/{x}", integration: { type: service, name: gone } }
      - { route: "get /b", integration: { type: service, name: hello }, authorizer: other }
      - { route: "GET /c", integration: { type: service, name: hello }, authorisation: x }
      - { route: "GET /a/{y}", integration: { type: http_proxy, uri: "http://h/" }, authorizationScopes: [s] }
    stages:
      - { name: "no good", variables: { "a-b": "c" }, routeSettings: { GET /zzz: { throttlingBurstLimit: -1 } } }
      - { name: prod, accessLog: { format: "nothing", destination: { sink: nowhere } } }
  - name: one
    protocolType: REST
    stages: []
  - name: ~
usagePlans:
  - id: p
    quota: { limit: 1, period: WEEK, startDay: 7 }
    apiStages: [{ api: one, stage: dev }]
    apiKeys: [{ id: k, value: short }, { id: both }]
domains:
  - { name: "a_b", mappings: [{ basePath: "x", api: one, stage: prod }, { basePath: "/x/", api: one, stage: prod }] }
"#,
    )?;
    let problems = problems(definition);
    let places: Vec<_> = problems.iter().map(|line| line.split(": ").next().unwrap_or_default()).collect();
    for place in [
        "/colour",
        "/apis/0/flavour",
        "/apis/0/authorizers/missing/name",
        "/apis/0/authorizers/cached/identitySources",
        "/apis/0/authorizers/foreign/type",
        "/apis/0/gatewayResponses/NO_SUCH_TYPE",
        "/apis/0/gatewayResponses/THROTTLED",
        "/apis/0/routes/1/integration/name",
        "/apis/0/routes/1/route",
        "/apis/0/routes/2/authorizer",
        "/apis/0/routes/2/route",
        "/apis/0/routes/3/authorisation",
        "/apis/0/routes/4/integration/type",
        "/apis/0/routes/4/authorizationScopes",
        "/apis/0/routes/4/route",
        "/apis/0/stages/0/name",
        "/apis/0/stages/0/variables/a-b",
        "/apis/0/stages/0/routeSettings/GET ~1zzz",
        "/apis/0/stages/1/accessLog/format",
        "/apis/1/name",
        "/apis/1/stages",
        "/apis/2/name",
        "/usagePlans/0/quota/startDay",
        "/usagePlans/0/apiStages/0",
        "/usagePlans/0/apiKeys/0/value",
        "/usagePlans/0/apiKeys/1",
        "/domains/0/name",
        "/domains/0/mappings/1/basePath",
    ] {
        assert!(places.contains(&place), "{place} is missing in\n{}", problems.join("\n"));
    }
    assert_eq!(places.len(), 28, "{}", problems.join("\n"));
    assert!(!problems.iter().any(|line| line.contains("short")), "no credential is repeated");
    Ok(())
}

#[test]
fn conflicts_name_both_routes() -> Outcome {
    let definition = read(
        "
apis:
  - name: a
    protocolType: REST
    routes:
      - { route: 'GET /pets/{id}', integration: { type: service, name: hello } }
      - { route: 'GET /other', integration: { type: service, name: hello } }
      - { route: 'GET /pets/{proxy+}', integration: { type: service, name: hello } }
    stages: [{ name: prod }]
",
    )?;
    let problems = problems(definition);
    assert_eq!(problems.len(), 1);
    assert!(problems[0].starts_with("/apis/0/routes/2/route: routes 0 (`GET /pets/{id}`) and 2 (`GET /pets/{proxy+}`): A sibling ({id}) of this resource already has a variable path part -- only one is allowed"), "{}", problems[0]);
    Ok(())
}

#[test]
fn what_is_no_definition_is_refused() {
    for text in ["apis: [", "apis: {}", "- a", "apis: 5", "a: 1\na: 2"] {
        assert!(Config::from_yaml(text).is_err(), "{text}");
    }
    assert!(Config::from_json("{").is_err());
}

#[test]
fn factories_see_what_the_definition_says() -> Outcome {
    let jwt = |config: &AuthorizerConfig, _: AuthorizerPlace<'_>| match config {
        AuthorizerConfig::Jwt(jwt) => {
            assert_eq!((jwt.issuer.as_str(), jwt.audience.as_slice()), ("https://i.example", &["a".to_owned()][..]));
            let nobody = |_: &Parts, _: &Context| Err::<Authorization, Error>(ErrorKind::Unauthorized.into());
            Some(Ok(Arc::new(nobody) as Arc<dyn gateway_core::Authorizer>))
        }
        _ => None,
    };
    let config = Config::from_yaml(
        "
apis:
  - name: a
    protocolType: HTTP
    authorizers: { users: { type: jwt, issuer: 'https://i.example', audience: [a] } }
    routes: [{ route: GET /x, integration: { type: service, name: hello }, authorizer: users, authorizationScopes: [s] }]
    stages: [{ name: $default }]
",
    )?;
    let registry = registry(&CapturedLines::default()).authorizers(jwt);
    Gateway::new(config.define(&registry))?;
    Ok(())
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC*") {
        if let Ok(definition) = read(&text) {
            let _ = Gateway::new(definition);
        }
    }

    #[test]
    fn no_damage_to_a_definition_makes_the_compiler_panic(at in 0..WHOLE.len(), with in "\\PC{0,4}", length in 0..8_usize) {
        let end = (at + length).min(WHOLE.len());
        if WHOLE.is_char_boundary(at) && WHOLE.is_char_boundary(end) {
            let text = format!("{}{with}{}", &WHOLE[..at], &WHOLE[end..]);
            if let Ok(definition) = read(&text) {
                let _ = Gateway::new(definition);
            }
        }
    }
}

#[test]
fn references_to_apis_are_told_apart_and_one_key_has_one_plan_a_stage() -> Outcome {
    let api = |name: &str, id: &str, route: &str| {
        let route_to = Route::to(RecordingIntegration::answering("ok")).api_key_required();
        Api::rest(name).id(id).route(route, route_to).stage(StageDefinition::new("prod"))
    };
    let key = || ApiKey::new("alice", "alice-0123456789-0123");
    let twice = |name: &str| Definition::new().api(api("pets", "one", "GET /x")).api(api(name, "two", "GET /y"));
    let plan = |id: &str, api: &str| Ok::<_, ApiKeyError>(Plan::new(id).stage(api, "prod").key(key()?));

    let by_both = twice("shop").plan(plan("gold", "one")?).plan(plan("lead", "pets")?);
    assert_eq!(
        problems(by_both),
        [
            "/usagePlans/1/apiKeys/0: the key `alice` is in a usage plan of stage `prod` of `pets` already; one plan a stage"
        ]
    );
    assert_eq!(
        problems(twice("pets").plan(plan("gold", "pets")?).domain(Domain::any().map("", "pets", "prod"))),
        [
            "/usagePlans/0/apiStages/0: 2 APIs are called `pets`; write the id of one",
            "/domains/0/mappings/0: 2 APIs are called `pets`; write the id of one",
        ]
    );
    let stage = PlanStage::new("one", "prod").method("GET /y", Throttle::new(1.0, 1));
    assert_eq!(
        problems(twice("shop").plan(Plan::new("gold").stage_with(stage))),
        ["/usagePlans/0/apiStages/0/throttle/GET ~1y: the API `one` has no route `GET /y` to throttle"]
    );
    let stage =
        PlanStage::new("one", "prod").method("GET /x", Throttle::new(1.0, 1)).method("/x/GET", Throttle::new(2.0, 1));
    assert_eq!(
        problems(twice("shop").plan(Plan::new("gold").stage_with(stage))),
        ["/usagePlans/0/apiStages/0/throttle/GET ~1x: this route's throttle is given twice; keep one of them"]
    );
    // A name that is another API's id means that one.
    run(async {
        let gateway = TestGateway::new(twice("one").plan(plan("gold", "one")?))?;
        let call = async |path: &str, host: &str| {
            let request = http::Request::get(path).header("host", host).header("x-api-key", "alice-0123456789-0123");
            gateway.send(request).await.status.as_u16()
        };
        assert_eq!(call("/prod/x", "one.local").await, 200);
        assert_eq!(call("/prod/y", "two.local").await, 403);
        Ok(())
    })
}

#[test]
fn no_problem_says_what_a_key_is() -> Outcome {
    for key in [
        r#""secret-0123456789-0123""#,
        r#"["secret-0123456789-0123"]"#,
        r#"{"id": "a", "value": ["secret-0123456789-0123"]}"#,
        r#"{"id": "a", "value": "secret-0123456789-0123", "sha256": "secret"}"#,
        r#"{"id": "a", "sha256": "secret"}"#,
        r#"{"id": "a", "value": "secret"}"#,
    ] {
        let text = format!(r#"{{"usagePlans": [{{"id": "plan", "apiKeys": [{key}]}}]}}"#);
        let config = Config::from_json(&text)?;
        let said = problems(config.define(&Registry::new())).join("\n");
        assert!(said.starts_with("/usagePlans/0/apiKeys/0"), "{said}");
        assert!(!said.contains("secret") && !format!("{config:?}").contains("secret"), "{said}");
    }
    let misspelt = Config::from_json(r#"{"usage_plans": [{"apiKeys": [{"id": "a", "value": "secret"}]}]}"#)?;
    assert!(!format!("{misspelt:?}").contains("secret"), "{misspelt:?}");
    for broken in [
        "usagePlans:\n- id: plan\n  apiKeys:\n  - { id: a, value: secret-1, value: secret-2 }\n",
        "usagePlans:\n- id: plan\n  apiKeys:\n  - { id: a, value: \"secret }\n",
        "usagePlans:\n- id: plan\n  apiKeys:\n  - id: a\n\tvalue: secret\n",
        "usagePlans:\n- id: plan\n  apiKeys: *secret\n",
    ] {
        let said = Config::from_yaml(broken).err().map(|problems| problems.to_string());
        assert!(said.is_some_and(|said| said.contains("YAML") && !said.contains("secret")), "{broken}");
    }
    Ok(())
}

/// Behind AWS's delivery network nobody waits for longer than 29 seconds, unless the answer streams.
#[test]
fn how_long_a_backend_may_take_depends_on_the_api_and_its_endpoint() -> Outcome {
    let edge = ("REST", "{}");
    let regional = ("REST", "{ type: REGIONAL }");
    for ((protocol, endpoint), mode, millis, most) in [
        (edge, "BUFFERED", 29_000, None),
        (edge, "BUFFERED", 29_001, Some(29_000)),
        (edge, "STREAM", 900_000, None),
        (edge, "STREAM", 900_001, Some(900_000)),
        (regional, "BUFFERED", 29_001, None),
        (regional, "BUFFERED", 900_001, Some(900_000)),
        (("REST", "{ type: PRIVATE }"), "BUFFERED", 60_000, None),
        (("HTTP", "{}"), "BUFFERED", 30_000, None),
        (("HTTP", "{}"), "BUFFERED", 30_001, Some(30_000)),
    ] {
        let stage = if protocol == "HTTP" { "$default" } else { "prod" };
        let text = format!(
            r#"
apis:
  - name: api
    protocolType: {protocol}
    endpointConfiguration: {endpoint}
    stages: [{{ name: {stage} }}]
    routes:
      - route: GET /x
        integration: {{ type: http_proxy, uri: "http://h", responseTransferMode: {mode}, timeoutInMillis: {millis} }}
"#
        );
        let backend = Arc::new(RecordingIntegration::answering("ok"));
        let make = move |_: &IntegrationConfig, _: IntegrationPlace<'_>| {
            Some(Ok(Arc::clone(&backend) as Arc<dyn Integration>))
        };
        let said = problems(Config::from_yaml(&text)?.define(&Registry::new().integrations(make)));
        let expected = most.map(|most| {
            let place = "/apis/0/routes/0/integration/timeoutInMillis";
            format!("{place}: behind this kind of API and endpoint a timeout is at most {most} milliseconds")
        });
        assert_eq!(said, expected.into_iter().collect::<Vec<_>>(), "{protocol} {endpoint} {mode} {millis}");
    }
    Ok(())
}
