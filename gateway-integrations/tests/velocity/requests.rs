//! What a mapping makes of requests.

use gateway_core::{
    Api, Body, Definition, Error, Integration, Request, Response, Route, StageDefinition,
    config::{ContentHandling, Passthrough},
    testing::{RecordedCall, RecordingIntegration, TestGateway, TestResponse},
};
use gateway_integrations::mapping::{CallParameters, IntegrationResponse, Mapped};
use http::request::Builder;

/// A backend that hands on what the mapping says beside the request.
fn backend() -> RecordingIntegration {
    RecordingIntegration::answering("{}")
}

/// A gateway with one route, `ANY /pets/{id}`.
pub(crate) fn gateway(integration: impl Integration) -> TestGateway {
    serving(integration, |api| api)
}

pub(crate) fn serving(integration: impl Integration, change: impl FnOnce(Api) -> Api) -> TestGateway {
    let stage = StageDefinition::new("prod").variable("colour", "red");
    let api = Api::rest("pets").route("ANY /pets/{id}", Route::to(integration)).stage(stage);
    TestGateway::new(Definition::new().api(change(api))).unwrap()
}

async fn post(gateway: &TestGateway, request: Builder, body: &'static str) -> TestResponse {
    gateway.send_body(request.method("POST"), Body::from(body)).await
}

fn to(target: &str) -> Builder {
    http::Request::builder().uri(target)
}

fn the_call(backend: &RecordingIntegration) -> RecordedCall {
    let [call] = backend.calls().try_into().unwrap();
    call
}

