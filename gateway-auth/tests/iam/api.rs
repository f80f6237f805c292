//! IAM in front of REST and HTTP APIs: the outcomes as clients see them.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use gateway_auth::{Credential, IamAuthorizer, PolicyDocument, PolicyType, StaticCredentials};
use gateway_core::{
    Api, Authorization, Authorizer, Body, Clock, Context, Definition, EndpointType, Error, Identity, Parts,
    PolicyCombination, Request, Response, Route, StageDefinition,
    testing::{TestGateway, TestResponse},
};
use serde_json::{Value, json};

use crate::support::*;

const ARN: &str = "arn:aws:execute-api:us-east-1:********9012:a1b2c3/prod/GET/pets/6";

fn ok() -> impl gateway_core::Integration {
    |request: Request| async move {
        let context = request.extensions().get::<Arc<Context>>().cloned();
        let caller = context.and_then(|context| context.lookup("identity.userArn"));
        Ok::<_, Error>(Response::new(Body::from(
            caller.map_or_else(|| "nobody".to_owned(), std::borrow::Cow::into_owned),
        )))
    }
}

fn rest(authorizer: impl Authorizer) -> Api {
    let route = || Route::to(ok());
    Api::rest("pets")
        .id("a1b2c3")
        .account("123456789012", REGION)
        .route("ANY /pets/{id}", route().authorizer(authorizer))
        .stage(StageDefinition::new("prod"))
}

fn iam(credential: Credential) -> IamAuthorizer {
    IamAuthorizer::new(store(credential))
}

fn invoke(effect: &str) -> PolicyDocument {
    identity_policy(json!({ "Effect": effect, "Action": "execute-api:Invoke", "Resource": "*" }))
}

fn resource_policy(statements: Value) -> PolicyDocument {
    let document = json!({ "Version": "2012-10-17", "Statement": statements });
    PolicyDocument::parse(&document, PolicyType::Resource).unwrap()
}

fn whole_api(effect: &str) -> PolicyDocument {
    resource_policy(
        json!([{ "Effect": effect, "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*" }]),
    )
}

fn silent() -> PolicyDocument {
    resource_policy(json!([]))
}

fn gateway(api: Api) -> TestGateway {
    TestGateway::new(Definition::new().api(api)).unwrap()
}

async fn call(gateway: &TestGateway) -> TestResponse {
    let request = http::Request::get("/prod/pets/6");
    gateway.send_request(signed_now(request, "", gateway.clock().now())).await
}

fn denial(caller: &str, suffix: &str) -> String {
    format!(
        r#"{{"Message":"User: {caller} is not authorized to perform: execute-api:Invoke on resource: {ARN}{suffix}"}}"#
    )
}

#[tokio::test]
async fn a_signature_is_about_the_method_on_the_wire() {
    let gateway = gateway(rest(open_to_alice()));
    let now = gateway.clock().now();
    let overriding = || http::Request::post("/prod/pets/6").header("x-http-method-override", "DELETE");
    let signed = signed_now(overriding(), "", now);
    let names = signed.headers()["authorization"].to_str().unwrap();
    assert!(names.contains("x-http-method-override"), "{names}");
    assert_eq!(gateway.send_request(signed).await.status, 200);
    let mut changed = signed_now(overriding(), "", now);
    changed.headers_mut().insert("x-http-method-override", http::HeaderValue::from_static("PUT"));
    assert_eq!(gateway.send_request(changed).await.status, 403);
}

