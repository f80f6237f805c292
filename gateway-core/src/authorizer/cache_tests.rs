use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::{
    clock::{Clock, ManualClock},
    context::{ApiKind, StageFacts, Variables},
    random::Random,
};

fn request(token: Option<&str>) -> Parts {
    let mut request = http::Request::get("/");
    if let Some(token) = token {
        request = request.header("authorization", token);
    }
    request.body(()).unwrap().into_parts().0
}

#[tokio::test]
async fn results_are_remembered_by_identity_until_they_expire() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&calls);
    let inner = move |request: &Parts, _: &Context| {
        counter.fetch_add(1, Ordering::SeqCst);
        match request.headers["authorization"].to_str().unwrap() {
            "bad" => Err(Error::new(ErrorKind::AccessDenied).with_message("not you")),
            "unknown" => Err(ErrorKind::Unauthorized.into()),
            name => Ok(Authorization::new(name)),
        }
    };
    let sources = vec![ValueSource::parse("method.request.header.Authorization").unwrap()];
    let authorizer = CachedAuthorizer::new(Arc::new(inner), sources, Duration::from_secs(300));
    let clock = Arc::new(ManualClock::default());
    let ask = async |token: Option<&str>| {
        let parts = request(token);
        let context = Context::begin(&parts, Arc::clone(&clock) as Arc<dyn Clock>, &Random::seeded(1));
        authorizer.authorize(&parts, &context).await
    };

    assert_eq!(ask(Some("alice")).await.unwrap().principal_id(), "alice");
    assert_eq!(ask(Some("alice")).await.unwrap().principal_id(), "alice");
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    for _ in 0..2 {
        assert_eq!(ask(Some("bad")).await.unwrap_err().message(), Some("not you"));
    }
    assert_eq!(calls.load(Ordering::SeqCst), 2, "denials are remembered");
    for _ in 0..2 {
        assert_eq!(ask(Some("unknown")).await.unwrap_err().kind(), ErrorKind::Unauthorized);
    }
    assert_eq!(calls.load(Ordering::SeqCst), 4, "a 401 is not");
    assert_eq!(ask(None).await.unwrap_err().kind(), ErrorKind::Unauthorized);
    assert_eq!(ask(Some("")).await.unwrap_err().kind(), ErrorKind::Unauthorized);
    assert_eq!(calls.load(Ordering::SeqCst), 4, "without an identity nobody is asked");
    clock.advance(Duration::from_secs(300));
    ask(Some("alice")).await.unwrap();
    assert_eq!(calls.load(Ordering::SeqCst), 5);
}

/// An authorizer that lets everyone pass under the first name given, remembered by `Authorization`.
fn by_first_header(sources: &[&str], ttl: Duration) -> (CachedAuthorizer, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&calls);
    let inner = move |request: &Parts, _: &Context| {
        counter.fetch_add(1, Ordering::SeqCst);
        Ok(Authorization::new(request.headers["authorization"].to_str().unwrap()))
    };
    let sources = sources.iter().map(|source| ValueSource::parse(source).unwrap()).collect();
    (CachedAuthorizer::new(Arc::new(inner), sources, ttl), calls)
}

async fn ask_in(authorizer: &CachedAuthorizer, stage: Option<(&str, &str)>, tokens: &[&str]) -> String {
    let request = tokens.iter().fold(http::Request::get("/"), |request, token| request.header("authorization", *token));
    let (parts, ()) = request.body(()).unwrap().into_parts();
    let context = Context::begin(&parts, Arc::new(ManualClock::default()), &Random::seeded(1));
    if let Some((api, stage)) = stage {
        context.set_stage(Arc::new(StageFacts {
            kind: ApiKind::Rest,
            api_id: api.into(),
            api_name: api.into(),
            account_id: String::new(),
            region: String::new(),
            stage: stage.into(),
            deployment_id: String::new(),
            variables: Variables::new(),
            ..StageFacts::default()
        }));
    }
    authorizer.authorize(&parts, &context).await.unwrap().principal_id().to_owned()
}

const HEADER: &[&str] = &["method.request.header.Authorization"];

#[tokio::test]
async fn a_result_serves_the_stage_that_asked() {
    let (authorizer, calls) = by_first_header(HEADER, Duration::MAX);
    for (stage, expected) in [
        (None, 1),
        (Some(("api", "prod")), 2),
        (Some(("api", "dev")), 3),
        (Some(("other", "prod")), 4),
        (Some(("ap", "iprod")), 5),
        (Some(("api", "prod")), 5),
        (None, 5),
    ] {
        ask_in(&authorizer, stage, &["alice"]).await;
        assert_eq!(calls.load(Ordering::SeqCst), expected, "{stage:?}");
    }
}

#[tokio::test]
async fn a_header_that_stands_twice_leaves_nothing_for_who_sends_it_once() {
    let (authorizer, _) = by_first_header(HEADER, Duration::from_secs(300));
    assert_eq!(ask_in(&authorizer, None, &["mallory", "alice"]).await, "mallory");
    assert_eq!(ask_in(&authorizer, None, &["alice"]).await, "alice");
    assert_eq!(ask_in(&authorizer, None, &["mallory,alice"]).await, "mallory,alice");
}

#[tokio::test]
async fn a_header_that_is_no_text_is_no_identity() {
    let (authorizer, calls) = by_first_header(HEADER, Duration::from_secs(300));
    let request = http::Request::get("/").header("authorization", &b"\xff"[..]).header("authorization", "alice");
    let (parts, ()) = request.body(()).unwrap().into_parts();
    let context = Context::begin(&parts, Arc::new(ManualClock::default()), &Random::seeded(1));
    assert_eq!(authorizer.authorize(&parts, &context).await.unwrap_err().kind(), ErrorKind::Unauthorized);
    assert_eq!(calls.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn without_an_identity_source_nothing_is_remembered() {
    let (authorizer, calls) = by_first_header(&[], Duration::from_secs(300));
    for name in ["alice", "bob"] {
        assert_eq!(ask_in(&authorizer, None, &[name]).await, name);
    }
    assert_eq!(calls.load(Ordering::SeqCst), 2);
}
