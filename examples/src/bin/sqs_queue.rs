//! A queue of SQS behind an HTTP API: what is posted is sent, without a template and without a function.
//!
//! The credentials are those of the environment. `AWS_ENDPOINT_URL` says where SQS is, such as that of moto:
//!
//! ```text
//! pip install boto3 'moto[server]'
//! moto_server -p 5000 &
//! export AWS_ENDPOINT_URL=http://127.0.0.1:5000 AWS_DEFAULT_REGION=us-east-1
//! export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local
//! python3 -c "import boto3; boto3.client('sqs').create_queue(QueueName='jobs')"
//! cargo run -p gateway-examples --bin sqs_queue
//! ```

use std::sync::Arc;

use axum::Router;
use gateway_core::{
    Gateway,
    config::{Config, Registry},
};
use gateway_examples::{Failure, Tour, listen};
use gateway_integrations::{
    Integrations,
    aws::{SignedClient, credentials_from_env},
    http::PooledClient,
};

#[tokio::main]
async fn main() -> Result<(), Failure> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let credentials = credentials_from_env().ok_or("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set")?;
    let client = Arc::new(PooledClient::new()?);
    let mut sqs = SignedClient::new(client.clone(), credentials);
    if let Ok(endpoint) = std::env::var("AWS_ENDPOINT_URL") {
        sqs = sqs.endpoint(&endpoint)?;
    }
    let registry = Registry::new().integrations(Integrations::new(client).service_client(sqs));
    let config = Config::from_yaml(include_str!("../../sqs_queue.yaml"))?;
    let gateway = Gateway::new(config.define(&registry))?;

    let listener = listen().await?;
    Tour::of(listener.local_addr()?)
        .try_this("/messages", "--json '{\"text\":\"hello\"}'", 200, "the message has an id")
        .try_this("/messages", "", 200, "the message, with its sender and a receipt")
        .try_this("/nothing", "", 404, "no such route, as an HTTP API says it")
        .end();
    Ok(axum::serve(listener, Router::new().fallback_service(gateway)).await?)
}
