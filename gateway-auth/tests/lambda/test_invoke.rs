//! One authorizer alone: *TestInvokeAuthorizer*.

use gateway_core::{TestInvokeAuthorizer, TestInvokeError, TestInvokedAuthorizer};
use serde_json::{Value, json};

use crate::support::*;

fn call(headers: &[(&str, &str)]) -> TestInvokeAuthorizer {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    TestInvokeAuthorizer { authorizer: "guard".to_owned(), headers: headers.collect(), ..Default::default() }
}

async fn invoked(scene: &Scene, call: TestInvokeAuthorizer) -> TestInvokedAuthorizer {
    scene.gateway.gateway().handle().test_invoke_authorizer("a1b2c3", None, call).await.unwrap()
}

/// The lines of a log, without their times.
fn lines(log: &str) -> Vec<String> {
    let id = log.lines().next().unwrap().rsplit(' ').next().unwrap().to_owned();
    let lines = log.lines().map(|line| line.split_once(" UTC 2024 : ").map_or(line, |(_, line)| line));
    lines.map(|line| line.replace(&id, "ID")).collect()
}

#[tokio::test]
async fn the_answer_has_aws_shape_and_the_log_its_words() {
    let answer =
        with(statement("Allow", "arn:aws:execute-api:*:*:*/prod/GET/pets"), json!({ "context": { "tier": 3 } }));
    let scene = Scene::new(Guard::giving(answer.clone()), api("REST", token(), json!({})));
    let mut asked = call(&[("Authorization", "Bearer t")]);
    asked.stage_variables.insert("color".to_owned(), "red".to_owned());
    let told = invoked(&scene, asked).await;
    assert_eq!((told.client_status, told.principal_id.as_deref()), (0, Some("alice")));
    let policy: Value = serde_json::from_str(told.policy.as_deref().unwrap()).unwrap();
    assert_eq!(policy, answer["policyDocument"], "whatever it lets the caller do");
    assert_eq!(told.outcome.unwrap().context()["tier"], "3");
    assert_eq!(
        scene.guard.events(),
        [json!({ "type": "TOKEN", "authorizationToken": "Bearer t",
            "methodArn": "arn:aws:execute-api:us-east-1:123456789012:a1b2c3/test-invoke-stage/GET/" })]
    );
    let lines = lines(&told.log);
    assert_eq!(lines[0], "Execution log for request ID");
    assert_eq!(lines[1], "Starting authorizer: guard for request: ID");
    let body = lines[2].strip_prefix("Authorizer result body before parsing: ").unwrap();
    assert_eq!(serde_json::from_str::<Value>(body).unwrap(), answer);
    assert!(lines[3].starts_with("Using valid authorizer policy for principal: *****"), "{}", lines[3]);
    assert_eq!(lines[4..], ["Successfully completed authorizer execution"]);
    assert!(!told.log.contains("Bearer t") && told.log.ends_with('\n'));
}

#[tokio::test]
async fn a_failure_has_the_status_that_a_client_gets() {
    let broken = json!({ "principalId": "alice", "usageIdentifierKey": "secret-key" });
    for (guard, headers, status, line) in [
        (Guard::giving(allow_all()), &[][..], 401, "Unauthorized request: ID"),
        (Guard::failing("Unauthorized"), &[("authorization", "t")], 401, "Unauthorized request: ID"),
        (
            Guard::giving(statement("Deny", "*")),
            &[("authorization", "t")],
            403,
            "User is not authorized to access this resource with an explicit deny",
        ),
        (Guard::giving(broken), &[("authorization", "t")], 500, "AuthorizerConfigurationException"),
    ] {
        let scene = Scene::new(guard, api("REST", token(), json!({})));
        let told = invoked(&scene, call(headers)).await;
        assert_eq!(told.client_status, status);
        assert_eq!(lines(&told.log).last().unwrap(), line);
        assert!(told.outcome.is_err() && !told.log.contains("secret-key"));
    }
}

#[tokio::test]
async fn a_test_neither_uses_nor_leaves_what_is_remembered() {
    let scene = Scene::new(Guard::giving(allow_all()), api("REST", token(), json!({})));
    scene.pet("t").await;
    for calls in [2, 3] {
        assert_eq!(invoked(&scene, call(&[("authorization", "t")])).await.client_status, 0);
        assert_eq!(scene.guard.calls(), calls);
    }
    scene.pet("t").await;
    assert_eq!(scene.guard.calls(), 3);
}

#[tokio::test]
async fn what_is_asked_for_must_be_there() {
    let sources = "context.httpMethod, context.identity.sourceIp";
    let scene = Scene::new(Guard::giving(allow_all()), api("REST", request(sources), json!({})));
    let handle = scene.gateway.gateway().handle();
    let mut asked = call(&[]);
    assert_eq!(invoked(&scene, asked.clone()).await.client_status, 401, "no address");
    asked.additional_context = [("httpMethod", "POST"), ("identity.sourceIp", "192.0.2.7"), ("resourcePath", "/pets")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    asked.path_with_query = Some("/pets?a=b".to_owned());
    assert_eq!(invoked(&scene, asked.clone()).await.client_status, 0);
    let event = &scene.guard.events()[0];
    assert_eq!(
        (&event["httpMethod"], &event["resource"], &event["path"]),
        (&json!("POST"), &json!("/pets"), &json!("/pets"))
    );
    assert_eq!(event["queryStringParameters"], json!({ "a": "b" }));
    asked.additional_context.insert("stage".to_owned(), "prod".to_owned());
    let error = handle.test_invoke_authorizer("a1b2c3", None, asked).await.unwrap_err();
    assert_eq!(error, TestInvokeError::Context("stage".to_owned()));
    for (api, authorizer) in [("a1b2c3", "other"), ("other", "guard")] {
        let asked = TestInvokeAuthorizer { authorizer: authorizer.to_owned(), ..Default::default() };
        let error = handle.test_invoke_authorizer(api, None, asked).await.unwrap_err();
        assert_eq!(error, TestInvokeError::Authorizer);
    }
}
