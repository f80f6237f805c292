use gateway_core::{
    config::{ApiConfig, StageConfig},
    openapi::{self, PutMode},
};
use serde_json::json;

use super::{function, keys, options, shop};
use crate::{
    Outcome,
    openapi::{document, route, written},
};

fn existing() -> Result<ApiConfig, openapi::ImportError> {
    let mut api = shop()?.api;
    api.stages = vec![StageConfig::from("$default").into()];
    Ok(api)
}

#[test]
fn a_merge_leaves_everything_else_as_it_is() -> Outcome {
    let before = existing()?;
    let new = document(json!({ "tags": [{ "name": "team", "x-amazon-apigateway-tag-value": "core" }],
        "paths": { "/orders": { "get": function() }, "/new": { "get": function() } } }));
    let after = openapi::put(&before, &new, PutMode::Merge, &options())?;
    assert_eq!(keys(&after).len(), 7);
    assert!(route(&after.api, "GET /orders").authorizer.is_none(), "the route was replaced");
    for key in ["$default", "POST /orders", "ANY /orders/{id}"] {
        assert_eq!(format!("{:?}", route(&before, key)), format!("{:?}", route(&after.api, key)));
    }
    assert_eq!((after.api.cors, after.api.authorizers.len(), after.api.stages.len()), (before.cors, 2, 1));
    assert_eq!((after.api.tags["team"].as_str(), after.api.tags.len()), ("core", 2));
    Ok(())
}

#[test]
fn a_route_that_differs_in_the_name_of_a_variable_cannot_be_merged() -> Outcome {
    let before = existing()?;
    let text = written(&before);
    let conflict =
        document(json!({ "paths": { "/orders/{other}": { "x-amazon-apigateway-any-method": function() } } }));
    let pointers = super::refused::pointers(openapi::put(&before, &conflict, PutMode::Merge, &options()));
    assert_eq!(pointers, ["/paths/~1orders~1{other}"]);
    assert_eq!(written(&before), text);
    assert!(openapi::put(&before, &conflict, PutMode::Overwrite, &options()).is_ok(), "alone it is right");
    Ok(())
}

#[test]
fn warnings_and_errors_leave_an_api_as_it_is() -> Outcome {
    let before = existing()?;
    let text = written(&before);
    let warned = document(json!({ "x-amazon-apigateway-cors": 1, "paths": { "/new": { "get": function() } } }));
    for mode in [PutMode::Merge, PutMode::Overwrite] {
        assert!(openapi::put(&before, &warned, mode, &options().fail_on_warnings(true)).is_err());
        assert!(openapi::put(&before, r#"{"swagger":"2.0","info":{"title":"a"}}"#, mode, &options()).is_err());
        assert_eq!(written(&before), text);
        assert_eq!(openapi::put(&before, &warned, mode, &options())?.warnings.len(), 1);
    }
    Ok(())
}
