//! The caller, API version and time of a call.

use jiff::{SignedDuration, Timestamp};

use crate::state::GatewayState;
use crate::version::ApiVersion;

/// The caller, API version and time of a call.
#[derive(Clone, Copy, Debug)]
pub(super) struct CallContext<'a> {
    pub(super) merchant: &'a str,
    pub(super) version: ApiVersion,
    pub(super) now: Timestamp,
}

/// Returns true if an object can be read now: its `visible_from` is past, and so is the setting
/// `read_after_write_lag_ms` after its creation.
pub(super) fn is_visible(
    state: &GatewayState,
    created_at: Timestamp,
    visible_from: Timestamp,
    now: Timestamp,
) -> bool {
    let lag = i64::try_from(state.settings.read_after_write_lag_ms).unwrap_or(i64::MAX);
    now >= visible_from && now.duration_since(created_at) >= SignedDuration::from_millis(lag)
}
