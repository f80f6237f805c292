//! TestInvokeMethod.

use gateway_core::{
    Gateway, TestInvoke,
    config::{Config, StageConfig},
    testing::TestGateway,
};
use http::Method;
use serde_json::{Value, json};

use crate::{
    answers,
    backend::Backend,
    imported::imported,
    invoke::{read, registry},
    matchers::{Bindings, Extent},
};

/// Calls the method of a case, and compares its answer and its log.
pub(crate) async fn check(document: &Value, case: &Value) -> Result<(), String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let backend = Backend::new(&case["backend"]["answer"]);
    let mut api = imported(&document["apis"][text(&case["api"])], &Value::Null, &case["env"])?;
    api.stages.push(read::<StageConfig>(json!({ "name": "deployed" }))?.into());
    let mut config = Config::default();
    config.apis.push(api.into());
    let gateway = TestGateway::build(Gateway::builder(config.define(&registry(&backend))))
        .map_err(|problems| problems.to_string())?;
    let request = &case["request"];
    let headers = request["headers"].as_object().into_iter().flatten();
    let call = TestInvoke {
        resource_path: text(&request["resourcePath"]),
        method: text(&request["httpMethod"]).parse().unwrap_or(Method::GET),
        path_with_query: request["pathWithQueryString"].as_str().map(str::to_owned),
        headers: headers.map(|(name, value)| (name.clone(), text(value))).collect(),
        body: text(&request["body"]).into(),
        ..TestInvoke::default()
    };
    let id = text(&case["env"]["apiId"]);
    let invoked = gateway.gateway().handle().test_invoke(&id, None, call).await.map_err(|error| error.to_string())?;
    let (expect, mut bindings) = (&case["expect"], Bindings::default());
    let shown = |error: String| format!("{error}\nlog:\n{}", invoked.log);
    let actual = json!({
        "status": invoked.status.as_u16(),
        "headers": invoked.headers,
        "multiValueHeaders": invoked.multi_value_headers,
        "log": invoked.log.split('\n').collect::<Vec<_>>(),
    });
    for field in ["status", "headers", "multiValueHeaders", "log"] {
        if let Some(expected) = expect.get(field) {
            bindings.check(field, expected, actual.get(field), Extent::Whole).map_err(shown)?;
        }
    }
    answers::body(&mut bindings, "body", &expect["body"], &invoked.body).map_err(shown)
}
