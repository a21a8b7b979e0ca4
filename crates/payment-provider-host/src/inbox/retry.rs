//! The retry schedule of deliveries. Pure.

use std::time::Duration;

use crate::error::{Error, ErrorKind};
use crate::timestamp::millis;

const FIRST_WAIT: Duration = Duration::from_millis(500);
const MAX_WAIT: Duration = Duration::from_mins(5);
/// The limit of the wait that a gateway asks for; it is asked again after this time in any case.
const MAX_GATEWAY_WAIT: Duration = Duration::from_hours(1);

/// The reason for which a delivery has to wait.
#[derive(Debug, thiserror::Error)]
pub(super) enum ApplyError {
    #[error(transparent)]
    Failed(#[from] Error),
    #[error("the gateway does not list yet what the delivery reports")]
    NotListed,
    #[error("the gateway reports more money than it lists yet")]
    ListIncomplete,
    #[error("it needs the gateway's state, but this gateway has no status API")]
    NotAskable,
    #[error("it waits a few seconds for the gateway's payment event")]
    PaymentEventExpected {
        /// Milliseconds since 1970.
        until: i64,
    },
    #[error("the payment is posted, but a checkout that it made redundant is not ended: {0}")]
    Redundant(Error),
}

/// The next attempt of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Retry {
    /// The time to wait before it.
    pub(super) wait: Duration,
    /// True if the delivery itself is at fault; it is parked after too many of these.
    pub(super) failed: bool,
    /// True if the delivery is parked now.
    pub(super) park: bool,
    /// True if the gateway's list was fetched and did not show what the delivery reports.
    pub(super) polled_list: bool,
}

impl ApplyError {
    /// Returns the next attempt after this error. `attempts` is the number of attempts so far, and
    /// `last_chance` is true if one more failure parks the delivery; `now` is in milliseconds since
    /// 1970.
    ///
    /// The waits double from half a second to five minutes. A longer wait that the gateway asks for
    /// is respected up to an hour.
    pub(super) fn retry(&self, attempts: u32, last_chance: bool, now: i64) -> Retry {
        if let Self::PaymentEventExpected { until } = self {
            let wait = u64::try_from(until.saturating_sub(now)).unwrap_or_default();
            return Retry {
                wait: Duration::from_millis(wait),
                failed: false,
                park: false,
                polled_list: false,
            };
        }
        let failed = !self.is_transient();
        let gateway_wait = self.error().and_then(Error::retry_after);
        let gateway_wait = gateway_wait.unwrap_or_default().min(MAX_GATEWAY_WAIT);
        Retry {
            wait: wait_after(attempts).max(gateway_wait),
            failed,
            park: matches!(self, Self::NotAskable) || (last_chance && failed),
            polled_list: matches!(self, Self::NotListed | Self::ListIncomplete),
        }
    }

    const fn error(&self) -> Option<&Error> {
        match self {
            Self::Failed(error) | Self::Redundant(error) => Some(error),
            _ => None,
        }
    }

    /// Returns true if the error says nothing about the delivery: the gateway or the database is busy or
    /// unreachable.
    fn is_transient(&self) -> bool {
        self.error().is_some_and(Error::is_transient)
    }

    /// Returns the text of the error for an operator. It includes the source if the database or the
    /// host's handler failed.
    pub(super) fn text(&self) -> String {
        let source = match self {
            Self::Failed(error)
                if matches!(error.kind(), ErrorKind::Handler | ErrorKind::Storage) =>
            {
                std::error::Error::source(error)
            }
            _ => None,
        };
        match source {
            Some(source) => format!("{self}: {source}"),
            None => self.to_string(),
        }
    }
}

/// Returns the next attempt after one that panicked or did not end in time.
pub(super) fn retry_unfinished(attempts: u32, last_chance: bool) -> Retry {
    Retry {
        wait: wait_after(attempts),
        failed: true,
        park: last_chance,
        polled_list: false,
    }
}

/// Returns the wait after some attempts: it doubles from half a second to five minutes.
fn wait_after(attempts: u32) -> Duration {
    let doublings = attempts.saturating_sub(1).min(16);
    FIRST_WAIT.saturating_mul(1 << doublings).min(MAX_WAIT)
}

impl Retry {
    /// Returns the time of the next attempt, in milliseconds since 1970.
    pub(super) fn at(&self, now: i64) -> i64 {
        now.saturating_add(millis(self.wait))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_five_minutes() {
        let waits = [1, 2, 3, 10, 11, 25].map(|attempts| wait_after(attempts).as_millis());
        assert_eq!(waits, [500, 1_000, 2_000, 256_000, 300_000, 300_000]);
    }

    #[test]
    fn only_faults_of_the_delivery_park_it() {
        let not_listed = ApplyError::NotListed.retry(25, true, 0);
        assert!(not_listed.park && not_listed.failed && not_listed.polled_list);
        let pending = ApplyError::Redundant(Error::pending(Duration::from_mins(2)));
        let pending = pending.retry(25, true, 0);
        assert!(!pending.park && !pending.failed);
        assert_eq!(pending.wait, MAX_WAIT);
        assert!(ApplyError::NotAskable.retry(1, false, 0).park);
        let expected = ApplyError::PaymentEventExpected { until: 4_000 }.retry(25, true, 1_000);
        assert!(!expected.park && !expected.failed);
        assert_eq!(expected.at(1_000), 4_000);
    }
}
