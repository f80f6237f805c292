//! What an upstream makes of outcomes: streaks, ejections, the breaker.

use std::{
    sync::{PoisonError, atomic::Ordering},
    time::Duration,
};

use gateway_core::config::OutlierDetectionConfig;

use super::{Inner, Live, breaker::Pass, failure::Failure, state::TargetState, status::BreakerState};

impl Inner {
    /// A target answered, after `latency`.
    pub(super) fn succeeded(&self, live: &Live, target: &TargetState, pass: Option<Pass>, latency: Duration) {
        if live.settings.hedge.is_some() {
            self.latencies.record(latency);
        }
        if target.streak.load(Ordering::Relaxed) != 0 {
            target.streak.store(0, Ordering::Relaxed);
        }
        self.passed(live, pass, true);
    }

    /// A target failed.
    pub(super) fn failed(&self, live: &Live, target: &TargetState, pass: Option<Pass>, failure: Failure) {
        target.metrics.failure(failure);
        target.failed.fetch_add(1, Ordering::Relaxed);
        let streak = target.streak.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        if let Some(outliers) = &live.settings.outliers
            && streak >= outliers.consecutive_failures
        {
            self.eject(target, outliers);
        }
        self.passed(live, pass, false);
    }

    fn passed(&self, live: &Live, pass: Option<Pass>, succeeded: bool) {
        let (Some(config), Some(pass)) = (&live.settings.breaker, pass) else { return };
        let changed = self.breaker.record(pass, succeeded, config, self.clock.elapsed());
        if let Some(state) = changed {
            self.metrics.breaker(state);
            match state {
                BreakerState::Open => tracing::warn!(upstream = self.name, "the circuit breaker opens"),
                _ => tracing::info!(upstream = self.name, "the circuit breaker closes"),
            }
        }
    }

    /// Leaves a target out for a while, unless too many are left out already.
    fn eject(&self, target: &TargetState, config: &OutlierDetectionConfig) {
        {
            let _one_at_a_time = self.found.lock().unwrap_or_else(PoisonError::into_inner);
            let live = self.live.load();
            let now = self.clock.elapsed();
            if target.ejected_until(now).is_some() {
                return;
            }
            let ejected = live.targets.iter().filter(|other| other.state.ejected_until(now).is_some()).count();
            let most = (live.targets.len() * usize::from(config.max_ejected_percent) / 100).max(1);
            if ejected >= most {
                return;
            }
            let base = Duration::from_millis(config.base_ejection_in_millis);
            let time = target.eject(now, base, Duration::from_millis(config.max_ejection_in_millis));
            // Once it is back, one more failure is enough.
            target.streak.store(config.consecutive_failures - 1, Ordering::Relaxed);
            target.metrics.ejected();
            tracing::warn!(upstream = self.name, target = %target.target, ?time, "target ejected");
        }
        self.replan();
    }

    /// Takes the answer to a health check into account.
    pub(super) fn checked(&self, target: &TargetState, well: bool) {
        // As it is now: nobody would correct what is said after the last check.
        let live = self.live.load_full();
        let Some(health) = &live.settings.health else { return };
        if !target.checked(well, health.healthy_from, health.unhealthy_from) {
            return;
        }
        if well {
            target.readmit();
            tracing::info!(upstream = self.name, target = %target.target, "target is well");
        } else {
            tracing::warn!(upstream = self.name, target = %target.target, "target is not well");
        }
        self.replan();
    }
}
