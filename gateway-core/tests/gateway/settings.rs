use std::time::Duration;

use gateway_core::{
    Api, Body, Definition, Gateway, Response, Route, RouteSettings, StageCache, StageDefinition, Throttle,
    config::{Config, Registry},
    testing::{RecordingIntegration, TestGateway},
};

use crate::{Outcome, problems, run};

fn api(stage: StageDefinition, routes: &[&str]) -> Definition {
    let api = Api::rest("api").stage(stage);
    Definition::new().api(routes.iter().fold(api, |api, key| {
        let counter = std::sync::atomic::AtomicUsize::new(0);
        let next = move || counter.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let backend = RecordingIntegration::new(move |_| Ok(Response::new(Body::from(next().to_string()))));
        api.route(*key, Route::to(backend))
    }))
}

#[test]
fn a_route_is_found_by_every_form_of_its_key() -> Outcome {
    run(async {
        for (route, path, keys) in [
            (
                "GET /pets/{id}",
                "/prod/pets/1",
                &[
                    "GET /pets/{id}",
                    "pets/{id}/GET",
                    "/pets/{id}/GET",
                    "~1pets~1{id}/GET",
                    "/~1pets~1{id}/GET",
                    "pets~1{id}/GET",
                    "*/*",
                ][..],
            ),
            ("GET /", "/prod/", &["GET /", "/GET", "//GET", "~1/GET", "*/*"]),
            ("ANY /x", "/prod/x", &["ANY /x", "x/ANY", "x/GET", "GET /x", "*/*"]),
        ] {
            for key in keys {
                let stage = StageDefinition::new("prod").throttle(*key, Throttle::new(0.0, 0));
                let gateway = TestGateway::new(api(stage, &[route]))?;
                assert_eq!(gateway.send(http::Request::get(path)).await.status, 429, "{route} by {key}");
            }
        }
        Ok(())
    })
}

#[test]
fn what_an_entry_leaves_out_comes_from_the_default() -> Outcome {
    run(async {
        let stage = StageDefinition::new("prod")
            .cache(StageCache::new(1_000_000))
            .settings("*/*", RouteSettings::new().caching(true).throttle(Throttle::new(0.001, 3)))
            .settings("GET /a", RouteSettings::new().cache_ttl(Duration::from_secs(5)))
            .settings("x/ANY", RouteSettings::new().throttle(Throttle::new(0.001, 1)))
            .settings("x/GET", RouteSettings::new().throttle(Throttle::new(0.001, 100)));
        let gateway = TestGateway::new(api(stage, &["GET /a", "ANY /x"]))?;
        let get = async |path: &str| {
            let answer = gateway.send(http::Request::get(path)).await;
            (answer.status.as_u16(), answer.text().to_owned())
        };
        assert_eq!(get("/prod/a").await.1, "0");
        assert_eq!(get("/prod/a").await.1, "0", "caching is on by the default");
        gateway.clock().advance(Duration::from_secs(5));
        assert_eq!(get("/prod/a").await.1, "1", "for its own time");
        assert_eq!(get("/prod/a").await.0, 429, "throttled by the default");
        assert_eq!(get("/prod/x").await.0, 200);
        assert_eq!(get("/prod/x").await.0, 429, "`ANY` counts before the method");
        Ok(())
    })
}

#[test]
fn what_is_wrong_with_settings_is_said_where_it_stands() {
    let settings = RouteSettings::new;
    let stage = StageDefinition::new("prod")
        .default_settings(settings().cache_ttl(Duration::from_secs(3601)))
        .settings("GET /none", settings())
        .settings("pets/*", settings())
        .settings("GET /pets", settings())
        .settings("pets/GET", settings().cache_ttl(Duration::from_secs(4000)))
        .settings("*/*", settings());
    let said = problems(api(stage, &["GET /pets"]));
    let places: Vec<_> = said.iter().filter_map(|problem| problem.split(": ").next()).collect();
    let below = "/apis/0/stages/0";
    assert_eq!(
        places,
        [
            format!("{below}/defaultRouteSettings/cacheTtlInSeconds"),
            format!("{below}/routeSettings/*~1*"),
            format!("{below}/routeSettings/GET ~1none"),
            format!("{below}/routeSettings/pets~1*"),
            format!("{below}/routeSettings/pets~1GET/cacheTtlInSeconds"),
            format!("{below}/routeSettings/pets~1GET"),
        ],
        "{said:?}"
    );
}

const CONFIG: &str = r#"
apis:
  - name: api
    protocolType: REST
    minimumCompressionSize: 20
    routes:
      - route: GET /items/{id}
        integration: &backend
          type: http
          uri: http://backend
          requestParameters:
            integration.request.header.x-page: method.request.querystring.page
            integration.request.path.id: method.request.path.id
          cacheNamespace: items
          cacheKeyParameters: [integration.request.header.x-page, integration.request.path.id]
    stages:
      - name: prod
        cacheClusterEnabled: true
        cacheClusterSize: "0.5"
        methodSettings:
          "*/*": { cachingEnabled: true, cacheTtlInSeconds: 10, loggingLevel: ERROR, dataTraceEnabled: false }
          "~1items~1{id}/GET": { requireAuthorizationForCacheControl: false }
