//! Headers, queries and answers of any bytes are taken or refused, and never more.

use std::{sync::Arc, time::Duration};

use gateway_auth::{AuthorizerEvent, LambdaAuthorizer};
use gateway_core::{Authorizer, Clock, Context, Error, ErrorKind, Invocation, Invoked, ManualClock, Random};
use http::HeaderValue;
use proptest::prelude::*;
use serde_json::Value;

const EVENTS: [(AuthorizerEvent, &str); 5] = [
    (AuthorizerEvent::Token, "method.request.header.Authorization"),
    (AuthorizerEvent::Request, "method.request.header.Authorization"),
    (AuthorizerEvent::Version1, "$request.header.Authorization"),
    (AuthorizerEvent::Version2, "$request.header.Authorization"),
    (AuthorizerEvent::Connect, "route.request.header.Authorization"),
];

fn ask(event: AuthorizerEvent, source: &str, value: &[u8], query: &str, answer: Vec<u8>) -> Result<(), Error> {
    let function = move |call: Invocation| {
        // What it is told is always JSON.
        let event: Result<Value, _> = serde_json::from_slice(&call.payload);
        assert!(event.is_ok_and(|event| event["type"].is_string()));
        let answer = answer.clone();
        async move { Ok::<_, Error>(Invoked::new(answer)) }
    };
    let authorizer = LambdaAuthorizer::builder(event, function)
        .identity_sources([source])
        .identity_validation(".*")
        .result_ttl(Duration::from_secs(300))
        .build()
        .unwrap();
    let mut request = http::Request::get(format!("/?{query}"));
    if let Ok(value) = HeaderValue::from_bytes(value) {
        request = request.header("authorization", value.clone()).header("cookie", value);
    }
    let (parts, ()) = request.body(()).unwrap().into_parts();
    let context = Context::begin(&parts, Arc::new(ManualClock::default()) as Arc<dyn Clock>, &Random::seeded(1));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(authorizer.authorize(&parts, &context)).map(|_| ())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_header_is_taken_or_refused(
        value in prop::collection::vec(any::<u8>(), 0..60), query in "[a-z=&;%+0-9]{0,30}", which in 0..EVENTS.len(),
    ) {
        let (event, source) = EVENTS[which];
        let allow = crate::support::allow_all().to_string().into_bytes();
        if let Err(error) = ask(event, source, &value, &query, allow) {
            prop_assert_eq!(error.kind(), ErrorKind::Unauthorized);
        }
    }

    #[test]
    fn any_answer_is_taken_or_a_failure(answer in prop::collection::vec(any::<u8>(), 0..80), which in 0..EVENTS.len()) {
        let (event, source) = EVENTS[which];
        let error = ask(event, source, b"t", "", answer).unwrap_err();
        prop_assert_eq!(error.kind(), ErrorKind::AuthorizerConfigurationError);
    }

    #[test]
    fn an_answer_that_was_changed_somewhere_lets_nobody_in_by_chance(
        at in 0_usize..150, byte in any::<u8>(), which in 0..EVENTS.len(),
    ) {
        let (event, source) = EVENTS[which];
        let mut answer = crate::support::statement("Deny", "*").to_string().into_bytes();
        if let Some(place) = answer.get_mut(at) {
            *place = byte;
        }
        // A denial that is damaged is a failure, another name, or silent: never leave.
        if let Err(error) = ask(event, source, b"t", "", answer) {
            prop_assert!(matches!(error.kind(), ErrorKind::AccessDenied | ErrorKind::AuthorizerConfigurationError));
        }
    }
}
