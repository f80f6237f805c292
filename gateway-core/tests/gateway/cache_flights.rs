//! The response cache under concurrency, and against a model.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use gateway_core::{
    Body, Error, ErrorKind, Request, Response, Route, RouteDefinition, RouteSettings,
    testing::{RecordingIntegration, TestGateway},
};
use http::request::Builder;
use proptest::{collection::vec, prelude::*, sample::select};
use tokio::sync::mpsc;

use crate::{
    Outcome,
    cache::{api, get, stage},
    run,
};

/// A backend that answers each call when the test says so.
struct Paused {
    calls: mpsc::UnboundedReceiver<tokio::sync::oneshot::Sender<Result<Response, Error>>>,
}

impl Paused {
    fn new() -> (Self, RouteDefinition) {
        let (sender, calls) = mpsc::unbounded_channel();
        let backend = move |_: Request| {
            let sender = sender.clone();
            async move {
                let (answer, wait) = tokio::sync::oneshot::channel();
                let _ = sender.send(answer);
                wait.await.unwrap_or_else(|_| Err(ErrorKind::IntegrationFailure.into()))
            }
        };
        (Self { calls }, Route::to(backend))
    }

    async fn call(&mut self) -> Result<tokio::sync::oneshot::Sender<Result<Response, Error>>, &'static str> {
        self.calls.recv().await.ok_or("no call")
    }

    fn idle(&mut self) -> bool {
        self.calls.try_recv().is_err()
    }
}

fn text(body: &'static str) -> Result<Response, Error> {
    Ok(Response::new(Body::from(body)))
}

/// Lets every other task come as far as it can.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

fn spawn(gateway: &TestGateway, request: Builder) -> tokio::task::JoinHandle<(u16, String)> {
    let gateway = gateway.clone();
    tokio::spawn(async move {
        let answer = gateway.send(request).await;
        (answer.status.as_u16(), answer.text().to_owned())
    })
}

#[test]
fn requests_that_miss_together_make_one_call() -> Outcome {
    run(async {
        let (mut backend, route) = Paused::new();
        let gateway = TestGateway::new(api(stage(), [("GET /x", route)]))?;
        let waiting: Vec<_> = (0..20).map(|_| spawn(&gateway, get("/x"))).collect();
        settle().await;
        let answer = backend.call().await?;
        assert!(backend.idle(), "one call for twenty requests");
        let _ = answer.send(text("one"));
        for one in waiting {
            assert_eq!(one.await?, (200, "one".to_owned()));
        }
        assert!(backend.idle());
        Ok(())
    })
}

#[test]
fn nobody_hangs_when_the_one_call_fails_or_is_dropped() -> Outcome {
    run(async {
        let (mut backend, route) = Paused::new();
        let gateway = TestGateway::new(api(stage(), [("GET /x", route)]))?;
        let first = spawn(&gateway, get("/x"));
        settle().await;
        let waiting: Vec<_> = (0..3).map(|_| spawn(&gateway, get("/x"))).collect();
        settle().await;
        let _ = backend.call().await?.send(Err(ErrorKind::IntegrationFailure.into()));
        assert_eq!(first.await?.0, 504);
        for _ in 0..3 {
            let _ = backend.call().await?.send(text("by itself"));
        }
        for one in waiting {
            assert_eq!(one.await?, (200, "by itself".to_owned()));
        }

        let first = spawn(&gateway, get("/x"));
        settle().await;
        let waiting: Vec<_> = (0..3).map(|_| spawn(&gateway, get("/x"))).collect();
        settle().await;
        let dropped = backend.call().await?;
        first.abort();
        settle().await;
        assert!(dropped.is_closed(), "the client left");
        let next = backend.call().await?;
        assert!(backend.idle(), "one of the others makes the call");
        let _ = next.send(text("next"));
        for one in waiting {
            assert_eq!(one.await?, (200, "next".to_owned()));
        }
        Ok(())
    })
}

#[test]
fn who_waits_for_the_call_of_another_waits_no_longer_than_for_its_own() -> Outcome {
    run(async {
        let (mut backend, route) = Paused::new();
        let quick = |_: Request| std::future::ready(text("quick"));
        let routes = [
            ("GET /slow", route.cache_namespace("one").timeout(Duration::from_secs(20))),
            ("GET /quick", Route::to(quick).cache_namespace("one").timeout(Duration::from_secs(1))),
        ];
        let gateway = TestGateway::new(api(stage(), routes))?;
        let slow = spawn(&gateway, get("/slow"));
        settle().await;
        assert_eq!(gateway.send(get("/quick")).await.status, 504);
        let _ = backend.call().await?.send(text("slow"));
        assert_eq!(slow.await?, (200, "slow".to_owned()));
        assert_eq!(gateway.send(get("/quick")).await.text(), "slow");
        Ok(())
    })
}

