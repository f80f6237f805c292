use gateway_core::{
    config::{ApiConfig, AuthorizerConfig, IntegrationConfig},
    openapi::{self, ExportError, ExportOptions, PutMode, Specification},
};
use serde_json::{Value, json};

use super::{options, shop};
use crate::{Outcome, openapi::comparable};

pub(super) fn exported(api: &ApiConfig) -> Result<Value, ExportError> {
    openapi::export(api, &ExportOptions::new(Specification::Oas30, "$default").extensions(true))
}

#[test]
fn what_is_exported_imports_back_as_the_same_api() -> Outcome {
    let api = shop()?.api;
    let text = exported(&api)?.to_string();
    let again = openapi::import(&text, &options().fail_on_warnings(true))?.api;
    assert_eq!(comparable(again), comparable(api.clone()));
    let put = openapi::put(&api, &text, PutMode::Overwrite, &options())?.api;
    assert_eq!(comparable(put), comparable(api));
    Ok(())
}

#[test]
fn a_document_is_written_as_aws_writes_it() -> Outcome {
    let document = exported(&shop()?.api)?;
    assert_eq!(
        (&document["openapi"], &document["x-amazon-apigateway-importexport-version"]),
        (&json!("3.0.1"), &json!("1.0"))
    );
    assert_eq!(document["servers"][0]["url"], "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/{basePath}");
    assert_eq!(document["servers"][0]["variables"]["basePath"]["default"], "");
    assert_eq!(document["tags"][1], json!({ "name": "team", "x-amazon-apigateway-tag-value": "web" }));
    let default = &document["paths"]["/$default"]["x-amazon-apigateway-any-method"];
    assert_eq!(default["isDefaultRoute"], true);
    assert_eq!(default["responses"], json!({ "default": { "description": "Default response for $default" } }));
    let files = &document["paths"]["/static/{proxy+}"];
    assert_eq!(
        files["parameters"],
        json!([{ "name": "proxy+", "in": "path", "description": "Generated path parameter for proxy+", "required": true,
            "schema": { "type": "string" } }])
    );
    let integration = &files["get"]["x-amazon-apigateway-integration"];
    assert_eq!(
        (&integration["type"], &integration["connectionType"], &integration["payloadFormatVersion"]),
        (&json!("http_proxy"), &json!("INTERNET"), &json!("1.0"))
    );
    assert!(integration.get("passthroughBehavior").is_none(), "of REST APIs only");
    let scheme = &document["components"]["securitySchemes"]["jwt1"];
    assert_eq!((&scheme["type"], &scheme["flows"]), (&json!("oauth2"), &json!({})));
    assert_eq!(document["paths"]["/orders"]["get"]["security"], json!([{ "jwt1": ["orders:read", "orders:write"] }]));
    assert_eq!(document["paths"]["/orders"]["post"]["security"], json!([{ "sigv4": [] }]));
    Ok(())
}

#[test]
fn a_stage_with_a_name_is_the_base_path() -> Outcome {
    let exported = openapi::export(&shop()?.api, &ExportOptions::new(Specification::Oas30, "dev"))?;
    assert_eq!(exported["servers"][0]["variables"]["basePath"]["default"], "dev");
    Ok(())
}

#[test]
fn a_plain_document_says_nothing_of_the_gateway() -> Outcome {
    let exported = openapi::export(&shop()?.api, &ExportOptions::new(Specification::Oas30, "$default"))?;
    let text =
        exported.to_string().replace("x-amazon-apigateway-any-method", "").replace("x-amazon-apigateway-authtype", "");
    assert!(!text.contains("x-amazon-apigateway") && !text.contains("isDefaultRoute"), "{text}");
    Ok(())
}

#[test]
fn what_aws_has_not_for_http_apis_cannot_be_exported() -> Outcome {
    let api = shop()?.api;
    let swagger = openapi::export(&api, &ExportOptions::new(Specification::Swagger, "$default"));
    assert_eq!(swagger, Err(ExportError::Swagger));
    let with = |change: fn(&mut ApiConfig)| {
        let mut api = api.clone();
        change(&mut api);
        exported(&api)
    };
    let mock = with(|api| {
        let mut route = api.routes[0].get().cloned().unwrap_or_default();
        route.integration = Some(IntegrationConfig::Mock(Box::default()));
        api.routes[0] = route.into();
    });
    assert!(matches!(mock, Err(ExportError::Unknown(_))), "{mock:?}");
    let token =
        with(|api| drop(api.authorizers.insert("t".into(), AuthorizerConfig::Token(Default::default()).into())));
    assert_eq!(token, Err(ExportError::Unknown("t".to_owned())));
    Ok(())
}