"#;

fn read(text: &str) -> Result<(Definition, RecordingIntegration), Box<dyn std::error::Error>> {
    let backend =
        RecordingIntegration::new(|call| Ok(Response::new(Body::from(format!("the answer for {}", call.uri)))));
    let made = std::sync::Arc::new(backend.clone());
    let make = move |_: &gateway_core::config::IntegrationConfig, _: gateway_core::config::IntegrationPlace<'_>| {
        Some(Ok(std::sync::Arc::clone(&made) as std::sync::Arc<dyn gateway_core::Integration>))
    };
    Ok((Config::from_yaml(text)?.define(&Registry::new().integrations(make)), backend))
}

#[test]
fn a_configuration_has_all_of_it() -> Outcome {
    run(async {
        let (definition, backend) = read(CONFIG)?;
        let gateway = TestGateway::new(definition)?;
        let get = async |target: &str, control: &str| {
            let request = http::Request::get(format!("/prod{target}")).header("cache-control", control);
            let answer = gateway.send(request.header("accept-encoding", "gzip")).await;
            assert_eq!(answer.header("content-encoding"), "gzip");
            backend.calls().len()
        };
        assert_eq!(get("/items/1?page=1", "").await, 1);
        assert_eq!(get("/items/1?page=1&x=y", "").await, 1);
        assert_eq!(get("/items/1?page=2", "").await, 2);
        assert_eq!(get("/items/2?page=1", "").await, 3);
        assert_eq!(get("/items/1?page=1", "max-age=0").await, 4);
        gateway.clock().advance(Duration::from_secs(10));
        assert_eq!(get("/items/1?page=1", "").await, 5);
        Ok(())
    })
}

#[test]
fn what_is_wrong_in_a_configuration_is_said_where_it_stands() -> Outcome {
    for (from, to, place) in [
        (
            "x-page, integration",
            "x-none, integration",
            "/apis/0/routes/0/integration/cacheKeyParameters/0: `integration.request.header.x-none`",
        ),
        (
            "x-page: method.request.querystring.page",
            "x-page: method.request.body.page",
            "/apis/0/routes/0/integration/cacheKeyParameters/0: `method.request.body.page`",
        ),
        ("\"0.5\"", "\"large\"", "/apis/0/stages/0/cacheClusterSize: `large` is no size"),
        ("\"0.5\"", "\"-1\"", "/apis/0/stages/0/cacheClusterSize: `-1` is no size"),
        ("InSeconds: 10", "InSeconds: 3601", "/apis/0/stages/0/routeSettings/*~1*/cacheTtlInSeconds: "),
        ("{id}/GET\"", "{id}/PUT\"", "/apis/0/stages/0/routeSettings/~01items~01{id}~1PUT: the API has no route"),
    ] {
        assert!(CONFIG.contains(from), "{from}");
        let (definition, _) = read(&CONFIG.replacen(from, to, 1))?;
        let said = problems(definition);
        assert!(said.len() == 1 && said[0].starts_with(place), "{said:?}");
    }
    assert!(Gateway::new(read(CONFIG)?.0).is_ok());
    Ok(())
}

#[cfg(feature = "metrics")]
#[test]
fn each_route_says_whether_it_is_counted_by_itself() -> Outcome {
    let stage = |stage: StageDefinition| {
        stage
            .cache(StageCache::new(1_000_000))
            .default_settings(RouteSettings::new().caching(true))
            .settings("/b/GET", RouteSettings::new().metrics(true))
            .settings("/c/GET", RouteSettings::new().metrics(false))
    };
    for (detailed, counted) in [(false, &["/b"][..]), (true, &["/a", "/b"])] {
        let recorder = metrics_util::debugging::DebuggingRecorder::new();
        let snapshotter = recorder.snapshotter();
        let definition = api(stage(StageDefinition::new("prod").metrics(detailed)), &["GET /a", "GET /b", "GET /c"]);
        let gateway = metrics::with_local_recorder(&recorder, || TestGateway::new(definition))?;
        run(async {
            for path in ["/prod/a", "/prod/b", "/prod/b", "/prod/b", "/prod/c"] {
                gateway.send(http::Request::get(path)).await;
            }
            Ok(())
        })?;
        let (mut resources, mut hits) = (Vec::new(), Vec::new());
        for (key, _, _, value) in snapshotter.snapshot().into_vec() {
            let resource =
                key.key().labels().find(|label| label.key() == "Resource").map(|label| label.value().to_owned());
            match key.key().name() {
                "Count" => resources.extend(resource),
                "CacheHitCount" => hits.push((resource, value)),
                _ => {}
            }
        }
        resources.sort();
        assert_eq!(resources, counted, "{detailed}");
        let two = metrics_util::debugging::DebugValue::Counter(2);
        assert!(hits.contains(&(Some("/b".to_owned()), two)), "{hits:?}");
    }
    Ok(())
}
