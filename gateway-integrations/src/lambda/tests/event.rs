//! The rows of the event's tables.

use std::collections::BTreeMap;

use gateway_core::{ApiKey, Authorization, Domain, EndpointType, HeaderCase, Parts, Plan};
use http::Request as Head;
use serde_json::json;

use super::*;
use crate::lambda::PayloadFormat;

#[tokio::test]
async fn a_bare_request_has_every_key() {
    let event = event_of(plain, request(Head::get("/prod/pets/7/"), "")).await;
    let host = "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com";
    let context = &event["requestContext"];
    let trace = event["headers"]["X-Amzn-Trace-Id"].as_str().unwrap();
    assert!(trace.starts_with("Root=1-") && trace.contains(";Parent=") && trace.ends_with(";Sampled=0"), "{trace}");
    let expected = json!({
        "resource": "/{proxy+}",
        "path": "/pets/7/",
        "httpMethod": "GET",
        "headers": {
            "Host": host,
            "X-Amzn-Trace-Id": trace,
            "X-Forwarded-For": "192.0.2.7",
            "X-Forwarded-Port": "80",
            "X-Forwarded-Proto": "http",
        },
        "multiValueHeaders": {
            "Host": [host],
            "X-Amzn-Trace-Id": [trace],
            "X-Forwarded-For": ["192.0.2.7"],
            "X-Forwarded-Port": ["80"],
            "X-Forwarded-Proto": ["http"],
        },
        "queryStringParameters": null,
        "multiValueQueryStringParameters": null,
        "pathParameters": { "proxy": "pets/7" },
        "stageVariables": null,
        "requestContext": {
            "resourceId": context["resourceId"],
            "resourcePath": "/{proxy+}",
            "httpMethod": "GET",
            "extendedRequestId": context["extendedRequestId"],
            "requestTime": "01/Jan/2024:00:00:00 +0000",
            "path": "/prod/pets/7/",
            "accountId": "111111111111",
            "protocol": "HTTP/1.1",
            "stage": "prod",
            "domainPrefix": "a1b2c3d4e5",
            "requestTimeEpoch": 1_704_067_200_000_u64,
            "requestId": context["requestId"],
            "identity": {
                "accessKey": null,
                "accountId": null,
                "caller": null,
                "cognitoAuthenticationProvider": null,
                "cognitoAuthenticationType": null,
                "cognitoIdentityId": null,
                "cognitoIdentityPoolId": null,
                "principalOrgId": null,
                "sourceIp": "192.0.2.7",
                "user": null,
                "userAgent": null,
                "userArn": null,
            },
            "domainName": host,
            "deploymentId": "d1",
            "apiId": "a1b2c3d4e5",
        },
        "body": null,
        "isBase64Encoded": false,
    });
    assert_eq!(event, expected);
    assert_eq!(context["requestId"].as_str().unwrap().len(), 36);
}

#[tokio::test]
async fn names_with_several_values_are_in_both_maps() {
    let head = Head::get("/prod/?a=1&a=two+words&b=%2B&c").header("x-own", "1").header("x-own", "2");
    let event = event_of(plain, request(head.header("x-forwarded-for", "198.51.100.1"), "")).await;
    assert_eq!((&event["headers"]["X-Own"], &event["multiValueHeaders"]["X-Own"]), (&json!("2"), &json!(["1", "2"])));
    assert_eq!(event["headers"]["X-Forwarded-For"], "198.51.100.1, 192.0.2.7");
    assert_eq!(event["queryStringParameters"], json!({ "a": "two words", "b": "+", "c": "" }));
    let all = json!({ "a": ["1", "two words"], "b": ["+"], "c": [""] });
    assert_eq!(event["multiValueQueryStringParameters"], all);
    assert_eq!(event["pathParameters"], json!(null));
    assert_eq!((&event["resource"], &event["path"]), (&json!("/"), &json!("/")));
}

#[tokio::test]
async fn paths_are_not_decoded_and_lose_stage_and_doubled_slashes_in_front() {
    for (target, path, proxy) in
        [("/prod/a%2Fb@c", "/a%2Fb@c", "a%2Fb@c"), ("/prod//a", "/a", "a"), ("/prod/a//b", "/a//b", "a//b")]
    {
        let event = event_of(plain, request(Head::get(target), "")).await;
        assert_eq!((event["path"].as_str(), event["pathParameters"]["proxy"].as_str()), (Some(path), Some(proxy)));
        assert_eq!(event["requestContext"]["path"], target);
    }
    let script = Script::new(Invoked::new("{}"));
    let definition = definition(LambdaProxy::new(script.clone()), plain);
    let definition = definition.domain(Domain::any().map("base", "a1b2c3d4e5", "prod"));
    send(definition, request(Head::get("/base/x"), "")).await;
    let event = script.event();
    assert_eq!((&event["path"], &event["requestContext"]["path"]), (&json!("/base/x"), &json!("/base/x")));
}

