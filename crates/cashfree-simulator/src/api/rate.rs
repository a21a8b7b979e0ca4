//! Rate limits: calls per minute, counted in a sliding window for each account and operation.

use jiff::{SignedDuration, Timestamp};

use crate::api_faults::ApiOperation;
use crate::state::GatewayState;

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// The values of the rate limit headers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    pub(super) limit: u32,
    pub(super) remaining: u32,
    pub(super) retry: i64,
    pub(super) by_account: bool,
}

impl Rate {
    /// The values for a call that is not authenticated.
    pub(super) const fn unauthenticated(limit: u32) -> Self {
        Self {
            limit,
            remaining: limit,
            retry: 0,
            by_account: false,
        }
    }

    /// The values for a call that is refused for `seconds`.
    pub(super) const fn exhausted(self, seconds: i64) -> Self {
        Self {
            remaining: 0,
            retry: seconds,
            ..self
        }
    }
}

/// Returns the limit in production, from <https://www.cashfree.com/docs/api-reference/payments/rate-limits>. The
/// limit for links is not published.
const fn published(operation: ApiOperation) -> Option<u32> {
    match operation {
        ApiOperation::FetchOrder => Some(400),
        ApiOperation::CreateOrder => Some(200),
        ApiOperation::FetchPayment => Some(130),
        ApiOperation::ListPayments | ApiOperation::CreateRefund => Some(100),
        ApiOperation::FetchRefund | ApiOperation::FetchSettlement => Some(30),
        _ => None,
    }
}

/// Counts a call. `retry` is above zero if the call exceeds an enforced limit.
pub(super) fn count(
    state: &mut GatewayState,
    merchant: &str,
    operation: ApiOperation,
    now: Timestamp,
) -> Rate {
    let published = published(operation).filter(|_| state.settings.published_rate_limits);
    let limit = published.unwrap_or(state.settings.rate_limit_per_minute);
    let enforced = state.settings.enforce_rate_limit;
    let max = usize::try_from(limit).unwrap_or(usize::MAX);
    let calls = state
        .calls
        .entry((merchant.to_owned(), operation))
        .or_default();
    while calls
        .front()
        .is_some_and(|&first| now.duration_since(first) >= MINUTE)
    {
        calls.pop_front();
    }
    let over = calls.len() >= max;
    let retry = match calls.front() {
        Some(&first) if over && enforced => {
            (MINUTE - now.duration_since(first)).as_secs().clamp(1, 59)
        }
        None if over && enforced => 59,
        _ => 0,
    };
    if !over {
        calls.push_back(now);
    }
    let used = u32::try_from(calls.len()).unwrap_or(u32::MAX);
    Rate {
        limit,
        remaining: limit.saturating_sub(used),
        retry,
        by_account: true,
    }
}
