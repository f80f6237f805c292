//! A Lambda function in Rust that reads a table of DynamoDB, as it runs on Lambda; `lambda_local` calls it.

use std::{env, sync::Arc};

use gateway_core::{Context, Random, SystemClock};
use gateway_integrations::{
    aws::{ServiceCall, ServiceClient, SignedClient, credentials_from_env},
    http::PooledClient,
};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Map, Value, json};

/// The table, behind a client that signs.
struct Users {
    client: SignedClient,
    region: String,
    endpoint: String,
}

impl Users {
    fn from_env() -> Result<Self, Error> {
        let region = env::var("AWS_REGION")?;
        let credentials = credentials_from_env().ok_or("there are no credentials in the environment")?;
        let endpoint = env::var("AWS_ENDPOINT_URL").unwrap_or(format!("https://dynamodb.{region}.amazonaws.com"));
        Ok(Self { client: SignedClient::new(Arc::new(PooledClient::new()?), credentials), region, endpoint })
    }

    /// DynamoDB API reference: *GetItem*.
    async fn find(&self, id: &str) -> Result<Option<Value>, Error> {
        let body = json!({ "TableName": "Users", "Key": { "UserId": { "S": id } } }).to_string();
        let request = http::Request::post(&self.endpoint).header("content-type", "application/x-amz-json-1.0");
        let call = ServiceCall::new("dynamodb", &self.region, request.body(body.into())?).action("GetItem");
        let (head, ()) = http::Request::new(()).into_parts();
        let context = Context::begin(&head, Arc::new(SystemClock::new()), &Random::from_os());
        let (head, body) = self.client.send(call, &context).await?.into_parts();
        let answer: Value = serde_json::from_slice(&body.collect().await?)?;
        if !head.status.is_success() {
            return Err(format!("DynamoDB answered {}: {answer}", head.status).into());
        }
        Ok(answer.get("Item").and_then(Value::as_object).map(plain))
    }
}

/// An item without the types of its attributes: texts and numbers are all that there are.
fn plain(item: &Map<String, Value>) -> Value {
    let attributes = item.iter().filter_map(|(name, typed)| {
        let text = typed.get("S").cloned();
        let number = || typed.get("N")?.as_str()?.parse().ok();
        Some((name.clone(), text.or_else(number)?))
    });
    Value::Object(attributes.collect())
}

async fn answer(users: &Users, event: LambdaEvent<Value>) -> Result<Value, Error> {
    let Some(id) = event.payload.pointer("/queryStringParameters/id").and_then(Value::as_str) else {
        return Ok(json!({ "statusCode": 400, "body": json!({ "message": "id is missing" }).to_string() }));
    };
    Ok(match users.find(id).await? {
        Some(user) => json!({
            "statusCode": 200,
            "headers": { "Content-Type": "application/json" },
            "body": user.to_string(),
        }),
        None => json!({ "statusCode": 404, "body": json!({ "message": "no such user" }).to_string() }),
    })
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let users = Users::from_env()?;
    lambda_runtime::run(service_fn(|event| answer(&users, event))).await
}
