//! What callers get.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc, time::Duration};

use gateway_core::{ErrorKind, Function, Invocation};
use gateway_integrations::lambda::LocalFunction;
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, task::JoinSet};

use crate::tools::{Friend, Outcome, answer, call, context, failure, functions, obedient};

#[tokio::test]
async fn a_call_after_the_other_goes_to_the_same_process() -> Outcome {
    let Some(function) = obedient() else { return Ok(()) };
    let first = answer(&function, r#"{"a":1}"#).await?;
    assert_eq!((&first["event"], &first["count"]), (&json!({ "a": 1 }), &json!(1)));
    for count in 2..30 {
        let next = answer(&function, "{}").await?;
        assert_eq!((&next["pid"], &next["count"]), (&first["pid"], &json!(count)));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_calls_at_once_none_is_lost() -> Outcome {
    let Some(function) = obedient() else { return Ok(()) };
    let function = Arc::new(function.processes(8).timeout(Duration::from_secs(60)));
    let mut calls = JoinSet::new();
    for number in 0..1000 {
        let function = Arc::clone(&function);
        calls.spawn(async move {
            let answer = answer(&function, json!({ "number": number }).to_string()).await.map_err(|e| e.to_string())?;
            assert_eq!(answer["event"]["number"], number);
            Ok::<_, String>(answer["pid"].as_u64())
        });
    }
    let pids = calls.join_all().await.into_iter().collect::<Result<BTreeSet<_>, _>>()?;
    assert!(pids.len() <= 8, "{pids:?}");
    Ok(())
}

#[tokio::test]
async fn a_function_that_fails_gives_lambdas_error_and_the_next_call_works() -> Outcome {
    let Some(function) = obedient() else { return Ok(()) };
    let function = function.timeout(Duration::from_millis(1500));
    for (event, kind, message) in [
        (r#"{"do":"exit","status":5}"#, "Runtime.ExitError", "Error: Runtime exited with error: exit status 5"),
        (r#"{"do":"exit","status":0}"#, "Runtime.ExitError", "Error: Runtime exited without providing a reason"),
        (r#"{"do":"kill","signal":9}"#, "Runtime.ExitError", "Error: Runtime exited with error: signal: killed"),
        (
            r#"{"do":"kill","signal":11}"#,
            "Runtime.ExitError",
            "Error: Runtime exited with error: signal: segmentation fault",
        ),
        (r#"{"do":"break"}"#, "Runtime.ExitError", "Error: Runtime exited with error: exit status 3"),
        (r#"{"do":"hang"}"#, "Sandbox.Timedout", "Error: Task timed out after 1.50 seconds"),
        (r#"{"do":"fail"}"#, "Own", "failed"),
        (
            r#"{"do":"answer","text":"12345678","times":800000}"#,
            "Function.ResponseSizeTooLarge",
            "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
        ),
    ] {
        assert_eq!(failure(&function, event).await?, (kind.to_owned(), message.to_owned()), "{event}");
        answer(&function, "{}").await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_is_no_json_is_handed_on_as_it_is() -> Outcome {
    let Some(function) = obedient() else { return Ok(()) };
    for text in ["no json", "", "null", "\u{0}"] {
        let invoked = call(&function, json!({ "do": "answer", "text": text }).to_string()).await?;
        assert_eq!((&*invoked.payload, invoked.error), (text.as_bytes(), None));
    }
    Ok(())
}

#[tokio::test]
async fn a_process_that_breaks_the_rules_is_told_so() -> Outcome {
    let Some(function) = obedient() else { return Ok(()) };
    let told = answer(&function, r#"{"do":"twice"}"#).await?;
    assert_eq!((&told["again"], &told["foreign"], &told["nowhere"]), (&json!(403), &json!(400), &json!(404)));
    failure(&function, r#"{"do":"answer","text":"12345678","times":800000}"#).await?;
    assert_eq!(answer(&function, r#"{"do":"last"}"#).await?, 413);
    Ok(())
}

#[tokio::test]
async fn an_event_may_have_six_megabytes() -> Outcome {
    let Some(function) = obedient() else { return Ok(()) };
    let event = |length: usize| format!(r#"{{"do":"","x":"{}"}}"#, "x".repeat(length - 15));
    assert_eq!(answer(&function, event(3 << 20)).await?["count"], 1);
    let refused = function.invoke(Invocation::new(event((6 << 20) + 1)), &context()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::RequestTooLarge);
    Ok(())
}

#[tokio::test]
async fn more_calls_than_reserved_are_throttled() -> Outcome {
    let Some(function) = obedient() else { return Ok(()) };
    let (friend, function) = Friend::of(function.concurrency(1)).await?;
    let function = Arc::new(function);
    let waiting = tokio::spawn({
        let function = Arc::clone(&function);
        async move { call(&function, r#"{"do":"wait"}"#).await.map_err(|error| error.to_string()) }
    });
    let _watcher = friend.met().await?;
    let mut waited = friend.met().await?;
    let refused = call(&function, "{}").await?;
    assert_eq!((refused.status.as_u16(), refused.error), (429, None));
    waited.write_all(b"!").await?;
    assert_eq!(waiting.await??.error, None);
    assert_eq!(answer(&function, "{}").await?["count"], 2);

    let none = obedient().unwrap().concurrency(0);
    assert_eq!(call(&none, "{}").await?.status, 429);
    Ok(())
}

#[tokio::test]
async fn a_function_finds_what_it_finds_on_lambda() -> Outcome {
    let Some(function) = obedient() else { return Ok(()) };
    let function = function
        .name("users")
        .region("eu-west-1")
        .handler("app.handler")
        .memory_mb(256)
        .layer(functions().join("layer"))
        .env("TABLE", "Users")
        .env("AWS_LAMBDA_RUNTIME_API", "elsewhere");
    let mut invocation = Invocation::new(r#"{"do":"tell"}"#);
    invocation.headers = HeaderMap::from_iter([
        ("x-amzn-trace-id".parse()?, HeaderValue::from_static("Root=1-5759e988-bd862e3fe1be46a994272793")),
        ("x-amz-client-context".parse()?, HeaderValue::from_static("eyJjdXN0b20iOnsiYSI6MX19")),
    ]);
    let told: Value = serde_json::from_slice(&function.invoke(invocation, &context()).await?.payload)?;
    let directory = functions().to_str().ok_or("the path is no text")?.to_owned();
    for (name, value) in [
        ("AWS_LAMBDA_FUNCTION_NAME", "users"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/users"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_DEFAULT_REGION", "eu-west-1"),
        ("LAMBDA_TASK_ROOT", &directory),
        ("LAMBDA_RUNTIME_DIR", "/var/runtime"),
        ("_HANDLER", "app.handler"),
        ("TZ", ":UTC"),
        ("TABLE", "Users"),
        ("PYTHONPATH", &format!("{directory}/layer/python")),
    ] {
        assert_eq!(told["environment"][name], value, "{name}");
    }
    assert_eq!(told["directory"], directory);
    assert_eq!(told["environment"]["CARGO_MANIFEST_DIR"], Value::Null, "the host's environment is its own");
    let stream = told["environment"]["AWS_LAMBDA_LOG_STREAM_NAME"].as_str().unwrap_or_default();
    assert!(stream.contains("/[$LATEST]"), "{stream}");
    let header = |name: &str| told["headers"][name].as_str().unwrap_or_default().to_owned();
    assert_eq!(header("Lambda-Runtime-Trace-Id"), "Root=1-5759e988-bd862e3fe1be46a994272793");
    assert_eq!(header("Lambda-Runtime-Client-Context"), r#"{"custom":{"a":1}}"#);
    assert_eq!(header("Lambda-Runtime-Invoked-Function-Arn"), "arn:aws:lambda:eu-west-1:000000000000:function:users");
    assert_eq!(header("Lambda-Runtime-Aws-Request-Id").len(), 36);
    #[expect(clippy::disallowed_methods, reason = "the other process has no other clock")]
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_millis();
    let left = header("Lambda-Runtime-Deadline-Ms").parse::<u128>()?.checked_sub(now).ok_or("it is over")?;
    assert!(left <= 20_000, "{left}");
    Ok(())
}

#[tokio::test]
async fn what_cannot_start_says_why() -> Outcome {
    let none = LocalFunction::bootstrap(PathBuf::from("/no/such/program"));
    let (kind, message) = failure(&none, "{}").await?;
    assert_eq!(kind, "Runtime.InvalidEntrypoint");
    assert!(message.contains("No such file"), "{message}");
    assert_eq!(failure(&LocalFunction::command([""; 0]), "{}").await?.0, "Runtime.InvalidEntrypoint");

    for (start, kind, message) in [
        ("exit", "Runtime.ExitError", "Error: Runtime exited with error: exit status 7"),
        ("error", "Own", "no"),
        ("hang", "Sandbox.Timedout", "Error: Task timed out after 2.00 seconds"),
    ] {
        let Some(function) = obedient() else { return Ok(()) };
        let function = function.env("START", start);
        let function = if start == "hang" { function.init_timeout(Duration::from_secs(2)) } else { function };
        assert_eq!(failure(&function, "{}").await?, (kind.to_owned(), message.to_owned()), "{start}");
    }
    Ok(())
}
