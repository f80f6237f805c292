//! CORS and resource policies.

use async_trait::async_trait;
use gateway_core::{
    Api, Authorization, Authorizer, Context, Cors, Definition, EndpointType, Error, ErrorKind, Identity, Parts,
    PolicyCombination, PolicyPhase, PolicyVerdict, ResourcePolicy, Route, StageDefinition,
    config::{Config, Registry},
    testing::{RecordingIntegration, TestResponse},
};

use crate::{Outcome, gateway, problems, run};

const SHOP: &str = "https://shop.example.com";

fn api() -> Api {
    Api::rest("api")
        .id("a1b2c3d4e5")
        .account("123456789012", "eu-west-1")
        .route("GET /x", Route::to(RecordingIntegration::answering("ok")))
        .route("ANY /any/{id}", Route::to(RecordingIntegration::answering("any")))
        .route("OPTIONS /own", Route::to(RecordingIntegration::answering("own")))
        .route("GET /down", Route::to(RecordingIntegration::failing(ErrorKind::IntegrationFailure)))
        .stage(StageDefinition::new("prod"))
}

async fn send(
    definition: Api,
    method: &str,
    path: &str,
    origin: Option<&str>,
) -> Result<TestResponse, gateway_core::Problems> {
    let request = http::Request::builder().method(method).uri(path);
    let request = origin.into_iter().fold(request, |request, origin| request.header("origin", origin));
    Ok(gateway(Definition::new().api(definition))?.send(request.header("access-control-request-method", "GET")).await)
}

#[test]
fn preflights_are_answered_where_no_options_method_does() -> Outcome {
    run(async {
        let cors = || Cors::origins([SHOP, "http://*"]).max_age(600).credentials(true).expose(["x-total"]);
        let answer = send(api().cors(cors()), "OPTIONS", "/prod/x", Some(SHOP)).await?;
        assert_eq!((answer.status.as_u16(), answer.text()), (200, ""));
        for (name, value) in [
            ("access-control-allow-origin", SHOP),
            ("access-control-allow-methods", "GET,OPTIONS"),
            ("access-control-allow-headers", "Content-Type,X-Amz-Date,Authorization,X-Api-Key,X-Amz-Security-Token"),
            ("access-control-max-age", "600"),
            ("access-control-allow-credentials", "true"),
            ("vary", "Origin"),
        ] {
            assert_eq!(answer.header(name), value, "{name}");
        }
        let any = send(api().cors(cors()), "OPTIONS", "/prod/any/1", Some("http://a.b:1")).await?;
        assert_eq!(any.header("access-control-allow-methods"), "DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT");
        assert_eq!(any.header("access-control-allow-origin"), "http://a.b:1");
        assert_eq!(send(api().cors(cors()), "OPTIONS", "/prod/own", Some(SHOP)).await?.text(), "own");
        for origin in [None, Some("https://shop.example.com.evil.org"), Some("null"), Some("https://SHOP.example.com")]
        {
            let answer = send(api().cors(cors()), "OPTIONS", "/prod/x", origin).await?;
            assert_eq!((answer.status.as_u16(), answer.header("vary")), (200, "Origin"));
            assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control")), "{origin:?}");
        }
        Ok(())
    })
}

#[test]
fn every_answer_can_be_read_by_the_pages_that_may() -> Outcome {
    run(async {
        let cors = || Cors::origins([SHOP]).expose(["x-total"]);
        for (path, status) in [("/prod/x", 200), ("/prod/none", 403), ("/prod/down", 504)] {
            let answer = send(api().cors(cors()), "GET", path, Some(SHOP)).await?;
            let headers = ["access-control-allow-origin", "access-control-expose-headers", "vary"];
            assert_eq!(answer.status, status);
            assert_eq!(headers.map(|name| answer.header(name)), [SHOP, "x-total", "Origin"], "{path}");
            let aws = send(api().cors(cors().preflight_only(true)), "GET", path, Some(SHOP)).await?;
            assert_eq!(headers.map(|name| aws.header(name)), ["", "", ""], "{path}");
        }
        let all = send(api().cors(Cors::origins(["*"])), "GET", "/prod/x", Some(SHOP)).await?;
        assert_eq!((all.header("access-control-allow-origin"), all.header("vary")), ("*", ""));
        let own = RecordingIntegration::new(|_| {
            let mut response = gateway_core::Response::new("own".into());
            response.headers_mut().insert("access-control-allow-origin", http::HeaderValue::from_static("https://b"));
            Ok(response)
        });
        let own = send(api().route("GET /cors", Route::to(own)).cors(cors()), "GET", "/prod/cors", Some(SHOP)).await?;
        assert_eq!(own.header("access-control-allow-origin"), "https://b");
        Ok(())
    })
}

