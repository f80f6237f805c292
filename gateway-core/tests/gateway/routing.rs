use gateway_core::{
    Api, Definition, Domain, Route, StageDefinition,
    testing::{RecordingIntegration, TestGateway},
};

use crate::{Outcome, gateway, http, rest, run};

#[test]
fn a_stage_is_taken_off_the_path_and_the_context_keeps_the_whole() -> Outcome {
    run(async {
        let backend = RecordingIntegration::answering("ok");
        let gateway = gateway(rest([("GET /pets/{id}/{tail+}", Route::to(backend.clone()))]))?;
        for (target, uri, id, tail) in [
            ("/prod/pets/1/a/b?x=y", "/pets/1/a/b?x=y", "1", "a/b"),
            ("//prod//pets/a%2Fb/c%20d/", "//pets/a%2Fb/c%20d/", "a%2Fb", "c%20d"),
        ] {
            assert_eq!(gateway.send(http::Request::get(target)).await.status, 200, "{target}");
            let call = backend.calls().pop().ok_or("no call")?;
            let context = call.context.ok_or("no context")?;
            assert_eq!(call.uri, uri);
            assert_eq!(context.path_param("id"), Some(id));
            assert_eq!(context.path_param("tail"), Some(tail));
            assert_eq!(context.lookup("path").as_deref(), target.split('?').next());
            assert_eq!(context.lookup("resourcePath").as_deref(), Some("/pets/{id}/{tail+}"));
            assert_eq!(context.lookup("stage").as_deref(), Some("prod"));
        }
        Ok(())
    })
}

