//! The cache through a configuration: what a reload forgets, and who may renew.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use gateway_core::{
    Authorization, Authorizer, Body, Context, Definition, Error, Integration, Parts, Response,
    config::{Config, IntegrationConfig, IntegrationPlace, Registry},
    testing::{RecordingIntegration, TestGateway},
};

use crate::{Outcome, run};

const CONFIG: &str = r#"
apis:
  - name: api
    protocolType: REST
    authorizers:
      door: { type: custom, name: badge, identitySources: [method.request.header.x-caller], resultTtlInSeconds: 60 }
    routes:
      - { route: GET /a, integration: { type: http_proxy, uri: "http://a" } }
      - { route: GET /b, integration: { type: http_proxy, uri: "http://b", cacheNamespace: shared } }
      - { route: GET /c, integration: { type: http_proxy, uri: "http://c", cacheNamespace: shared } }
      - { route: GET /guarded, integration: { type: http_proxy, uri: "http://g" }, authorizer: door }
    stages:
      - name: prod
        cacheClusterEnabled: true
        methodSettings: { "*/*": { cachingEnabled: true } }
"#;

/// Knows callers by name; an editor may renew kept answers.
struct Badge;

#[async_trait]
impl Authorizer for Badge {
    async fn authorize(&self, request: &Parts, _: &Context) -> Result<Authorization, Error> {
        let name = request.headers.get("x-caller").and_then(|name| name.to_str().ok()).unwrap_or_default();
        let caller = Authorization::new(name);
        Ok(if name == "editor" { caller.with_cache_invalidation() } else { caller })
    }
}

/// Each answer is the number of its call, whatever backend was called.
fn registry() -> Registry {
    let calls = Arc::new(AtomicUsize::new(0));
    let make = move |_: &IntegrationConfig, _: IntegrationPlace<'_>| {
        let calls = Arc::clone(&calls);
        let backend = RecordingIntegration::new(move |_| {
            Ok(Response::new(Body::from((calls.fetch_add(1, Ordering::SeqCst) + 1).to_string())))
        });
        Some(Ok(Arc::new(backend) as Arc<dyn Integration>))
    };
    Registry::new().integrations(make).authorizer("badge", Badge)
}

fn define(text: &str, registry: &Registry) -> Result<Definition, gateway_core::Problems> {
    Ok(Config::from_yaml(text)?.define(registry))
}

/// As on AWS each deployment has entries of its own; a reload deploys what has changed, and nothing else.
#[test]
fn a_reload_forgets_the_answers_of_what_has_changed_and_no_others() -> Outcome {
    run(async {
        let registry = registry();
        let gateway = TestGateway::new(define(CONFIG, &registry)?)?;
        let get = async |path: &str| gateway.send(http::Request::get(path)).await.text().to_owned();
        let all = async || (get("/prod/a").await, get("/prod/b").await, get("/prod/c").await);
        let answers = |a: &str, b: &str| (a.to_owned(), b.to_owned(), b.to_owned());
        assert_eq!(all().await, answers("1", "2"));
        for (text, a, b) in [
            (CONFIG.to_owned(), "1", "2"),
            (CONFIG.replace("http://a", "http://new"), "3", "2"),
            (CONFIG.replace("http://c", "http://new"), "1", "4"),
            (CONFIG.replace("- name: prod", "- name: prod\n        variables: { a: b }"), "1", "2"),
            (CONFIG.replace("protocolType: REST", "protocolType: REST\n    binaryMediaTypes: [a/b]"), "5", "6"),
            (CONFIG.replace("- name: prod", "- name: prod\n        deploymentId: green"), "7", "8"),
            (CONFIG.to_owned(), "1", "2"),
        ] {
            gateway.gateway().handle().reload(&define(&text, &registry)?)?;
            assert_eq!(all().await, answers(a, b), "{text}");
        }
        Ok(())
    })
}

#[test]
fn an_authorizer_says_who_may_renew_kept_answers() -> Outcome {
    run(async {
        let gateway = TestGateway::new(define(CONFIG, &registry())?)?;
        let get = async |caller: &str, control: &str| {
            let request = http::Request::get("/prod/guarded").header("x-caller", caller);
            let answer = gateway.send(request.header("cache-control", control)).await;
            (answer.text().to_owned(), !answer.header("warning").is_empty())
        };
        for (caller, control, answer, warned) in [
            ("reader", "max-age=0", "1", true),
            ("editor", "no-cache", "1", false),
            ("editor", "max-age=0", "2", false),
            ("reader", "max-age=0", "2", true),
            ("editor", "max-age=0", "3", false),
        ] {
            assert_eq!(get(caller, control).await, (answer.to_owned(), warned), "{caller} {control}");
        }
        Ok(())
    })
}

#[test]
fn what_streams_is_neither_kept_nor_compressed() -> Outcome {
    run(async {
        let streams = r#"uri: "http://a", responseTransferMode: STREAM"#;
        let text = CONFIG.replace(r#"uri: "http://a""#, streams);
        let text = text.replace("protocolType: REST", "protocolType: REST\n    minimumCompressionSize: 0");
        let gateway = TestGateway::new(define(&text, &registry())?)?;
        let get = async |path: &str| gateway.send(http::Request::get(path).header("accept-encoding", "gzip")).await;
        assert_eq!((get("/prod/a").await.text(), get("/prod/a").await.text()), ("1", "2"));
        let kept = [get("/prod/b").await, get("/prod/b").await];
        assert!(kept.iter().all(|answer| answer.header("content-encoding") == "gzip"));
        assert_eq!(kept[0].body.as_ref().ok(), kept[1].body.as_ref().ok());
        Ok(())
    })
}