#[test]
fn cors_that_no_browser_takes_is_a_problem() {
    let cors = Cors::origins(["*", "shop.example.com"]).headers(["*", "a b"]).credentials(true).max_age(86_401);
    assert_eq!(
        problems(Definition::new().api(api().cors(cors))),
        [
            "/apis/0/cors/allowOrigins/1: `shop.example.com` is no origin: write `https://host`, `https://host:port`, `https://*` or `*`",
            "/apis/0/cors/allowOrigins: with credentials no browser takes `*`; name them",
            "/apis/0/cors/allowHeaders: with credentials no browser takes `*`; name them",
            "/apis/0/cors/allowHeaders/1: `a b` is no name",
            "/apis/0/cors/maxAge: a browser may remember it for -1 to 86400 seconds",
        ]
    );
}

/// Says what it is told, by a header.
struct Told;

impl ResourcePolicy for Told {
    fn evaluate(&self, request: &Parts, _: &Context, _: PolicyPhase) -> PolicyVerdict {
        match request.headers.get("x-policy").map(http::HeaderValue::as_bytes) {
            Some(b"allow") => PolicyVerdict::allow().by("A"),
            Some(b"deny") => PolicyVerdict::deny().by("D"),
            _ => PolicyVerdict::silent(),
        }
    }
}

struct Caller(PolicyCombination);

#[async_trait]
impl Authorizer for Caller {
    async fn authorize(&self, request: &Parts, _: &Context) -> Result<Authorization, Error> {
        let caller = Authorization::new("caller");
        match request.headers.get("x-caller").map(http::HeaderValue::as_bytes) {
            Some(b"allow") => Ok(caller),
            Some(b"other") => {
                Ok(caller.with_identity(Identity::new("arn:aws:iam::999999999999:user/other", "AIDAOTHER")))
            }
            Some(b"silent") => Ok(caller.silent()),
            _ => Err(ErrorKind::Unauthorized.into()),
        }
    }

    fn policy_combination(&self) -> PolicyCombination {
        self.0
    }
}

#[test]
fn a_policy_and_an_authorizer_decide_by_the_tables() -> Outcome {
    run(async {
        use PolicyCombination::{EitherAllows, Iam, PolicyAlone};
        // Policy, caller, and what becomes of it.
        for (kind, policy, caller, status) in [
            (None, "allow", "", 200),
            (None, "", "", 403),
            (None, "deny", "", 403),
            (Some(PolicyAlone), "allow", "allow", 200),
            (Some(PolicyAlone), "", "allow", 403),
            (Some(PolicyAlone), "deny", "", 401),
            (Some(EitherAllows), "", "allow", 200),
            (Some(EitherAllows), "allow", "silent", 200),
            (Some(EitherAllows), "", "silent", 403),
            (Some(EitherAllows), "allow", "", 401),
            (Some(EitherAllows), "deny", "", 403),
            (Some(Iam), "deny", "", 401),
            (Some(Iam), "", "allow", 200),
            (Some(Iam), "allow", "silent", 200),
            (Some(Iam), "", "other", 403),
            (Some(Iam), "allow", "other", 200),
            (Some(Iam), "deny", "other", 403),
        ] {
            let route = Route::to(RecordingIntegration::answering("ok"));
            let route = match kind {
                Some(kind) => route.authorizer(Caller(kind)),
                None => route,
            };
            let gateway = gateway(Definition::new().api(api().route("GET /p", route).policy(Told)))?;
            let request = http::Request::get("/prod/p").header("x-policy", policy).header("x-caller", caller);
            let answer = gateway.send(request).await;
            assert_eq!(answer.status, status, "{kind:?}: policy `{policy}`, caller `{caller}`");
        }
        Ok(())
    })
}

#[test]
fn a_denial_names_the_resource_and_an_explanation_the_statement() -> Outcome {
    run(async {
        let gateway = gateway(Definition::new().api(api().policy(Told)))?;
        let arn = "arn:aws:execute-api:eu-west-1:********9012:a1b2c3d4e5/prod/GET/x";
        for (policy, suffix) in [("", ""), ("deny", " with an explicit deny")] {
            let answer = gateway.send(http::Request::get("/prod/x").header("x-policy", policy)).await;
            let message = format!(
                r#"{{"Message":"User: anonymous is not authorized to perform: execute-api:Invoke on resource: {arn}{suffix}"}}"#
            );
            assert_eq!((answer.status.as_u16(), answer.text()), (403, &*message));
            assert_eq!(answer.header("x-amzn-errortype"), "AccessDeniedException");
        }
        let request = http::Request::get("/prod/x").header("x-policy", "deny").body(gateway_core::Body::empty())?;
        let explained = gateway.gateway().handle().explain(request).await.to_string();
        assert!(explained.contains("resource policy before the authorizer: Deny by D"), "{explained}");
        Ok(())
    })
}

#[test]
fn a_policy_document_needs_a_factory() -> Outcome {
    let config = Config::from_json(
        r#"{"apis":[{"name":"a","protocolType":"REST","policy":{"Statement":[]},"routes":[],"stages":[{"name":"s"}]}]}"#,
    )?;
    assert_eq!(
        problems(config.define(&Registry::new())),
        ["/apis/0/policy: no factory makes resource policies; add one to the registry"]
    );
    let registry = Registry::new().policies(|document: &serde_json::Value, _: &gateway_core::config::ApiConfig| {
        assert!(document["Statement"].is_array());
        Ok(std::sync::Arc::new(Told) as std::sync::Arc<dyn ResourcePolicy>)
    });
    assert!(problems(config.define(&registry)).is_empty());
    Ok(())
}

