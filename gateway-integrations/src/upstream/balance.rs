//! Which targets may be used now, and which of them is next.

use std::{
    collections::BinaryHeap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use gateway_core::{Random, config::BalanceConfig};

use super::{
    state::{Endpoint, TargetState},
    status::Health,
};

/// The targets that may be used, until something changes.
#[derive(Default)]
pub(super) struct Plan {
    usable: Box<[Endpoint]>,
    /// Places in `usable`, each as often as its weight says, spread evenly.
    schedule: Box<[u16]>,
    /// Whether too few are well, so that all are used.
    pub(super) panic: bool,
    /// When the next ejection ends.
    pub(super) until: Option<Duration>,
}

/// What decides which target is next.
pub(super) struct Draw<'a> {
    pub(super) balance: BalanceConfig,
    pub(super) turn: &'a AtomicUsize,
    pub(super) random: &'a Random,
    /// What stays with one target.
    pub(super) key: Option<u64>,
}

impl Plan {
    /// Leaves out what is drained, unwell or ejected, unless too few would be left.
    pub(super) fn new(targets: &[Endpoint], panic_percent: u8, now: Duration) -> Self {
        let offered: Vec<_> =
            targets.iter().filter(|target| !target.state.drained.load(Ordering::Relaxed)).cloned().collect();
        let is_well = |target: &&Endpoint| {
            target.state.health() != Health::Unhealthy && target.state.ejected_until(now).is_none()
        };
        let well: Vec<_> = offered.iter().filter(is_well).cloned().collect();
        let until = targets.iter().filter_map(|target| target.state.ejected_until(now)).min();
        let panic =
            !offered.is_empty() && (well.is_empty() || well.len() * 100 < offered.len() * usize::from(panic_percent));
        let usable = if panic { offered } else { well };
        Self { schedule: schedule(&usable), usable: usable.into(), panic, until }
    }

    /// How many targets may be used.
    pub(super) fn len(&self) -> usize {
        self.usable.len()
    }

    /// The next target that was not tried, or else, where all were, the next one.
    pub(super) fn pick(&self, draw: &Draw<'_>, tried: &[Arc<TargetState>]) -> Option<&Endpoint> {
        if let [only] = &*self.usable {
            return Some(only);
        }
        let is_fresh = |target: &&Endpoint| !tried.iter().any(|tried| Arc::ptr_eq(tried, &target.state));
        let all_tried = !tried.is_empty() && !self.usable.iter().any(|target| is_fresh(&target));
        let is_fresh = |target: &&Endpoint| all_tried || is_fresh(target);
        match (draw.balance, draw.key) {
            (BalanceConfig::Hash, Some(key)) => self.by_key(key, is_fresh),
            (BalanceConfig::LeastRequests, _) => self.less_busy(draw.random, is_fresh),
            (BalanceConfig::Random, _) => self.from(usize_of(draw.random.next_u64()), is_fresh),
            // What has no key has no reason to stay with one.
            _ => self.from(draw.turn.fetch_add(1, Ordering::Relaxed), is_fresh),
        }
    }

    /// The target at `place` of the schedule, or the first after it that will do.
    fn from(&self, place: usize, will_do: impl Fn(&&Endpoint) -> bool) -> Option<&Endpoint> {
        let start = place.checked_rem(self.schedule.len())?;
        let (before, after) = self.schedule.split_at_checked(start)?;
        let mut targets = after.iter().chain(before).filter_map(|place| self.usable.get(usize::from(*place)));
        targets.find(will_do)
    }

    /// Of two that are drawn, the one with fewer requests for its weight.
    fn less_busy(&self, random: &Random, will_do: impl Fn(&&Endpoint) -> bool) -> Option<&Endpoint> {
        let first = self.from(usize_of(random.next_u64()), &will_do)?;
        let is_other = |target: &&Endpoint| !Arc::ptr_eq(&target.state, &first.state) && will_do(target);
        let Some(second) = self.from(usize_of(random.next_u64()), is_other) else { return Some(first) };
        let load = |target: &Endpoint, against: &Endpoint| {
            (target.state.under_way.load(Ordering::Relaxed) as u64 + 1) * u64::from(against.weight)
        };
        Some(if load(second, first) < load(first, second) { second } else { first })
    }

    /// The highest score wins (rendezvous hashing, weighted): a target that comes or goes moves its own share alone.
    fn by_key(&self, key: u64, will_do: impl Fn(&&Endpoint) -> bool) -> Option<&Endpoint> {
        let targets = self.usable.iter().filter(will_do);
        targets
            .map(|target| (score(key, target), target))
            .max_by(|one, other| one.0.total_cmp(&other.0))
            .map(|(_, target)| target)
    }
}

/// Nothing is lost that matters: it becomes a place.
#[expect(clippy::cast_possible_truncation, reason = "any part of a random number is one")]
fn usize_of(number: u64) -> usize {
    number as usize
}

#[expect(clippy::cast_precision_loss, reason = "53 bits are what a double holds exactly")]
fn score(key: u64, target: &Endpoint) -> f64 {
    let mixed = mix(key ^ target.state.hash);
    let unit = ((mixed >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
    -f64::from(target.weight) / unit.ln()
}

/// Spreads the bits of `value`; one to one (SplitMix64's).
fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// Each place as often as its weight says, the earliest deadline first: any stretch has about the right shares.
fn schedule(targets: &[Endpoint]) -> Box<[u16]> {
    let divisor = targets.iter().map(|target| target.weight).fold(0, gcd).max(1);
    let length: usize = targets.iter().map(|target| (target.weight / divisor) as usize).sum();
    // Deadlines are fractions; over the least common denominator of weights up to 100 they would not fit, so they are
    // compared crosswise.
    let mut heap: BinaryHeap<Turn> = targets
        .iter()
        .zip(0_u16..)
        .map(|(target, place)| Turn { nth: 1, weight: u64::from(target.weight / divisor), place })
        .collect();
    let mut schedule = Vec::with_capacity(length);
    while schedule.len() < length {
        let Some(turn) = heap.pop() else { break };
        schedule.push(turn.place);
        heap.push(Turn { nth: turn.nth + 1, ..turn });
    }
    schedule.into()
}

fn gcd(one: u32, other: u32) -> u32 {
    if other == 0 { one } else { gcd(other, one % other) }
}

/// The `nth` turn of a target is due at `nth / weight`.
struct Turn {
    nth: u64,
    weight: u64,
    place: u16,
}

impl Ord for Turn {
    /// The one that is due first is the greatest.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let (own, others) = (self.nth * other.weight, other.nth * self.weight);
        others.cmp(&own).then_with(|| other.place.cmp(&self.place))
    }
}

impl PartialOrd for Turn {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Turn {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Turn {}

#[cfg(test)]
#[path = "balance_tests.rs"]
mod tests;
