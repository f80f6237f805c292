//! CORS of HTTP APIs.

use gateway_core::{
    Api, Authorization, Body, Context, Cors, Definition, Error, ErrorKind, Parts, Response, Route, StageDefinition,
    Throttle,
    config::{Config, Registry},
    testing::{RecordingIntegration, TestResponse},
};
use http::{HeaderValue, request::Builder};

use super::{api, serving};
use crate::{Outcome, problems, run};

const SHOP: &str = "https://shop.example.com";

fn cors() -> Cors {
    Cors::origins([SHOP, "http://*"])
        .methods(["GET", "POST"])
        .headers(["Content-Type", "X-Own"])
        .expose(["x-total"])
        .credentials(true)
        .max_age(600)
}

/// A backend that thinks that it knows about CORS.
fn backend() -> RecordingIntegration {
    RecordingIntegration::new(|_| {
        let mut response = Response::new(Body::from("ok"));
        for name in [
            "access-control-allow-origin",
            "access-control-allow-headers",
            "access-control-allow-methods",
            "access-control-allow-credentials",
            "access-control-expose-headers",
            "access-control-max-age",
        ] {
            response.headers_mut().insert(name, HeaderValue::from_static("backend"));
        }
        Ok(response)
    })
}

fn preflight(path: &str) -> Builder {
    http::Request::options(path).header("origin", SHOP).header("access-control-request-method", "PUT")
}

async fn send(api: Api, request: Builder) -> Result<TestResponse, gateway_core::Problems> {
    Ok(serving(api)?.send(request).await)
}

/// The CORS headers of an answer, in the order of their names.
fn said(answer: &TestResponse) -> Vec<String> {
    let mut said: Vec<_> = answer
        .headers
        .iter()
        .filter_map(|(name, value)| {
            let name = name.as_str().strip_prefix("access-control-")?;
            Some(format!("{name}: {}", value.to_str().unwrap_or_default()))
        })
        .collect();
    said.sort();
    said
}

const PREFLIGHT: [&str; 5] = [
    "allow-credentials: true",
    "allow-headers: content-type,x-own",
    "allow-methods: GET,POST",
    "allow-origin: https://shop.example.com",
    "max-age: 600",
];
const ANSWER: [&str; 3] =
    ["allow-credentials: true", "allow-origin: https://shop.example.com", "expose-headers: x-total"];

fn refusing() -> impl Fn(&Parts, &Context) -> Result<Authorization, Error> + Send + Sync + 'static {
    |_: &Parts, _: &Context| Err(ErrorKind::Unauthorized.into())
}

#[test]
fn answers_to_requests_with_origin_carry_the_headers() -> Outcome {
    run(async {
        let answer = send(api(&backend(), &["GET /x"]).cors(cors()), http::Request::get("/x").header("origin", SHOP));
        assert_eq!(said(&answer.await?), ANSWER);
        let named = http::Request::get("/dev/x").header("origin", SHOP);
        assert_eq!(said(&send(api(&backend(), &["GET /x"]).cors(cors()), named).await?), ANSWER, "on every stage");
        Ok(())
    })
}

#[test]
fn answers_to_requests_without_origin_carry_none() -> Outcome {
    run(async {
        for cors in [cors(), Cors::origins(["*"])] {
            let answer = send(api(&backend(), &["GET /x"]).cors(cors), http::Request::get("/x")).await?;
            assert_eq!((answer.text(), said(&answer)), ("ok", Vec::new()));
        }
        Ok(())
    })
}

#[test]
fn cors_headers_of_the_backend_are_replaced() -> Outcome {
    run(async {
        let other = http::Request::get("/x").header("origin", "https://other.example.com");
        let answer = send(api(&backend(), &["GET /x"]).cors(cors()), other).await?;
        assert_eq!((answer.text(), said(&answer)), ("ok", Vec::new()));
        Ok(())
    })
}

#[test]
fn a_preflight_is_answered_without_an_options_route() -> Outcome {
    run(async {
        for (keys, path) in
            [(&["GET /x"][..], "/x"), (&["GET /x"], "/none"), (&["ANY /{p+}"], "/x"), (&["$default"], "/dev")]
        {
            let backend = backend();
            let answer = send(api(&backend, keys).cors(cors()), preflight(path)).await?;
            assert_eq!((answer.status.as_u16(), answer.text()), (204, ""), "{path}");
            assert_eq!(
                (said(&answer), answer.header("vary")),
                (PREFLIGHT.map(str::to_owned).to_vec(), "Origin"),
                "{path}"
            );
            assert_eq!(answer.header("apigw-requestid").len(), 16);
            assert!(backend.calls().is_empty(), "no backend is asked");
        }
        Ok(())
    })
}

#[test]
fn a_preflight_is_answered_in_place_of_an_options_route() -> Outcome {
    run(async {
        let backend = backend();
        let answer = send(api(&backend, &["OPTIONS /{p+}"]).cors(cors()), preflight("/x")).await?;
        assert_eq!((answer.status.as_u16(), backend.calls().len()), (204, 0));
        Ok(())
    })
}

#[test]
fn options_lacking_either_header_is_an_ordinary_request() -> Outcome {
    run(async {
        let lacking = |name: &'static str| http::Request::options("/x").header(name, SHOP);
        for header in ["origin", "access-control-request-method"] {
            let backend = backend();
            let answer = send(api(&backend, &["GET /x"]).cors(cors()), lacking(header)).await?;
            assert_eq!(answer.status, 404, "{header}");
            let answer = send(api(&backend, &["OPTIONS /x"]).cors(cors()), lacking(header)).await?;
            assert_eq!((answer.status.as_u16(), answer.text(), backend.calls().len()), (200, "ok", 1), "{header}");
        }
        Ok(())
    })
}