/// What the authorizer says counts for nothing: without a policy nobody may call.
#[test]
fn a_private_api_without_a_policy_lets_nobody_call() -> Outcome {
    run(async {
        let closed = || api().endpoint(EndpointType::Private);
        let caller =
            Route::to(RecordingIntegration::answering("ok")).authorizer(Caller(PolicyCombination::EitherAllows));
        let gateway = gateway(Definition::new().api(closed().route("GET /p", caller)))?;
        for (path, arn) in [("/prod/x", "GET/x"), ("/prod/p", "GET/p")] {
            let answer = gateway.send(http::Request::get(path).header("x-caller", "allow")).await;
            let message = format!(
                r#"{{"Message":"User: anonymous is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:eu-west-1:********9012:a1b2c3d4e5/prod/{arn}"}}"#
            );
            assert_eq!((answer.status.as_u16(), answer.text()), (403, &*message));
        }
        let open = crate::gateway(Definition::new().api(closed().policy(Told)))?;
        assert_eq!(open.send(http::Request::get("/prod/x").header("x-policy", "allow")).await.status, 200);
        assert_eq!(open.send(http::Request::get("/prod/x")).await.status, 403);
        Ok(())
    })
}

/// The resource's name counts, path values included, where a policy or an authorizer is asked about it.
#[test]
fn a_resource_whose_name_is_too_long_for_policies_is_refused() -> Outcome {
    run(async {
        let fixed = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/prod/GET/any/".len();
        let fits = format!("/prod/any/{}", "x".repeat(1600 - fixed));
        let authorized = || {
            let route = Route::to(RecordingIntegration::answering("ok"));
            Api::rest("api")
                .id("a1b2c3d4e5")
                .account("123456789012", "eu-west-1")
                .stage(StageDefinition::new("prod"))
                .route("GET /any/{id}", route.authorizer(Caller(PolicyCombination::PolicyAlone)))
        };
        for (definition, path, status) in [
            (api(), format!("{fits}x"), 200),
            (api().policy(Told), fits.clone(), 200),
            (api().policy(Told), format!("{fits}x"), 414),
            (authorized(), fits.clone(), 200),
            (authorized(), format!("{fits}x"), 414),
        ] {
            let gateway = gateway(Definition::new().api(definition))?;
            let request = http::Request::get(&path).header("x-policy", "allow").header("x-caller", "allow");
            let answer = gateway.send(request).await;
            assert_eq!(answer.status, status, "{} bytes", path.len());
            if status == 414 {
                assert_eq!(answer.text(), r#"{"message":"Request URI too long"}"#);
            }
        }
        Ok(())
    })
}

const CORS: &str = r#"
apis:
  - name: api
    protocolType: REST
    cors:
      allowOrigins: ["https://shop.example.com"]
      allowMethods: [GET, PUT]
      allowHeaders: [x-own]
      exposeHeaders: [x-total]
      maxAge: 60
      allowCredentials: true
    gatewayResponses:
      DEFAULT_5XX: { responseParameters: { gatewayresponse.header.Access-Control-Allow-Origin: "'https://own'" } }
    routes:
      - { route: GET /x, integration: { type: service, name: ok } }
      - { route: GET /down, integration: { type: service, name: down } }
    stages: [{ name: prod }]
"#;

#[test]
fn cors_in_a_configuration_answers_preflights_and_opens_every_gateway_response_unless_switched_off() -> Outcome {
    run(async {
        let registry = Registry::new()
            .service("ok", RecordingIntegration::answering("ok"))
            .service("down", RecordingIntegration::failing(ErrorKind::IntegrationFailure));
        for (text, opens) in
            [(CORS.to_owned(), true), (CORS.replace("maxAge: 60", "maxAge: 60\n      preflightOnly: true"), false)]
        {
            let gateway = gateway(Config::from_yaml(&text)?.define(&registry))?;
            let send = async |method: &str, path: &str| {
                gateway.send(http::Request::builder().method(method).uri(path).header("origin", SHOP)).await
            };
            let preflight = send("OPTIONS", "/prod/x").await;
            for (name, value) in
                [("origin", SHOP), ("methods", "GET,PUT"), ("headers", "x-own"), ("credentials", "true")]
            {
                assert_eq!(preflight.header(&format!("access-control-allow-{name}")), value, "{opens}");
            }
            assert_eq!((preflight.status.as_u16(), preflight.header("access-control-max-age")), (200, "60"));
            for (path, status) in [("/prod/x", 200), ("/prod/none", 403)] {
                let answer = send("GET", path).await;
                let allowed =
                    ["allow-origin", "expose-headers"].map(|name| answer.header(&format!("access-control-{name}")));
                assert_eq!(
                    (answer.status.as_u16(), allowed),
                    (status, if opens { [SHOP, "x-total"] } else { ["", ""] })
                );
            }
            assert_eq!(send("GET", "/prod/down").await.header("access-control-allow-origin"), "https://own");
        }
        Ok(())
    })
}
