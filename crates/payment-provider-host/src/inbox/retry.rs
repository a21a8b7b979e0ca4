//! The retry schedule of deliveries. Pure.

use std::sync::Arc;
use std::time::Duration;

use payment_provider_core::ProviderError;

use crate::error::{Error, ErrorKind};
use crate::reconcile::FetchError;
use crate::timestamp::millis;

const FIRST_WAIT: Duration = Duration::from_millis(500);
const MAX_WAIT: Duration = Duration::from_mins(5);
/// The longest wait for a gateway's list.
const MAX_LIST_WAIT: Duration = Duration::from_hours(1);
/// The limit of the wait that a gateway asks for; it is asked again after this time in any case.
const MAX_GATEWAY_WAIT: Duration = Duration::from_hours(1);

/// The reason for which a delivery has to wait.
#[derive(Debug, thiserror::Error)]
pub(super) enum ApplyError {
    #[error(transparent)]
    Failed(#[from] Error),
    /// A fetch failed; other deliveries may have waited for the same one.
    #[error("{0}")]
    FetchFailed(Arc<FetchError>),
    #[error("the gateway does not list yet what the delivery reports")]
    NotListed,
    #[error("the gateway reports more money than it lists yet")]
    ListIncomplete,
    #[error("it needs the gateway's state, but this gateway has no status API")]
    NotAskable,
    #[error(
        "it reports a refund that has to be looked up, but this gateway has no query of refunds"
    )]
    RefundsNotAskable,
    #[error("it cannot be read: {reason}")]
    Unreadable { reason: String },
    #[error("the gateway's query of refunds failed")]
    RefundsUnanswered(Arc<ProviderError>),
    #[error(
        "it waits until the gateway can be asked: too many queries of its connection are under way"
    )]
    Busy(Duration),
    #[error("it waits a few seconds for the gateway's payment event")]
    PaymentEventExpected {
        /// Milliseconds since 1970.
        until: i64,
    },
    #[error("the payment is posted, but a checkout that it made redundant is not ended: {0}")]
    Redundant(Error),
}

/// The attempts of a delivery so far, and their limits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempts {
    /// All attempts, with the one that just ended.
    pub(super) count: u32,
    /// The number of earlier attempts in which the gateway's list did not show what the delivery
    /// reports.
    pub(super) list_polls: u32,
    /// True if one more failure parks the delivery.
    pub(super) last_chance: bool,
    /// The time for which the delivery waits for the gateway's list.
    pub(super) listing_timeout: Duration,
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
    /// Returns the next attempt after this error. `now` is in milliseconds since 1970.
    ///
    /// The waits double from half a second to five minutes. A longer wait that the gateway asks for
    /// is respected up to an hour. While the gateway's list does not show what the delivery reports,
    /// the waits double up to an hour and are no failures; the delivery is parked once they add up
    /// to the listing timeout.
    pub(super) fn retry(&self, attempts: Attempts, now: i64) -> Retry {
        match self {
            Self::PaymentEventExpected { until } => {
                let wait = u64::try_from(until.saturating_sub(now)).unwrap_or_default();
                Retry {
                    wait: Duration::from_millis(wait),
                    failed: false,
                    park: false,
                    polled_list: false,
                }
            }
            Self::Busy(wait) => Retry {
                wait: *wait,
                failed: false,
                park: false,
                polled_list: false,
            },
            Self::NotListed | Self::ListIncomplete => Retry {
                wait: list_wait(attempts.list_polls),
                failed: false,
                park: waited_for_list(attempts.list_polls) >= attempts.listing_timeout,
                polled_list: true,
            },
            Self::NotAskable | Self::RefundsNotAskable | Self::Unreadable { .. } => Retry {
                wait: wait_after(attempts.count),
                failed: true,
                park: true,
                polled_list: false,
            },
            Self::RefundsUnanswered(error) => {
                let wait = error.retry_after();
                after_error(attempts, wait.is_some(), wait)
            }
            Self::FetchFailed(error) => match &**error {
                FetchError::Failed(error) => {
                    after_error(attempts, error.is_transient(), error.retry_after())
                }
                FetchError::NotAskable(_) => after_error(attempts, false, None),
            },
            Self::Failed(error) | Self::Redundant(error) => {
                after_error(attempts, error.is_transient(), error.retry_after())
            }
        }
    }

    /// Returns the text of the error for an operator. It includes the source if the database or the
    /// host's handler failed.
    pub(super) fn text(&self) -> String {
        let error = match self {
            Self::Failed(error) => Some(error),
            Self::FetchFailed(error) => match &**error {
                FetchError::Failed(error) => Some(error),
                FetchError::NotAskable(_) => None,
            },
            _ => None,
        };
        let is_shown =
            |error: &&Error| matches!(error.kind(), ErrorKind::Handler | ErrorKind::Storage);
        let source = error.filter(is_shown).and_then(std::error::Error::source);
        match source {
            Some(source) => format!("{self}: {source}"),
            None => self.to_string(),
        }
    }
}

