//! Which stage and which route serve.

use gateway_core::{Api, Definition, Domain, Gateway, Route, StageDefinition, testing::RecordingIntegration};

use super::{api, serving};
use crate::{Outcome, problems, run};

/// The route that serves, with the values of its variables; nothing where the answer is 404.
async fn served(keys: &[&str], method: &str, path: &str) -> Result<Option<String>, Box<dyn std::error::Error>> {
    let backend = RecordingIntegration::answering("ok");
    let answer = serving(api(&backend, keys))?.send(http::Request::builder().method(method).uri(path)).await;
    let Some(context) = backend.calls().pop().and_then(|call| call.context) else {
        assert_eq!((answer.status.as_u16(), answer.text()), (404, r#"{"message":"Not Found"}"#));
        assert_eq!(answer.header("allow"), "", "no method is named");
        return Ok(None);
    };
    let route = context.lookup("routeKey").ok_or("no route")?.into_owned();
    let values = context.path_params().into_iter().flat_map(gateway_core::PathParams::iter);
    Ok(Some(values.fold(route, |route, (name, value)| format!("{route} {name}={value}"))))
}

macro_rules! rows {
    ($($name:ident: $keys:expr, $method:literal $path:literal => $served:expr;)+) => {$(
        #[test]
        fn $name() -> Outcome {
            run(async {
                let served: Option<String> = served(&$keys, $method, $path).await?;
                assert_eq!(served.as_deref(), $served);
                Ok(())
            })
        }
    )+};
}

const TABLE: [&str; 5] = ["GET /pets/dog/1", "GET /pets/dog/{id}", "GET /pets/{proxy+}", "ANY /{proxy+}", "$default"];
const METRICS: [&str; 2] = ["GET /metrics", "GET /metrics/{proxy+}"];

// The test table, the order of selection, and the details of matching.
rows! {
    get_pets_dog_1: TABLE, "GET" "/pets/dog/1" => Some("GET /pets/dog/1");
    get_pets_dog_2: TABLE, "GET" "/pets/dog/2" => Some("GET /pets/dog/{id} id=2");
    get_pets_cat_1: TABLE, "GET" "/pets/cat/1" => Some("GET /pets/{proxy+} proxy=cat/1");
    post_test_5: TABLE, "POST" "/test/5" => Some("ANY /{proxy+} proxy=test/5");
    post_pets_dog_1: TABLE, "POST" "/pets/dog/1" => Some("ANY /{proxy+} proxy=pets/dog/1");
    get_root: TABLE, "GET" "/" => Some("$default");

    a_better_path_with_any_goes_before_a_greedy_one_with_the_method:
        ["ANY /pets/dog", "GET /{proxy+}"], "GET" "/pets/dog" => Some("ANY /pets/dog");
    the_method_goes_before_the_path: ["ANY /pets/dog", "GET /pets/{id}"], "GET" "/pets/dog" => Some("GET /pets/{id} id=dog");
    a_method_without_a_route_is_404_and_never_405: ["GET /pets"], "POST" "/pets" => None;

    a_greedy_variable_does_not_match_an_empty_remainder: ["GET /pets/{proxy+}"], "GET" "/pets" => None;
    a_trailing_slash_is_caught_by_a_greedy_variable: METRICS, "GET" "/metrics/" => Some("GET /metrics/{proxy+} proxy=");
    a_trailing_slash_is_another_path: ["GET /metrics"], "GET" "/metrics/" => None;
    literals_are_compared_with_their_case: ["GET /metrics"], "GET" "/Metrics" => None;
    an_encoded_slash_does_not_split: ["GET /a/{id}"], "GET" "/a/x%2Fy" => Some("GET /a/{id} id=x%2Fy");
    double_slashes_stay: ["GET /a/{p+}"], "GET" "/a//b/" => Some("GET /a/{p+} p=/b/");
    dots_are_no_way_up: ["GET /a"], "GET" "/b/../a" => None;
    a_variable_is_never_empty: ["GET /a/{id}"], "GET" "/a/" => None;
    the_query_is_no_part_of_a_path: ["GET /a"], "GET" "/a?/b" => Some("GET /a");
    head_has_no_route_of_gets: ["GET /a"], "HEAD" "/a" => None;
    head_is_any: ["ANY /a"], "HEAD" "/a" => Some("ANY /a");

    a_named_stage_is_taken_off: ["GET /x"], "GET" "/dev/x" => Some("GET /x");
    a_named_stage_alone_is_the_root: ["GET /"], "GET" "/dev" => Some("GET /");
    a_named_stage_with_a_slash_is_the_root: ["GET /"], "GET" "/dev/" => Some("GET /");
    a_stage_is_chosen_before_any_route: ["GET /dev/x"], "GET" "/dev/x" => None;
    stages_are_compared_with_their_case: ["GET /Dev/x"], "GET" "/Dev/x" => Some("GET /Dev/x");
    the_default_stage_takes_nothing_off: ["GET /x"], "GET" "/x" => Some("GET /x");
}

#[test]
fn without_a_default_stage_other_paths_are_404() -> Outcome {
    run(async {
        let backend = RecordingIntegration::answering("ok");
        let api = Api::http("api").stage(StageDefinition::new("dev")).route("$default", Route::to(backend));
        let answer = serving(api)?.send(http::Request::get("/x")).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (404, r#"{"message":"Not Found"}"#));
        Ok(())
    })
}

#[test]
fn a_disabled_default_endpoint_is_404() -> Outcome {
    run(async {
        let api = api(&RecordingIntegration::answering("ok"), &["GET /x"]).default_endpoint(false);
        let answer = serving(api)?.send(http::Request::get("/x")).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (404, r#"{"message":"Not Found"}"#));
        Ok(())
    })
}

#[test]
fn what_path_values_look_like_afterwards() -> Outcome {
    run(async {
        let backend = RecordingIntegration::answering("ok");
        let domain = Domain::new("pets.example.com").map("v1", "api", "dev");
        let definition = Definition::new().api(api(&backend, &["GET /pets/{id}"])).domain(domain);
        let gateway = crate::gateway(definition)?;
        for (host, target, context_path) in [
            ("api.local", "/dev/pets/6", "/dev/pets/6"),
            ("api.local", "/pets/6", "/pets/6"),
            ("pets.example.com", "/v1/pets/6", "/v1/pets/6"),
        ] {
            gateway.send(http::Request::get(target).header("host", host)).await;
            let call = backend.calls().pop().ok_or("no call")?;
            assert_eq!(call.uri, "/pets/6", "{host}{target}");
            assert_eq!(call.context.ok_or("no context")?.lookup("path").as_deref(), Some(context_path));
        }
        Ok(())
    })
}

#[test]
fn route_keys_that_aws_refuses_are_problems() {
    for (key, said) in [
        ("get /x", "Invalid HttpMethod"),
        ("TRACE /x", "Invalid HttpMethod"),
        ("GET x", "it must start with `/`"),
        ("GET /x/", "it ends with `/`"),
        ("GET /a{id}", "fills its whole segment"),
        ("GET /{id", "fills its whole segment"),
        ("GET /{all+}/x", "greedy"),
        ("$other", "route key"),
    ] {
        let found = problems(Definition::new().api(api(&RecordingIntegration::answering("ok"), &[key])));
        assert!(found.len() == 1 && found[0].starts_with("/apis/0/routes/0/route: "), "{key}: {found:?}");
        assert!(found[0].contains(said), "{key}: {found:?}");
    }
    let twice = api(&RecordingIntegration::answering("ok"), &["GET /p/{a}", "GET /p/{b}", "$default", "$default"]);
    let found = problems(Definition::new().api(twice));
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn a_change_is_served_at_once_or_not_at_all() -> Outcome {
    run(async {
        let definition =
            |key: &str, body: &'static str| Definition::new().api(api(&RecordingIntegration::answering(body), &[key]));
        let gateway = Gateway::new(definition("GET /x", "first"))?;
        let answer = async || -> Result<_, Box<dyn std::error::Error>> {
            let request = http::Request::get("/x").body(gateway_core::Body::empty())?;
            let response = tower::ServiceExt::oneshot(gateway.clone(), request).await?;
            Ok(String::from_utf8(response.into_body().collect().await?.to_vec())?)
        };
        assert_eq!(answer().await?, "first");
        gateway.handle().reload(&definition("GET /x", "second"))?;
        assert_eq!(answer().await?, "second");
        assert!(gateway.handle().reload(&definition("GET x", "third")).is_err());
        assert_eq!(answer().await?, "second", "what was deployed goes on serving");
        Ok(())
    })
}