#[tokio::test]
async fn a_rest_api_tells_why_it_refuses() {
    let gateway = gateway(rest(iam(credential().policy(invoke("Allow")))));
    let answer = call(&gateway).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (200, "arn:aws:iam::123456789012:user/alice"));

    let unsigned = gateway.send(http::Request::get("/prod/pets/6").header("host", HOST)).await;
    assert_eq!(unsigned.status, 403);
    assert_eq!(unsigned.text(), r#"{"message":"Missing Authentication Token"}"#);
    assert_eq!(unsigned.header("x-amzn-errortype"), "MissingAuthenticationTokenException");

    let bearer = gateway.send(http::Request::get("/prod/pets/6").header("authorization", "Bearer x")).await;
    assert_eq!((bearer.status.as_u16(), bearer.header("x-amzn-errortype")), (403, "IncompleteSignatureException"));
    assert!(bearer.text().starts_with(r#"{"message":"Invalid key=value pair"#));

    let mut tampered = signed_now(http::Request::get("/prod/pets/6"), "", gateway.clock().now());
    *tampered.uri_mut() = "/prod/pets/7".parse().unwrap();
    let answer = gateway.send_request(tampered).await;
    assert_eq!((answer.status.as_u16(), answer.header("x-amzn-errortype")), (403, "InvalidSignatureException"));
    assert!(answer.text().starts_with(r#"{"message":"The request signature we calculated does not match"#));

    let unknown = signed_now(http::Request::get("/prod/pets/6"), "", gateway.clock().now());
    let nobody = self::gateway(rest(IamAuthorizer::new(StaticCredentials::new())));
    let answer = nobody.send_request(unknown).await;
    assert_eq!(answer.header("x-amzn-errortype"), "UnrecognizedClientException");
    assert_eq!(answer.text(), r#"{"message":"The security token included in the request is invalid."}"#);
}

#[tokio::test]
async fn a_denial_names_the_caller_and_the_masked_resource() {
    for (policy, suffix) in [(None, ""), (Some(invoke("Deny")), " with an explicit deny")] {
        let credential = policy.into_iter().fold(credential(), Credential::policy);
        let answer = call(&gateway(rest(iam(credential)))).await;
        assert_eq!((answer.status.as_u16(), answer.header("x-amzn-errortype")), (403, "AccessDeniedException"));
        assert_eq!(answer.text(), denial("arn:aws:iam::123456789012:user/alice", suffix));
    }
}

#[tokio::test]
async fn the_body_is_covered_by_the_signature_and_reaches_the_backend() {
    let echo = |request: Request| async move { Ok::<_, Error>(Response::new(request.into_body())) };
    let authorizer = open_to_alice();
    let api = Api::rest("pets")
        .account("123456789012", REGION)
        .route("POST /pets", Route::to(echo).authorizer(authorizer))
        .stage(StageDefinition::new("prod"));
    let gateway = gateway(api);
    let signed = signed(http::Request::post("/prod/pets"), "a whole pet", gateway.clock().now(), Signing::default());
    let answer = gateway.send_request(signed.clone().map(Body::from)).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (200, "a whole pet"));
    let answer = gateway.send_request(signed.map(|_| Body::from("another pet"))).await;
    assert_eq!(answer.header("x-amzn-errortype"), "InvalidSignatureException");
}

#[tokio::test]
async fn an_http_api_says_forbidden_whatever_the_cause() {
    let api = |credential| {
        let api = Api::http("pets").id("a1b2c3").account("123456789012", REGION);
        let route = Route::to(ok()).authorizer(iam(credential));
        gateway(api.route("GET /pets/{id}", route).stage(StageDefinition::new("prod")))
    };
    let allowed = api(credential().policy(identity_policy(json!({
        "Effect": "Allow", "Action": "execute-api:Invoke",
        "Resource": "arn:aws:execute-api:us-east-1:123456789012:a1b2c3/prod/GET/pets/6",
    }))));
    assert_eq!(call(&allowed).await.status, 200);
    let other = Identity::new("arn:aws:iam::999999999999:user/eve", "AIDAEVE");
    let answers = [
        allowed.send(http::Request::get("/prod/pets/6")).await,
        allowed.send(http::Request::get("/prod/pets/6").header("authorization", "Bearer x")).await,
        call(&api(credential())).await,
        call(&api(credential().policy(invoke("Deny")))).await,
        // There is no resource policy that could let in another account.
        call(&api(Credential::new(KEY, SECRET, other).policy(invoke("Allow")))).await,
    ];
    for answer in answers {
        assert_eq!((answer.status.as_u16(), answer.text()), (403, r#"{"message":"Forbidden"}"#));
    }
}

/// §15, 14: rows are the caller's policies, columns the resource policy: Allow, silent, Deny.
#[tokio::test]
async fn check_14_the_tables_of_callers_and_resource_policies() {
    const A: [[bool; 3]; 3] = [[true, true, false], [true, false, false], [false, false, false]];
    const B: [[bool; 3]; 3] = [[true, false, false], [false, false, false], [false, false, false]];
    let caller = |account: &str| Identity::new(format!("arn:aws:iam::{account}:user/alice"), "AIDAALICE");
    for (table, account) in [(A, "123456789012"), (B, "999999999999")] {
        for (row, expected) in table.into_iter().enumerate() {
            for (column, expected) in expected.into_iter().enumerate() {
                let credential = Credential::new(KEY, SECRET, caller(account));
                let credential = match row {
                    0 => credential.policy(invoke("Allow")),
                    1 => credential,
                    _ => credential.policy(invoke("Deny")),
                };
                let policy = [whole_api("Allow"), silent(), whole_api("Deny")].into_iter().nth(column).unwrap();
                let answer = call(&gateway(rest(iam(credential)).policy(policy))).await;
                let cell = format!("account {account}, row {row}, column {column}");
                assert_eq!(answer.status == 200, expected, "{cell}: {}", answer.text());
                let explicit = answer.text().contains("with an explicit deny");
                assert_eq!(explicit, row == 2 || column == 2, "{cell}: {}", answer.text());
            }
        }
    }
    // Without a resource policy nobody of another account.
    let eve = Credential::new(KEY, SECRET, caller("999999999999")).policy(invoke("Allow"));
    assert_eq!(call(&gateway(rest(iam(eve)))).await.status, 403);
}

#[tokio::test]
async fn a_policy_for_an_account_leaves_it_to_the_account() {
    let to = |principal: &str| {
        resource_policy(json!([{
            "Effect": "Allow", "Principal": { "AWS": principal }, "Action": "*", "Resource": "execute-api:/*",
        }]))
    };
    let alice = "arn:aws:iam::123456789012:user/alice";
    for (principal, policy, expected) in [
        ("123456789012", false, 403),
        ("123456789012", true, 200),
        (alice, false, 200),
        ("arn:aws:iam::123456789012:user/bob", false, 403),
    ] {
        let credential = if policy { credential().policy(invoke("Allow")) } else { credential() };
        let answer = call(&gateway(rest(iam(credential)).policy(to(principal)))).await;
        assert_eq!(answer.status, expected, "{principal} {policy}");
    }
}

#[tokio::test]
async fn boundaries_must_allow_as_well() {
    for (boundary, expected) in [(vec![invoke("Allow")], 200), (vec![], 403), (vec![invoke("Deny")], 403)] {
        let credential = credential().policy(invoke("Allow")).boundary(boundary);
        assert_eq!(call(&gateway(rest(iam(credential)).policy(whole_api("Allow")))).await.status, expected);
    }
}

/// §15, 15.
#[tokio::test]
async fn check_15_an_open_method_needs_a_policy_that_allows() {
    let open = |api: Api| api.route("GET /open/{id}", Route::to(ok()));
    let arn = ARN.replace("/pets/6", "/open/6");
    for (policy, status, suffix) in
        [(whole_api("Allow"), 200, ""), (silent(), 403, ""), (whole_api("Deny"), 403, " with an explicit deny")]
    {
        let gateway = gateway(open(rest(iam(credential()))).policy(policy));
        let answer = gateway.send(http::Request::get("/prod/open/6")).await;
        assert_eq!(answer.status, status);
        let text = format!(
            r#"{{"Message":"User: anonymous is not authorized to perform: execute-api:Invoke on resource: {arn}{suffix}"}}"#
        );
        assert_eq!(answer.text(), if status == 200 { "nobody" } else { &text });
    }
    // A principal that is not everybody is nobody on a method without signatures.
    let accounts = resource_policy(json!([{
        "Effect": "Allow", "Principal": { "AWS": "123456789012" }, "Action": "*", "Resource": "execute-api:/*",
    }]));
    let gateway = gateway(open(rest(iam(credential()))).policy(accounts));
    assert_eq!(gateway.send(http::Request::get("/prod/open/6")).await.status, 403);
}

/// As a Lambda authorizer does.
struct Counted(Arc<AtomicUsize>);

#[async_trait::async_trait]
impl Authorizer for Counted {
    async fn authorize(&self, _: &Parts, _: &Context) -> Result<Authorization, Error> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(Authorization::new("caller"))
    }

    fn policy_combination(&self) -> PolicyCombination {
        PolicyCombination::EitherAllows
    }
}

/// §15, 16.
#[tokio::test]
async fn check_16_a_denial_keeps_the_authorizer_from_being_asked() {
    for (policy, status, asked) in [(whole_api("Deny"), 403, 0), (silent(), 200, 1)] {
        let count = Arc::new(AtomicUsize::new(0));
        let gateway = gateway(rest(Counted(Arc::clone(&count))).policy(policy));
        assert_eq!(gateway.send(http::Request::get("/prod/pets/6")).await.status, status);
        assert_eq!(count.load(Ordering::SeqCst), asked);
    }
}

#[tokio::test]
async fn a_private_api_without_a_policy_lets_nobody_in() {
    let private = |api: Api| api.endpoint(EndpointType::Private).route("GET /open/{id}", Route::to(ok()));
    let closed = gateway(private(rest(open_to_alice())));
    assert_eq!(call(&closed).await.text(), denial("anonymous", ""));
    assert_eq!(closed.send(http::Request::get("/prod/open/6")).await.status, 403);
    let opened = gateway(private(rest(open_to_alice())).policy(whole_api("Allow")));
    assert_eq!(call(&opened).await.status, 200);
}

#[tokio::test]
async fn an_explanation_names_the_statements() {
    let own = identity_policy(json!([{ "Sid": "Own", "Effect": "Allow", "Action": "*", "Resource": "*" }]));
    let of_api = resource_policy(json!([{ "Sid": "NoPets", "Effect": "Deny", "Principal": "*", "Action": "*",
        "Resource": "execute-api:/prod/*/pets/*" }]));
    let gateway = gateway(rest(iam(credential().policy(own))).policy(of_api));
    let request = signed_now(http::Request::get("/prod/pets/6"), "", gateway.clock().now());
    let told = gateway.gateway().handle().explain(request).await.to_string();
    assert!(told.contains("policies of the caller: Allow by Own"), "{told}");
    assert!(told.contains("resource policy after the authorizer: Deny by NoPets"), "{told}");
}
