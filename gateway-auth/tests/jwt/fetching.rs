//! Keys that come from the issuer: when they are fetched, how often, and what happens when they are not there.

use std::{sync::Arc, time::Duration};

use gateway_auth::{JwtAuthorizer, KeySource};
use gateway_core::{Authorizer, ManualClock};
use serde_json::json;

use crate::support::*;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

struct World {
    idp: Arc<Idp>,
    clock: Arc<ManualClock>,
    authorizer: Arc<JwtAuthorizer>,
}

impl World {
    fn with(keys: &[&Signer]) -> Self {
        let idp = Idp::with(keys);
        let authorizer = Arc::new(builder().client(idp.clone()).build().unwrap());
        Self { idp, clock: Arc::default(), authorizer }
    }

    async fn ask(&self, signer: &Signer) -> Result<(), String> {
        self.ask_token(&signer.sign(&claims(json!({ "exp": NOW + 10_000_000 })))).await
    }

    async fn ask_token(&self, token: &str) -> Result<(), String> {
        match ask_at(&self.authorizer, &self.clock, token).await {
            Ok(_) => Ok(()),
            Err(error) => Err(why(Err(error))),
        }
    }

    /// Whether the answer is there without waiting.
    fn is_ready(&self, signer: &Signer) -> bool {
        let parts = parts(&signer.sign(&claims(json!({ "exp": NOW + 10_000_000 }))));
        self.authorizer.authorize_now(&parts, &context(&parts, &self.clock, &[])).is_some()
    }
}

const NOT_FOUND: &str = "signing key not found";
const NO_DISCOVERY: &str = "the issuer's discovery document could not be fetched";
const NO_KEYS: &str = "the issuer's signing keys could not be fetched";

#[tokio::test]
async fn keys_are_discovered_once() {
    let world = World::with(&[key_a()]);
    assert!(!world.is_ready(key_a()));
    for _ in 0..3 {
        assert_eq!(world.ask(key_a()).await, Ok(()));
    }
    assert!(world.is_ready(key_a()));
    assert_eq!(world.idp.calls(), [DISCOVERY, JWKS]);
}

#[tokio::test]
async fn a_known_address_needs_no_discovery() {
    let idp = Idp::with(&[key_a()]);
    let authorizer = builder().jwks_uri(JWKS).client(idp.clone()).build().unwrap();
    let token = key_a().sign(&claims(json!({})));
    assert!(ask_at(&authorizer, &Arc::default(), &token).await.is_ok());
    assert_eq!(idp.calls(), [JWKS]);
}

