//! Lambda programs behind a gateway, with no change for it: Python, JavaScript and Rust, on this machine.
//!
//! Python needs `awslambdaric` and `boto3`, JavaScript `aws-lambda-ric`, `@aws-sdk/client-dynamodb` and
//! `@aws-sdk/lib-dynamodb` (in a folder that `NODE_PATH` names), both on the path. `AWS_ENDPOINT_URL` says where DynamoDB is, such
//! as that of moto:
//!
//! ```text
//! pip install awslambdaric boto3 'moto[server]'
//! moto_server -p 5000 &
//! export AWS_ENDPOINT_URL=http://127.0.0.1:5000 AWS_DEFAULT_REGION=us-east-1
//! export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local
//! python3 examples/functions/table.py
//! cargo run -p gateway-examples --bin lambda_local
//! ```

use std::{env, path::Path, time::Duration};

use axum::Router;
use gateway_core::{Api, Definition, Gateway, Route, StageDefinition};
use gateway_examples::{Failure, Tour, listen};
use gateway_integrations::{LambdaProxy, lambda::LocalFunction};

/// What the functions take from this process, besides the path: where DynamoDB is, and as whom to call it.
const TAKEN: [&str; 5] =
    ["AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "NODE_PATH"];

fn with_access(function: LocalFunction) -> LocalFunction {
    let taken = TAKEN.into_iter().filter_map(|name| Some((name, env::var_os(name)?)));
    taken.fold(function.timeout(Duration::from_secs(20)), |function, (name, value)| function.env(name, value))
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let functions = Path::new(env!("CARGO_MANIFEST_DIR")).join("functions");
    let python = LocalFunction::python(functions.join("users-python"), "app.lambda_handler").name("users-python");
    let node = LocalFunction::node(functions.join("users-node"), "index.handler").name("users-node");
    let rust = LocalFunction::bootstrap(env::current_exe()?.with_file_name("users")).name("users-rust");
    let greeting = LocalFunction::bootstrap(env::current_exe()?.with_file_name("greeting")).name("greeting");

    let api = Api::rest("users")
        .route("GET /users", Route::to(LambdaProxy::new(with_access(python))))
        .route("GET /node/users", Route::to(LambdaProxy::new(with_access(node))))
        .route("GET /rust/users", Route::to(LambdaProxy::new(with_access(rust))))
        .route("GET /greeting", Route::to(LambdaProxy::new(greeting)))
        .stage(StageDefinition::new("prod"));
    let gateway = Gateway::new(Definition::new().api(api))?;

    let listener = listen().await?;
    Tour::of(listener.local_addr()?)
        .try_this("/prod/users?id=123", "", 200, "the item, which Python read from the table")
        .try_this("/prod/users?id=7", "", 404, "there is no such item")
        .try_this("/prod/users", "", 400, "the function wants an id")
        .try_this("/prod/node/users?id=123", "", 200, "the item, which JavaScript read")
        .try_this("/prod/rust/users?id=123", "", 200, "the item, which Rust read")
        .try_this("/prod/greeting?name=Ada", "", 200, "the smallest function in Rust")
        .try_this("/prod/greeting", "", 502, "a function that fails")
        .end();
    let served = axum::serve(listener, Router::new().fallback_service(gateway));
    // The gateway is dropped at the end, and the functions' processes with it.
    Ok(served.with_graceful_shutdown(async { drop(tokio::signal::ctrl_c().await) }).await?)
}
