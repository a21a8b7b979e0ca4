use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

use crate::call_error::CallError;
use crate::config::RetryTuning;
use crate::deadline::Deadline;

/// Decides if and when the same request is sent again. Counts the attempts of one request.
#[derive(Debug)]
pub struct RetryPolicy {
    deadline: Deadline,
    pauses: ExponentialBackoff,
    attempt: u32,
}

impl RetryPolicy {
    /// A retry that takes up to the tuned number of attempts, all before the deadline.
    pub fn new(tuning: RetryTuning, deadline: Deadline) -> Self {
        let repetitions = tuning.max_attempts.saturating_sub(1);
        let pauses = ExponentialBuilder::new()
            .with_jitter()
            .with_min_delay(tuning.min_pause)
            .with_max_delay(tuning.max_pause)
            .with_max_times(usize::try_from(repetitions).unwrap_or(usize::MAX))
            .build();
        Self {
            deadline,
            pauses,
            attempt: 1,
        }
    }

    /// The number of the present attempt, from 1.
    pub const fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Returns the time left until the deadline.
    pub fn left(&self) -> Duration {
        self.deadline.left()
    }

    /// Waits as long as is right after this error, and says whether to send again. Without waiting
    /// it says no after the last attempt, after what would fail again, and where the deadline would
    /// pass meanwhile.
    ///
    /// **Cancellation**: dropped while it waits, the attempt is used up and not begun.
    ///
    /// It looks at the error alone: after one that [may have been
    /// applied](payment_provider_core::Effect::MaybeApplied) the same request may be carried out
    /// twice. Whether that is safe (a read, an idempotency key, a reference that is taken once) is for
    /// the caller to know.
    pub async fn next_attempt_after(&mut self, error: &CallError) -> bool {
        error.repeatable && self.next_attempt(error.retry_after()).await
    }

    /// Waits for the next attempt, at least this long, and says whether there is one.
    ///
    /// **Cancellation**: as [`next_attempt_after`](Self::next_attempt_after).
    pub async fn next_attempt(&mut self, at_least: Option<Duration>) -> bool {
        let Some(pause) = self.pauses.next() else {
            return false;
        };
        let pause = pause.max(at_least.unwrap_or_default());
        if pause >= self.left() {
            return false;
        }
        tokio::time::sleep(pause).await;
        self.attempt = self.attempt.saturating_add(1);
        true
    }
}

#[cfg(test)]
mod tests {
    use payment_provider_core::{Effect, ProviderErrorKind};
    use tokio::time::Instant;

    use super::*;

    fn tuning() -> RetryTuning {
        RetryTuning::new()
            .with_max_attempts(3)
            .with_pauses(Duration::from_secs(1), Duration::from_secs(8))
    }

    fn error(kind: ProviderErrorKind) -> CallError {
        CallError::new(kind, Effect::MaybeApplied).repeatable()
    }

    #[tokio::test(start_paused = true)]
    async fn attempts_are_counted_and_spread_out() {
        let start = Instant::now();
        let mut retry = RetryPolicy::new(tuning(), Deadline::after(Duration::from_mins(1)));
        assert!(
            retry
                .next_attempt_after(&error(ProviderErrorKind::Timeout))
                .await
        );
        let first = start.elapsed();
        assert!((Duration::from_secs(1)..=Duration::from_secs(2)).contains(&first));
        assert!(
            retry
                .next_attempt_after(&error(ProviderErrorKind::Timeout))
                .await
        );
        let second = start.elapsed().saturating_sub(first);
        assert!((Duration::from_secs(2)..=Duration::from_secs(4)).contains(&second));
        assert_eq!(retry.attempt(), 3);
        assert!(
            !retry
                .next_attempt_after(&error(ProviderErrorKind::Timeout))
                .await
        );
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_begun_that_the_deadline_would_cut() {
        let start = Instant::now();
        let mut retry = RetryPolicy::new(tuning(), Deadline::after(Duration::from_secs(59)));
        assert!(
            !retry
                .next_attempt_after(&error(ProviderErrorKind::RateLimited))
                .await
        );
        assert_eq!(start.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn the_gateways_own_wait_is_kept() {
        let start = Instant::now();
        let mut retry = RetryPolicy::new(tuning(), Deadline::after(Duration::from_mins(2)));
        assert!(
            retry
                .next_attempt_after(&error(ProviderErrorKind::RateLimited))
                .await
        );
        assert_eq!(start.elapsed(), Duration::from_mins(1));
    }

    #[tokio::test(start_paused = true)]
    async fn what_would_fail_again_is_not_sent_again() {
        let mut retry = RetryPolicy::new(tuning(), Deadline::after(Duration::from_mins(1)));
        let error = CallError::new(ProviderErrorKind::Refused, Effect::Rejected);
        assert!(!retry.next_attempt_after(&error).await);
    }
}