#[tokio::test]
async fn names_of_headers_are_spelled_as_the_endpoint_has_it() {
    let head = || Head::get("/prod/x").header("user-agent", "curl/8").header("test-header", "1");
    let sent = HeaderCase::new(["user-agent", "tEsT-HEADeR"]);
    for (endpoint, names) in
        [(EndpointType::Edge, ["User-Agent", "tEsT-HEADeR"]), (EndpointType::Regional, ["user-agent", "tEsT-HEADeR"])]
    {
        let mut request = request(head(), "");
        request.extensions_mut().insert(sent.clone());
        let event = event_of(|api, stage| api.endpoint(endpoint).stage(stage), request).await;
        for name in names {
            assert!(event["headers"][name].is_string() && event["multiValueHeaders"][name].is_array(), "{name}");
        }
        assert_eq!(event["requestContext"]["identity"]["userAgent"], "curl/8");
    }
}

#[tokio::test]
async fn what_ends_at_the_gateway_is_not_in_the_event() {
    let mut head = Head::get("/prod/x");
    for name in [
        "connection",
        "content-md5",
        "expect",
        "max-forwards",
        "proxy-authenticate",
        "server",
        "te",
        "trailer",
        "upgrade",
        "www-authenticate",
    ] {
        head = head.header(name, "1");
    }
    let head = head.header("authorization", "AWS4-HMAC-SHA256 Credential=x").header("via", "1.1 p").header("date", "1");
    let event = event_of(plain, request(head, "")).await;
    let names: Vec<_> = event["headers"].as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        ["Date", "Host", "Via", "X-Amzn-Trace-Id", "X-Forwarded-For", "X-Forwarded-Port", "X-Forwarded-Proto"]
    );
    assert_eq!(event["headers"]["Date"], "Thu, 01 Jan 1970 00:00:00 GMT", "as AWS reads what is no date");
    let event = event_of(plain, request(Head::get("/prod/x").header("authorization", "Bearer x"), "")).await;
    assert_eq!(event["headers"]["Authorization"], "Bearer x");
}

#[tokio::test]
async fn bodies_are_text_unless_their_type_is_binary() {
    for (types, content_type, body, binary) in [
        (&[][..], "image/png", &b"\xffa"[..], json!(["\u{fffd}a", false])),
        (&["image/png"], "image/png; q=1", b"\xffa", json!(["/2E=", true])),
        (&["image/png"], "text/plain", b"a", json!(["a", false])),
        (&["image/*"], "image/gif", b"a", json!(["YQ==", true])),
        (&["*/*"], "text/plain", b"a", json!(["YQ==", true])),
        (&["*/png"], "image/png", b"a", json!(["a", false])),
        (&["image/png"], "image/png", b"", json!([null, true])),
    ] {
        let head = Head::post("/prod/x").header("content-type", content_type);
        let change = |api: Api, stage| api.binary_media_types(types.iter().copied()).stage(stage);
        let event = event_of(change, request(head, body.to_vec())).await;
        assert_eq!(json!([event["body"], event["isBase64Encoded"]]), binary, "{types:?} {content_type}");
    }
}

#[tokio::test]
async fn stage_variables_are_in_the_event() {
    let event = event_of(|api, stage| api.stage(stage.variable("colour", "red")), request(Head::get("/prod/"), ""));
    assert_eq!(event.await["stageVariables"], json!({ "colour": "red" }));
}

#[tokio::test]
async fn the_trace_goes_on_and_comes_back() {
    let trace = "Root=1-3152b799-8954dae64eda91bc9a23a7e8;Parent=7fa8c0f79203be72;Sampled=1";
    let script = Script::new(Invoked::new("{}"));
    let head = Head::get("/prod/x").header("x-amzn-trace-id", trace);
    let response = send(definition(LambdaProxy::new(script.clone()), plain), request(head, "")).await;
    assert_eq!(response.header("x-amzn-trace-id"), trace);
    assert_eq!(script.event()["headers"]["X-Amzn-Trace-Id"], trace);
    let call = script.call();
    assert_eq!(call.headers["x-amzn-trace-id"], trace);
    assert_eq!(call.headers["user-agent"], "AmazonAPIGateway_a1b2c3d4e5");
    assert_eq!(
        call.headers["x-amz-source-arn"],
        "arn:aws:execute-api:us-east-1:111111111111:a1b2c3d4e5/prod/GET/{proxy+}"
    );
}

