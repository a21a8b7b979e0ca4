//! Limits on wrong API keys.
//!
//! A source that presented too many wrong keys is refused before its next key is compared, so guesses that go
//! beyond the limit tell nothing. All sources together have a limit as well. Beyond it, a source with a recent
//! failure is refused, and a source without one is not: a right key works during the guesses of others. A crate
//! for rate limits charges each request when it arrives; here only failures are charged, once they are known.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::source::Source;

/// Wrong keys that a source may present at once.
const BURST: u32 = 10;
/// Time after which a source may present one more.
const PERIOD: Duration = Duration::from_secs(6);
/// Wrong keys that all sources together may present at once.
const BURST_OF_ALL: u32 = 200;
/// Time after which all sources together may present one more.
const PERIOD_OF_ALL: Duration = Duration::from_millis(100);
/// Most sources that are remembered.
const MAX_SOURCES: usize = 50_000;

/// Counts wrong keys by source.
pub(crate) struct Throttle(Mutex<Failures>);

impl fmt::Debug for Throttle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Throttle").finish_non_exhaustive()
    }
}

impl Throttle {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Failures::new(Instant::now())))
    }

    /// Returns the time to wait if a key of this source must not be compared now.
    pub(crate) fn refuses(&self, source: Source) -> Option<Duration> {
        self.failures().refuses(source, Instant::now())
    }

    /// Counts a wrong key.
    pub(crate) fn record_failure(&self, source: Source) {
        self.failures().record(source, Instant::now());
    }

    fn failures(&self) -> MutexGuard<'_, Failures> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Failures, each source as the time at which all of its failures are forgotten.
struct Failures {
    forgotten_at: HashMap<Source, Instant>,
    all_forgotten_at: Instant,
}

impl Failures {
    fn new(now: Instant) -> Self {
        Self {
            forgotten_at: HashMap::new(),
            all_forgotten_at: now,
        }
    }

    fn refuses(&self, source: Source, now: Instant) -> Option<Duration> {
        let known = self.forgotten_at.get(&source);
        let debt = known.map_or(Duration::ZERO, |until| until.duration_since(now));
        let debt_of_all = self.all_forgotten_at.duration_since(now);
        let wait = if debt_of_all > PERIOD_OF_ALL * (BURST_OF_ALL - 1) {
            debt
        } else {
            debt.saturating_sub(PERIOD * (BURST - 1))
        };
        (!wait.is_zero()).then_some(wait)
    }

    fn record(&mut self, source: Source, now: Instant) {
        if self.forgotten_at.len() >= MAX_SOURCES {
            self.forget(now);
        }
        let until = self.forgotten_at.entry(source).or_insert(now);
        *until = (*until).max(now) + PERIOD;
        // Not more than the burst, so that a long attack has no long effect.
        let most = now + PERIOD_OF_ALL * BURST_OF_ALL;
        self.all_forgotten_at = most.min(self.all_forgotten_at.max(now) + PERIOD_OF_ALL);
    }

    /// Forgets the sources that owe nothing and, if that is not enough, the half that owes least.
    fn forget(&mut self, now: Instant) {
        self.forgotten_at.retain(|_, until| *until > now);
        if self.forgotten_at.len() < MAX_SOURCES / 2 {
            return;
        }
        let mut times: Vec<_> = self.forgotten_at.values().copied().collect();
        let middle = times.len() / 2;
        let (_, median, _) = times.select_nth_unstable(middle);
        let median = *median;
        self.forgotten_at.retain(|_, until| *until > median);
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn source(number: u32) -> Source {
        Source::of(Ipv4Addr::from(number).into())
    }

    #[test]
    fn a_source_is_refused_after_its_burst_and_only_that_source() {
        let now = Instant::now();
        let mut failures = Failures::new(now);
        for _ in 0..BURST {
            assert_eq!(failures.refuses(source(1), now), None);
            failures.record(source(1), now);
        }
        let wait = failures.refuses(source(1), now).unwrap();
        assert_eq!(wait, PERIOD);
        assert_eq!(failures.refuses(source(2), now), None);
        assert_eq!(failures.refuses(source(1), now + wait), None);
        failures.record(source(1), now + wait);
        assert_eq!(failures.refuses(source(1), now + wait), Some(PERIOD));
    }

    #[test]
    fn guesses_from_many_sources_leave_each_one_guess_and_shut_no_other_source_out() {
        let now = Instant::now();
        let mut failures = Failures::new(now);
        for number in 0..100_000 {
            assert_eq!(failures.refuses(source(number), now), None, "{number}");
            failures.record(source(number), now);
        }
        assert!(failures.forgotten_at.len() <= MAX_SOURCES);
        assert_eq!(failures.refuses(source(99_999), now), Some(PERIOD));
        assert_eq!(failures.refuses(source(200_000), now), None);
        let later = now + PERIOD_OF_ALL * BURST_OF_ALL;
        assert_eq!(failures.refuses(source(99_999), later), None);
    }
}
