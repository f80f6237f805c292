//! The authorizer's policy and the API's own, together.

use serde_json::{Value, json};

use crate::support::*;

fn resource_policy(effect: &str) -> Value {
    let statement = |effect: &str, resource: &str| json!({ "Effect": effect, "Principal": "*", "Action": "execute-api:Invoke", "Resource": resource });
    let resource = if effect == "silent" { "execute-api:/dev/*" } else { "execute-api:/*" };
    let effect = if effect == "silent" { "Allow" } else { effect };
    json!({ "policy": { "Version": "2012-10-17", "Statement": [statement(effect, resource)] } })
}

#[tokio::test]
async fn check_14_table_a_of_lambda_authorizers() {
    for (caller, policy, status) in [
        ("Allow", "Allow", 200),
        ("Allow", "silent", 200),
        ("Allow", "Deny", 403),
        ("silent", "Allow", 200),
        ("silent", "silent", 403),
        ("silent", "Deny", 403),
        ("Deny", "Allow", 403),
        ("Deny", "silent", 403),
        ("Deny", "Deny", 403),
    ] {
        let answer = match caller {
            "silent" => statement("Allow", "nothing"),
            effect => statement(effect, "*"),
        };
        let scene = Scene::new(Guard::giving(answer), api("REST", token(), resource_policy(policy)));
        for _ in 0..2 {
            assert_eq!(scene.pet("t").await.status, status, "{caller} {policy}");
        }
    }
}

#[tokio::test]
async fn check_16_a_resource_policy_that_denies_spares_the_function() {
    let scene = Scene::new(Guard::giving(allow_all()), api("REST", token(), resource_policy("Deny")));
    let response = scene.pet("t").await;
    assert_eq!(response.status, 403);
    assert!(response.text().contains("User: anonymous is not authorized"), "{}", response.text());
    assert_eq!(scene.guard.calls(), 0);
}

#[tokio::test]
async fn conditions_of_the_policy_are_held_against_each_request() {
    let answer = json!({ "principalId": "a", "policyDocument": { "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*",
          "Condition": { "StringEquals": { "aws:UserAgent": "curl/8" } } },
    ] } });
    let scene = Scene::new(Guard::giving(answer), api("REST", token(), json!({})));
    let headers = |agent| [("authorization", "t"), ("user-agent", agent)];
    assert_eq!(scene.send("GET", "/prod/pets/6", &headers("curl/8")).await.status, 200);
    assert_eq!(scene.send("GET", "/prod/pets/6", &headers("wget")).await.status, 403);
    assert_eq!(scene.guard.calls(), 1);
}
