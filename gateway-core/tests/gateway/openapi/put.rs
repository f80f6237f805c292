use gateway_core::{
    config::{ApiConfig, StageConfig},
    openapi::{self, ImportOptions, PutMode},
};
use serde_json::json;

use super::{document, mock, options, route, shop, written};
use crate::Outcome;

fn existing() -> Result<ApiConfig, openapi::ImportError> {
    let mut api = shop()?.api;
    api.stages = vec![StageConfig::from("prod").into()];
    Ok(api)
}

#[test]
fn a_merge_leaves_everything_else_as_it_is() -> Outcome {
    let before = existing()?;
    let fields = json!({ "x-amazon-apigateway-binary-media-types": ["image/png", "image/jpg"],
        "paths": { "/orders/{id}": { "get": mock() } } });
    let after = openapi::put(&before, &document(fields), PutMode::Merge, &ImportOptions::new())?.api;
    assert_eq!(after.name, "api");
    assert_eq!(after.binary_media_types, ["image/png", "image/jpg"]);
    assert!(!route(&after, "GET /orders/{id}").iam_authorization, "the method was replaced");
    for key in ["POST /orders", "OPTIONS /orders", "ANY /{proxy+}"] {
        assert_eq!(format!("{:?}", route(&before, key)), format!("{:?}", route(&after, key)));
    }
    assert_eq!((after.models, after.policy), (before.models, before.policy));
    assert_eq!((after.authorizers.len(), after.stages.len(), after.minimum_compression_size), (1, 1, Some(1024)));
    Ok(())
}

#[test]
fn an_overwrite_leaves_the_id_the_stages_and_the_policy() -> Outcome {
    let before = existing()?;
    let fields = json!({ "paths": { "/new": { "get": mock() } } });
    let after = openapi::put(&before, &document(fields), PutMode::Overwrite, &ImportOptions::new())?.api;
    assert_eq!((&after.id, &after.policy, after.stages.len()), (&before.id, &before.policy, 1));
    let paths: Vec<_> = after.resource_paths().into_iter().collect();
    assert_eq!(paths, ["/", "/new"]);
    assert!(after.models.is_empty() && after.authorizers.is_empty() && after.gateway_responses.is_empty());
    assert!(after.binary_media_types.is_empty());
    Ok(())
}

#[test]
fn an_error_changes_nothing() -> Outcome {
    let before = existing()?;
    let text = written(&before);
    let conflict = document(json!({ "paths": { "/orders/{other}": { "get": mock() } } }));
    let Err(error) = openapi::put(&before, &conflict, PutMode::Merge, &options()) else { return Err("merged".into()) };
    assert!(error.to_string().contains("A sibling ({id})"), "{error}");
    assert_eq!(written(&before), text);
    assert!(openapi::put(&before, &conflict, PutMode::Overwrite, &options()).is_ok(), "alone it is right");
    Ok(())
}

#[test]
fn documentation_is_put_alone() -> Outcome {
    let before = existing()?;
    let part = json!({ "location": { "type": "API" }, "properties": { "description": "d" } });
    let fields = json!({ "x-amazon-apigateway-documentation": { "documentationParts": [part] } });
    let merged = openapi::put_documentation(&before, &document(fields.clone()), PutMode::Merge)?;
    assert_eq!((merged.documentation_parts.len(), merged.version.as_deref()), (2, Some("1")));
    let overwritten = openapi::put_documentation(&before, &document(fields), PutMode::Overwrite)?;
    assert_eq!(overwritten.documentation_parts.len(), 1);
    Ok(())
}
