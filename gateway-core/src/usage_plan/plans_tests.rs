use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::{
    clock::{Clock, ManualClock},
    context::{Authorization, RouteFacts},
    random::Random,
    usage_plan::{ApiKey, Throttle},
};

const ALICE: &str = "alice-0123456789-0123";
const BOB: &str = "bob-0123456789-012345";

struct World {
    clock: Arc<ManualClock>,
    plans: UsagePlans,
}

impl World {
    fn new(plan: &Plan) -> Self {
        let clock = Arc::new(ManualClock::default());
        let store = MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>);
        let stage = PlanStage::new("api", "prod").method("GET /slow", Throttle::new(1.0, 1));
        let mut plans = UsagePlans::empty(ApiKeySource::Header);
        assert!(plans.insert(plan, Some(&stage), &store).is_empty());
        Self { clock, plans }
    }

    async fn call(&self, key: &str, route: &str) -> Result<(), ErrorKind> {
        let (parts, ()) = http::Request::get("/").header("x-api-key", key).body(()).unwrap().into_parts();
        let context = Context::begin(&parts, Arc::clone(&self.clock) as Arc<dyn Clock>, &Random::seeded(1));
        context.set_route(Arc::new(RouteFacts { route_key: route.into(), ..RouteFacts::default() }));
        self.plans.admit(&parts, &context).await.map_err(|error| error.kind())
    }
}

fn plan() -> Plan {
    let (alice, bob) = (ApiKey::new("alice", ALICE).unwrap(), ApiKey::new("bob", BOB).unwrap());
    Plan::new("gold").key(alice).key(bob)
}

#[tokio::test]
async fn only_a_good_key_passes() {
    let off = ApiKey::new("off", "switched-off-0123456789").unwrap().enabled(false);
    let world = World::new(&plan().key(off));
    assert_eq!(world.call(ALICE, "GET /").await, Ok(()));
    for wrong in ["", "alice", "switched-off-0123456789", &"x".repeat(4000)] {
        assert_eq!(world.call(wrong, "GET /").await, Err(ErrorKind::InvalidApiKey), "{wrong}");
    }
    let two = http::Request::get("/").header("x-api-key", ALICE).header("x-api-key", BOB).body(()).unwrap();
    let (parts, ()) = two.into_parts();
    let context = Context::begin(&parts, Arc::clone(&world.clock) as Arc<dyn Clock>, &Random::seeded(1));
    assert_eq!(world.plans.admit(&parts, &context).await.unwrap_err().kind(), ErrorKind::InvalidApiKey);
}

#[tokio::test]
async fn each_key_has_its_own_limits_and_methods_come_first() {
    let world = World::new(&plan().throttle(Throttle::new(1.0, 3)));
    assert_eq!(world.call(ALICE, "GET /slow").await, Ok(()));
    assert_eq!(world.call(ALICE, "GET /slow").await, Err(ErrorKind::Throttled), "the method's bucket is empty");
    assert_eq!(world.call(ALICE, "GET /").await, Ok(()), "it took nothing from the plan's");
    assert_eq!(world.call(ALICE, "GET /").await, Ok(()));
    assert_eq!(world.call(ALICE, "GET /").await, Err(ErrorKind::Throttled));
    assert_eq!(world.call(BOB, "GET /").await, Ok(()));
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(world.call(ALICE, "GET /slow").await, Ok(()));
}

#[tokio::test]
async fn what_is_refused_is_not_counted() {
    let world = World::new(&plan().throttle(Throttle::new(1.0, 2)).quota(Quota::per_day(3)));
    for expected in [Ok(()), Ok(()), Err(ErrorKind::Throttled), Err(ErrorKind::Throttled)] {
        assert_eq!(world.call(ALICE, "GET /").await, expected);
    }
    let usage = world.plans.usage("alice", world.clock.now()).await.unwrap().unwrap();
    assert_eq!((usage.limit, usage.used, usage.remaining), (3, 2, 1));
    assert_eq!(usage.resets_in(world.clock.now()), Duration::from_secs(86_400));
    world.clock.advance(Duration::from_secs(10));
    assert_eq!(world.call(ALICE, "GET /").await, Ok(()));
    assert_eq!(world.call(ALICE, "GET /").await, Err(ErrorKind::QuotaExceeded));
    assert_eq!(world.plans.usage("alice", world.clock.now()).await.unwrap().unwrap().used, 3);
    world.clock.advance(Duration::from_secs(86_400));
    assert_eq!(world.call(ALICE, "GET /").await, Ok(()), "a new day");
    assert_eq!(world.plans.usage("nobody", world.clock.now()).await.unwrap(), None);
}

#[tokio::test]
async fn the_key_can_come_from_the_authorizer() {
    let clock = Arc::new(ManualClock::default());
    let store = MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>);
    let mut plans = UsagePlans::empty(ApiKeySource::Authorizer);
    plans.insert(&plan(), None, &store);
    let (parts, ()) = http::Request::get("/").header("x-api-key", ALICE).body(()).unwrap().into_parts();
    let context = Context::begin(&parts, Arc::clone(&clock) as Arc<dyn Clock>, &Random::seeded(1));
    assert_eq!(plans.admit(&parts, &context).await.unwrap_err().kind(), ErrorKind::InvalidApiKey);
    context.set_authorization(Authorization::new("user").with_usage_key(BOB));
    plans.admit(&parts, &context).await.unwrap();
    assert_eq!(&*context.api_key().unwrap().id, "bob");
}

/// Ten million calls from eight tasks on one key: exactly the quota passes.
#[test]
fn a_quota_is_exact_under_concurrency() {
    const QUOTA: u64 = 1_234_567;
    const CALLS: u64 = 10_000_000;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(8).build().unwrap();
    let world = Arc::new(World::new(&plan().quota(Quota::per_month(QUOTA))));
    let passed = Arc::new(AtomicU64::new(0));
    runtime.block_on(async {
        let tasks = (0..8).map(|_| {
            let (world, passed) = (Arc::clone(&world), Arc::clone(&passed));
            tokio::spawn(async move {
                let (parts, ()) = http::Request::get("/").header("x-api-key", ALICE).body(()).unwrap().into_parts();
                let context = Context::begin(&parts, Arc::clone(&world.clock) as Arc<dyn Clock>, &Random::seeded(1));
                for _ in 0..CALLS / 8 {
                    let admitted = world.plans.admit(&parts, &context).await.is_ok();
                    passed.fetch_add(u64::from(admitted), Ordering::Relaxed);
                }
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
    });
    assert_eq!(passed.load(Ordering::SeqCst), QUOTA);
}
