use gateway_core::{
    AccessLog, AccessLogFormat, Api, Definition, ErrorKind, GatewayResponse, GatewayResponses, RequestValidator, Route,
    RouteDefinition, StageDefinition,
    testing::{CapturedLines, RecordingIntegration, TestGateway},
};

use crate::{Outcome, problems, rest, run};

const EVERYTHING: fn() -> RequestValidator = || RequestValidator::new().parameters().body();

fn backend() -> RecordingIntegration {
    RecordingIntegration::answering("ok")
}

fn with_parameters(validator: RequestValidator) -> RouteDefinition {
    Route::to(backend())
        .validate(validator)
        .request_parameter("method.request.querystring.qs1", true)
        .request_parameter("method.request.querystring.free", false)
        .request_parameter("method.request.path.test", true)
        .request_parameter("method.request.header.x-header-param", true)
}

#[test]
fn required_parameters_must_be_there_and_not_blank() -> Outcome {
    run(async {
        let issuer = with_parameters(EVERYTHING()).request_parameter("method.request.path.issuer", true);
        let gateway = TestGateway::new(rest([
            ("GET /n/{test}", with_parameters(EVERYTHING())),
            ("POST /n/{test}", issuer),
            ("GET /unasked/{test}", with_parameters(RequestValidator::new().body())),
        ]))?;
        let header = "x-header-param";
        for (request, missing) in [
            (http::Request::post("/prod/n/value"), "x-header-param, issuer, qs1"),
            (http::Request::post("/prod/n/value?qs1=1").header(header, "1"), "issuer"),
            (http::Request::get("/prod/n/value").header(header, "test"), "qs1"),
            (http::Request::get("/prod/n/value?qs1=").header(header, "test"), "qs1"),
            (http::Request::get("/prod/n/value?qs1=+%20").header(header, "test"), "qs1"),
            (http::Request::get("/prod/n/value?QS1=1").header(header, "test"), "qs1"),
            (http::Request::get("/prod/n/%20?qs1=1").header(header, "test"), "test"),
            (http::Request::get("/prod/n/value?qs1=1").header(header, " "), "x-header-param"),
        ] {
            let refused = gateway.send(request).await;
            let message = format!(r#"{{"message":"Missing required request parameters: [{missing}]"}}"#);
            assert_eq!((refused.status.as_u16(), refused.text()), (400, message.as_str()));
            assert_eq!(refused.header("x-amzn-errortype"), "BadRequestException");
        }
        for request in [
            http::Request::get("/prod/n/value?qs1=&qs1=1").header("X-Header-Param", "test"),
            http::Request::get("/prod/unasked/value"),
        ] {
            assert_eq!(gateway.send(request).await.status, 200);
        }
        Ok(())
    })
}

#[test]
fn a_refused_request_reaches_no_backend_and_says_why() -> Outcome {
    run(async {
        let lines = CapturedLines::default();
        let backend = backend();
        let format = "$context.requestId $context.error.responseType $context.error.validationErrorString";
        let why = GatewayResponse::new().header("x-why", "context.error.validationErrorString")?;
        let api = Api::rest("api")
            .gateway_responses(GatewayResponses::default().with(ErrorKind::BadRequestParameters, why))
            .validate(EVERYTHING())
            .route("GET /", Route::to(backend.clone()).request_parameter("method.request.querystring.q1", true))
            .route("GET /off", Route::to(backend.clone()).validate(RequestValidator::new()))
            .stage(
                StageDefinition::new("prod").observer(AccessLog::new(AccessLogFormat::parse(format)?, lines.clone())),
            );
        let gateway = TestGateway::new(Definition::new().api(api))?;
        let refused = gateway.send(http::Request::get("/prod/")).await;
        assert_eq!(refused.header("x-why"), "Missing required request parameters: [q1]");
        assert!(backend.calls().is_empty());
        assert_eq!(gateway.send(http::Request::get("/prod/off")).await.status, 200);
        let lines: Vec<_> = lines.lines().iter().map(|line| line[37..].to_owned()).collect();
        assert_eq!(lines, ["BAD_REQUEST_PARAMETERS Missing required request parameters: [q1]", "- -"]);
        Ok(())
    })
}

#[test]
fn what_cannot_be_validated_is_a_problem() {
    let wrong = Route::to(backend())
        .request_parameter("integration.request.header.a/b", true)
        .request_model("application/json", "None");
    assert_eq!(
        problems(rest([("GET /", wrong)])),
        [
            "/apis/0/routes/0/requestParameters/integration.request.header.a~1b: `integration.request.header.a/b` is \
             no parameter: write method.request.{header|path|querystring}.NAME",
            "/apis/0/routes/0/requestModels/application~1json: the API has no model `None`",
        ]
    );
}

#[cfg(not(feature = "schema"))]
#[test]
fn a_model_without_the_feature_is_a_problem() {
    let route = |model| Route::to(backend()).validate(EVERYTHING()).request_model("application/json", model);
    assert!(problems(rest([("GET /", route("Empty"))])).is_empty());
    assert_eq!(
        problems(rest([("GET /", route("Error"))])),
        [
            "/apis/0/routes/0/requestModels/application~1json: bodies cannot be validated: gateway-core was built without \
          its feature `schema`"
        ]
    );
}

#[cfg(feature = "schema")]
mod bodies {
    use gateway_core::{Body, Limits, config::Config, config::Registry};
    use serde_json::json;

    use super::*;

    fn model() -> serde_json::Value {
        let number = json!({"type": "number"});
        json!({"type": "object", "properties": {"a": number, "b": number}, "required": ["a", "b"]})
    }

    #[test]
    fn the_content_type_chooses_the_model() -> Outcome {
        run(async {
            let validated = || Route::to(backend()).validate(EVERYTHING());
            let api = Api::rest("api")
                .model("Sums", model())
                .route("ANY /json", validated().request_model("application/json", "Sums"))
                .route(
                    "POST /default",
                    validated().request_model("$default", "Sums").request_model("text/plain", "Empty"),
                )
                .route("POST /none", validated())
                .route("POST /off", Route::to(backend()).request_model("$default", "Sums"))
                .stage(StageDefinition::new("prod"));
            let gateway = TestGateway::new(Definition::new().api(api))?;
            for (path, content_type, body, status) in [
                ("/json", "application/json", r#"{"a":1,"b":2.5,"c":null}"#, 200),
                ("/json", "application/json", r#"{"a":1}"#, 400),
                ("/json", "Application/JSON; charset=utf-8", r#"{"a":1}"#, 400),
                ("/json", "application/json", "{", 400),
                ("/json", "application/json", "", 400),
                ("/json", "", "{}", 400),
                ("/json", "-", "{}", 400),
                ("/json", "text/plain", "no JSON", 200),
                ("/default", "text/html", "no JSON", 400),
                ("/default", "text/html", r#"{"a":1,"b":2}"#, 200),
                ("/default", "text/plain", "no JSON", 200),
                ("/none", "application/json", "no JSON", 200),
                ("/off", "application/json", "no JSON", 200),
            ] {
                let mut request = http::Request::post(format!("/prod{path}"));
                if content_type != "-" {
                    request = request.header("content-type", content_type);
                }
                let answer = gateway.send_body(request, body).await;
                assert_eq!(answer.status, status, "{path} {content_type} {body}");
                if status == 400 {
                    assert_eq!(answer.text(), r#"{"message":"Invalid request body"}"#);
                    assert_eq!(answer.header("x-amzn-errortype"), "BadRequestException");
                }
            }
            // A method without a body too: an empty one stands for an empty object.
            assert_eq!(gateway.send(http::Request::get("/prod/json")).await.status, 400);
            Ok(())
        })
    }

    #[test]
    fn a_body_is_read_once_under_its_limit_and_handed_on() -> Outcome {
        run(async {
            let (backend, lines) = (backend(), CapturedLines::default());
            let format = "$context.requestId $context.error.responseType $context.error.validationErrorString";
            let route = Route::to(backend.clone())
                .validate(EVERYTHING())
                .request_parameter("method.request.querystring.q", true)
                .request_model("application/json", "Sums");
            let api = Api::rest("api").model("Sums", model()).route("POST /", route).stage(
                StageDefinition::new("prod").observer(AccessLog::new(AccessLogFormat::parse(format)?, lines.clone())),
            );
            let limits = Limits { payload: 20, ..Limits::default() };
            let gateway = TestGateway::new(Definition::new().api(api).limits(limits))?;
            let stream = |text: &'static str| Body::new(http_body_util::Full::new(bytes::Bytes::from(text)));
            let send =
                |query: &str, text| gateway.send_body(http::Request::post(format!("/prod/{query}")), stream(text));
            assert_eq!(send("?q=1", r#"{"a":1,"b":2}"#).await.status, 200);
            assert_eq!(backend.calls()[0].body, r#"{"a":1,"b":2}"#);
            assert_eq!(send("?q=1", r#"{"a":1,"b":2,"c":"xxxxxx"}"#).await.status, 413);
            assert_eq!(send("?q=1", r#"{"a":"1"}"#).await.text(), r#"{"message":"Invalid request body"}"#);
            assert_eq!(send("?q=1", "{").await.status, 400);
            assert!(send("", "{").await.text().contains("Missing required"), "parameters come first");
            assert_eq!(backend.calls().len(), 1);
            let said: Vec<_> = lines.lines().iter().map(|line| line[37..].to_owned()).collect();
            assert_eq!(said[..2], ["- -", "REQUEST_TOO_LARGE -"]);
            assert!(said[2].contains("object has missing required properties"), "{}", said[2]);
            assert!(said[2].contains("instance type (string) does not match"), "{}", said[2]);
            assert!(said[3].starts_with("BAD_REQUEST_BODY [the body is no JSON: "), "{}", said[3]);
            Ok(())
        })
    }

    const CIRCULAR: &str = r##"
apis:
  - name: people
    protocolType: REST
    models:
      Person:
        type: object
        required: [name]
        properties: { name: { type: string }, house: { $ref: "#/definitions/House" } }
      House:
        type: object
        required: [contains]
        properties:
          contains:
            type: array
            items: { $ref: "https://apigateway.amazonaws.com/restapis/a1b2c3d4e5/models/Person" }
      Maybe: { oneOf: [{ type: "null" }, { $ref: "#/definitions/Person" }] }
    requestValidators:
      all: { validateRequestBody: true, validateRequestParameters: true }
      none: {}
    requestValidator: all
    routes:
      - { route: POST /, integration: { type: service, name: s }, requestModels: { application/json: Person } }
      - { route: PUT /, integration: { type: service, name: s }, requestModels: { application/json: Maybe } }
      - route: GET /
        integration: { type: service, name: s }
        requestParameters: { method.request.querystring.q: true, method.request.header.h: false }
      - { route: GET /off, integration: { type: service, name: s }, requestValidator: none,
          requestParameters: { method.request.querystring.q: true } }
    stages: [{ name: prod }]
"##;

    #[test]
    fn models_refer_to_each_other_in_circles() -> Outcome {
        run(async {
            let registry = Registry::new().service("s", backend());
            let gateway = TestGateway::new(Config::from_yaml(CIRCULAR)?.define(&registry))?;
            for (method, body, status) in [
                ("POST", r#"{"name":"1","house":{"x":"","contains":[{"name":"2","house":{"contains":[]}}]}}"#, 200),
                ("POST", r#"{"random":"blabla"}"#, 400),
                ("POST", r#"{"name":"1","house":{"contains":[{"random":{}}]}}"#, 400),
                ("POST", r#"{"name":"1","house":{"contains":[{"name":"2","house":{}}]}}"#, 400),
                ("PUT", "null", 200),
                ("PUT", r#"{"name":"1"}"#, 200),
                ("PUT", "[]", 400),
            ] {
                let request = http::Request::builder().method(method).uri("/prod/");
                assert_eq!(gateway.send_body(request, body).await.status, status, "{method} {body}");
            }
            for (path, status) in [("/prod/", 400), ("/prod/?q=1", 200), ("/prod/off", 200)] {
                assert_eq!(gateway.send(http::Request::get(path)).await.status, status, "{path}");
            }
            Ok(())
        })
    }

    #[test]
    fn every_problem_has_its_place() -> Outcome {
        let wrong = CIRCULAR
            .replace("Maybe: { oneOf", "Ma-y: { oneOf")
            .replace("requestValidator: none", "requestValidator: some")
            .replace("none: {}", "none: { validateBody: true }")
            .replace("required: [contains]", "required: contains")
            .replace("models/Person", "models/Nobody");
        let registry = Registry::new().service("s", backend());
        let said = problems(Config::from_yaml(&wrong)?.define(&registry));
        for (place, message) in [
            ("/apis/0/requestValidators/none", "unknown field `validateBody`"),
            ("/apis/0/routes/3/requestValidator", "the API has no request validator `some`"),
            ("/apis/0/models/Ma-y", "`Ma-y` is no name of a model"),
            ("/apis/0/models/House/properties/contains/items/$ref", "leads nowhere"),
            ("/apis/0/routes/1/requestModels/application~1json", "the API has no model `Maybe`"),
        ] {
            assert!(said.iter().any(|line| line.starts_with(place) && line.contains(message)), "{place}: {said:#?}");
        }
        let one = CIRCULAR.replace("required: [contains]", "required: contains");
        let said = problems(Config::from_yaml(&one)?.define(&registry));
        assert!(said.iter().any(|line| line.starts_with("/apis/0/models/House/required: ")), "{said:#?}");
        Ok(())
    }
}
