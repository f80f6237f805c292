use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::upstream::Target;

fn endpoints(weights: &[u32]) -> Vec<Endpoint> {
    let endpoint = |(place, weight): (usize, &u32)| {
        let target = Target::parse(&format!("http://10.0.0.{place}")).unwrap();
        Endpoint { state: Arc::new(TargetState::new("test", target)), weight: *weight }
    };
    weights.iter().enumerate().map(endpoint).collect()
}

fn plan(targets: &[Endpoint]) -> Plan {
    Plan::new(targets, 0, Duration::ZERO)
}

/// Picks `count` times; how often each target was picked, by its place.
fn picks(plan: &Plan, targets: &[Endpoint], balance: BalanceConfig, count: u64) -> Vec<u64> {
    let (turn, random) = (AtomicUsize::new(0), Random::seeded(7));
    let mut picked = vec![0; targets.len()];
    for key in 0..count {
        let draw = Draw { balance, turn: &turn, random: &random, key: Some(mix(key)) };
        let found = plan.pick(&draw, &[]).unwrap();
        picked[targets.iter().position(|target| Arc::ptr_eq(&target.state, &found.state)).unwrap()] += 1;
    }
    picked
}

fn by_key(plan: &Plan, key: u64) -> u64 {
    let (turn, random) = (AtomicUsize::new(0), Random::seeded(7));
    let draw = Draw { balance: BalanceConfig::Hash, turn: &turn, random: &random, key: Some(mix(key)) };
    plan.pick(&draw, &[]).unwrap().state.hash
}

proptest! {
    #[test]
    fn round_robin_gives_each_its_share(weights in prop::collection::vec(1_u32..=100, 1..12), rounds in 1_u64..4) {
        let targets = endpoints(&weights);
        let all: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
        let picked = picks(&plan(&targets), &targets, BalanceConfig::RoundRobin, all * rounds);
        let expected: Vec<_> = weights.iter().map(|weight| u64::from(*weight) * rounds).collect();
        prop_assert_eq!(picked, expected);
    }

    #[test]
    fn no_stretch_of_a_schedule_is_unfair(weights in prop::collection::vec(1_u32..=100, 1..8), length in 1_u64..300) {
        let targets = endpoints(&weights);
        let all: f64 = weights.iter().map(|weight| f64::from(*weight)).sum();
        let picked = picks(&plan(&targets), &targets, BalanceConfig::RoundRobin, length);
        for (weight, picked) in weights.iter().zip(picked) {
            let due = f64::from(*weight) * length as f64 / all;
            prop_assert!((picked as f64 - due).abs() <= weights.len() as f64, "{picked} of {due}");
        }
    }

    #[test]
    fn drawn_shares_are_about_right(weights in prop::collection::vec(1_u32..=10, 2..6)) {
        let targets = endpoints(&weights);
        let all: u32 = weights.iter().sum();
        for balance in [BalanceConfig::Random, BalanceConfig::Hash] {
            let picked = picks(&plan(&targets), &targets, balance, 20_000);
            for (weight, picked) in weights.iter().zip(picked) {
                let due = 20_000.0 * f64::from(*weight) / f64::from(all);
                prop_assert!((picked as f64 - due).abs() < due.mul_add(0.15, 60.0), "{balance:?}: {picked} of {due}");
            }
        }
    }

    #[test]
    fn a_target_that_goes_moves_its_own_share_alone(count in 2_usize..12, gone in 0_usize..12, keys in prop::collection::vec(any::<u64>(), 200)) {
        let targets = endpoints(&vec![1; count]);
        let gone = &targets[gone % count].state;
        let before = plan(&targets);
        gone.drained.store(true, Ordering::Relaxed);
        let after = plan(&targets);
        for key in keys {
            let (was, is) = (by_key(&before, key), by_key(&after, key));
            prop_assert!(was == is || was == gone.hash);
            prop_assert_ne!(is, gone.hash);
        }
    }
}

#[test]
fn of_two_the_less_busy_one_is_taken() {
    let targets = endpoints(&[1, 1]);
    targets[0].state.under_way.store(5, Ordering::Relaxed);
    assert_eq!(picks(&plan(&targets), &targets, BalanceConfig::LeastRequests, 100), [0, 100]);
    let heavy = endpoints(&[10, 1]);
    heavy[0].state.under_way.store(5, Ordering::Relaxed);
    assert_eq!(picks(&plan(&heavy), &heavy, BalanceConfig::LeastRequests, 100), [100, 0], "for its weight it has less");
}

#[test]
fn what_was_tried_comes_last() {
    let targets = endpoints(&[1, 1, 1]);
    let plan = plan(&targets);
    let (turn, random) = (AtomicUsize::new(0), Random::seeded(7));
    for balance in [BalanceConfig::RoundRobin, BalanceConfig::LeastRequests, BalanceConfig::Random, BalanceConfig::Hash]
    {
        let draw = Draw { balance, turn: &turn, random: &random, key: Some(3) };
        let mut tried = Vec::new();
        for _ in 0..3 {
            let found = Arc::clone(&plan.pick(&draw, &tried).unwrap().state);
            assert!(!tried.iter().any(|tried| Arc::ptr_eq(tried, &found)), "{balance:?}");
            tried.push(found);
        }
        assert!(plan.pick(&draw, &tried).is_some(), "{balance:?}: when all were tried, any is");
    }
}

#[test]
fn too_few_that_are_well_are_no_reason_to_answer_nothing() {
    let targets = endpoints(&[1, 1, 1]);
    let eject =
        |target: &Endpoint| target.state.eject(Duration::ZERO, Duration::from_secs(30), Duration::from_secs(300));
    eject(&targets[0]);
    let one_out = plan(&targets);
    assert_eq!((one_out.len(), one_out.panic, one_out.until), (2, false, Some(Duration::from_secs(30))));
    assert!(Plan::new(&targets, 70, Duration::ZERO).panic);
    eject(&targets[1]);
    eject(&targets[2]);
    assert!(plan(&targets).panic);
    assert_eq!(plan(&targets).len(), 3);
    targets.iter().for_each(|target| target.state.drained.store(true, Ordering::Relaxed));
    assert_eq!(plan(&targets).len(), 0, "by hand is by hand");
    assert_eq!(Plan::new(&targets, 0, Duration::from_secs(31)).until, None);
}

#[test]
fn ejections_grow_and_are_forgiven() {
    let targets = endpoints(&[1]);
    let (state, second) = (&targets[0].state, Duration::from_secs(1));
    let times: Vec<_> = [0_u32, 1, 3, 7, 40].map(|at| state.eject(second * at, second, second * 3).as_secs()).into();
    assert_eq!(times, [1, 2, 3, 3, 1]);
}

#[test]
fn hashes_are_the_same_in_every_process() {
    let plan = plan(&endpoints(&[1, 1, 1, 1]));
    let mut picked = BTreeMap::new();
    for key in 0..8 {
        *picked.entry(by_key(&plan, key)).or_insert(0) += 1;
    }
    assert!(picked.len() > 1, "{picked:?}");
    assert_eq!(by_key(&plan, 1), by_key(&self::plan(&endpoints(&[1, 1, 1, 1])), 1));
}