#[test]
fn a_preflight_on_a_default_route_with_an_authorizer_is_refused_and_the_remedy_works() -> Outcome {
    run(async {
        let backend = backend();
        let api = || {
            let route = Route::to(backend.clone()).authorizer(refusing());
            Api::http("api").stage(StageDefinition::new("$default")).cors(cors()).route("$default", route)
        };
        let refused = send(api(), preflight("/x")).await?;
        assert_eq!((refused.status.as_u16(), refused.text()), (401, r#"{"message":"Unauthorized"}"#));
        assert_eq!(said(&refused), ANSWER, "a page may read why");
        let remedied = api().route("OPTIONS /{proxy+}", Route::to(backend.clone()));
        assert_eq!(send(remedied, preflight("/x")).await?.status, 204);
        Ok(())
    })
}

#[test]
fn without_cors_options_is_an_ordinary_method_and_backends_speak_for_themselves() -> Outcome {
    run(async {
        assert_eq!(send(api(&backend(), &["GET /x"]), preflight("/x")).await?.status, 404);
        let answer = send(api(&backend(), &["ANY /x"]), preflight("/x")).await?;
        assert_eq!((answer.status.as_u16(), answer.header("access-control-max-age")), (200, "backend"));
        Ok(())
    })
}

#[test]
fn a_preflight_of_an_origin_that_is_not_allowed_is_204_without_headers() -> Outcome {
    run(async {
        for origin in ["https://shop.example.com.evil.org", "null", "https://SHOP.example.com", "https://"] {
            let request = http::Request::options("/x").header("origin", origin);
            let request = request.header("access-control-request-method", "GET");
            let answer = send(api(&backend(), &["GET /x"]).cors(cors()), request).await?;
            assert_eq!((answer.status.as_u16(), said(&answer)), (204, Vec::new()), "{origin}");
        }
        Ok(())
    })
}

#[test]
fn wildcards_are_answered_as_they_are_configured() -> Outcome {
    run(async {
        for (allowed, origin, answered) in [
            ("*", SHOP, "*"),
            ("https://*", SHOP, SHOP),
            ("http://*", "http://localhost:3000", "http://localhost:3000"),
            ("http://*", SHOP, ""),
        ] {
            let cors = Cors::origins([allowed]).methods(["*"]).headers(["*"]);
            let request = || preflight("/x").header("origin", origin);
            let request = {
                let mut request = request();
                if let Some(headers) = request.headers_mut() {
                    headers.insert("origin", HeaderValue::from_static(origin));
                }
                request
            };
            let answer = send(api(&backend(), &["GET /x"]).cors(cors), request).await?;
            assert_eq!(answer.header("access-control-allow-origin"), answered, "{allowed} {origin}");
            let all = if answered.is_empty() { "" } else { "*" };
            assert_eq!(answer.header("access-control-allow-methods"), all);
            assert_eq!(answer.header("access-control-allow-headers"), all);
        }
        Ok(())
    })
}

#[test]
fn what_is_not_configured_is_not_answered() -> Outcome {
    run(async {
        let answer = send(api(&backend(), &["GET /x"]).cors(Cors::origins(["*"])), preflight("/x")).await?;
        assert_eq!(said(&answer), ["allow-origin: *"]);
        Ok(())
    })
}

#[test]
fn errors_of_the_gateway_itself_can_be_read_by_pages() -> Outcome {
    run(async {
        let stage = StageDefinition::new("$default").throttle("GET /busy", Throttle::new(0.0, 0));
        let failing = |kind| Route::to(RecordingIntegration::failing(kind));
        let api = || {
            Api::http("api")
                .stage(stage.clone())
                .cors(cors())
                .route("GET /busy", failing(ErrorKind::IntegrationFailure))
                .route("GET /down", failing(ErrorKind::IntegrationFailure))
                .route("GET /secret", failing(ErrorKind::IntegrationFailure).authorizer(refusing()))
        };
        for (path, status) in [("/busy", 429), ("/down", 503), ("/secret", 401), ("/none", 404)] {
            let answer = send(api(), http::Request::get(path).header("origin", SHOP)).await?;
            assert_eq!((answer.status.as_u16(), said(&answer)), (status, ANSWER.map(str::to_owned).to_vec()), "{path}");
        }
        Ok(())
    })
}

#[test]
fn every_origin_with_credentials_is_a_problem() {
    let wrong = Cors::origins(["*"]).headers(["*"]).credentials(true).max_age(-2);
    assert_eq!(
        problems(Definition::new().api(api(&backend(), &["GET /x"]).cors(wrong))),
        [
            "/apis/0/cors/allowOrigins: with credentials no browser takes `*`; name them",
            "/apis/0/cors/maxAge: a browser may remember it for -1 to 86400 seconds",
        ]
    );
}

#[test]
fn cors_is_configured_as_on_aws() -> Outcome {
    run(async {
        let config = Config::from_json(
            r#"{"apis":[{"name":"api","protocolType":"HTTP","routes":[{"route":"GET /x","integration":
            {"type":"service","name":"x"}}],"stages":[{"name":"$default"}],"cors":{"allowOrigins":
            ["https://shop.example.com"],"allowMethods":["GET","POST"],"allowHeaders":["Content-Type","X-Own"],
            "exposeHeaders":["x-total"],"maxAge":600,"allowCredentials":true}}]}"#,
        )?;
        let gateway = crate::gateway(config.define(&Registry::new().service("x", backend())))?;
        assert_eq!(said(&gateway.send(preflight("/x")).await), PREFLIGHT);
        assert_eq!(said(&gateway.send(http::Request::get("/x").header("origin", SHOP)).await), ANSWER);
        Ok(())
    })
}