#[tokio::test]
async fn the_caller_is_in_the_event() {
    let callers = [
        (
            Authorization::new("alice").with_context("tier", 3).with_context("team", "a").with_context("beta", true),
            json!({ "principalId": "alice", "tier": "3", "team": "a", "beta": "true" }),
        ),
        (
            Authorization::new("alice").with_claims(BTreeMap::from([("sub".to_owned(), "7".to_owned())])),
            json!({ "claims": { "sub": "7" } }),
        ),
    ];
    for (caller, shown) in callers {
        let script = Script::new(Invoked::new("{}"));
        let route = Route::to(LambdaProxy::new(script.clone()))
            .authorizer(move |_: &Parts, _: &Context| Ok::<_, Error>(caller.clone()))
            .api_key_required();
        let api = Api::rest("pets").route("GET /x", route).stage(StageDefinition::new("prod"));
        let key = ApiKey::new("k1", "key-0123456789-0123456789").unwrap();
        let definition = Definition::new().api(api).plan(Plan::new("gold").stage("pets", "prod").key(key));
        let head = Head::get("/prod/x").header("x-api-key", "key-0123456789-0123456789");
        assert_eq!(send(definition, request(head, "")).await.status, 200);
        let context = &script.event()["requestContext"];
        assert_eq!(context["authorizer"], shown);
        assert_eq!(context["identity"]["apiKeyId"], "k1");
        assert_eq!(context["identity"]["apiKey"], "key-0123456789-0123456789");
    }
}

#[tokio::test]
async fn the_call_of_a_lambda_authorizer_is_in_the_event_with_its_time() {
    let script = Script::new(Invoked::new("{}"));
    let authorizer = |_: &Parts, context: &Context| {
        let latency = std::time::Duration::from_millis(12);
        context.set_authorizer(gateway_core::AuthorizerFacts { status: None, latency, error: None });
        Ok::<_, Error>(Authorization::new("alice"))
    };
    let route = Route::to(LambdaProxy::new(script.clone())).authorizer(authorizer);
    let api = Api::rest("pets").route("GET /x", route).stage(StageDefinition::new("prod"));
    send(Definition::new().api(api), request(Head::get("/prod/x"), "")).await;
    let shown = json!({ "principalId": "alice", "integrationLatency": 12 });
    assert_eq!(script.event()["requestContext"]["authorizer"], shown);
}

#[tokio::test]
async fn the_clients_certificate_is_in_the_event() {
    let certificate = gateway_core::ClientCertificate::new(gateway_core::ClientCertificateFields {
        pem: "PEM".to_owned(),
        subject_dn: "CN=client".to_owned(),
        issuer_dn: "CN=ca".to_owned(),
        serial_number: "a1:b2".to_owned(),
        not_before: "May 28 12:30:02 2019 GMT".to_owned(),
        not_after: "Aug  5 09:36:04 2021 GMT".to_owned(),
    });
    let shown = json!({
        "clientCertPem": "PEM", "subjectDN": "CN=client", "issuerDN": "CN=ca", "serialNumber": "a1:b2",
        "validity": { "notBefore": "May 28 12:30:02 2019 GMT", "notAfter": "Aug  5 09:36:04 2021 GMT" },
    });
    for (format, place) in [
        (None, "/requestContext/identity/clientCert"),
        (Some(PayloadFormat::V1), "/requestContext/identity/clientCert"),
        (Some(PayloadFormat::V2), "/requestContext/authentication/clientCert"),
    ] {
        for sent in [Some(certificate.clone()), None] {
            let script = Script::new(Invoked::new(r#"{"statusCode":200}"#));
            let proxy = LambdaProxy::new(script.clone());
            let api = match format {
                None => Api::rest("pets").route("GET /x", Route::to(proxy)),
                Some(format) => Api::http("pets").route("GET /x", Route::to(proxy.payload_format(format))),
            };
            let mut head = Head::get("/prod/x");
            if let Some(certificate) = sent.clone() {
                head = head.extension(certificate);
            }
            send(Definition::new().api(api.stage(StageDefinition::new("prod"))), request(head, "")).await;
            assert_eq!(script.event().pointer(place), sent.map(|_| &shown), "{format:?}");
        }
    }
}

#[tokio::test]
async fn the_operation_is_in_the_event_where_it_has_a_name() {
    for name in [None, Some("ListPets")] {
        let script = Script::new(Invoked::new("{}"));
        let route = Route::to(LambdaProxy::new(script.clone()));
        let route = name.into_iter().fold(route, gateway_core::RouteDefinition::operation_name);
        let api = Api::rest("pets").route("GET /x", route).stage(StageDefinition::new("prod"));
        send(Definition::new().api(api), request(Head::get("/prod/x"), "")).await;
        let event = script.event();
        assert_eq!(event["requestContext"].get("operationName").and_then(Value::as_str), name);
    }
}
