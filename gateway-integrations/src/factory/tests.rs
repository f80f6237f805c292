use gateway_core::{
    Body, Context, Error, ErrorKind, Request, Response,
    config::{ApiConfig, RouteConfig},
};
use tower::ServiceExt;

use super::*;

struct Nobody;

#[async_trait::async_trait]
impl HttpClient for Nobody {
    async fn send(&self, request: Request) -> Result<Response, Error> {
        let seen = format!("{} {}", request.method(), request.uri());
        Err(Error::new(ErrorKind::IntegrationFailure).with_source(seen))
    }
}

fn made(json: &str) -> Option<Result<Arc<dyn Integration>, Problems>> {
    let (api, route) = (ApiConfig::default(), RouteConfig::default());
    let place = IntegrationPlace { api: &api, route: &route };
    Integrations::new(Arc::new(Nobody)).integration(&serde_json::from_str(json).unwrap(), place)
}

fn problem(json: &str) -> Problem {
    let mut problems = made(json).unwrap().err().unwrap().into_iter();
    problems.next().unwrap()
}

async fn called(json: &str) -> String {
    let integration = made(json).unwrap().unwrap();
    let (parts, ()) = http::Request::delete("/x").body(()).unwrap().into_parts();
    let context = Context::begin(&parts, Arc::new(gateway_core::SystemClock::new()), &gateway_core::Random::seeded(1));
    let error = integration.invoke(Request::from_parts(parts, Body::empty()), &context).await.unwrap_err();
    std::error::Error::source(&error).unwrap().to_string()
}

