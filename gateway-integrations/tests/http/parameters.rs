//! Parameter mapping of HTTP APIs: every row of its tables.

use gateway_core::{
    Api, Body, Definition, Response, Route, StageDefinition,
    testing::{RecordedCall, RecordingIntegration, TestGateway, TestResponse},
};
use gateway_integrations::mapping::ParameterMapping;
use http::{HeaderValue, request::Builder};

type Mapping = ParameterMapping<RecordingIntegration>;

/// A backend that answers with the body that it was sent, and headers of its own.
fn backend() -> RecordingIntegration {
    RecordingIntegration::new(|call| {
        let mut response = Response::new(Body::from(call.body.clone()));
        if let Some(status) = call.headers.get("x-status") {
            *response.status_mut() = status.to_str().unwrap().parse().unwrap();
        }
        for value in ["1", "2"] {
            response.headers_mut().append("x-own", HeaderValue::from_static(value));
        }
        Ok(response)
    })
}

fn gateway(mapping: Mapping) -> TestGateway {
    let api = Api::http("pets")
        .account("123456789012", "eu-west-1")
        .route("ANY /pets/{id}", Route::to(mapping))
        .stage(StageDefinition::new("dev").variable("tenant", "blue"));
    TestGateway::new(Definition::new().api(api)).unwrap()
}

fn request() -> Builder {
    http::Request::post("/dev/pets/a%2Fb?kind=big+cat&kind=dog&Kind=x&empty=").header("x-a", "1").header("X-A", "2")
}

const BODY: &str = r#"{"name":"Rex","tags":["a",{"b":7}],"none":null}"#;

/// What the backend gets of a request that is mapped so.
async fn called(entries: &[(&str, &str)]) -> RecordedCall {
    let backend = backend();
    let mapping = entries
        .iter()
        .fold(ParameterMapping::new(backend.clone()), |mapping, (key, value)| mapping.request(key, value).unwrap());
    let answer = gateway(mapping).send_body(request(), BODY).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (200, BODY));
    backend.calls().pop().unwrap()
}

/// What the client gets of an answer with 200 that is mapped so.
async fn answered(entries: &[(&str, &str)]) -> TestResponse {
    let mapping = entries
        .iter()
        .fold(ParameterMapping::new(backend()), |mapping, (key, value)| mapping.response(200, key, value).unwrap());
    gateway(mapping).send_body(request(), BODY).await
}

fn all<'a>(headers: &'a http::HeaderMap, name: &str) -> Vec<&'a str> {
    headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
}

/// The value that a header is given by a request mapping.
async fn value(source: &str) -> Vec<String> {
    let call = called(&[("overwrite:header.x-value", source)]).await;
    all(&call.headers, "x-value").into_iter().map(str::to_owned).collect()
}

macro_rules! sources {
    ($($name:ident: $source:literal => $value:expr;)+) => {$(
        #[tokio::test]
        async fn $name() {
            let expected: Option<&str> = $value;
            assert_eq!(value($source).await, Vec::from_iter(expected));
        }
    )+};
}

