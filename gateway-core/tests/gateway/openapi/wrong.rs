use gateway_core::openapi;
use serde_json::{Value, json};

use super::{document, mock, options};
use crate::Outcome;

fn refused(fields: Value) -> String {
    match openapi::import(&document(fields), &options()) {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    }
}

fn with(integration: Value) -> Value {
    let mut operation = mock();
    operation["x-amazon-apigateway-integration"] = integration;
    json!({ "paths": { "/a": { "get": operation } } })
}

#[test]
fn what_is_no_document_is_refused() {
    let deep = format!(r#"{{"swagger":"2.0","x":{}{}}}"#, "[".repeat(200), "]".repeat(200));
    let large = format!(r#"{{"swagger":"2.0","x":"{}"}}"#, " ".repeat(6 * 1024 * 1024));
    for text in
        ["", "{'key:value}", "[]", "1", r#"{"openapi":"2.0"}"#, r#"{"openapi":"3.0.1","paths":[]}"#, &deep, &large]
    {
        let error = openapi::import(text, &options()).map_err(|error| error.to_string()).map(|_| ());
        assert_eq!(error, Err("Invalid OpenAPI input.".to_owned()), "{}", text.get(..20).unwrap_or(text));
    }
}

#[test]
fn an_address_without_a_scheme_is_refused_as_aws_does() {
    let integration = json!({ "type": "http", "httpMethod": "GET", "uri": "${stageVariables.url}" });
    assert_eq!(
        refused(with(integration)),
        "Errors found during import:\n\tUnable to put integration on 'GET' for resource at path '/a': \
         Invalid HTTP endpoint specified for URI"
    );
}

#[test]
fn all_errors_come_at_once_and_with_the_warnings() -> Outcome {
    let fields = json!({
        "components": { "schemas": { "body_1": { "type": "object" } } },
        "paths": { "/x/{a}": { "get": mock() }, "/x/{b}": { "get": mock() }, "/y": { "get": {
            "x-amazon-apigateway-integration": { "type": "mock", "requestParameters": { "integration.request.header.n": true } } } } },
    });
    let Err(error) = openapi::import(&document(fields), &options()) else { return Err("imported".into()) };
    let pointers: Vec<_> = error.problems().into_iter().map(|problem| problem.pointer).collect();
    assert_eq!(pointers, ["/components/schemas/body_1", "/paths/~1x~1{b}"]);
    let text = error.to_string();
    let expected = [
        "\n\tUnable to create model for 'body_1': Model name must be alphanumeric: body_1",
        "\n\tUnable to create resource at path '/x/{b}': A sibling ({a}) of this resource already has a variable path part \
         -- only one is allowed",
        "\nAdditionally, these warnings were found:\n\tInvalid format for 'requestParameters'. Expected type string for \
         property 'integration.request.header.n' of resource '/y' and method 'GET' but got 'true'",
    ];
    for part in expected {
        assert!(text.contains(part), "{text}");
    }
    Ok(())
}

#[test]
fn warnings_are_errors_where_that_is_asked_for() -> Outcome {
    let mut operation = mock();
    operation["responses"]["200"]["content"] =
        json!({ "application/json": { "schema": { "$ref": "#/components/schemas/X" } } });
    let text = document(json!({ "paths": { "/a": { "get": operation } } }));
    let warning = "Reference to model 'X' not found. Ignoring.";
    assert_eq!(openapi::import(&text, &options())?.warnings, [warning]);
    let refused = openapi::import(&text, &options().fail_on_warnings(true)).map_err(|error| error.to_string());
    assert_eq!(refused.map(|_| ()), Err(format!("Warnings found during import:\n\t{warning}")));
    Ok(())
}

#[test]
fn each_mistake_has_the_words_of_aws() {
    let arn = "arn:aws:apigateway:us-east-1:sqs:path/123456789012/queue";
    let table = [
        (json!({ "type": "gopher" }), "Unable to parse API definition because of a malformed integration at path /a"),
        (json!([]), "Unable to parse API definition because of a malformed integration at path /a"),
        (json!({ "type": "http", "uri": "http://a" }), "Enumeration value for HttpMethod must be non-empty"),
        (json!({ "type": "aws", "httpMethod": "POST", "uri": "queue" }), "Invalid ARN specified in the request"),
        (
            json!({ "type": "aws_proxy", "httpMethod": "POST", "uri": arn }),
            "Integrations of type 'AWS_PROXY' currently only",
        ),
        (
            json!({ "type": "mock", "requestParameters": { "integration.request.header.a": "method.request.header.none" } }),
            "[Invalid mapping expression parameter specified: method.request.header.none]",
        ),
        (
            json!({ "type": "mock", "responses": { "default": { "statusCode": 200,
                "responseParameters": { "method.response.header.none": "'a'" } } } }),
            "[Invalid mapping expression parameter specified: method.response.header.none]",
        ),
        (json!({ "type": "mock", "responses": { "default": { "statusCode": "ok" } } }), "Invalid Response status code"),
    ];
    for (integration, words) in table {
        let text = refused(with(integration.clone()));
        assert!(text.contains(words), "{integration}: {text}");
    }
    let unknown = json!({ "x-amazon-apigateway-gateway-responses": { "TEAPOT": {} } });
    assert!(refused(unknown).contains("'TEAPOT'"));
    let path = json!({ "paths": { "/a{id}": {} } });
    assert!(refused(path).contains("Unable to create resource at path '/a{id}'"));
    let twice = json!({ "paths": { "/a": { "get": mock() }, "/a/": { "get": mock() } } });
    assert!(refused(twice).contains("Method already exists for this resource"));
    let lost = json!({ "components": { "schemas": { "A": { "properties": { "b": { "$ref": "#/components/schemas/B" } } } } } });
    assert!(refused(lost).contains("Unable to create model for 'A': Invalid model specified"));
}

#[test]
fn references_that_lead_in_circles_end() -> Outcome {
    let fields = json!({
        "components": { "parameters": { "a": { "$ref": "#/components/parameters/b" }, "b": { "$ref": "#/components/parameters/a" } } },
        "paths": { "/a": { "get": { "parameters": [{ "$ref": "#/components/parameters/a" }] } } },
    });
    let warnings = openapi::import(&document(fields), &options())?.warnings;
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    Ok(())
}

#[test]
fn a_document_that_means_much_more_than_it_says_is_refused() {
    let headers: serde_json::Map<_, _> = (0..10_000).map(|number| (format!("header-{number}"), json!({}))).collect();
    let operation = json!({ "responses": { "200": { "$ref": "#/components/responses/all" } } });
    let paths: serde_json::Map<_, _> =
        (0..2_000).map(|number| (format!("/p{number}"), json!({ "get": operation }))).collect();
    let fields = json!({ "components": { "responses": { "all": { "headers": headers } } }, "paths": paths });
    assert!(refused(fields).contains("The document is too large with its references resolved"));
}
