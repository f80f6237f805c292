//! A large OpenAPI document.

use serde_json::json;

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