/// Returns the next attempt after an error. One that passes by itself is no fault of the delivery.
fn after_error(attempts: Attempts, is_transient: bool, gateway_wait: Option<Duration>) -> Retry {
    let gateway_wait = gateway_wait.unwrap_or_default().min(MAX_GATEWAY_WAIT);
    Retry {
        wait: wait_after(attempts.count).max(gateway_wait),
        failed: !is_transient,
        park: !is_transient && attempts.last_chance,
        polled_list: false,
    }
}

/// Returns the next attempt after one that panicked or did not end in time.
pub(super) fn retry_unfinished(attempts: Attempts) -> Retry {
    Retry {
        wait: wait_after(attempts.count),
        failed: true,
        park: attempts.last_chance,
        polled_list: false,
    }
}

/// Returns the wait for a gateway's list after some polls without success: it doubles from half a
/// second to an hour.
pub(super) fn list_wait(polls: u32) -> Duration {
    FIRST_WAIT
        .saturating_mul(1 << polls.min(16))
        .min(MAX_LIST_WAIT)
}

/// Returns the sum of the waits before this poll of a gateway's list.
fn waited_for_list(polls: u32) -> Duration {
    (0..polls).map(list_wait).sum()
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
        let last = Attempts {
            count: 25,
            list_polls: 0,
            last_chance: true,
            listing_timeout: DAY,
        };
        let first = Attempts {
            count: 1,
            last_chance: false,
            ..last
        };
        let pending = ApplyError::Redundant(Error::pending(Duration::from_mins(2)));
        let pending = pending.retry(last, 0);
        assert!(!pending.park && !pending.failed);
        assert_eq!(pending.wait, MAX_WAIT);
        assert!(ApplyError::NotAskable.retry(first, 0).park);
        assert!(ApplyError::RefundsNotAskable.retry(first, 0).park);
        let reason = "amount: missing".to_owned();
        let unreadable = ApplyError::Unreadable { reason };
        assert!(unreadable.text().ends_with("amount: missing"));
        assert!(unreadable.retry(first, 0).park);
        let expected = ApplyError::PaymentEventExpected { until: 4_000 }.retry(last, 1_000);
        assert!(!expected.park && !expected.failed);
        assert_eq!(expected.at(1_000), 4_000);
    }

    const DAY: Duration = Duration::from_hours(24);

    #[test]
    fn a_delivery_waits_a_day_for_the_gateways_list_and_is_parked_then() {
        for error in [ApplyError::NotListed, ApplyError::ListIncomplete] {
            let (mut waited, mut polls) = (Duration::ZERO, 0);
            let parked = loop {
                let attempts = Attempts {
                    count: 200,
                    list_polls: polls,
                    last_chance: true,
                    listing_timeout: DAY,
                };
                let retry = error.retry(attempts, 0);
                assert!(retry.polled_list && !retry.failed);
                if retry.park {
                    break waited;
                }
                assert!(retry.wait <= MAX_LIST_WAIT);
                waited += retry.wait;
                polls += 1;
            };
            assert!(parked >= DAY && parked < DAY + MAX_LIST_WAIT);
            assert_eq!(polls, 36);
        }
        assert_eq!(
            [0, 1, 13].map(list_wait),
            [FIRST_WAIT, 2 * FIRST_WAIT, MAX_LIST_WAIT]
        );
    }
}
