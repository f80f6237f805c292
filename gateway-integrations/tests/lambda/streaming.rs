//! Answers that are handed on while they are made.

use gateway_core::Function;
use http_body_util::BodyExt;
use tokio::io::AsyncWriteExt;

use crate::tools::{Friend, Outcome, answer, call, obedient, stream};

#[tokio::test]
async fn each_part_comes_when_it_is_made() -> Outcome {
    let Some(function) = obedient() else { return Ok(()) };
    let (friend, function) = Friend::of(function).await?;
    let streamed = stream(&function, r#"{"do":"stream","parts":["one","two"],"waits":true}"#);
    let (mut streamed, _watcher, mut waited) = tokio::try_join!(streamed, friend.met(), async { friend.met().await })?;
    for part in ["one", "two"] {
        let frame = streamed.payload.frame().await.ok_or("it has ended")??;
        assert_eq!(frame.into_data().unwrap_or_default(), part);
        waited.write_all(b"!").await?;
    }
    assert!(streamed.payload.frame().await.is_none());
    assert_eq!(answer(&function, "{}").await?["count"], 2);
    Ok(())
}

#[tokio::test]
async fn an_answer_that_fails_on_its_way_is_broken_off() -> Outcome {
    let Some(function) = obedient() else { return Ok(()) };
    let failing = r#"{"do":"stream","parts":["one"],"fails":true}"#;
    assert!(stream(&function, failing).await?.payload.collect().await.is_err());
    let invoked = call(&function, failing).await?;
    assert_eq!((&*invoked.payload, invoked.error.as_deref()), (&br#"{"a":1}"#[..], Some("Unhandled")));
    Ok(())
}

#[tokio::test]
async fn who_wants_the_whole_gets_the_whole_and_the_other_way_round() -> Outcome {
    let Some(function) = obedient() else { return Ok(()) };
    assert_eq!(call(&function, r#"{"do":"stream","parts":["one","two"]}"#).await?.payload, "onetwo");
    let whole = stream(&function, r#"{"do":"answer","text":"whole"}"#).await?;
    assert_eq!(whole.payload.collect().await?, "whole");
    let failed = stream(&function, r#"{"do":"exit","status":1}"#).await?;
    assert_eq!(failed.error.as_deref(), Some("Unhandled"));
    Ok(())
}

#[tokio::test]
async fn a_reader_that_leaves_does_not_stop_the_function() -> Outcome {
    let Some(function) = obedient() else { return Ok(()) };
    let function = function.processes(1);
    drop(stream(&function, r#"{"do":"stream","parts":["one","two","three"]}"#).await?);
    assert_eq!(answer(&function, "{}").await?["count"], 2);
    let shared = std::sync::Arc::new(function);
    assert!(shared.invoke_streaming(gateway_core::Invocation::new("{}"), &crate::tools::context()).await.is_ok());
    Ok(())
}
