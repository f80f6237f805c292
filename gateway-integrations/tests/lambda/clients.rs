//! AWS's own runtime interface clients: what runs on Lambda runs here.

use std::{path::Path, time::Duration};

use gateway_core::{Function, Invocation};
use gateway_integrations::lambda::LocalFunction;
use serde_json::{Value, json};

use crate::tools::{Outcome, answer, call, context, failure, functions, installed, is_here, stream};

fn python(handler: &str) -> Option<LocalFunction> {
    let python = installed("python/bin/python")?;
    let function =
        LocalFunction::command([python.as_os_str(), "-m".as_ref(), "awslambdaric".as_ref(), handler.as_ref()]);
    Some(function.directory(functions()).handler(handler).name("users").memory_mb(192).timeout(Duration::from_secs(20)))
}

fn node(handler: &str) -> Option<LocalFunction> {
    let client = installed("node/node_modules/.bin/aws-lambda-ric").filter(|_| is_here(Path::new("node")))?;
    let function = LocalFunction::command([client.as_os_str(), handler.as_ref()]);
    Some(function.directory(functions()).handler(handler).name("users").timeout(Duration::from_secs(20)))
}

async fn error(function: &LocalFunction, event: &str) -> Outcome<Value> {
    let invoked = call(function, event).await?;
    assert_eq!(invoked.error.as_deref(), Some("Unhandled"), "{:?}", invoked.payload);
    Ok(serde_json::from_slice(&invoked.payload)?)
}

const ARN: &str = "arn:aws:lambda:eu-west-1:111111111111:function:users:live";

/// A call under an ARN, with a trace.
async fn told(function: &LocalFunction) -> Outcome<Value> {
    let mut invocation = Invocation::new(r#"{"id":"123"}"#);
    invocation.function = Some(ARN.to_owned());
    let trace = http::HeaderValue::from_static("Root=1-5759e988-bd862e3fe1be46a994272793");
    invocation.headers.insert("x-amzn-trace-id", trace);
    Ok(serde_json::from_slice(&function.invoke(invocation, &context()).await?.payload)?)
}

#[tokio::test]
async fn python_gets_event_and_context() -> Outcome {
    let Some(function) = python("app.lambda_handler") else { return Ok(()) };
    for calls in [1, 2] {
        let told = told(&function).await?;
        assert_eq!((&told["event"], &told["calls"]), (&json!({ "id": "123" }), &json!(calls)));
        assert_eq!((&told["name"], &told["memory"], &told["arn"]), (&json!("users"), &json!("192"), &json!(ARN)));
        assert_eq!(told["trace"], "Root=1-5759e988-bd862e3fe1be46a994272793");
        assert_eq!(told["group"], "/aws/lambda/users");
        assert_eq!(told["request"].as_str().map(str::len), Some(36));
        assert!(told["left"].as_u64().is_some_and(|left| (10_000..=20_000).contains(&left)), "{told}");
    }
    Ok(())
}

#[tokio::test]
async fn python_fails_as_it_does_on_lambda() -> Outcome {
    let Some(function) = python("app.failing") else { return Ok(()) };
    let error = error(&function, r#"{"what":"such user"}"#).await?;
    assert_eq!((&error["errorType"], &error["errorMessage"]), (&json!("ValueError"), &json!("no such user")));
    assert!(error["stackTrace"][0].as_str().is_some_and(|line| line.contains("app.py")), "{error}");
    for (handler, kind, message) in [
        ("app.opaque", "Runtime.MarshalError", "object is not JSON serializable"),
        ("app.none", "Runtime.HandlerNotFound", "Handler 'none' missing"),
        ("broken.handler", "Runtime.ImportModuleError", "No module named 'no_such_module'"),
        ("app.leaving", "Runtime.ExitError", "exit status 4"),
    ] {
        let failure = failure(&python(handler).ok_or("it was here")?, "{}").await?;
        assert_eq!(failure.0, kind, "{handler}: {failure:?}");
        assert!(failure.1.contains(message), "{handler}: {failure:?}");
    }
    let slow = python("app.slow").ok_or("it was here")?.timeout(Duration::from_secs(1));
    assert_eq!(failure(&slow, "{}").await?.1, "Error: Task timed out after 1.00 seconds");
    Ok(())
}

#[tokio::test]
async fn python_finds_layers_and_writes_any_letter_and_number() -> Outcome {
    let Some(function) = python("app.layered") else { return Ok(()) };
    assert_eq!(answer(&function.layer(functions().join("layer")), "{}").await?, "from the layer");
    let function = python("app.unicode").ok_or("it was here")?;
    assert_eq!(answer(&function, r#"{"text":"\u00e9é"}"#).await?["text"], "éé✓");
    let function = python("app.decimal").ok_or("it was here")?;
    assert_eq!(answer(&function, "{}").await?["price"], 1.5);
    Ok(())
}

#[tokio::test]
async fn node_gets_event_and_context() -> Outcome {
    let Some(function) = node("app.handler") else { return Ok(()) };
    for calls in [1, 2] {
        let told = told(&function).await?;
        assert_eq!((&told["event"], &told["calls"]), (&json!({ "id": "123" }), &json!(calls)));
        assert_eq!((&told["name"], &told["arn"]), (&json!("users"), &json!(ARN)));
        assert!(told["left"].as_u64().is_some_and(|left| (10_000..=20_000).contains(&left)), "{told}");
    }
    let callback = node("app.callback").ok_or("it was here")?;
    assert_eq!(answer(&callback, r#"{"say":"hello"}"#).await?["said"], "hello");
    let layered = node("app.layered").ok_or("it was here")?.layer(functions().join("layer"));
    assert_eq!(answer(&layered, "{}").await?, "from the layer");
    Ok(())
}

#[tokio::test]
async fn node_fails_as_it_does_on_lambda() -> Outcome {
    let Some(function) = node("app.failing") else { return Ok(()) };
    let error = error(&function, r#"{"what":"such user"}"#).await?;
    assert_eq!((&error["errorType"], &error["errorMessage"]), (&json!("RangeError"), &json!("no such user")));
    assert!(error["trace"][1].as_str().is_some_and(|line| line.contains("app.mjs")), "{error}");
    for (handler, kind, message) in [
        ("app.rejecting", "TypeError", "called back"),
        ("app.none", "Runtime.HandlerNotFound", "app.none is undefined"),
        ("gone.handler", "Runtime.ImportModuleError", "gone"),
        ("app.leaving", "Runtime.ExitError", "exit status 4"),
    ] {
        let failure = failure(&node(handler).ok_or("it was here")?, "{}").await?;
        assert_eq!(failure.0, kind, "{handler}: {failure:?}");
        assert!(failure.1.contains(message), "{handler}: {failure:?}");
    }
    Ok(())
}

#[tokio::test]
async fn node_streams_its_answer() -> Outcome {
    let Some(function) = node("app.streaming") else { return Ok(()) };
    let streamed = stream(&function, "{}").await?.payload.collect().await?;
    let text = std::str::from_utf8(&streamed)?;
    let (prelude, body) = text.split_once("\0\0\0\0\0\0\0\0").ok_or("no delimiter")?;
    let prelude: Value = serde_json::from_str(prelude)?;
    assert_eq!((&prelude["statusCode"], &prelude["headers"]["x-own"]), (&json!(201), &json!("yes")));
    assert_eq!(body, "one two");
    Ok(())
}
