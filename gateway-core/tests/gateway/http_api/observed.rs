//! What logs tell of HTTP APIs, and who may call their routes.

use gateway_core::{
    AccessLog, AccessLogFormat, Api, Authorization, Body, Context, Cors, Definition, Error, ErrorKind, Parts, Request,
    Route, StageDefinition,
    testing::{CapturedLines, RecordingIntegration},
};

use crate::{Outcome, gateway, run};

/// A caller with what stands in `x-scopes`; nobody without it.
fn by_scopes(request: &Parts, context: &Context) -> Result<Authorization, Error> {
    let scopes = request.headers.get("x-scopes").and_then(|scopes| scopes.to_str().ok());
    let scopes: Vec<_> = scopes.ok_or(ErrorKind::Unauthorized)?.split(' ').map(str::to_owned).collect();
    let wanted = context.route().map(|route| route.authorization_scopes.clone()).unwrap_or_default();
    if !wanted.is_empty() && !wanted.iter().any(|scope| scopes.contains(scope)) {
        return Err(ErrorKind::AccessDenied.into());
    }
    let claims = [("sub".to_owned(), "alice".to_owned())].into();
    Ok(Authorization::new("alice")
        .with_claims(claims)
        .with_scopes(scopes)
        .with_context("admin", true)
        .with_context("age", 7))
}

#[test]
fn one_scope_of_a_route_is_enough() -> Outcome {
    run(async {
        let route = || Route::to(RecordingIntegration::answering("ok")).authorizer(by_scopes);
        let api = Api::http("api")
            .stage(StageDefinition::new("$default"))
            .route("GET /pets", route().scopes(["pets.read", "pets.write"]))
            .route("GET /any", route());
        let gateway = gateway(Definition::new().api(api))?;
        for (path, scopes, status) in [
            ("/pets", None, 401),
            ("/pets", Some("other"), 403),
            ("/pets", Some("other pets.write"), 200),
            ("/any", Some("other"), 200),
        ] {
            let request = http::Request::get(path);
            let request = scopes.into_iter().fold(request, |request, scopes| request.header("x-scopes", scopes));
            assert_eq!(gateway.send(request).await.status, status, "{path} {scopes:?}");
        }
        Ok(())
    })
}

#[test]
fn variables_of_access_logs() -> Outcome {
    run(async {
        let lines = CapturedLines::default();
        let names = [
            "accountId",
            "apiId",
            "authorizer.claims.sub",
            "authorizer.claims",
            "authorizer.principalId",
            "authorizer.admin",
            "authorizer.age",
            "authorizer.error",
            "customDomain.basePathMatched",
            "dataProcessed",
            "domainName",
            "domainPrefix",
            "error.message",
            "error.responseType",
            "httpMethod",
            "identity.userAgent",
            "integration.status",
            "integration.error",
            "path",
            "protocol",
            "requestTime",
            "requestTimeEpoch",
            "responseLength",
            "routeKey",
            "stage",
            "status",
        ];
        let format =
            names.iter().fold("$context.requestId".to_owned(), |format, name| format!("{format}|$context.{name}"));
        let stage = |name: &str| {
            Ok::<_, Box<dyn std::error::Error>>(
                StageDefinition::new(name).observer(AccessLog::new(AccessLogFormat::parse(&format)?, lines.clone())),
            )
        };
        let api = Api::http("api")
            .account("123456789012", "eu-west-1")
            .stage(stage("dev")?)
            .cors(Cors::origins(["*"]))
            .route("GET /pets/{id}", Route::to(RecordingIntegration::answering("hello")).authorizer(by_scopes))
            .route("GET /down", Route::to(RecordingIntegration::failing(ErrorKind::IntegrationFailure)));
        let gateway = gateway(Definition::new().api(api))?;
        let get = |path| http::Request::get(path).header("host", "api.example.com").header("user-agent", "curl/8");
        gateway.send(get("/dev/pets/6").header("x-scopes", "a")).await;
        gateway.send(get("/dev/down")).await;
        let preflight =
            http::Request::options("/dev/pets/6").header("host", "api.example.com").header("origin", "https://a");
        gateway.send(preflight.header("access-control-request-method", "GET")).await;
        let lines: Vec<_> = lines.lines().iter().filter_map(|line| Some(line.split_once('|')?.1.to_owned())).collect();
        assert_eq!(
            lines,
            [
                "123456789012|api|alice|-|alice|true|7|-|-|5|api.example.com|api|-|-|GET|curl/8|200|-|/dev/pets/6|HTTP/1.1\
                 |01/Jan/2024:00:00:00 +0000|1704067200000|5|GET /pets/{id}|dev|200",
                "123456789012|api|-|-|-|-|-|-|-|33|api.example.com|api|Service Unavailable|INTEGRATION_FAILURE|GET|curl/8|-\
                 |INTEGRATION_FAILURE: Network error communicating with endpoint|/dev/down|HTTP/1.1\
                 |01/Jan/2024:00:00:00 +0000|1704067200000|33|GET /down|dev|503",
                "123456789012|api|-|-|-|-|-|-|-|0|api.example.com|api|-|-|OPTIONS|-|-|-|/dev/pets/6|HTTP/1.1\
                 |01/Jan/2024:00:00:00 +0000|1704067200000|0|-|dev|204",
            ]
        );
        Ok(())
    })
}

#[test]
fn both_ids_that_a_service_of_aws_gives_an_answer_are_logged() -> Outcome {
    run(async {
        let lines = CapturedLines::default();
        let format = "$context.requestId $context.awsEndpointRequestId|$context.awsEndpointRequestId2";
        let stage =
            StageDefinition::new("$default").observer(AccessLog::new(AccessLogFormat::parse(format)?, lines.clone()));
        let answer = |_: Request| async {
            let headers = http::Response::builder().header("x-amz-request-id", "A1").header("x-amz-id-2", "b2=");
            Ok::<_, Error>(headers.body(Body::empty()).unwrap_or_default())
        };
        let api = Api::http("api").stage(stage).route("GET /x", Route::to(answer));
        gateway(Definition::new().api(api))?.send(http::Request::get("/x")).await;
        assert!(lines.lines().iter().any(|line| line.ends_with(" A1|b2=")), "{:?}", lines.lines());
        Ok(())
    })
}
