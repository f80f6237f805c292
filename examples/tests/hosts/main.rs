//! The examples as their users meet them: started as programs, and called with curl as they say.
//!
//! Without curl on the machine the tours are not run, and say so.

mod aws;
mod browser;
mod discovery;
mod functions;
mod host;
mod moto;
mod playground;
mod sdks;

use std::fs;

use self::host::{Host, Outcome, curl_is_here};

/// Follows the tour that a program prints: each call must give the status that it says.
fn tour(program: &str) -> Outcome {
    if curl_is_here() { Host::start(program, &[])?.follow() } else { Ok(()) }
}

#[test]
fn petstore_gives_what_it_says() -> Outcome {
    tour(env!("CARGO_BIN_EXE_petstore"))
}

#[test]
fn one_layer_gives_what_it_says() -> Outcome {
    tour(env!("CARGO_BIN_EXE_one_layer"))
}

#[test]
fn http_api_gives_what_it_says() -> Outcome {
    tour(env!("CARGO_BIN_EXE_http_api"))
}

#[test]
fn custom_domains_gives_what_it_says_and_from_whom() -> Outcome {
    if !curl_is_here() {
        return Ok(());
    }
    let host = Host::start(env!("CARGO_BIN_EXE_custom_domains"), &[])?;
    host.follow()?;
    for (path, arguments, told) in [
        (
            "/pets/7",
            "-H 'Host: api.example.com'",
            r#"{"api":"pets","basePath":"pets","label":"api","path":"/7","rule":null,"stage":"prod"}"#,
        ),
        (
            "/pets/7",
            "-H 'Host: api.example.com' -H 'x-version: beta2'",
            r#"{"api":"pets","basePath":null,"label":"api","path":"/7","rule":"next-pets","stage":"beta"}"#,
        ),
        (
            "/shop/toys",
            "-H 'Host: api.example.com'",
            r#"{"api":"shop","basePath":"shop","label":"api","path":"/toys","rule":null,"stage":"$default"}"#,
        ),
        (
            "/hello",
            "-H 'Host: acme.example.com'",
            r#"{"api":"tenants","basePath":"","label":"acme","path":"/hello","rule":null,"stage":"$default"}"#,
        ),
    ] {
        assert_eq!(host.get(path, arguments)?, (200, told.to_owned()), "{path} {arguments}");
    }
    Ok(())
}

#[test]
fn hyper_host_gives_what_it_says() -> Outcome {
    tour(env!("CARGO_BIN_EXE_hyper_host"))
}

#[test]
fn openapi_import_gives_what_it_says() -> Outcome {
    tour(env!("CARGO_BIN_EXE_openapi_import"))
}

#[test]
fn openapi_import_gives_what_it_says_of_an_http_api() -> Outcome {
    if curl_is_here() {
        Host::start(env!("CARGO_BIN_EXE_openapi_import"), &["--http".as_ref()])?.follow()
    } else {
        Ok(())
    }
}

#[test]
fn custom_authorizer_gives_what_it_says() -> Outcome {
    tour(env!("CARGO_BIN_EXE_custom_authorizer"))
}

#[test]
fn lambda_authorizer_gives_what_it_says() -> Outcome {
    tour(env!("CARGO_BIN_EXE_lambda_authorizer"))
}

#[test]
fn iam_gives_what_it_says() -> Outcome {
    tour(env!("CARGO_BIN_EXE_iam"))
}

#[test]
fn reverse_proxy_gives_what_it_says_while_a_target_dies_and_comes_back() -> Outcome {
    if !curl_is_here() {
        return Ok(());
    }
    let mut host = Host::start(env!("CARGO_BIN_EXE_reverse_proxy"), &[])?;
    let turns = |host: &Host| (0..6).map(|_| host.get("/shirts", "")).collect::<Outcome<Vec<_>>>();
    let answers = |turns: Vec<(u16, String)>, name: &str| {
        assert!(turns.iter().all(|(status, _)| *status == 200), "{turns:?}");
        turns.iter().filter(|(_, body)| body.starts_with(name)).count()
    };
    assert_eq!(answers(turns(&host)?, "ben"), 2);
    assert_eq!(host.get("/backends/1/stop", "-X POST")?.0, 204);
    // It may still answer a last one; somebody does.
    answers(turns(&host)?, "ben");
    host.wait_for("target is not well")?;
    assert_eq!(answers(turns(&host)?, "ben"), 0);
    assert_eq!(host.get("/backends/1/start", "-X POST")?.0, 204);
    host.wait_for("target is well")?;
    assert_eq!(answers(turns(&host)?, "ben"), 2);
    assert_eq!(host.get("/upstreams", "")?.1.matches(r#""health":"HEALTHY""#).count(), 3);
    host.follow()
}

#[test]
fn hot_reload_serves_what_the_file_says_and_keeps_what_was_used() -> Outcome {
    if !curl_is_here() {
        return Ok(());
    }
    let folder = host::folder("hot_reload")?;
    let file = folder.join("petstore.yaml");
    let shipped = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/petstore.yaml"))?;
    fs::write(&file, &shipped)?;
    let mut host = Host::start(env!("CARGO_BIN_EXE_hot_reload"), &[file.as_os_str()])?;
    host.follow()?;
    let key = "-H 'x-api-key: petstore-demo-key-0001'";
    let metrics = host.get("/metrics", "")?;
    assert!(metrics.1.contains("Count{ApiName=\"petstore\",Stage=\"prod\"}"), "{}", metrics.1);

    host::replace(&file, &shipped.replace(r#"{"status":"up"}"#, r#"{"status":"reloaded"}"#))?;
    host.wait_for("reloaded")?;
    assert_eq!(host.get("/prod/health", "")?, (200, r#"{"status":"reloaded"}"#.to_owned()));

    host::replace(&file, &shipped.replace("route: GET /health", "rout: GET /health"))?;
    host.wait_for("/apis/0/routes/0/rout: unknown field")?;
    assert_eq!(host.get("/prod/health", "")?.1, r#"{"status":"reloaded"}"#, "the last good one is served");

    assert_eq!(host.get("/prod/catalog/toys", key)?.0, 200, "the second of two requests a day");
    assert_eq!(host.get("/prod/catalog/toys", key)?, (429, r#"{"message":"Limit Exceeded"}"#.to_owned()));
    Ok(fs::remove_dir_all(folder)?)
}
