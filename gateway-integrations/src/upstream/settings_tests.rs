use super::*;

fn problems(json: &str) -> Vec<String> {
    let config: UpstreamConfig = serde_json::from_str(json).unwrap();
    let problems = Settings::compile(&config, ByCode::default()).err().into_iter().flatten();
    problems.map(|problem| problem.pointer).collect()
}

#[test]
fn problems_say_where_they_are() {
    let with = |part: &str| format!(r#"{{"targets": [{{"uri": "http://a"}}], {part}}}"#);
    for (part, pointers) in [
        (r#""hashKey": "context.identity.sourceIp""#, &["/hashKey"][..]),
        (r#""balance": "HASH""#, &["/hashKey"]),
        (r#""balance": "HASH", "hashKey": "cookie""#, &["/hashKey"]),
        (r#""healthCheck": {"path": "health"}"#, &["/healthCheck/path"]),
        (
            r#""healthCheck": {"statusCodes": ["200", "299-200", "x", "99"], "intervalInMillis": 1}"#,
            &[
                "/healthCheck/intervalInMillis",
                "/healthCheck/statusCodes/1",
                "/healthCheck/statusCodes/2",
                "/healthCheck/statusCodes/3",
            ],
        ),
        (r#""outlierDetection": {"consecutiveFailures": 0}"#, &["/outlierDetection/consecutiveFailures"]),
        (r#""outlierDetection": {"maxEjectionInMillis": 5}"#, &["/outlierDetection/maxEjectionInMillis"]),
        (r#""circuitBreaker": {"failurePercent": 101}"#, &["/circuitBreaker/failurePercent"]),
        (
            r#""retry": {"maxAttempts": 0, "methods": ["post"], "statusCodes": [503, 200]}"#,
            &["/retry/maxAttempts", "/retry/methods/0", "/retry/statusCodes/1"],
        ),
        (r#""hedge": {}"#, &["/hedge"]),
        (r#""hedge": {"percentile": 100}"#, &["/hedge/percentile"]),
        (r#""hedge": {"percentile": 95, "afterInMillis": 5}"#, &["/hedge"]),
        (r#""limits": {"maxRequests": 0}"#, &["/limits/maxRequests"]),
        (r#""limits": {"maxWaiting": 5}"#, &["/limits/maxWaiting"]),
        (r#""connections": {"maxPerTarget": 0}"#, &["/connections/maxPerTarget"]),
        (r#""shadow": {"upstream": "b", "percent": 0}"#, &["/shadow/percent"]),
        (r#""dns": {"name": "", "port": 80, "refreshInMillis": 1}"#, &["/dns/refreshInMillis", "/dns/name"]),
        (r#""panicThresholdPercent": 101"#, &["/panicThresholdPercent"]),
        (r#""targetTimeoutInMillis": 0"#, &["/targetTimeoutInMillis"]),
    ] {
        assert_eq!(problems(&with(part)), pointers, "{part}");
    }
    let targets = r#"{"targets": [{"uri": "http://a:1"}, {"uri": "http://a:1/"}, {"uri": "ftp://a"}, {"uri": "http://a/b"},
        {"uri": "http://u:p@a", "weight": 0}]}"#;
    let expected = ["/targets/1/uri", "/targets/2/uri", "/targets/3/uri", "/targets/4/weight", "/targets/4/uri"];
    assert_eq!(problems(targets), expected);
    assert_eq!(problems("{}"), ["/targets"]);
}

#[test]
fn what_is_said_is_what_is_done() {
    let json = r#"{"dns": {"name": "a.test", "port": 80}, "healthCheck": {"path": "/h?x=1", "statusCodes": ["200-204", "418"]},
        "retry": {"methods": ["POST"], "on": ["CONNECT", "TIMEOUT"], "statusCodes": [503]}}"#;
    let settings = Settings::compile(&serde_json::from_str(json).unwrap(), ByCode::default()).ok().unwrap();
    let health = settings.health.unwrap();
    let expected = [200, 204, 205, 418].map(|status| health.expects(StatusCode::from_u16(status).unwrap()));
    assert_eq!(expected, [true, true, false, true]);

    let retry = settings.retry.unwrap();
    let allows = |method, failure| retry.allows(&method, Some(failure), None);
    assert!(allows(Method::PATCH, Failure::Connect), "no target has seen it");
    assert!(allows(Method::POST, Failure::Timeout) && !allows(Method::PATCH, Failure::Timeout));
    assert!(!allows(Method::GET, Failure::Reset), "not asked for");
    assert!(retry.allows(&Method::GET, Some(Failure::Status), Some(StatusCode::SERVICE_UNAVAILABLE)));
    assert!(!retry.allows(&Method::GET, None, None), "the client's own fault");
    assert!(!retry.allows(&Method::GET, Some(Failure::Status), Some(StatusCode::BAD_GATEWAY)));
    assert_eq!([1, 2, 4, 5, 40].map(|number| retry.backoff(number).as_millis()), [25, 50, 200, 250, 250]);
}

#[test]
fn unknown_fields_are_refused() {
    for json in
        [r#"{"target": []}"#, r#"{"retry": {"attempts": 3}}"#, r#"{"targets": [{"uri": "http://a", "wait": 1}]}"#]
    {
        assert!(serde_json::from_str::<UpstreamConfig>(json).is_err(), "{json}");
    }
}
