use std::sync::Arc;

use gateway_core::{
    Authorization, Body, Context, Definition, Error, ErrorKind, Gateway, Integration, Parts, Request, Response,
    config::{AuthorizerConfig, Config, IntegrationConfig, Registry},
    testing::{CapturedLines, TestGateway},
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
      - { route: GET /keyed, integration: { type: mock, body: mocked }, apiKeyRequired: true }
    stages:
      - name: prod
        variables: { greeting: hello }
        defaultRouteSettings: { throttlingRateLimit: 0.5, throttlingBurstLimit: 2 }
        routeSettings:
          GET /keyed: { throttlingBurstLimit: 100 }
        accessLog: { format: "$context.requestId $context.status", destination: { sink: captured } }
usagePlans:
  - id: free
    quota: { limit: 1, period: DAY }
    apiStages: [{ api: petstore, stage: prod }]
    apiKeys: [{ id: alice, value: alice-0123456789-0123 }, { id: bob, value: bob-0123456789-012345, enabled: false }]
domains:
  - name: api.example.com
    mappings: [{ api: petstore, stage: prod }]
"#;

fn registry(lines: &CapturedLines) -> Registry {
    let hello = |_: Request| async { Ok::<_, Error>(Response::new(Body::from("hello"))) };
    let badge = |request: &Parts, _: &Context| match request.headers.contains_key("x-badge") {
        true => Ok(Authorization::new("guest")),
        false => Err(ErrorKind::Unauthorized.into()),
    };
    let mock = |config: &IntegrationConfig| match config {
        IntegrationConfig::Mock(mock) => {
            let body = mock.body.clone();
            let answer = move |_: Request| std::future::ready(Ok::<_, Error>(Response::new(Body::from(body.clone()))));
            Some(Ok(Arc::new(answer) as Arc<dyn Integration>))
        }
        _ => None,
    };
    let sink = lines.clone();
    Registry::new().service("hello", hello).authorizer("badge", badge).integrations(mock).log_sink("captured", sink)
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
      - { name: "no good", variables: { "a-b": "c" }, routeSettings: { GET /zzz: { throttlingBurstLimit: 1 } } }
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
    let jwt = |config: &AuthorizerConfig| match config {
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