#[test]
fn unknown_routes_and_stages_are_answered_as_aws_answers() -> Outcome {
    run(async {
        let route = || Route::to(RecordingIntegration::answering("ok"));
        let rest = gateway(rest([("GET /existing", route())]))?;
        for request in
            [http::Request::get("/prod/random"), http::Request::post("/prod/existing"), http::Request::get("/prod")]
        {
            let response = rest.send(request).await;
            assert_eq!(response.status, 403);
            assert_eq!(response.text(), r#"{"message":"Missing Authentication Token"}"#);
            assert_eq!(response.header("x-amzn-errortype"), "MissingAuthenticationTokenException");
            assert_eq!(response.header("x-amzn-requestid").len(), 36);
            assert!(response.header("x-amz-apigw-id").ends_with('='));
            assert_eq!(response.header("content-type"), "application/json");
        }
        let response = rest.send(http::Request::get("/nostage/existing")).await;
        assert_eq!((response.status.as_u16(), response.text()), (403, r#"{"message":"Forbidden"}"#));

        let http = gateway(http([("GET /existing", route())]))?;
        for request in
            [http::Request::get("/random"), http::Request::post("/existing"), http::Request::get("/existing/")]
        {
            let response = http.send(request).await;
            assert_eq!((response.status.as_u16(), response.text()), (404, r#"{"message":"Not Found"}"#));
            assert_eq!(response.header("apigw-requestid").len(), 16);
            assert_eq!(response.header("x-amzn-errortype"), "");
        }
        Ok(())
    })
}

#[test]
fn a_named_stage_of_an_http_api_goes_before_its_default() -> Outcome {
    run(async {
        let backend = RecordingIntegration::answering("ok");
        let api = Api::http("api")
            .route("GET /x", Route::to(backend.clone()))
            .route("$default", Route::to(backend.clone()))
            .stage(StageDefinition::new("$default"))
            .stage(StageDefinition::new("dev"));
        let gateway = TestGateway::new(Definition::new().api(api))?;
        for (target, stage, route) in [
            ("/x", "$default", "GET /x"),
            ("/dev/x", "dev", "GET /x"),
            ("/dev", "dev", "$default"),
            ("/Dev/x", "$default", "$default"),
        ] {
            gateway.send(http::Request::get(target)).await;
            let context = backend.calls().pop().and_then(|call| call.context).ok_or("no context")?;
            assert_eq!(context.lookup("stage").as_deref(), Some(stage), "{target}");
            assert_eq!(context.lookup("routeKey").as_deref(), Some(route), "{target}");
        }
        Ok(())
    })
}

#[test]
fn domains_map_base_paths_to_stages() -> Outcome {
    run(async {
        let api = |name: &'static str| {
            let answer = Route::to(RecordingIntegration::answering(name));
            Api::rest(name).route("ANY /{proxy+}", answer).stage(StageDefinition::new("prod"))
        };
        let definition = Definition::new()
            .api(api("one"))
            .api(api("two"))
            .api(api("three").default_endpoint(false))
            .domain(Domain::new("API.example.com").map("", "one", "prod").map("orders/v1/items", "two", "prod"))
            .domain(Domain::new("*.example.com").map("shop", "three", "prod"));
        let gateway = TestGateway::new(definition)?;
        for (host, path, answer) in [
            ("api.example.com", "/customers", "one"),
            ("api.example.com:8443", "/orders/v1/items/1", "two"),
            ("api.example.com.:8443", "/orders/v1/items/1", "two"),
            ("three.local@api.example.com", "/customers", r#"{"message":"Bad Request"}"#),
            ("api.example.com", "/orders/v1/itemsX", "one"),
            ("other.example.com", "/shop/x", "three"),
            ("other.example.com", "/x", r#"{"message":"Forbidden"}"#),
            ("two.execute-api.local", "/prod/x", "two"),
            ("three.execute-api.local", "/prod/x", r#"{"message":"Forbidden"}"#),
            ("unknown.local", "/prod/x", r#"{"message":"Forbidden"}"#),
        ] {
            let response = gateway.send(http::Request::get(path).header("host", host)).await;
            assert_eq!(response.text(), answer, "{host}{path}");
        }
        Ok(())
    })
}

#[test]
fn a_request_with_two_hosts_is_refused() -> Outcome {
    run(async {
        let gateway = gateway(rest([("GET /x", Route::to(RecordingIntegration::answering("ok")))]))?;
        let twice = http::Request::get("/prod/x").header("host", "a").header("host", "b");
        assert_eq!(gateway.send(twice).await.status, 400);
        let different = http::Request::get("http://a/prod/x").header("host", "b");
        assert_eq!(gateway.send(different).await.status, 400);
        let same = http::Request::get("http://a/prod/x").header("host", "A");
        assert_eq!(gateway.send(same).await.status, 200);
        Ok(())
    })
}

#[test]
fn a_rest_api_obeys_a_method_override_and_a_request_id() -> Outcome {
    run(async {
        let backend = RecordingIntegration::answering("ok");
        let gateway = gateway(rest([("DELETE /x", Route::to(backend.clone()))]))?;
        let request = http::Request::post("/prod/x")
            .header("x-http-method-override", "DELETE")
            .header("x-amzn-requestid", "01234567-89ab-4def-8123-456789abcdef");
        let response = gateway.send(request).await;
        assert_eq!(response.status, 200);
        assert_eq!(response.header("x-amzn-requestid"), "01234567-89ab-4def-8123-456789abcdef");
        let call = backend.calls().pop().ok_or("no call")?;
        assert_eq!(call.method, "DELETE");
        assert!(!call.headers.contains_key("x-http-method-override"));
        Ok(())
    })
}

#[test]
fn without_a_stage_each_kind_of_api_refuses_in_its_own_words() -> Outcome {
    run(async {
        let route = || Route::to(RecordingIntegration::answering("ok"));
        let api = |api: Api| api.route("GET /x", route()).stage(StageDefinition::new("dev"));
        let definition = Definition::new()
            .api(api(Api::http("http")))
            .api(api(Api::http("closed")).default_endpoint(false))
            .api(api(Api::rest("rest")));
        let gateway = TestGateway::new(definition)?;
        for (host, status, message) in [
            ("http.local", 404, r#"{"message":"Not Found"}"#),
            ("closed.local", 404, r#"{"message":"Not Found"}"#),
            ("rest.local", 403, r#"{"message":"Forbidden"}"#),
            ("unknown.local", 403, r#"{"message":"Forbidden"}"#),
        ] {
            let response = gateway.send(http::Request::get("/none/x").header("host", host)).await;
            assert_eq!((response.status.as_u16(), response.text()), (status, message), "{host}");
            let is_http = status == 404;
            assert_eq!(response.headers.contains_key("apigw-requestid"), is_http, "{host}");
            assert_eq!(response.headers.contains_key("x-amzn-errortype"), !is_http, "{host}");
        }
        Ok(())
    })
}

#[test]
fn host_names_have_no_case() -> Outcome {
    run(async {
        let api = |name: &'static str| {
            let answer = Route::to(RecordingIntegration::answering(name));
            Api::rest(name).route("GET /x", answer).stage(StageDefinition::new("prod"))
        };
        let gateway = TestGateway::new(Definition::new().api(api("Pets")).api(api("shop")))?;
        for (host, answer) in [("pets.local", "Pets"), ("PETS.local", "Pets"), ("Shop.local", "shop")] {
            let response = gateway.send(http::Request::get("/prod/x").header("host", host)).await;
            assert_eq!(response.text(), answer, "{host}");
        }
        Ok(())
    })
}

/// AWS puts the id of a private API's endpoint behind the API's own.
#[test]
fn a_private_api_is_found_through_its_endpoint() -> Outcome {
    run(async {
        let api = |name: &'static str| {
            let answer = Route::to(RecordingIntegration::answering(name));
            Api::rest(name).route("GET /x", answer).stage(StageDefinition::new("prod"))
        };
        let gateway = TestGateway::new(Definition::new().api(api("pets")).api(api("shop")))?;
        for (host, answer) in [
            ("shop-vpce-0a1b2c3d.execute-api.eu-west-1.amazonaws.com", "shop"),
            ("none-vpce-0a1b2c3d.execute-api.eu-west-1.amazonaws.com", r#"{"message":"Forbidden"}"#),
        ] {
            let response = gateway.send(http::Request::get("/prod/x").header("host", host)).await;
            assert_eq!(response.text(), answer, "{host}");
        }
        Ok(())
    })
}