#[tokio::test]
async fn a_proxy_calls_with_its_method_or_the_clients() {
    let uri = "http://host/y";
    assert_eq!(called(r#"{"type":"http_proxy","uri":"http://host/y"}"#).await, format!("DELETE {uri}"));
    let any = r#"{"type":"http_proxy","uri":"http://host/y","httpMethod":"ANY","timeoutInMillis":50}"#;
    assert_eq!(called(any).await, format!("DELETE {uri}"));
    let put = r#"{"type":"http_proxy","uri":"http://host/y","httpMethod":"PUT","timeoutInMillis":29000}"#;
    assert_eq!(called(put).await, format!("PUT {uri}"));
}

#[tokio::test]
async fn a_fixed_answer_is_given_as_written() {
    let json = r#"{"type":"fixed","statusCode":418,"headers":{"X-A":"1"},"body":"{}"}"#;
    let service = gateway_core::IntegrationService::new(made(json).unwrap().unwrap());
    let response = service.oneshot(http::Request::new(Body::empty())).await.unwrap();
    assert_eq!(response.status(), 418);
    assert_eq!(response.headers()["x-a"], "1");
    assert_eq!(response.headers()["content-type"], "application/json");

    let json = r#"{"type":"fixed","headers":{"Content-Type":"text/plain"}}"#;
    let service = gateway_core::IntegrationService::new(made(json).unwrap().unwrap());
    let response = service.oneshot(http::Request::new(Body::empty())).await.unwrap();
    assert_eq!(response.headers().get_all("content-type").iter().collect::<Vec<_>>(), ["text/plain"]);
}

#[test]
fn problems_say_where_they_are() {
    for (json, pointer) in [
        (r#"{"type":"http_proxy","uri":"host"}"#, "/uri"),
        (r#"{"type":"http_proxy","uri":"http://{host}/"}"#, "/uri"),
        (r#"{"type":"http_proxy","uri":"http://h","httpMethod":"FETCH"}"#, "/httpMethod"),
        (r#"{"type":"http_proxy","uri":"http://h","httpMethod":"CONNECT"}"#, "/httpMethod"),
        (r#"{"type":"http_proxy","uri":"http://h","headerRules":{"via":"a\nb"}}"#, "/headerRules/via"),
        (
            r#"{"type":"http_proxy","uri":"http://h","headerRules":{"trustedProxies":["::1","10.0.0.0/33"]}}"#,
            "/headerRules/trustedProxies/1",
        ),
        (r#"{"type":"http_proxy","uri":"http://h","headerRules":{"request":{"a b":"1"}}}"#, "/headerRules/request/a b"),
        (
            r#"{"type":"http_proxy","uri":"http://h","headerRules":{"response":{"x/y":"1"}}}"#,
            "/headerRules/response/x~1y",
        ),
        (r#"{"type":"aws_proxy","uri":"x","headerRules":{}}"#, "/headerRules"),
        (r#"{"type":"http","uri":"http://h","upgrades":["websocket"]}"#, "/upgrades"),
        (r#"{"type":"fixed","statusCode":101}"#, "/statusCode"),
        (r#"{"type":"fixed","statusCode":600}"#, "/statusCode"),
        (r#"{"type":"fixed","headers":{"a/b c":"1"}}"#, "/headers/a~1b c"),
        (r#"{"type":"fixed","headers":{"x":"a\nb"}}"#, "/headers/x"),
    ] {
        assert_eq!(problem(json).pointer, pointer, "{json}");
    }
}

#[cfg(feature = "mapping")]
#[test]
fn problems_of_a_mapping_say_where_they_are() {
    for (json, pointer) in [
        (r#"{"type":"http","uri":"host"}"#, "/uri"),
        (r#"{"type":"http","uri":"http://h","httpMethod":"FETCH"}"#, "/httpMethod"),
        (r#"{"type":"mock","requestParameters":{"a/b":"'x'"}}"#, "/requestParameters/a~1b"),
        (
            r#"{"type":"http_proxy","uri":"http://h","requestParameters":{"integration.request.path.x":"x"}}"#,
            "/requestParameters/integration.request.path.x",
        ),
        (
            r#"{"type":"mock","requestParameters":{"integration.request.path.x":"method.request.body.a["}}"#,
            "/requestParameters/integration.request.path.x",
        ),
        (r#"{"type":"mock","responses":[{"statusCode":200},{"statusCode":99}]}"#, "/responses/1/statusCode"),
        (r#"{"type":"mock","responses":[{"statusCode":200,"selectionPattern":"("}]}"#, "/responses/0/selectionPattern"),
        (
            r#"{"type":"mock","responses":[{"statusCode":200,"responseParameters":{"method.response.header.x":"x"}}]}"#,
            "/responses/0/responseParameters/method.response.header.x",
        ),
    ] {
        assert_eq!(problem(json).pointer, pointer, "{json}");
    }
}

#[cfg(feature = "mapping")]
#[test]
fn everything_that_is_wrong_with_a_mapping_is_said_and_so_is_a_header_that_the_method_has_not() {
    let route = r#"{"route":"GET /","methodResponses":{
        "200":{"responseParameters":{"method.response.header.known":false}},"404":{}}}"#;
    let integration = r#"{"type":"mock","requestParameters":{"a":"'x'"},"responses":[
        {"statusCode":200,"responseParameters":{"method.response.header.known":"'1'","method.response.header.new":"'2'"}},
        {"statusCode":404,"responseParameters":{"method.response.header.known":"'1'","nothing":"'2'"}},
        {"statusCode":500,"responseParameters":{"method.response.header.known":"'1'"}}]}"#;
    let (api, route) = (ApiConfig::default(), serde_json::from_str(route).unwrap());
    let place = IntegrationPlace { api: &api, route: &route };
    let made = Integrations::new(Arc::new(Nobody)).integration(&serde_json::from_str(integration).unwrap(), place);
    let problems = made.unwrap().err().unwrap();
    let places: Vec<_> = problems.all().iter().map(|problem| problem.pointer.as_str()).collect();
    let below = |place: usize, name: &str| format!("/responses/{place}/responseParameters/{name}");
    assert_eq!(
        places,
        [
            "/requestParameters/a".to_owned(),
            below(0, "method.response.header.new"),
            below(1, "method.response.header.known"),
            below(1, "nothing"),
        ],
        "{problems}"
    );
}

#[cfg(not(feature = "mapping"))]
#[test]
fn mappings_need_their_feature() {
    for json in [
        r#"{"type":"http","uri":"http://h"}"#,
        r#"{"type":"mock"}"#,
        r#"{"type":"http_proxy","uri":"http://h","requestParameters":{"integration.request.path.x":"'x'"}}"#,
    ] {
        assert!(problem(json).message.contains("the feature `mapping`"), "{json}");
    }
}

#[test]
fn what_is_not_ours_is_left_to_others() {
    assert!(made(r#"{"type":"service","name":"own"}"#).is_none());
}
