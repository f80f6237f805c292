//! Functions that a definition has itself.

use gateway_core::{
    Gateway,
    config::{Config, FunctionFactory, Registry},
    testing::TestGateway,
};
use gateway_integrations::{Integrations, http::PooledClient, lambda::LocalFunctions};
use serde_json::{Value, json};

use crate::tools::{Outcome, functions, is_here};

fn definition(function: &Value) -> Value {
    let uri = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/\
               arn:aws:lambda:us-east-1:111111111111:function:obedient/invocations";
    json!({
        "functions": { "obedient": function },
        "apis": [{
            "name": "test",
            "protocolType": "REST",
            "routes": [{ "route": "POST /", "methodResponses": { "200": {} }, "integration": { "type": "aws", "httpMethod": "POST", "uri": uri,
                "passthroughBehavior": "WHEN_NO_MATCH", "responses": [{ "statusCode": 200 }] } }],
            "stages": [{ "name": "prod" }],
        }],
    })
}

fn obedient(variable: &str) -> Value {
    json!({
        "command": ["python3", "runtime.py"],
        "codeUri": functions(),
        "timeout": 20,
        "environment": { "variables": { "OWN": variable } },
    })
}

#[tokio::test]
async fn a_definition_brings_its_functions_and_a_reload_keeps_what_is_the_same() -> Outcome {
    if !is_here("python3".as_ref()) {
        return Ok(());
    }
    let local = LocalFunctions::new();
    let integrations = Integrations::new(std::sync::Arc::new(PooledClient::new()?)).functions(local.all());
    let registry = Registry::new().integrations(integrations).functions(local.clone());
    let define = |function| Config::from_value(definition(&function)).map(|config| config.define(&registry));
    let gateway = TestGateway::new(define(obedient("one"))?)?;
    let told = async || -> Outcome<Value> {
        let request = http::Request::post("/prod").body(r#"{"do":"tell"}"#.into())?;
        Ok(serde_json::from_slice(&gateway.send_request(request).await.body?)?)
    };
    let stream = |told: &Value| told["environment"]["AWS_LAMBDA_LOG_STREAM_NAME"].clone();
    let first = told().await?;
    assert_eq!(first["environment"]["OWN"], "one", "{first}");
    assert_eq!(first["environment"]["AWS_LAMBDA_FUNCTION_NAME"], "obedient");
    gateway.gateway().handle().reload(&define(obedient("one"))?)?;
    assert_eq!(stream(&told().await?), stream(&first), "the same process");

    let mut broken = definition(&obedient("two"));
    broken["apis"][0]["routes"][0]["route"] = json!("no route");
    assert!(gateway.gateway().handle().reload(&Config::from_value(broken)?.define(&registry)).is_err());
    assert_eq!(told().await?["environment"]["OWN"], "one", "the last good definition is served");

    gateway.gateway().handle().reload(&define(obedient("two"))?)?;
    assert_eq!(told().await?["environment"]["OWN"], "two");
    local.shut_down().await;
    Ok(())
}

#[test]
fn what_is_wrong_with_a_function_has_its_place() {
    let all = |function: &Value, registry: &Registry| {
        let config = Config::from_value(json!({ "functions": { "a/b": function } })).unwrap();
        let problems = Gateway::new(config.define(registry)).err().map(|problems| problems.all().to_vec());
        problems.unwrap_or_default().into_iter().map(|problem| problem.pointer).collect::<Vec<_>>()
    };
    let registry = Registry::new().functions(LocalFunctions::new());
    for (function, pointer) in [
        (json!({}), "/functions/a~1b"),
        (json!({ "runtime": "python3.13" }), "/functions/a~1b/handler"),
        (json!({ "runtime": "java21", "handler": "x" }), "/functions/a~1b/runtime"),
        (json!({ "command": ["x"], "timeout": 901 }), "/functions/a~1b/timeout"),
        (json!({ "command": ["x"], "memorySize": 127 }), "/functions/a~1b/memorySize"),
        (json!({ "command": ["x"], "environment": { "TABLE": "x" } }), "/functions/a~1b/environment/TABLE"),
        (json!({ "comand": ["x"] }), "/functions/a~1b/comand"),
    ] {
        assert_eq!(all(&function, &registry), [pointer], "{function}");
    }
    assert_eq!(all(&json!({ "command": ["x"] }), &registry), [""; 0]);
    assert_eq!(all(&json!({ "command": ["x"] }), &Registry::new()), ["/functions"]);
    assert!(LocalFunctions::new().functions(std::collections::BTreeMap::new()).is_ok());
}
