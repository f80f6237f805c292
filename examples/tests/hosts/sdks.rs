//! Requests that other languages' SDKs sign, over real connections: taken as they are, refused when they were changed.

use std::{
    process::{Command, Stdio},
    sync::Arc,
};

use async_trait::async_trait;
use axum::Router;
use gateway_auth::{Credential, Credentials, IamAuthorizer, PolicyDocument};
use gateway_core::{Api, BoxError, Definition, Gateway, Identity, Route, StageDefinition};
use gateway_integrations::Mock;
use tokio::net::TcpListener;

use crate::{host::Outcome, moto::installed};

const KEY: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const TOKEN: &str = "IQoJb3JpZ2luX2VjE/session+token==";

/// One key, good with a session and without.
struct Both;

#[async_trait]
impl Credentials for Both {
    async fn credential(&self, key: &str, token: Option<&str>) -> Result<Option<Arc<Credential>>, BoxError> {
        let alice = Identity::new("arn:aws:iam::123456789012:user/alice", "AIDAALICE");
        let credential = Credential::new(KEY, SECRET, alice).policy(PolicyDocument::allow_all());
        let credential = if token.is_some() { credential.session_token(TOKEN) } else { credential };
        Ok((key == KEY).then(|| Arc::new(credential)))
    }
}

/// Runs a signer against a gateway, and holds each line against what it must say.
fn signs(command: &mut Command) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let api = Api::rest("pets")
        .account("123456789012", "us-east-1")
        .route("ANY /pets/{id}", Route::to(Mock::json(200, "{}")).authorizer(IamAuthorizer::new(Both)))
        .stage(StageDefinition::new("prod"));
    let gateway = Gateway::new(Definition::new().api(api))?;
    let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", 0)))?;
    let address = format!("http://{}", listener.local_addr()?);
    runtime.spawn(async move { axum::serve(listener, Router::new().fallback_service(gateway)).await });
    let output = command.args([&address, KEY, SECRET, TOKEN]).stderr(Stdio::inherit()).output()?;
    let text = String::from_utf8(output.stdout)?;
    assert!(output.status.success(), "{text}");
    for line in text.lines() {
        let expected = if line.contains(" with another ") { "403" } else { "200" };
        assert!(line.ends_with(expected), "{line}\n{text}");
    }
    assert_eq!(text.lines().count(), 21, "{text}");
    Ok(())
}

/// Whether a program runs; says so if it does not.
#[expect(clippy::print_stdout, reason = "what was not run is said")]
fn is_here(command: &mut Command, what: &str) -> bool {
    let here = command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    if !here {
        println!("NOT RUN: {what}");
    }
    here
}

#[test]
fn what_botocore_signs_is_taken() -> Outcome {
    let python = installed().join("python/bin/python3");
    if !is_here(Command::new(&python).args(["-c", "import botocore"]), "botocore is not installed; .ci/run does that") {
        return Ok(());
    }
    signs(Command::new(&python).arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/hosts/sign.py")))
}

#[test]
fn what_the_javascript_sdk_signs_is_taken() -> Outcome {
    let what = "@smithy/signature-v4 or @aws-crypto/sha256-js is not installed; .ci/run does that";
    let find = "require('@smithy/signature-v4'); require('@aws-crypto/sha256-js')";
    let node = || {
        let mut node = Command::new("node");
        node.env("NODE_PATH", installed().join("node/node_modules"));
        node
    };
    if !is_here(node().args(["-e", find]), what) {
        return Ok(());
    }
    signs(node().arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/hosts/sign.cjs")))
}