#[tokio::test]
async fn parameters_come_from_everywhere() {
    let body = r#"{"name":"Rex","tags":["a","b"],"none":null}"#;
    for (source, value) in [
        ("'fixed'", Some("fixed")),
        ("method.request.path.id", Some("7")),
        ("method.request.querystring.q", Some("two words")),
        ("method.request.multivaluequerystring.q", Some("one,two words")),
        ("method.request.header.X-Own", Some("second")),
        ("method.request.multivalueheader.x-own", Some("first,second")),
        ("method.request.header.Connection", None),
        ("method.request.body", Some(body)),
        ("method.request.body.name", Some("Rex")),
        ("method.request.body.tags[1]", Some("b")),
        ("method.request.body.tags", Some(r#"["a","b"]"#)),
        ("method.request.body.none", None),
        ("method.request.body.other", None),
        ("stageVariables.colour", Some("red")),
        ("stageVariables.other", None),
        ("context.stage", Some("prod")),
    ] {
        let backend = backend();
        let mapped = Mapped::new(backend.clone()).response(IntegrationResponse::new(200));
        let mapped = mapped.request_parameter("integration.request.header.x-mapped", source).unwrap();
        let request = to("/prod/pets/7?q=one&q=two+words").header("x-own", "first").header("x-own", "second");
        post(&gateway(mapped), request.header("connection", "close"), body).await;
        let call = the_call(&backend);
        assert_eq!(call.headers.get("x-mapped").map(|value| value.to_str().unwrap()), value, "{source}");
        assert!(!call.headers.contains_key("x-own"), "what is not mapped ends here");
    }
}

#[tokio::test]
async fn the_backend_finds_variables_and_query_beside_the_request() {
    let seen = |request: Request| async move {
        let call: &CallParameters = request.extensions().get().unwrap();
        Ok::<_, Error>(Response::new(Body::from(format!("{:?} {:?}", call.path, call.query))))
    };
    let template = r##"#set($context.requestOverride.querystring.list = ["x", "y"])
        #set($context.requestOverride.path.kind = "dogs")"##;
    let mapped = Mapped::new(seen)
        .request_parameter("integration.request.path.kind", "'cats'")
        .and_then(|mapped| mapped.request_parameter("integration.request.path.id", "method.request.path.id"))
        .and_then(|mapped| {
            mapped.request_parameter("integration.request.querystring.all", "method.request.multivaluequerystring.q")
        })
        .and_then(|mapped| mapped.request_template("application/json", template))
        .unwrap()
        .response(IntegrationResponse::new(200));
    let answer = post(&gateway(mapped), to("/prod/pets/7?q=1&q=2"), "{}").await;
    let expected = r#"[("id", "7"), ("kind", "dogs")] [("all", "1"), ("all", "2"), ("list", "x"), ("list", "y")]"#;
    assert_eq!(answer.text(), expected);
}

#[tokio::test]
async fn a_template_writes_the_body_and_overrides_headers() {
    let template = "#set($context.requestOverride.header.X-Own = 'of the template')\
                    #set($context.requestOverride.header['x-list'] = ['a', 'b'])\
                    {\"id\": \"$input.params('id')\", \"expect\": \"$input.params('Expect')\", \
                    \"name\": $input.json('$.name'), \"colour\": \"$stageVariables.colour\"}";
    let backend = backend();
    let mapped = Mapped::new(backend.clone())
        .request_parameter("integration.request.header.x-own", "'of the parameter'")
        .and_then(|mapped| mapped.request_template("application/json", template))
        .unwrap()
        .response(IntegrationResponse::new(200));
    post(&gateway(mapped), to("/prod/pets/7").header("expect", "x"), r#"{"name": "Rex"}"#).await;
    let call = the_call(&backend);
    assert_eq!(call.body, r#"{"id": "7", "expect": "", "name": "Rex", "colour": "red"}"#);
    assert_eq!(call.headers["x-own"], "of the template");
    assert_eq!(call.headers.get_all("x-list").iter().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(call.headers["content-type"], "application/json");
}

#[tokio::test]
async fn what_no_template_is_for_passes_or_is_refused() {
    use Passthrough::{Never, WhenNoMatch, WhenNoTemplates};
    for (has_template, content_type, passthrough, expected) in [
        (true, "application/json", Never, Some("mapped")),
        (true, "application/json; charset=utf-8", Never, Some("mapped")),
        (true, "text/plain", WhenNoMatch, Some("raw")),
        (true, "text/plain", WhenNoTemplates, None),
        (true, "text/plain", Never, None),
        (false, "text/plain", WhenNoMatch, Some("raw")),
        (false, "text/plain", WhenNoTemplates, Some("raw")),
        (false, "text/plain", Never, None),
    ] {
        let backend = backend();
        let mut mapped = Mapped::new(backend.clone()).passthrough(passthrough).response(IntegrationResponse::new(200));
        if has_template {
            mapped = mapped.request_template("application/json", "mapped").unwrap();
        }
        let answer = post(&gateway(mapped), to("/prod/pets/7").header("content-type", content_type), "raw").await;
        match expected {
            Some(body) => {
                let call = the_call(&backend);
                assert_eq!(call.body, body, "{content_type} {passthrough:?}");
                assert_eq!(call.headers["content-type"], content_type);
            }
            None => {
                assert_eq!((answer.status.as_u16(), answer.text()), (415, r#"{"message":"Unsupported Media Type"}"#));
                assert!(backend.calls().is_empty());
            }
        }
    }
}

#[tokio::test]
async fn some_headers_cannot_be_mapped_and_some_are_not_sent() {
    let template = |name: &str| format!("#set($context.requestOverride.header['{name}'] = 'x')");
    for (name, http, aws) in [
        ("Content-Length", 500, 500),
        ("Transfer-Encoding", 500, 500),
        ("X-Amzn-Trace-Id", 500, 500),
        ("TE", 200, 500),
        ("Connection", 200, 500),
        ("Authorization", 200, 500),
        ("Via", 200, 200),
    ] {
        let target = format!("integration.request.header.{name}");
        let fine = IntegrationResponse::new(200);
        for (mapped, status) in [(Mapped::new(backend()), http), (Mapped::aws(backend()), aws)]
            .map(|(mapped, status)| (mapped.response(fine.clone()), status))
        {
            let by_parameter =
                gateway(mapped.clone().request_parameter(&target, "method.request.header.none").unwrap());
            let by_template = gateway(mapped.request_template("$default", &template(name)).unwrap());
            assert_eq!(post(&by_parameter, to("/prod/pets/7"), "{}").await.status, status, "{name}");
            assert_eq!(post(&by_template, to("/prod/pets/7"), "{}").await.status, status, "{name} by a template");
        }
    }
    let backend = backend();
    let mapped = Mapped::new(backend.clone()).request_parameter("integration.request.header.TE", "'gzip'").unwrap();
    post(&gateway(mapped), to("/prod/pets/7"), "").await;
    assert!(!the_call(&backend).headers.contains_key("te"));
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_refused() {
    let mapped = Mapped::new(backend()).response(IntegrationResponse::new(200));
    let named = mapped.clone().request_parameter("integration.request.header.x", "method.request.body.name").unwrap();
    let answer = post(&gateway(named.clone()), to("/prod/pets/7"), "{no json").await;
    assert_eq!((answer.status.as_u16(), answer.text()), (400, r#"{"message":"Invalid JSON in request body"}"#));
    assert_eq!(post(&gateway(named.clone()), to("/prod/pets/7"), "plain text").await.status, 200);
    // A line break would begin a header of the client's own.
    assert_eq!(post(&gateway(named), to("/prod/pets/7"), r#"{"name": "a\r\nb: c"}"#).await.status, 500);
}

#[tokio::test]
async fn binary_bodies_pass_and_no_template_reads_them() {
    let png = || to("/prod/pets/7").header("content-type", "image/png");
    let binary = |api: Api| api.binary_media_types(["image/png"]);
    let mapped = |backend: &RecordingIntegration| Mapped::new(backend.clone()).response(IntegrationResponse::new(200));

    let raw = backend();
    serving(mapped(&raw), binary).send_body(png().method("POST"), Body::from(vec![0xff, 0x00])).await;
    assert_eq!(the_call(&raw).body, vec![0xff, 0x00]);

    let unread = backend();
    let with_template = |backend| mapped(backend).request_template("image/png", "$input.body").unwrap();
    let answer = serving(with_template(&unread), binary).send_body(png().method("POST"), Body::from("x")).await;
    assert_eq!((answer.status.as_u16(), unread.calls().len()), (500, 0));

    let encoded = backend();
    let to_text = with_template(&encoded).content_handling(ContentHandling::ConvertToText);
    serving(to_text, binary).send_body(png().method("POST"), Body::from("hi")).await;
    assert_eq!(the_call(&encoded).body, "aGk=");
}

#[tokio::test]
async fn a_parameter_that_one_template_overrides_twice_fails_the_request() {
    let twice = r##"#set($context.requestOverride.header.x = "a")#set($context.requestOverride.header.x = "b")"##;
    let both = r##"#set($context.requestOverride.header.x = "a")#set($context.requestOverride.querystring.x = "b")"##;
    for (template, status) in [(twice, 500), (both, 200)] {
        let mapped = Mapped::new(backend()).response(IntegrationResponse::new(200));
        let mapped = mapped.request_template("application/json", template).unwrap();
        assert_eq!(post(&gateway(mapped), to("/prod/pets/7"), "{}").await.status, status, "{template}");
    }
}

#[test]
fn a_template_is_no_longer_than_300_kilobytes() {
    let mapped = |length| Mapped::new(backend()).request_template("application/json", &"x".repeat(length));
    assert!(mapped(300 * 1024).is_ok());
    assert!(mapped(300 * 1024 + 1).unwrap_err().to_string().contains("longer than 300 KB"));
}
