//! What the simulator does where the real gateway's behaviour is undocumented, or misbehaves.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::faults::{Fault, Operation};
use crate::retry::{DEFAULT_DELAYS, RetryScale};
use crate::version::WebhookVersion;

/// How the simulator behaves. The defaults are a well-behaved gateway.
///
/// Serialised, this is the body of `GET /_simulator/settings`; the same names are accepted by `POST`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[allow(clippy::struct_excessive_bools)] // independent switches
pub struct Settings {
    /// How webhooks are sent.
    pub webhooks: WebhookSettings,
    /// Factor on the waits between webhook attempts.
    pub retry_scale: RetryScale,
    /// The waits before each further webhook attempt, in seconds and before scaling; at most ten.
    pub retry_delays_seconds: Vec<u64>,
    /// Version of the webhooks sent to a link's own `notify_url`.
    pub notify_url_version: WebhookVersion,
    /// Link events carry a `transaction_id` that is not the payment's id.
    pub transaction_id_unlike_payment_id: bool,
    /// Link events of a payment carry `order: null`.
    pub paid_with_null_order: bool,
    /// Payment events carry only the gateway's link number in `order_tags`, not the merchant's link id.
    pub payment_event_without_link_id: bool,
    /// A payment smaller than the link's amount is accepted on every link and turns it `PAID`.
    pub paid_status_on_partial: bool,
    /// Every attempt to pay ends as a failed payment.
    pub fail_payments: bool,
    /// Status of the answer to a second link with the same id.
    pub duplicate_link_status: u16,
    /// Code of the answer to a second link with the same id.
    pub duplicate_link_code: String,
    /// Status of the answer to a cancel that is not possible any more.
    pub cancel_refused_status: u16,
    /// Code of the answer to a cancel that is not possible any more.
    pub cancel_refused_code: String,
    /// Status of the answer for an unknown link.
    pub not_found_status: u16,
    /// Code of the answer for an unknown link.
    pub not_found_code: String,
    /// Status of the answer to an address that is none of the API's.
    pub unknown_address_status: u16,
    /// For how long after its creation a link is not yet found, in milliseconds of the simulator's clock.
    pub read_after_write_lag_ms: u64,
    /// Calls per minute, operation and account, as told in the rate headers.
    pub rate_limit_per_minute: u32,
    /// Whether calls above the limit are refused.
    pub enforce_rate_limit: bool,
    /// The currencies links may have.
    pub enabled_currencies: Vec<String>,
    /// Whether a `link_id` may hold dots, as the real gateway seems to allow.
    pub link_id_allows_dots: bool,
    /// Faults that hit every call of an operation until they are taken away.
    pub faults: BTreeMap<Operation, Fault>,
}

/// How webhooks are sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[allow(clippy::struct_excessive_bools)] // independent switches
pub struct WebhookSettings {
    /// Record deliveries but send nothing.
    pub drop: bool,
    /// Send each delivery twice, as two identical requests.
    pub duplicate: bool,
    /// Hold the events of one change back until those of the next one are sent.
    pub reorder: bool,
    /// How long `reorder` waits for a next change, in milliseconds.
    pub reorder_hold_ms: u64,
    /// Wait before the first attempt, in milliseconds.
    pub delay_ms: u64,
    /// Sign with a key nobody has.
    pub wrong_signature: bool,
    /// Give each further attempt a new timestamp and signature instead of keeping the first one's.
    pub fresh_timestamp_on_retry: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            webhooks: WebhookSettings {
                reorder_hold_ms: 1000,
                ..WebhookSettings::default()
            },
            retry_scale: RetryScale::REAL_TIME,
            retry_delays_seconds: DEFAULT_DELAYS.to_vec(),
            notify_url_version: WebhookVersion::default(),
            transaction_id_unlike_payment_id: false,
            paid_with_null_order: false,
            payment_event_without_link_id: false,
            paid_status_on_partial: false,
            fail_payments: false,
            duplicate_link_status: 409,
            duplicate_link_code: "link_post_failed".to_owned(),
            cancel_refused_status: 409,
            cancel_refused_code: "link_cannot_be_cancelled".to_owned(),
            not_found_status: 404,
            not_found_code: "link_get_not_found".to_owned(),
            unknown_address_status: 400,
            read_after_write_lag_ms: 0,
            rate_limit_per_minute: 1000,
            enforce_rate_limit: false,
            enabled_currencies: vec!["INR".to_owned()],
            link_id_allows_dots: false,
            faults: BTreeMap::new(),
        }
    }
}
