//! A Lambda function in Rust, as it runs on Lambda; `lambda_local` calls it.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

async fn greet(event: LambdaEvent<Value>) -> Result<Value, Error> {
    let name = event.payload.pointer("/queryStringParameters/name").and_then(Value::as_str).ok_or("name is missing")?;
    Ok(json!({ "statusCode": 200, "body": json!({ "greeting": format!("Hello {name}") }).to_string() }))
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    lambda_runtime::run(service_fn(greet)).await
}
