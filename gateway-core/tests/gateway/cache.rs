use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use gateway_core::{
    Api, Authorization, Body, CacheOutcome, Context, Definition, Error, ErrorKind, Parts, Response, Route,
    RouteDefinition, RouteSettings, StageCache, StageDefinition, UnauthorizedCacheControl,
    testing::{RecordingIntegration, TestGateway},
};
use http::{StatusCode, request::Builder};
use http_body_util::{BodyExt, Full};

use crate::{Outcome, run};

const SIZE: u64 = 10 * 1024 * 1024;

pub(crate) fn stage() -> StageDefinition {
    StageDefinition::new("prod").cache(StageCache::new(SIZE)).default_settings(RouteSettings::new().caching(true))
}

pub(crate) fn api(
    stage: StageDefinition,
    routes: impl IntoIterator<Item = (&'static str, RouteDefinition)>,
) -> Definition {
    let api = Api::rest("api").stage(stage);
    Definition::new().api(routes.into_iter().fold(api, |api, (key, route)| api.route(key, route)))
}

/// Answers `1`, `2`, ... and so tells which call an answer is of.
fn counting() -> RecordingIntegration {
    let calls = AtomicUsize::new(0);
    RecordingIntegration::new(move |call| {
        let number = calls.fetch_add(1, Ordering::SeqCst) + 1;
        let mut response = Response::new(Body::from(number.to_string()));
        if let Some(context) = &call.context {
            let headers = response.headers_mut();
            headers.insert("x-amzn-trace-id", context.trace_id().to_header().ok_or(ErrorKind::BadRequest)?);
            headers.insert("x-own", "kept".parse().map_err(|_| ErrorKind::BadRequest)?);
        }
        Ok(response)
    })
}

pub(crate) fn get(path: &str) -> Builder {
    http::Request::get(format!("/prod{path}"))
}

#[test]
fn an_answer_is_kept_for_its_time_and_names_the_request_that_it_is_sent_to() -> Outcome {
    run(async {
        let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
        let kept = Arc::clone(&seen);
        let definition = api(stage(), [("GET /x", Route::to(counting()))]).observer(move |context: &Context| {
            if let Ok(mut kept) = kept.lock() {
                kept.push((context.cache().copied(), context.integration().is_some()));
            }
        });
        let gateway = TestGateway::new(definition)?;
        let first = gateway.send(get("/x?a=1")).await;
        let second = gateway.send(get("/x?a=2")).await;
        assert_eq!((first.text(), second.text()), ("1", "1"), "the query does not count unless it is a key");
        assert_eq!(second.header("x-own"), "kept");
        for name in ["x-amzn-requestid", "x-amz-apigw-id", "x-amzn-trace-id"] {
            assert!(!first.header(name).is_empty() && !second.header(name).is_empty(), "{name}");
            assert_ne!(first.header(name), second.header(name), "{name} is the request's own");
        }
        gateway.clock().advance(Duration::from_secs(299));
        assert_eq!(gateway.send(get("/x")).await.text(), "1");
        gateway.clock().advance(Duration::from_secs(1));
        assert_eq!(gateway.send(get("/x")).await.text(), "2");
        let (hit, miss) = ((Some(CacheOutcome::Hit), false), (Some(CacheOutcome::Miss), true));
        assert_eq!(*seen.lock().map_err(|_| "poisoned")?, [miss, hit, hit, miss]);
        Ok(())
    })
}

#[test]
fn only_what_settings_ask_for_is_kept() -> Outcome {
    run(async {
        let settings = stage()
            .settings("POST /own", RouteSettings::new().caching(true))
            .settings("GET /never", RouteSettings::new().cache_ttl(Duration::ZERO))
            .settings("GET /off", RouteSettings::new().caching(false))
            .settings("GET /short", RouteSettings::new().cache_ttl(Duration::from_secs(2)))
            .settings("PUT /any", RouteSettings::new().caching(true))
            .settings("ANY /all", RouteSettings::new().caching(true));
        let routes = ["POST /own", "POST /x", "GET /never", "GET /off", "GET /short", "ANY /any", "ANY /all"];
        let gateway = TestGateway::new(api(settings, routes.map(|key| (key, Route::to(counting())))))?;
        for (method, path, kept) in [
            ("POST", "/own", true),
            ("POST", "/x", false),
            ("GET", "/never", false),
            ("GET", "/off", false),
            ("GET", "/short", true),
            ("GET", "/any", true),
            ("PUT", "/any", true),
            ("POST", "/any", false),
            ("GET", "/all", true),
            ("POST", "/all", false),
        ] {
            let call = || http::Request::builder().method(method).uri(format!("/prod{path}"));
            // Methods of one resource share its namespace.
            gateway.gateway().handle().flush_cache("api", "prod");
            let first = gateway.send(call()).await.text().to_owned();
            assert_eq!(gateway.send(call()).await.text() == first, kept, "{method} {path}");
        }
        let without = api(
            StageDefinition::new("prod").default_settings(RouteSettings::new().caching(true)),
            [("GET /x", Route::to(counting()))],
        );
        let gateway = TestGateway::new(without)?;
        assert_eq!(gateway.send(get("/x")).await.text(), "1");
        assert_eq!(gateway.send(get("/x")).await.text(), "2", "the stage has no cache");
        Ok(())
    })
}

#[test]
fn keys_tell_answers_apart_and_namespaces_share_them() -> Outcome {
    run(async {
        let keyed = Route::to(counting()).cache_key([
            "method.request.path.id",
            "method.request.querystring.page",
            "method.request.header.X-Lang",
        ]);
        let shared = || Route::to(counting()).cache_namespace("shared");
        let routes = [("GET /pets/{id}", keyed), ("GET /a", shared()), ("GET /b", shared())];
        let gateway = TestGateway::new(api(stage(), routes))?;
        let call = async |path: &str, languages: &[&[u8]]| {
            let request = languages.iter().fold(get(path), |request, value| request.header("x-lang", *value));
            gateway.send(request).await.text().to_owned()
        };
        let mut seen = Vec::new();
        let none: &[&[u8]] = &[];
        for (path, languages) in [
            ("/pets/1", none),
            ("/pets/2", none),
            ("/pets/1?page=1", none),
            ("/pets/1?page=", none),
            ("/pets/1?page=1&page=2", none),
            ("/pets/1?page=%ff", none),
            ("/pets/1?page=%fe", none),
            ("/pets/1", &[b"de"]),
            ("/pets/1", &[b"\xff"]),
            ("/pets/1", &[b"de", b"en"]),
            ("/pets/1", &[b"de,en"]),
        ] {
            let answer = call(path, languages).await;
            assert!(!seen.contains(&answer), "{path} {languages:?}");
            assert_eq!(
                call(&format!("{path}{}", if path.contains('?') { "&x=1" } else { "?x=1" }), languages).await,
                answer
            );
            seen.push(answer);
        }
        assert_eq!(call("/pets/1?page=a+b", none).await, call("/pets/1?page=a%20b", none).await);
        assert_eq!(gateway.send(get("/a")).await.text(), "1");
        assert_eq!(gateway.send(get("/b")).await.text(), "1", "kept for the other route of the namespace");
        Ok(())
    })
}

#[test]
fn whatever_the_status_an_answer_is_kept_but_not_what_only_one_request_can_get() -> Outcome {
    run(async {
        for (status, kept) in
            [(200, true), (404, true), (503, true), (301, true), (206, false), (304, false), (416, false)]
        {
            let backend = RecordingIntegration::status(StatusCode::from_u16(status)?);
            let gateway = TestGateway::new(api(stage(), [("GET /x", Route::to(backend.clone()))]))?;
            for _ in 0..2 {
                assert_eq!(gateway.send(get("/x")).await.status, status);
            }
            assert_eq!(backend.calls().len(), if kept { 1 } else { 2 }, "{status}");
        }
        let failing = RecordingIntegration::failing(ErrorKind::IntegrationFailure);
        let gateway = TestGateway::new(api(stage(), [("GET /x", Route::to(failing.clone()))]))?;
        assert_eq!(gateway.send(get("/x")).await.status, 504);
        assert_eq!(gateway.send(get("/x")).await.status, 504);
        assert_eq!(failing.calls().len(), 2, "the gateway's own answers are not kept");
        Ok(())
    })
}

#[test]
fn what_streams_or_is_large_passes_and_is_not_kept() -> Outcome {
    run(async {
        let of = |size: usize, known: bool| {
            let backend = RecordingIntegration::new(move |_| {
                let body = Full::new(bytes::Bytes::from(vec![b'x'; size]));
                let unsized_body = http_body_util::StreamBody::new(http_body_util::BodyStream::new(body.clone()));
                Ok(Response::new(if known { Body::new(body) } else { Body::new(unsized_body.boxed_unsync()) }))
            });
            (backend.clone(), TestGateway::new(api(stage(), [("GET /x", Route::to(backend))])))
        };
        let mebibyte = 1024 * 1024;
        for (size, known, calls) in [(mebibyte, true, 1), (mebibyte + 1, true, 2), (10, false, 2)] {
            let (backend, gateway) = of(size, known);
            let gateway = gateway?;
            for _ in 0..2 {
                assert_eq!(gateway.send(get("/x")).await.body?.len(), size);
            }
            assert_eq!(backend.calls().len(), calls, "{size} {known}");
        }
        Ok(())
    })
}

#[test]
fn a_fresh_answer_is_for_those_who_may_ask_for_it() -> Outcome {
    run(async {
        let caller = |parts: &Parts, _: &Context| {
            let name = parts.headers.get("x-caller").and_then(|name| name.to_str().ok()).unwrap_or("nobody");
            Ok::<_, Error>(Authorization::new(name))
        };
        let warning = "199 - \"Cache-Control header ignored: caller is not authorized to invalidate the cache\"";
        use UnauthorizedCacheControl::{FailWith403, SucceedWithResponseHeader, SucceedWithoutResponseHeader};
        let base = RouteSettings::new;
        for (settings, caller_name, header, status, body, warned) in [
            (base(), "editor", "max-age=0", 200, "2", ""),
            (base(), "editor", "no-transform, MAX-AGE=0", 200, "2", ""),
            (base(), "editor", "no-cache", 200, "1", ""),
            (base(), "editor", "max-age=00", 200, "1", ""),
            (base(), "reader", "max-age=0", 200, "1", warning),
            (base().unauthorized_cache_control(SucceedWithResponseHeader), "reader", "max-age=0", 200, "1", warning),
            (base().unauthorized_cache_control(SucceedWithoutResponseHeader), "reader", "max-age=0", 200, "1", ""),
            (base().unauthorized_cache_control(FailWith403), "reader", "max-age=0", 403, "", ""),
            (base().unauthorized_cache_control(FailWith403), "editor", "max-age=0", 200, "2", ""),
            (base().require_authorization_for_cache_control(false), "reader", "max-age=0", 200, "2", ""),
        ] {
            let cache = StageCache::new(SIZE).may_invalidate(|context| {
                context.authorization().is_some_and(|caller| caller.principal_id() == "editor")
            });
            let route = Route::to(counting()).authorizer(caller);
            let gateway =
                TestGateway::new(api(stage().cache(cache).settings("GET /x", settings), [("GET /x", route)]))?;
            assert_eq!(gateway.send(get("/x")).await.text(), "1");
            let request = get("/x").header("x-caller", caller_name).header("cache-control", header);
            let answer = gateway.send(request).await;
            assert_eq!(answer.status, status, "{settings:?} {caller_name} {header}");
            assert_eq!(answer.header("warning"), warned, "{settings:?} {caller_name} {header}");
            if status == 200 {
                assert_eq!(answer.text(), body, "{settings:?} {caller_name} {header}");
            } else {
                assert_eq!(answer.text(), r#"{"message":"Forbidden"}"#);
                assert_eq!(answer.header("x-amzn-errortype"), "ForbiddenException");
            }
            let now = if body == "2" { "2" } else { "1" };
            let answer = gateway.send(get("/x")).await;
            assert_eq!((answer.text(), answer.header("warning")), (now, ""), "the entry was replaced, or not");
        }
        let gateway = TestGateway::new(api(stage(), [("GET /x", Route::to(counting()))]))?;
        let ask = || get("/x").header("cache-control", "max-age=0");
        assert_eq!(gateway.send(ask()).await.header("warning"), warning, "on a miss, too");
        assert_eq!(gateway.send(ask()).await.text(), "1", "nobody may unless it is said who");
        Ok(())
    })
}

#[test]
fn kept_answers_outlive_a_reload_but_not_their_deployment_their_size_or_a_flush() -> Outcome {
    run(async {
        let backend = counting();
        let with = |stage| api(stage, [("GET /x", Route::to(backend.clone()))]);
        let gateway = TestGateway::new(with(stage()))?;
        let handle = gateway.gateway().handle();
        let answer = async || gateway.send(get("/x")).await.text().to_owned();
        assert_eq!(answer().await, "1");
        handle.reload(&with(stage()))?;
        assert_eq!(answer().await, "1");
        assert!(handle.flush_cache("api", "prod"));
        assert_eq!(answer().await, "2");
        handle.reload(&with(stage().deployment_id("green")))?;
        assert_eq!(answer().await, "3", "another deployment");
        handle.reload(&with(stage()))?;
        assert_eq!(answer().await, "2", "the answers of the first were kept");
        handle.reload(&with(stage().cache(StageCache::new(SIZE / 2))))?;
        assert_eq!(answer().await, "4", "another size is an empty cache");
        handle.reload(&with(StageDefinition::new("prod")))?;
        assert_eq!((answer().await, answer().await), ("5".to_owned(), "6".to_owned()));
        assert!(!handle.flush_cache("api", "prod") && !handle.flush_cache("api", "none"));
        Ok(())
    })
}

#[test]
fn a_kept_answer_needs_every_permission() -> Outcome {
    run(async {
        let guard = |parts: &Parts, _: &Context| match parts.headers.contains_key("x-refuse") {
            true => Err(ErrorKind::AccessDenied.into()),
            false => Ok::<_, Error>(()),
        };
        let throttled = stage().throttle("GET /x", gateway_core::Throttle::new(0.001, 2));
        let gateway = TestGateway::new(api(throttled, [("GET /x", Route::to(counting()).guard(guard))]))?;
        assert_eq!(gateway.send(get("/x")).await.status, 200);
        assert_eq!(gateway.send(get("/x").header("x-refuse", "1")).await.status, 403);
        assert_eq!(gateway.send(get("/x")).await.status, 200);
        assert_eq!(gateway.send(get("/x")).await.status, 429, "a hit counts like any other request");
        Ok(())
    })
}

#[test]
fn a_cache_holds_no_more_than_its_size() -> Outcome {
    run(async {
        let backend = RecordingIntegration::new(|_| Ok(Response::new(Body::from(vec![b'x'; 100_000]))));
        let route = Route::to(backend.clone()).cache_key(["method.request.querystring.n"]);
        let small = stage().cache(StageCache::new(1_000_000));
        let gateway = TestGateway::new(api(small, [("GET /x", route)]))?;
        for _ in 0..2 {
            for number in 0..500 {
                gateway.send(get(&format!("/x?n={number}"))).await;
            }
        }
        // Ten fit. How soon the cache throws out what is too much, it does not promise.
        assert!(backend.calls().len() > 700, "{} calls for 1000 requests", backend.calls().len());
        Ok(())
    })
}
