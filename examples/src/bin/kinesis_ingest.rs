//! Records for Kinesis: clients post JSON, a mapping template makes a call of it, and the gateway signs and sends it.
//!
//! The credentials are those of the environment. `AWS_ENDPOINT_URL` says where Kinesis is, such as that of moto:
//!
//! ```text
//! pip install 'moto[server]'
//! moto_server -p 5000 &
//! export AWS_ENDPOINT_URL=http://127.0.0.1:5000 AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local
//! cargo run -p gateway-examples --bin kinesis_ingest
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
    let mut kinesis = SignedClient::new(client.clone(), credentials);
    if let Ok(endpoint) = std::env::var("AWS_ENDPOINT_URL") {
        kinesis = kinesis.endpoint(&endpoint)?;
    }
    let registry = Registry::new().integrations(Integrations::new(client).service_client(kinesis));
    let config = Config::from_yaml(include_str!("../../kinesis_ingest.yaml"))?;
    let gateway = Gateway::new(config.define(&registry))?;

    let listener = listen().await?;
    let record = r#"--json '{"key":"sensor-1","data":{"temperature":21.5}}'"#;
    Tour::of(listener.local_addr()?)
        .try_this("/prod/streams/readings", "-X PUT", 200, "Kinesis makes a stream")
        .try_this("/prod/streams/readings/records", record, 200, "the record has a number and a shard")
        .try_this("/prod/streams/readings/records", "--json '{\"key\":7}'", 400, "the body does not match its model")
        .try_this("/prod/streams/none/records", record, 400, "what Kinesis refuses is told to the client")
        .try_this("/prod/streams/readings/iterator", "", 200, "where the stream begins")
        .end();
    Ok(axum::serve(listener, Router::new().fallback_service(gateway)).await?)
}