#[tokio::test]
async fn many_callers_share_one_fetch() {
    let world = World::with(&[key_a()]);
    world.idp.permits.forget_permits(usize::MAX >> 3);
    let token = key_a().sign(&claims(json!({})));
    let callers: Vec<_> = (0..50)
        .map(|_| {
            let (authorizer, clock, token) = (Arc::clone(&world.authorizer), Arc::clone(&world.clock), token.clone());
            tokio::spawn(async move { ask_at(&authorizer, &clock, &token).await.is_ok() })
        })
        .collect();
    settle().await;
    // The one who started it leaves; nobody else may notice.
    callers[0].abort();
    callers[7].abort();
    settle().await;
    assert!(!callers[1].is_finished());
    world.idp.permits.add_permits(2);
    for (index, caller) in callers.into_iter().enumerate() {
        match caller.await {
            Ok(passed) => assert!(passed),
            Err(_) => assert!(index == 0 || index == 7),
        }
    }
    assert_eq!(world.idp.calls(), [DISCOVERY, JWKS]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parallel_callers_on_many_threads_share_it_too() {
    let world = World::with(&[key_a()]);
    let callers: Vec<_> = (0..64)
        .map(|caller| {
            let (authorizer, clock) = (Arc::clone(&world.authorizer), Arc::clone(&world.clock));
            let token = key_a().sign(&claims(json!({ "sub": caller.to_string() })));
            tokio::spawn(async move { ask_at(&authorizer, &clock, &token).await.unwrap().principal_id().to_owned() })
        })
        .collect();
    for (index, caller) in callers.into_iter().enumerate() {
        assert_eq!(caller.await.unwrap(), index.to_string());
    }
    assert_eq!(world.idp.calls(), [DISCOVERY, JWKS]);
}

#[tokio::test]
async fn a_rotated_key_is_found_at_once_and_a_stranger_not_again_and_again() {
    let world = World::with(&[key_a()]);
    assert_eq!(world.ask(key_a()).await, Ok(()));
    world.idp.set(JWKS, Reply::Json(jwks(&[key_a(), key_b()])));
    assert_eq!(world.idp.calls().len(), 2);
    assert_eq!(world.ask(key_b()).await, Ok(()), "an unknown key starts a fetch");
    assert_eq!(world.idp.calls().len(), 2);
    let stranger =
        |kid: u32| key_a().sign_raw("RS256", &json!({ "alg": "RS256", "kid": kid.to_string() }).to_string(), "{}");
    for kid in 0..20 {
        assert_eq!(world.ask_token(&stranger(kid)).await.unwrap_err(), NOT_FOUND);
    }
    assert_eq!(world.idp.calls().len(), 0);
    world.clock.advance(5 * MINUTE - Duration::from_secs(1));
    assert_eq!(world.ask_token(&stranger(21)).await.unwrap_err(), NOT_FOUND);
    assert_eq!(world.idp.calls().len(), 0);
    world.clock.advance(Duration::from_secs(1));
    for kid in 0..20 {
        assert_eq!(world.ask_token(&stranger(kid)).await.unwrap_err(), NOT_FOUND);
    }
    assert_eq!(world.idp.calls().len(), 2, "once more after five minutes");
    assert_eq!(world.ask(key_a()).await, Ok(()));
}

#[tokio::test]
async fn an_unknown_key_does_not_make_others_wait() {
    let world = World::with(&[key_a()]);
    assert_eq!(world.ask(key_a()).await, Ok(()));
    world.idp.set(JWKS, Reply::Hang);
    assert!(!world.is_ready(key_b()));
    let (authorizer, clock) = (Arc::clone(&world.authorizer), Arc::clone(&world.clock));
    let token = key_b().sign(&claims(json!({})));
    let waiting = tokio::spawn(async move { ask_at(&authorizer, &clock, &token).await.is_ok() });
    settle().await;
    assert!(world.is_ready(key_a()));
    assert_eq!(world.ask(key_a()).await, Ok(()));
    assert!(!waiting.is_finished());
    waiting.abort();
}

#[tokio::test]
async fn old_keys_serve_while_new_ones_are_fetched_and_for_a_day_while_they_cannot_be() {
    let world = World::with(&[key_a()]);
    assert_eq!(world.ask(key_a()).await, Ok(()));
    world.idp.calls();
    world.clock.advance(2 * HOUR - Duration::from_secs(1));
    assert_eq!(world.ask(key_a()).await, Ok(()));
    settle().await;
    assert_eq!(world.idp.calls().len(), 0, "fresh for two hours");

    world.idp.set(JWKS, Reply::Unreachable);
    world.clock.advance(Duration::from_secs(1));
    for _ in 0..5 {
        assert!(world.is_ready(key_a()), "nobody waits for a refresh");
        settle().await;
    }
    assert_eq!(world.idp.calls().len(), 2, "one attempt");
    world.clock.advance(Duration::from_secs(10));
    assert_eq!(world.ask(key_a()).await, Ok(()));
    settle().await;
    assert_eq!(world.idp.calls().len(), 2, "and another ten seconds later");

    world.clock.advance(22 * HOUR - Duration::from_secs(11));
    assert_eq!(world.ask(key_a()).await, Ok(()), "23:59:59 after the last success");
    settle().await;
    world.clock.advance(Duration::from_secs(11));
    assert_eq!(world.ask(key_a()).await.unwrap_err(), NO_KEYS);

    world.idp.set(JWKS, Reply::Json(jwks(&[key_b()])));
    world.clock.advance(Duration::from_secs(10));
    assert_eq!(world.ask(key_b()).await, Ok(()));
    assert_eq!(world.ask(key_a()).await.unwrap_err(), NOT_FOUND);
}

#[tokio::test]
async fn the_age_and_the_interval_can_be_set() {
    let idp = Idp::with(&[key_a()]);
    let source = KeySource::at(JWKS, idp.clone()).unwrap().with_max_age(MINUTE).with_refetch_interval(Duration::ZERO);
    let authorizer = Arc::new(builder().key_source(Arc::new(source)).build().unwrap());
    let world = World { idp, clock: Arc::default(), authorizer };
    assert_eq!(world.ask(key_a()).await, Ok(()));
    assert_eq!(world.ask(key_b()).await.unwrap_err(), NOT_FOUND);
    assert_eq!(world.ask(key_b()).await.unwrap_err(), NOT_FOUND);
    assert_eq!(world.idp.calls().len(), 3, "each unknown key asks");
    world.clock.advance(MINUTE);
    assert_eq!(world.ask(key_a()).await, Ok(()));
    settle().await;
    assert_eq!(world.idp.calls().len(), 1, "old after a minute");
}

#[tokio::test]
async fn without_an_issuer_nobody_gets_in() {
    let large = |length: usize| {
        let mut bytes = jwks(&[key_a()]).to_string().into_bytes();
        bytes.resize(length, b' ');
        Reply::Bytes(bytes)
    };
    for (url, reply, text) in [
        (DISCOVERY, Reply::Unreachable, NO_DISCOVERY),
        (DISCOVERY, Reply::Status(500), NO_DISCOVERY),
        (DISCOVERY, Reply::Bytes(b"<html>".to_vec()), NO_DISCOVERY),
        (DISCOVERY, Reply::Json(json!({ "issuer": "https://other.example", "jwks_uri": JWKS })), NO_DISCOVERY),
        (DISCOVERY, Reply::Json(json!({ "issuer": ISSUER, "jwks_uri": "http://keys.example/" })), NO_DISCOVERY),
        (DISCOVERY, Reply::Json(json!({ "issuer": ISSUER })), NO_DISCOVERY),
        (DISCOVERY, Reply::Bytes(vec![b' '; 150_001]), NO_DISCOVERY),
        (DISCOVERY, Reply::Panic, NO_KEYS),
        (JWKS, Reply::Unreachable, NO_KEYS),
        (JWKS, Reply::Status(302), NO_KEYS),
        (JWKS, Reply::Status(404), NO_KEYS),
        (JWKS, Reply::Bytes(b"{".to_vec()), NO_KEYS),
        (JWKS, Reply::Json(json!([])), NO_KEYS),
        (JWKS, large(150_001), NO_KEYS),
    ] {
        let world = World::with(&[key_a()]);
        world.idp.set(url, reply);
        assert_eq!(world.ask(key_a()).await.unwrap_err(), text);
        let calls = world.idp.calls().len();
        assert_eq!(world.ask(key_a()).await.unwrap_err(), text);
        assert!(world.is_ready(key_a()));
        assert_eq!((calls, world.idp.calls().len()), (if url == JWKS { 2 } else { 1 }, 0), "not at once again");
        world.idp.set(DISCOVERY, Reply::Json(json!({ "issuer": ISSUER, "jwks_uri": JWKS })));
        world.idp.set(JWKS, large(150_000));
        world.clock.advance(Duration::from_secs(10));
        assert_eq!(world.ask(key_a()).await, Ok(()), "after ten seconds it is tried again");
    }
}

#[tokio::test(start_paused = true)]
async fn each_request_has_its_own_time_limit() {
    for (url, text) in [(DISCOVERY, NO_DISCOVERY), (JWKS, NO_KEYS)] {
        let world = World::with(&[key_a()]);
        world.idp.set(url, Reply::Hang);
        let asked = tokio::time::timeout(Duration::from_millis(1499), world.ask(key_a())).await;
        assert!(asked.is_err(), "still waiting");
        assert!(!world.is_ready(key_a()), "and to be waited for");
        let asked = tokio::time::timeout(Duration::from_millis(2), world.ask(key_a())).await;
        assert_eq!(asked.expect("in time").unwrap_err(), text);
    }
}

#[tokio::test]
async fn an_empty_set_takes_all_keys_back() {
    let world = World::with(&[key_a()]);
    assert_eq!(world.ask(key_a()).await, Ok(()));
    world.idp.set(JWKS, Reply::Json(json!({ "keys": [] })));
    assert_eq!(world.ask(key_b()).await.unwrap_err(), NOT_FOUND);
    assert_eq!(world.ask(key_a()).await.unwrap_err(), NOT_FOUND);
}

#[tokio::test]
async fn secrets_in_a_fetched_set_are_left_out() {
    let world = World::with(&[]);
    let secret = json!({ "kty": "oct", "kid": "a", "k": key_a().jwk()["n"], "alg": "RS256" });
    world.idp.set(JWKS, Reply::Json(json!({ "keys": [secret, key_b().jwk()] })));
    assert_eq!(world.ask(key_a()).await.unwrap_err(), NOT_FOUND);
    assert_eq!(world.ask(key_b()).await, Ok(()));
}

#[test]
fn without_a_runtime_the_answer_is_there_at_once() {
    let world = World::with(&[key_a()]);
    assert!(world.is_ready(key_a()));
    assert!(world.idp.calls().is_empty());
}