sources! {
    header: "$request.header.x-a" => Some("1,2");
    header_in_any_case: "$request.header.X-a" => Some("1,2");
    query: "$request.querystring.kind" => Some("big cat,dog");
    query_with_its_case: "$request.querystring.Kind" => Some("x");
    query_that_is_empty: "$request.querystring.empty" => Some("");
    whole_body: "$request.body" => Some(BODY);
    place_in_the_body: "$request.body.tags[1].b" => Some("7");
    place_at_the_root_of_the_body: "$request.body['name']" => Some("Rex");
    list_in_the_body: "$request.body.tags" => Some(r#"["a",{"b":7}]"#);
    path_without_the_stage: "$request.path" => Some("/pets/a%2Fb");
    path_variable: "$request.path.id" => Some("a%2Fb");
    context: "$context.routeKey" => Some("ANY /pets/{id}");
    context_in_braces: "${context.stage}" => Some("dev");
    stage_variable: "$stageVariables.tenant" => Some("blue");
    stage_variable_in_braces: "${stageVariables.tenant}" => Some("blue");
    constant: "text, $5 and {}" => Some("text, $5 and {}");
    several_variables: "${request.path.id} of ${request.querystring.Kind}!" => Some("a%2Fb of x!");
    missing_in_text: "a${request.header.none}b" => Some("ab");
    missing_header: "$request.header.none" => None;
    missing_query: "$request.querystring.KIND" => None;
    missing_place: "$request.body.tags[7]" => None;
    null_in_the_body: "$request.body.none" => None;
    missing_variable: "$request.path.none" => None;
    missing_stage_variable: "$stageVariables.none" => None;
}

#[tokio::test]
async fn append_header() {
    let call = called(&[("append:header.x-a", "3"), ("append:header.x-new", "$context.stage")]).await;
    assert_eq!(all(&call.headers, "x-a"), ["1", "2", "3"]);
    assert_eq!(all(&call.headers, "x-new"), ["dev"]);
}

#[tokio::test]
async fn overwrite_header() {
    let call = called(&[("overwrite:header.X-A", "3"), ("overwrite:header.x-new", "4")]).await;
    assert_eq!((all(&call.headers, "x-a"), all(&call.headers, "x-new")), (vec!["3"], vec!["4"]));
}

#[tokio::test]
async fn remove_header() {
    let call = called(&[("remove:header.X-A", ""), ("remove:header.none", "")]).await;
    assert_eq!(all(&call.headers, "x-a"), [""; 0]);
}

#[tokio::test]
async fn append_querystring() {
    let call = called(&[("append:querystring.kind", "é&="), ("append:querystring.a b", "1")]).await;
    assert_eq!(call.uri, "/pets/a%2Fb?kind=big+cat&kind=dog&Kind=x&empty=&kind=%C3%A9%26%3D&a%20b=1");
}

#[tokio::test]
async fn overwrite_querystring() {
    let call = called(&[("overwrite:querystring.kind", "cat")]).await;
    assert_eq!(call.uri, "/pets/a%2Fb?Kind=x&empty=&kind=cat");
}

#[tokio::test]
async fn remove_querystring() {
    let call = called(&[("remove:querystring.kind", ""), ("remove:querystring.empty", "")]).await;
    assert_eq!(call.uri, "/pets/a%2Fb?Kind=x");
    let all = ["kind", "Kind", "empty"].map(|name| format!("remove:querystring.{name}"));
    let call = called(&[(&*all[0], ""), (&*all[1], ""), (&*all[2], "")]).await;
    assert_eq!(call.uri, "/pets/a%2Fb");
}

#[tokio::test]
async fn overwrite_path() {
    for (value, path) in [
        ("/v2/${request.path.id}", "/v2/a%2Fb"),
        ("/v2$request", "/v2$request"),
        ("$request.path", "/pets/a%2Fb"),
        ("/${request.body.name}/${request.querystring.kind}?", "/Rex/big%20cat,dog%3F"),
        ("$request.header.none", "/pets/a%2Fb"),
    ] {
        let call = called(&[("overwrite:path", value)]).await;
        assert_eq!(call.uri.to_string(), format!("{path}?kind=big+cat&kind=dog&Kind=x&empty="), "{value}");
    }
}

#[tokio::test]
async fn a_path_that_is_none_is_a_configuration_error() {
    let mapping = ParameterMapping::new(backend()).request("overwrite:path", "$request.body.name").unwrap();
    let answer = gateway(mapping).send_body(request(), BODY).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (500, r#"{"message":"Internal Server Error"}"#));
}

#[tokio::test]
async fn renaming_a_header_reads_it_before_it_is_removed() {
    let call = called(&[("append:header.x-b", "$request.header.x-a"), ("remove:header.x-a", "")]).await;
    assert_eq!((all(&call.headers, "x-a"), all(&call.headers, "x-b")), (Vec::new(), vec!["1,2"]));
}

#[tokio::test]
async fn what_overwrites_goes_before_what_appends() {
    let call = called(&[("append:header.x-a", "$request.header.x-a"), ("overwrite:header.x-a", "0")]).await;
    assert_eq!(all(&call.headers, "x-a"), ["0", "1,2"]);
}

#[tokio::test]
async fn a_missing_value_appends_nothing_and_overwrites_with_nothing() {
    let call = called(&[("append:header.x-a", "$request.header.none")]).await;
    assert_eq!(all(&call.headers, "x-a"), ["1", "2"]);
    let entries =
        [("overwrite:header.x-a", "$request.header.none"), ("overwrite:querystring.kind", "$request.body.no")];
    let call = called(&entries).await;
    assert_eq!(all(&call.headers, "x-a"), [""; 0]);
    assert_eq!(call.uri, "/pets/a%2Fb?Kind=x&empty=");
}

#[tokio::test]
async fn the_body_is_cut_for_paths_into_it_and_not_for_the_whole() {
    let backend = backend();
    let mapping = ParameterMapping::new(backend.clone())
        .request("append:header.x-place", "$request.body.name")
        .and_then(|mapping| mapping.response(200, "append:header.x-place", "$response.body.name"))
        .unwrap();
    let gateway = gateway(mapping);
    for (padding, found) in [(100 * 1024 - 30, vec!["Rex"]), (100 * 1024, Vec::new())] {
        let body = format!(r#"{{"name":"Rex","padding":"{}"}}"#, "x".repeat(padding));
        let answer = gateway.send_body(request(), body.clone()).await;
        assert_eq!(all(&backend.calls().pop().unwrap().headers, "x-place"), found, "{padding}");
        assert_eq!((all(&answer.headers, "x-place"), answer.text().len()), (found, body.len()), "{padding}");
    }
    let no_json = gateway.send_body(request(), "{no json").await;
    assert_eq!((no_json.status.as_u16(), no_json.header("x-place")), (200, ""));
}

#[tokio::test]
async fn a_client_cannot_name_a_mapped_header_away() {
    let backend = backend();
    let mapping = ParameterMapping::new(backend.clone()).request("overwrite:header.x-tenant", "blue").unwrap();
    gateway(mapping).send(request().header("connection", "x-tenant").header("x-tenant", "red")).await;
    let call = backend.calls().pop().unwrap();
    assert_eq!((all(&call.headers, "x-tenant"), all(&call.headers, "connection")), (vec!["blue"], Vec::new()));
}

#[tokio::test]
async fn response_header() {
    let answer = answered(&[
        ("append:header.x-own", "3"),
        ("append:header.x-joined", "$response.header.X-Own"),
        ("overwrite:header.x-set", "${response.body.name} ${context.stage} ${stageVariables.tenant}"),
        ("append:header.x-none", "$response.header.none"),
    ])
    .await;
    assert_eq!(all(&answer.headers, "x-own"), ["1", "2", "3"]);
    assert_eq!(all(&answer.headers, "x-joined"), ["1,2"]);
    assert_eq!(answer.header("x-set"), "Rex dev blue");
    assert!(!answer.headers.contains_key("x-none"));
    assert_eq!(answer.text(), BODY);
    assert_eq!(all(&answered(&[("remove:header.x-own", "")]).await.headers, "x-own"), [""; 0]);
    assert_eq!(answered(&[("overwrite:header.x-all", "$response.body")]).await.header("x-all"), BODY);
}

#[tokio::test]
async fn response_status() {
    for (value, status) in [
        ("201", 201),
        ("$response.header.none", 200),
        ("${response.body.tags[1].b}77", 500),
        ("5${response.body.none}03", 503),
    ] {
        let answer = answered(&[("overwrite:statuscode", value)]).await;
        assert_eq!(answer.status, status, "{value}");
    }
}

#[tokio::test]
async fn mappings_of_an_answer_are_those_of_the_status_that_the_backend_gave() {
    let mapping = ParameterMapping::new(backend())
        .response(404, "overwrite:statuscode", "410")
        .and_then(|mapping| mapping.response(404, "append:header.x-for", "404"))
        .and_then(|mapping| mapping.response(410, "append:header.x-for", "410"))
        .unwrap();
    let gateway = gateway(mapping);
    for (given, status, mapped) in [("404", 410, "404"), ("410", 410, "410"), ("200", 200, ""), ("403", 403, "")] {
        let answer = gateway.send(request().header("x-status", given)).await;
        assert_eq!((answer.status.as_u16(), answer.header("x-for")), (status, mapped), "{given}");
    }
}

#[test]
fn reserved_headers_cannot_be_mapped_in_either_direction() {
    for name in [
        "access-control-allow-origin",
        "apigw-requestid",
        "Authorization",
        "Connection",
        "Content-Encoding",
        "Content-Length",
        "Content-Location",
        "Forwarded",
        "Keep-Alive",
        "Origin",
        "Proxy-Authenticate",
        "Proxy-Authorization",
        "TE",
        "Trailers",
        "Transfer-Encoding",
        "Upgrade",
        "x-amz-date",
        "X-Amzn-Trace-Id",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "Via",
    ] {
        for operation in ["append", "overwrite", "remove"] {
            let (key, value) = (format!("{operation}:header.{name}"), if operation == "remove" { "" } else { "x" });
            let said = format!("the header `{name}` cannot be mapped");
            assert_eq!(Mapping::new(backend()).request(&key, value).unwrap_err().to_string(), said);
            assert_eq!(Mapping::new(backend()).response(200, &key, value).unwrap_err().to_string(), said);
        }
    }
    assert!(Mapping::new(backend()).request("overwrite:header.host", "pets.internal").is_ok());
}

#[test]
fn what_cannot_be_read_is_refused() {
    for (key, value) in [
        ("header.x", "1"),
        ("append:path", "/x"),
        ("remove:path", ""),
        ("append:statuscode", "200"),
        ("overwrite:statuscode", "200"),
        ("append:header.", "1"),
        ("append:header.a b", "1"),
        ("append:querystring.", "1"),
        ("set:header.x", "1"),
        ("integration.request.header.x", "'1'"),
        ("remove:header.x", "1"),
        ("append:header.x", ""),
        ("overwrite:path", "v2"),
        ("append:header.x", "$response.header.x"),
        ("append:header.x", "$request.cookie.x"),
        ("append:header.x", "$request.header."),
        ("append:header.x", "$request.header.a b"),
        ("append:header.x", "$request.body..name"),
        ("append:header.x", "$request.body.a[?(@.b>1)]"),
        ("append:header.x", "$request.body.a["),
        ("append:header.x", "$request.bodyguard"),
        ("append:header.x", "$context.authorizer.claims.cognito:groups"),
        ("append:header.x", "$stageVariables.a-b"),
        ("append:header.x", "${request.header.x"),
        ("append:header.x", "${other}"),
        ("append:header.x", "is $request.header.x"),
    ] {
        assert!(Mapping::new(backend()).request(key, value).is_err(), "{key} {value}");
    }
    for (status, key, value) in [
        (200, "overwrite:path", "/x"),
        (200, "append:querystring.x", "1"),
        (200, "append:header.x", "$request.header.x"),
        (200, "overwrite:statuscode", "abc"),
        (200, "overwrite:statuscode", "199"),
        (200, "overwrite:statuscode", "600"),
        (199, "append:header.x", "1"),
        (600, "append:header.x", "1"),
    ] {
        assert!(Mapping::new(backend()).response(status, key, value).is_err(), "{status} {key} {value}");
    }
}