#[test]
fn an_older_answer_never_takes_the_place_of_a_newer_one() -> Outcome {
    run(async {
        let (mut backend, route) = Paused::new();
        let settings = RouteSettings::new().require_authorization_for_cache_control(false);
        let gateway = TestGateway::new(api(stage().default_settings(settings), [("GET /x", route)]))?;
        let old = spawn(&gateway, get("/x"));
        settle().await;
        let old_call = backend.call().await?;
        let new = spawn(&gateway, get("/x").header("cache-control", "max-age=0"));
        settle().await;
        let _ = backend.call().await?.send(text("new"));
        assert_eq!(new.await?.1, "new");
        let _ = old_call.send(text("old"));
        assert_eq!(old.await?.1, "old", "its own answer");
        assert_eq!(gateway.send(get("/x")).await.text(), "new");

        gateway.gateway().handle().flush_cache("api", "prod");
        let old = spawn(&gateway, get("/x"));
        settle().await;
        let old_call = backend.call().await?;
        assert!(gateway.gateway().handle().flush_cache("api", "prod"));
        let _ = old_call.send(text("before the flush"));
        assert_eq!(old.await?.1, "before the flush");
        let after = spawn(&gateway, get("/x"));
        settle().await;
        let _ = backend.call().await?.send(text("after"));
        assert_eq!(after.await?.1, "after");
        Ok(())
    })
}

/// One request of the property below, and what comes before it.
#[derive(Clone, Debug)]
struct Call {
    route: &'static str,
    page: Option<&'static str>,
    language: Option<&'static str>,
    renew: bool,
    later: u64,
}

fn call() -> impl Strategy<Value = Call> {
    let pages = select(vec![None, Some(""), Some("1"), Some("1,2"), Some("%31"), Some("1%26page=2"), Some("2")]);
    let languages = select(vec![None, Some(""), Some("de"), Some("de\u{fc}")]);
    (select(vec!["a", "b", "c"]), pages, languages, prop::bool::weighted(0.1), select(vec![0, 0, 0, 4, 9]))
        .prop_map(|(route, page, language, renew, later)| Call { route, page, language, renew, later })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// The model: each route keeps, for each page and language, the last answer of the backend, for ten seconds. An
    /// answer says what it was asked, so that another key's answer would show.
    #[test]
    fn no_answer_is_another_keys(calls in vec(call(), 1..60)) {
        let done = run(async {
            let number = Arc::new(AtomicUsize::new(0));
            let route = || {
                let number = Arc::clone(&number);
                let backend = RecordingIntegration::new(move |call| {
                    let number = number.fetch_add(1, Ordering::SeqCst);
                    let language = call.headers.get("x-lang").map(|value| value.as_bytes().to_vec());
                    Ok(Response::new(Body::from(format!("{number} {} {language:?}", call.uri))))
                });
                Route::to(backend).cache_key(["method.request.querystring.page", "method.request.header.x-lang"])
            };
            let settings = RouteSettings::new()
                .cache_ttl(Duration::from_secs(10))
                .require_authorization_for_cache_control(false);
            let routes = [("GET /a", route()), ("GET /b", route()), ("GET /c", route())];
            let gateway = TestGateway::new(api(stage().default_settings(settings), routes))?;
            let mut model = std::collections::HashMap::new();
            let mut now = 0;
            for call in &calls {
                now += call.later;
                gateway.clock().advance(Duration::from_secs(call.later));
                let query = call.page.map_or_else(String::new, |page| format!("?page={page}"));
                let mut request = get(&format!("/{}{query}", call.route));
                if let Some(language) = call.language {
                    request = request.header("x-lang", language.as_bytes());
                }
                if call.renew {
                    request = request.header("cache-control", "max-age=0");
                }
                let answer = gateway.send(request).await.text().to_owned();
                // `%31` is the digit 1.
                let page = call.page.map(|page| if page == "%31" { "1" } else { page });
                let key = (call.route, page, call.language);
                let kept = model.get(&key).filter(|(_, until)| !call.renew && now < *until).map(|(kept, _)| kept);
                match kept {
                    Some(kept) => assert_eq!(&answer, kept, "{call:?}"),
                    None => {
                        let asked = format!("/{}{query} {:?}", call.route, call.language.map(str::as_bytes));
                        let last = number.load(Ordering::SeqCst) - 1;
                        assert_eq!(answer, format!("{last} {asked}"), "{call:?}");
                        model.insert(key, (answer, now + 10));
                    }
                }
            }
            Ok(())
        });
        prop_assert!(done.is_ok(), "{done:?}");
    }
}
