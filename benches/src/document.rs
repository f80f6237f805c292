//! A large OpenAPI document.

use serde_json::{Value, json};

/// A document in JSON of at least this many bytes: a model and four operations for each kind of pet.
#[must_use]
pub fn petstore(bytes: usize) -> String {
    let mut text =
        r#"{"openapi":"3.0.1","info":{"title":"petstore","version":"1"},"components":{"schemas":{"#.to_owned();
    let mut paths = String::new();
    for kind in 0.. {
        if text.len() + paths.len() > bytes {
            break;
        }
        let separator = if kind == 0 { "" } else { "," };
        let model = json!({
            "type": "object",
            "required": ["id", "name"],
            "properties": {
                "id": { "type": "integer" },
                "name": { "type": "string", "description": "What it is called by its people." },
                "friend": { "$ref": format!("#/components/schemas/Pet{kind}") },
            },
        });
        text.push_str(&format!(r#"{separator}"Pet{kind}":{model}"#));
        let (get, post) = (operation(kind, "GET"), operation(kind, "POST"));
        let parameters = json!([{ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } }]);
        paths.push_str(&format!(
            r#"{separator}"/pets{kind}":{{"get":{get},"post":{post}}},"/pets{kind}/{{id}}":{{"parameters":{parameters},"get":{get},"put":{post}}}"#
        ));
    }
    text.push_str("}},\"paths\":{");
    text.push_str(&paths);
    text.push_str("}}");
    text
}

/// The same document in YAML, in blocks.
///
/// # Errors
/// When `json` is none.
pub fn yaml(json: &str) -> serde_json::Result<String> {
    let mut text = String::new();
    block(&serde_json::from_str(json)?, 0, &mut text);
    Ok(text)
}

fn block(value: &Value, depth: usize, text: &mut String) {
    let entries: Vec<_> = match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (format!("{}:", json!(name)), value)).collect(),
        Value::Array(items) => items.iter().map(|value| ("-".to_owned(), value)).collect(),
        _ => Vec::new(),
    };
    if entries.is_empty() {
        text.push_str(&format!(" {value}"));
    }
    for (start, value) in entries {
        text.push_str(&format!("\n{:depth$}{start}", ""));
        block(value, depth + 2, text);
    }
}

fn operation(kind: usize, method: &str) -> serde_json::Value {
    let content = json!({ "application/json": { "schema": { "$ref": format!("#/components/schemas/Pet{kind}") } } });
    json!({
        "operationId": format!("{method}-{kind}"),
        "summary": "What is done with pets of this kind.",
        "parameters": [{ "name": "page", "in": "query", "schema": { "type": "string" } }],
        "requestBody": { "content": content },
        "responses": { "200": { "description": "a pet", "content": content } },
        "x-amazon-apigateway-integration": {
            "type": "http",
            "httpMethod": method,
            "uri": format!("https://pets.example.com/{kind}"),
            "requestParameters": { "integration.request.querystring.page": "method.request.querystring.page" },
            "requestTemplates": { "application/json": "{ \"pet\": $input.json('$') }" },
            "responses": {
                "2\\d{2}": { "statusCode": "200" },
                "default": { "statusCode": "500", "responseTemplates": { "application/json": "{\"message\":\"no pet\"}" } },
            },
        },
    })
}
