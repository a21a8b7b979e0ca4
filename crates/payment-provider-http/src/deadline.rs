use std::time::Duration;

use tokio::time::Instant;

/// Until when something may take. By the runtime's clock, so that a test can pause it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl Deadline {
    /// This long from now. Beyond what the clock can tell it is as far away as a year.
    pub fn after(time: Duration) -> Self {
        const A_YEAR: Duration = Duration::from_hours(365 * 24);
        let now = Instant::now();
        let at = now
            .checked_add(time)
            .or_else(|| now.checked_add(A_YEAR))
            .unwrap_or(now);
        Self(at)
    }

    /// Returns the time left, zero once the deadline has passed.
    pub fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }
}

/// Until when an operation that changes something may do what.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Limits {
    /// Requests that change something; what is left afterwards is for finding out what they did.
    pub writes: Deadline,
    /// Everything.
    pub all: Deadline,
}

impl Limits {
    /// The limits of an operation that begins now and may take this long: two thirds of it for
    /// requests that change something.
    pub fn from_now(limit: Duration) -> Self {
        Self {
            writes: Deadline::after(limit.saturating_sub(limit / 3)),
            all: Deadline::after(limit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_third_is_left_for_finding_out() {
        let limits = Limits::from_now(Duration::from_secs(30));
        tokio::time::advance(Duration::from_secs(20)).await;
        assert_eq!(limits.writes.left(), Duration::ZERO);
        assert_eq!(limits.all.left(), Duration::from_secs(10));
        tokio::time::advance(Duration::from_secs(20)).await;
        assert_eq!(limits.all.left(), Duration::ZERO);
    }

    #[tokio::test]
    async fn no_duration_is_too_long() {
        assert!(Deadline::after(Duration::MAX).left() > Duration::from_hours(24));
    }
}
