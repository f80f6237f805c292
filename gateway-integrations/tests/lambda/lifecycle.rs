//! Processes come and go, and none stays behind.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use gateway_core::{Function, Invocation};
use tokio::io::AsyncWriteExt;

use crate::tools::{Friend, Outcome, answer, call, context, failure, last_words, obedient};

#[tokio::test]
async fn a_function_that_is_dropped_leaves_no_process_behind() -> Outcome {
    for busy in [false, true] {
        let Some(function) = obedient() else { return Ok(()) };
        let (friend, function) = Friend::of(function).await?;
        // The child holds the connection as well.
        answer(&function, r#"{"do":"child"}"#).await?;
        let watched = friend.met().await?;
        if busy {
            tokio::select! {
                _ = call(&function, r#"{"do":"wait"}"#) => return Err("it answered too soon".into()),
                waited = friend.met() => drop(waited?),
            }
        }
        drop(function);
        assert_eq!(last_words(watched).await, "");
    }
    Ok(())
}

#[tokio::test]
async fn a_child_of_a_killed_process_goes_with_it() -> Outcome {
    let Some(function) = obedient() else { return Ok(()) };
    let (friend, function) = Friend::of(function.timeout(Duration::from_secs(1))).await?;
    answer(&function, r#"{"do":"child"}"#).await?;
    let watched = friend.met().await?;
    assert_eq!(failure(&function, r#"{"do":"hang"}"#).await?.0, "Sandbox.Timedout");
    assert_eq!(last_words(watched).await, "");
    answer(&function, r#"{"do":"child"}"#).await?;
    let watched = friend.met().await?;
    assert_eq!(failure(&function, r#"{"do":"exit","status":1}"#).await?.0, "Runtime.ExitError");
    assert_eq!(last_words(watched).await, "");
    Ok(())
}

#[tokio::test]
async fn a_process_that_nobody_calls_is_told_to_end() -> Outcome {
    let Some(function) = obedient() else { return Ok(()) };
    let (friend, function) = Friend::of(function.idle_timeout(Duration::from_millis(200))).await?;
    let first = answer(&function, "{}").await?;
    assert_eq!(last_words(friend.met().await?).await, "bye");
    assert_ne!(answer(&function, "{}").await?["pid"], first["pid"]);
    Ok(())
}

#[tokio::test]
async fn shutting_down_ends_the_processes_gently_and_waits() -> Outcome {
    let Some(function) = obedient() else { return Ok(()) };
    let (friend, function) = Friend::of(function).await?;
    let pid = answer(&function, "{}").await?["pid"].clone();
    function.shut_down().await;
    assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists(), "no zombie either");
    assert_eq!(last_words(friend.met().await?).await, "bye");
    assert!(function.invoke(Invocation::new("{}"), &context()).await.is_err());
    Ok(())
}

#[tokio::test]
async fn a_call_runs_to_its_end_though_its_caller_is_gone() -> Outcome {
    let Some(function) = obedient() else { return Ok(()) };
    let (friend, function) = Friend::of(function.processes(1)).await?;
    let context = context();
    let mut given_up = Box::pin(function.invoke(Invocation::new(r#"{"do":"wait"}"#), &context));
    let met = async { Ok::<_, io::Error>((friend.met().await, friend.met().await)) };
    let (_watcher, waited) = tokio::select! {
        _ = &mut given_up => return Err("it answered too soon".into()),
        met = met => met?,
    };
    drop(given_up);
    waited?.write_all(b"!").await?;
    assert_eq!(answer(&function, "{}").await?["count"], 2, "the same process");
    Ok(())
}

#[tokio::test]
async fn nobody_waits_for_an_asynchronous_call() -> Outcome {
    let Some(function) = obedient() else { return Ok(()) };
    let (friend, function) = Friend::of(function).await?;
    let invocation = Invocation { asynchronous: true, ..Invocation::new(r#"{"do":"wait"}"#) };
    let accepted = function.invoke(invocation, &context()).await?;
    assert_eq!((accepted.status.as_u16(), accepted.payload.len()), (202, 0));
    let _watcher = friend.met().await?;
    friend.met().await?.write_all(b"!").await?;
    function.shut_down().await;
    Ok(())
}

#[tokio::test]
async fn a_process_that_ends_between_calls_costs_no_call() -> Outcome {
    let Some(function) = obedient() else { return Ok(()) };
    let function = function.processes(1);
    for _ in 0..5 {
        assert_eq!(answer(&function, r#"{"do":"then exit"}"#).await?["count"], 1);
    }
    Ok(())
}

/// What is logged, line by line.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut log = self.0.lock().map_err(|_| io::ErrorKind::Other)?;
        io::Write::write(&mut *log, bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn what_a_process_prints_is_logged() -> Outcome {
    let Some(function) = obedient() else { return Ok(()) };
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).with_ansi(false).finish();
    // With a single subscriber tracing asks the thread that comes by first, which may have none, and remembers that.
    let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::default());
    let _guard = tracing::subscriber::set_default(subscriber);
    let long = "x".repeat(40_000);
    call(&function, format!(r#"{{"do":"print","text":"a word\n{long}"}}"#)).await?;
    function.shut_down().await;
    let log = String::from_utf8(log.0.lock().unwrap().clone())?;
    assert!(log.contains(r#"lambda: a word function="obedient" stream="stdout""#), "{log:.300}");
    assert!(log.contains(r#"lambda: to stderr function="obedient" stream="stderr""#), "{log:.300}");
    let lengths: Vec<_> = log.lines().map(|line| line.matches('x').count()).filter(|count| *count > 100).collect();
    assert_eq!(lengths, [16_384, 16_384, 7_232]);
    Ok(())
}
