//! Functions on this machine, with a DynamoDB that answers (moto's).
//!
//! `.ci/run` installs what they need into the folder `lambda` of the target directory; what is missing is said.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    host::{Host, Outcome, curl_is_here},
    moto::{Moto, installed},
};

/// Where the clients are, if they are.
#[expect(clippy::print_stdout, reason = "what was not run is said")]
fn clients() -> Option<PathBuf> {
    let folder = installed();
    let missing = ["node/node_modules/.bin/aws-lambda-ric", "node/node_modules/@aws-sdk"];
    for path in missing.map(|path| folder.join(path)) {
        if !path.exists() {
            println!("NOT RUN: {} is not installed; .ci/run does that", path.display());
            return None;
        }
    }
    Some(folder)
}

#[test]
fn lambda_local_gives_what_it_says() -> Outcome {
    let Some(folder) = clients().filter(|_| curl_is_here()) else { return Ok(()) };
    let Some((_moto, endpoint)) = Moto::start()? else { return Ok(()) };
    let python = folder.join("python/bin");
    let own = [python.clone(), folder.join("node/node_modules/.bin")];
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths(own.into_iter().chain(env::split_paths(&path)))?;
    let variables: [(&str, OsString); 6] = [
        ("AWS_ENDPOINT_URL", endpoint.into()),
        ("AWS_ACCESS_KEY_ID", "local".into()),
        ("AWS_SECRET_ACCESS_KEY", "local".into()),
        ("AWS_DEFAULT_REGION", "us-east-1".into()),
        ("NODE_PATH", folder.join("node/node_modules").into()),
        ("PATH", path),
    ];
    let functions = Path::new(env!("CARGO_MANIFEST_DIR")).join("functions");
    let made = Command::new("python3").arg(functions.join("table.py")).envs(variables.clone()).status()?;
    assert!(made.success());

    // The binaries of the Rust functions stand beside it.
    let _ = (env!("CARGO_BIN_EXE_greeting"), env!("CARGO_BIN_EXE_users"));
    let host = Host::run(Command::new(env!("CARGO_BIN_EXE_lambda_local")).envs(variables))?;
    host.follow()?;
    for path in ["/prod/users?id=123", "/prod/node/users?id=123", "/prod/rust/users?id=123"] {
        let (status, body) = host.get(path, "")?;
        assert_eq!(status, 200);
        for part in [r#""UserId":"123""#, r#""Name":"Ada""#] {
            assert!(body.replace("\": ", "\":").contains(part), "{path}: {body}");
        }
    }
    assert_eq!(host.get("/prod/greeting?name=Ada", "")?.1, r#"{"greeting":"Hello Ada"}"#);
    Ok(())
}
