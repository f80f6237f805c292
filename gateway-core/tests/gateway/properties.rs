use std::{collections::BTreeMap, time::Duration};

use gateway_core::{
    Api, ApiKey, ApiKeyError, Definition, Domain, Error, ErrorKind, GatewayResponse, GatewayResponses, Plan, Problems,
    Quota, Route, StageDefinition, Throttle,
    testing::{RecordingIntegration, TestGateway, TestResponse},
};
use proptest::{collection::vec, prelude::*, sample::select};
use tokio::runtime::{Builder, Runtime};

fn runtime() -> Result<Runtime, TestCaseError> {
    Builder::new_current_thread().enable_time().start_paused(true).build().map_err(failed)
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn failed(error: impl ToString) -> TestCaseError {
    TestCaseError::fail(error.to_string())
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() }
}

mod any_request {
    use super::*;

    fn definition() -> Result<Definition, Box<dyn std::error::Error>> {
        let route = || Route::to(RecordingIntegration::answering("ok"));
        let responses = GatewayResponse::new()
            .header("x-echo", "method.request.header.x-a")?
            .header("x-query", "method.request.multivaluequerystring.a")?
            .template("application/json", r#"{"path":"$context.path $context.domainName $context.xrayTraceId"}"#)
            .template("text/plain", "method.request.querystring.a");
        let key_needed = route().api_key_required().authorizer(
            |parts: &http::request::Parts, _: &gateway_core::Context| match parts.headers.contains_key("authorization")
            {
                true => Ok(gateway_core::Authorization::new("caller")),
                false => Err::<_, Error>(ErrorKind::Unauthorized.into()),
            },
        );
        let rest = Api::rest("rest")
            .gateway_responses(GatewayResponses::default().with_default_4xx(responses))
            .route("ANY /", route())
            .route("GET /a/{b}", key_needed)
            .route("ANY /{all+}", route())
            .stage(StageDefinition::new("a"));
        let http = Api::http("http").route("GET /a/{b}", route()).route("POST /{all+}", route());
        let http = http.stage(StageDefinition::new("$default").default_throttle(Throttle::new(1.0, 3)));
        let domain = Domain::new("*.example.com").map("a/b", "rest", "a").map("b", "http", "$default");
        Ok(Definition::new().api(rest).api(http.stage(StageDefinition::new("b"))).domain(domain))
    }

    /// Targets of every form: origin, absolute, authority, asterisk.
    fn target() -> impl Strategy<Value = String> {
        let piece = select(vec![
            "/", "//", "a", "b", "%2F", "%2f", ".", "..", "%", "%zz", "?", "&a=", ";a=", "+", "%00", "%ff", "#", "@",
            ":", "*", "{", "|", "\"", "é",
        ]);
        let random = prop_oneof![3 => piece.prop_map(str::to_owned), 1 => "[ -~]{0,8}"];
        let path = vec(random, 0..12).prop_map(|pieces| pieces.concat());
        let start = select(vec!["/", "", "http://rest.local", "http://x.example.com:80/a/b", "*", "rest.local:80"]);
        (start, path).prop_map(|(start, path)| format!("{start}{path}"))
    }

    fn header() -> impl Strategy<Value = (&'static str, Vec<u8>)> {
        let name = select(vec![
            "host",
            "x-a",
            "accept",
            "authorization",
            "x-api-key",
            "x-amzn-requestid",
            "x-amzn-trace-id",
            "x-http-method-override",
            "content-length",
            "transfer-encoding",
            "user-agent",
            "x-forwarded-for",
        ]);
        let known = select(vec![
            "rest.local",
            "http.local",
            "HTTP.",
            "x.example.com:8080",
            "[::1]:80",
            "u@rest.local",
            "",
            ":",
            ".",
            "5",
            "-1",
            "99999999999999999999",
            "chunked",
            "POST",
            "get",
            "text/plain;q=0.1, */*",
            "Root=;Parent;Sampled=;=",
            "01234567-89ab-4def-8123-456789abcdef",
            "UUID-ab-4def-8123-456789abcdef456789",
            "Root=1-a;Root=2;x=y",
        ]);
        let value = prop_oneof![
            3 => known.prop_map(|text| text.as_bytes().to_vec()),
            1 => vec(any::<u8>(), 0..40),
        ];
        (name, value)
    }

    fn check(response: &TestResponse) -> Result<(), TestCaseError> {
        let id = |name: &str| response.headers.get_all(name).iter().count();
        let rest = id("x-amzn-requestid") == 1 && id("x-amz-apigw-id") == 1 && id("apigw-requestid") == 0;
        let http = id("x-amzn-requestid") == 0 && id("x-amz-apigw-id") == 0 && id("apigw-requestid") == 1;
        prop_assert!(rest != http, "{response:?}");
        let extended = response.header(if rest { "x-amz-apigw-id" } else { "apigw-requestid" });
        prop_assert_eq!(extended.len(), 16);
        prop_assert!(http || response.header("x-amzn-requestid").len() == 36);
        let body = response.body.as_ref().map_err(failed)?;
        if response.status == 200 {
            prop_assert_eq!(&body[..], b"ok");
        } else {
            prop_assert!(response.status.is_client_error(), "{response:?}");
            prop_assert!(std::str::from_utf8(body).is_ok());
            prop_assert!(response.headers.contains_key("content-type"));
            prop_assert_eq!(rest, response.headers.contains_key("x-amzn-errortype"));
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn is_answered_with_its_ids(
            method in prop_oneof![select(vec!["GET", "POST", "HEAD", "OPTIONS", "CONNECT"]).prop_map(str::to_owned), "[A-Z!~]{1,9}"],
            targets in vec(target(), 1..8),
            headers in vec(header(), 0..6),
            body in vec(any::<u8>(), 0..20),
        ) {
            let gateway = TestGateway::new(definition().map_err(failed)?).map_err(failed)?;
            for target in targets {
                let mut request = http::Request::builder().method(&*method).uri(target);
                for (name, value) in &headers {
                    request = match http::HeaderValue::from_bytes(value) {
                        Ok(value) => request.header(*name, value),
                        Err(_) => request,
                    };
                }
                // What is no request at all never comes through a server.
                let Ok(request) = request.body(body.clone().into()) else { continue };
                check(&runtime()?.block_on(gateway.send_request(request)))?;
            }
        }
    }
}

mod stripping {
    use super::*;

    const REST_ROUTES: [&str; 5] = ["ANY /", "GET /a", "GET /a/{v}", "GET /b/{g+}", "GET /."];
    const HTTP_ROUTES: [&str; 5] = ["GET /", "GET /a", "GET /a/{v}", "GET /b/{g+}", "GET /."];

    fn gateway() -> Result<(TestGateway, RecordingIntegration), Problems> {
        let backend = RecordingIntegration::answering("ok");
        let with = |api: Api, routes: [&str; 5]| {
            routes.into_iter().fold(api, |api, key| api.route(key, Route::to(backend.clone())))
        };
        let rest = with(Api::rest("rest"), REST_ROUTES).stage(StageDefinition::new("a"));
        let http = with(Api::http("http"), HTTP_ROUTES).stage(StageDefinition::new("a"));
        let http = http.stage(StageDefinition::new("$default"));
        let domain = |name: &str, api, stage| Domain::new(name).map("a/b", api, stage).map("", api, stage);
        let definition = Definition::new().api(rest).api(http);
        let definition = definition.domain(domain("rest.example.com", "rest", "a"));
        let gateway = TestGateway::new(definition.domain(domain("http.example.com", "http", "$default")))?;
        Ok((gateway, backend))
    }

    /// What is left of the path for routing, if there is a stage; written anew, by the words of the specification.
    fn rest_of(path: &str, mapped: bool, rest: bool) -> Option<&str> {
        if mapped {
            let below = path.strip_prefix("/a/b").filter(|below| below.is_empty() || below.starts_with('/'));
            return Some(below.unwrap_or(path));
        }
        let start = path.find(|letter| letter != '/').unwrap_or(path.len());
        let (_, tail) = path.split_at(start);
        let (stage, below) = tail.split_at(tail.find('/').unwrap_or(tail.len()));
        match stage {
            "a" => Some(below),
            _ if rest => None,
            _ => Some(path),
        }
    }

    /// The route's key and its variable. REST APIs see neither leading slashes nor one at the end.
    fn matched(path: &str, rest: bool) -> Option<(&'static str, Option<String>)> {
        let path = if rest { path.trim_start_matches('/') } else { path.strip_prefix('/').unwrap_or(path) };
        let path = if rest { path.strip_suffix('/').unwrap_or(path) } else { path };
        let mut segments = path.split('/');
        let first = segments.next().unwrap_or_default();
        let below: Vec<_> = segments.collect();
        match (first, &below[..]) {
            ("", []) if rest => Some(("ANY /", None)),
            ("", []) => Some(("GET /", None)),
            ("a", []) => Some(("GET /a", None)),
            ("a", [value]) if !value.is_empty() => Some(("GET /a/{v}", Some((*value).to_owned()))),
            // A REST API's greedy variable is never empty; an HTTP API's may be, behind its slash.
            ("b", [""]) if rest => None,
            ("b", [_, ..]) => Some(("GET /b/{g+}", Some(below.join("/")))),
            (".", []) => Some(("GET /.", None)),
            _ => None,
        }
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn and_routing_agree_with_a_naive_model(
            pieces in vec(select(vec!["a", "b", "", "%2F", ".", "..", "A"]), 1..6),
            mapped in any::<bool>(),
            rest in any::<bool>(),
            query in select(vec!["", "?", "?a=/b//"]),
        ) {
            let (gateway, backend) = gateway().map_err(failed)?;
            let path = format!("/{}", pieces.join("/"));
            let kind = if rest { "rest" } else { "http" };
            let host = if mapped { format!("{kind}.example.com") } else { format!("{kind}.local") };
            let request = http::Request::get(format!("{path}{query}")).header("host", host);
            let response = runtime()?.block_on(gateway.send(request));
            let left = rest_of(&path, mapped, rest);
            let expected = left.and_then(|left| matched(left, rest));
            let Some((key, value)) = expected else {
                prop_assert_eq!(response.status, if rest { 403 } else { 404 }, "{}", path);
                return Ok(());
            };
            prop_assert_eq!(response.status, 200, "{} should be {}", path, key);
            let call = backend.calls().pop().ok_or_else(|| failed("no call"))?;
            let context = call.context.ok_or_else(|| failed("no context"))?;
            prop_assert_eq!(context.lookup("routeKey").unwrap_or_default(), key, "{}", path);
            let params = context.path_params();
            let found = params.and_then(|params| params.iter().next()).map(|(_, value)| value.to_owned());
            prop_assert_eq!(found, value, "{}", path);
            let left = left.filter(|left| !left.is_empty()).unwrap_or("/");
            prop_assert_eq!(call.uri.path(), left);
            prop_assert_eq!(context.lookup("path").unwrap_or_default(), path);
        }
    }
}

mod usage {
    use super::*;

    const KEYS: [(&str, &str); 2] = [("a", "key-of-a-0123456789-01"), ("b", "key-of-b-0123456789-01")];
    /// Rates of whole nanoseconds a token, so that the model need not round.
    const THROTTLES: [(f64, u32); 4] = [(1.0, 2), (4.0, 3), (0.5, 1), (0.0, 5)];
    const DAY: u64 = 86_400_000;

    #[derive(Clone, Debug)]
    enum Step {
        Wait(u64),
        Call(usize),
        Reload(Limits),
    }

    #[derive(Clone, Copy, Debug, PartialEq)]
    struct Limits {
        throttle: Option<(f64, u32)>,
        quota: Option<(u64, bool)>,
    }

    fn definition(limits: Limits) -> Result<Definition, ApiKeyError> {
        let route = Route::to(RecordingIntegration::answering("ok")).api_key_required();
        let api = Api::rest("api").route("GET /x", route).stage(StageDefinition::new("prod"));
        let mut plan = Plan::new("plan").stage("api", "prod");
        if let Some((rate, burst)) = limits.throttle {
            plan = plan.throttle(Throttle::new(rate, burst));
        }
        if let Some((limit, daily)) = limits.quota {
            plan = plan.quota(if daily { Quota::per_day(limit) } else { Quota::per_week(limit) });
        }
        for (id, value) in KEYS {
            plan = plan.key(ApiKey::new(id, value)?);
        }
        Ok(Definition::new().api(api).plan(plan))
    }

    /// Milliseconds since a Monday at midnight, and what each key has left.
    struct Model {
        now: u64,
        limits: Limits,
        /// Tokens in thousandths, and when they were counted.
        buckets: BTreeMap<usize, (u64, u64)>,
        /// By key and kind of period: the period's number, and its requests.
        used: BTreeMap<(usize, bool), (u64, u64)>,
    }

    impl Model {
        fn reload(&mut self, limits: Limits) {
            if limits.throttle != self.limits.throttle {
                self.buckets.clear();
            }
            self.limits = limits;
        }

        fn call(&mut self, key: usize) -> u16 {
            if let Some((rate, burst)) = self.limits.throttle {
                if rate == 0.0 {
                    return 429;
                }
                let full = u64::from(burst) * 1_000;
                let (tokens, since) = self.buckets.get(&key).copied().unwrap_or((full, self.now));
                // A rate a second is so many thousandths a millisecond; half of one a token needs even times.
                let tokens = full.min(tokens + ((self.now - since) as f64 * rate) as u64);
                if tokens < 1_000 {
                    self.buckets.insert(key, (tokens, self.now));
                    return 429;
                }
                self.buckets.insert(key, (tokens - 1_000, self.now));
            }
            if let Some((limit, daily)) = self.limits.quota {
                // The week changes on Sunday, six days after the start.
                let period = if daily { self.now / DAY } else { (self.now + DAY) / (7 * DAY) };
                let (last, used) = self.used.get(&(key, daily)).copied().unwrap_or((period, 0));
                let used = if last == period { used } else { 0 };
                if used >= limit {
                    return 429;
                }
                self.used.insert((key, daily), (period, used + 1));
            }
            200
        }
    }

    fn limits() -> impl Strategy<Value = Limits> {
        let throttle = proptest::option::of(select(&THROTTLES[..]));
        let quota = proptest::option::of((0..6_u64, any::<bool>()));
        (throttle, quota).prop_map(|(throttle, quota)| Limits { throttle, quota })
    }

    fn step() -> impl Strategy<Value = Step> {
        // Even, for the rate of one half.
        let waits = prop_oneof![
            4 => (0..2_000_u64).prop_map(|wait| wait * 2),
            1 => (0..20_u64).prop_map(|days| days * DAY / 2),
        ];
        prop_oneof![2 => waits.prop_map(Step::Wait), 6 => (0..2_usize).prop_map(Step::Call), 1 => limits().prop_map(Step::Reload)]
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn of_a_plan_follows_a_simple_model(first in limits(), steps in vec(step(), 1..60)) {
            let gateway = TestGateway::new(definition(first).map_err(failed)?).map_err(failed)?;
            let mut model = Model { now: 0, limits: first, buckets: BTreeMap::new(), used: BTreeMap::new() };
            let runtime = runtime()?;
            for (place, step) in steps.iter().enumerate() {
                match step {
                    Step::Wait(millis) => {
                        gateway.clock().advance(Duration::from_millis(*millis));
                        model.now += millis;
                    }
                    Step::Reload(limits) => {
                        let definition = definition(*limits).map_err(failed)?;
                        gateway.gateway().handle().reload(&definition).map_err(failed)?;
                        model.reload(*limits);
                    }
                    Step::Call(key) => {
                        let request = http::Request::get("/prod/x").header("x-api-key", KEYS[*key].1);
                        let status = runtime.block_on(gateway.send(request)).status;
                        prop_assert_eq!(status.as_u16(), model.call(*key), "step {}", place);
                    }
                }
            }
        }
    }
}
