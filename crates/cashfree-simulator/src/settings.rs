//! Settings for misbehaviour, and for behaviour that the gateway does not document.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::api_faults::{ApiFault, ApiOperation};
use crate::chaos::ChaosProfile;
use crate::money::Paise;
use crate::retry::{DEFAULT_DELAYS, RetryScale};
use crate::version::WebhookVersion;

/// The behaviour of the simulator. The defaults are a well-behaved gateway.
///
/// Serialized, this is the body of `GET /_simulator/settings`; `POST` accepts the same names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[allow(clippy::struct_excessive_bools)] // independent switches
pub struct Settings {
    /// The webhook settings.
    pub webhooks: WebhookSettings,
    /// Factor on the waits between webhook attempts.
    pub retry_scale: RetryScale,
    /// The waits before each further webhook attempt, in seconds and before scaling; at most ten.
    pub retry_delays_seconds: Vec<u64>,
    /// The version of webhooks sent to the `notify_url` of a link or an order.
    pub notify_url_version: WebhookVersion,
    /// If true, link events carry a `transaction_id` that differs from the payment's id.
    pub transaction_id_unlike_payment_id: bool,
    /// If true, link events of a payment carry `order: null`.
    pub paid_with_null_order: bool,
    /// If true, `order_tags` of payment events lack the merchant's link id and carry only the gateway's link number.
    pub payment_event_without_link_id: bool,
    /// If true, every link accepts a payment below its amount and becomes `PAID` by it.
    pub paid_status_on_partial: bool,
    /// If true, every payment that would succeed fails.
    pub fail_payments: bool,
    /// Status of the response to a second link with the same id.
    pub duplicate_link_status: u16,
    /// Error code of the response to a second link with the same id.
    pub duplicate_link_code: String,
    /// Status of the response to cancelling a link that has ended.
    pub cancel_refused_status: u16,
    /// Error code of the response to cancelling a link that has ended.
    pub cancel_refused_code: String,
    /// Status of the response for an unknown link.
    pub not_found_status: u16,
    /// Error code of the response for an unknown link.
    pub not_found_code: String,
    /// Status of the response to an unknown path.
    pub unknown_address_status: u16,
    /// Time for which a new link, order or refund is not found, in milliseconds of the simulator's clock.
    pub read_after_write_lag_ms: u64,
    /// Calls per minute for each operation and account, as the rate limit headers state it.
    pub rate_limit_per_minute: u32,
    /// If true, the gateway's published limits replace `rate_limit_per_minute` where they exist.
    pub published_rate_limits: bool,
    /// If true, calls beyond the limit are refused.
    pub enforce_rate_limit: bool,
    /// Currencies that links and orders may have.
    pub enabled_currencies: Vec<String>,
    /// If true, a `link_id` may contain dots, which the real gateway seems to allow.
    pub link_id_allows_dots: bool,
    /// If true, link events without a payment lack the field `order`. If false, it is null.
    pub link_event_without_null_order: bool,
    /// Delay of the event of an expired link, in milliseconds of the simulator's clock.
    pub expired_event_delay_ms: u64,
    /// Minimum amount of a link.
    pub link_amount_minimum: Paise,
    /// Maximum amount of a link; zero means no limit.
    pub link_amount_maximum: Paise,
    /// If true, a successful payment also sends `PAYMENT_CHARGES_WEBHOOK`. The shape of this event is a guess.
    pub payment_charges_event: bool,
    /// Status of the response for an unknown order, payment, refund or settlement.
    pub order_not_found_status: u16,
    /// Time after which a refund succeeds, in milliseconds of the simulator's clock.
    pub refund_success_after_ms: u64,
    /// If true, refunds stay `PENDING` until they are completed through the control API.
    pub refunds_stay_pending: bool,
    /// If true, requests for instant refunds are accepted as instant.
    pub instant_refunds: bool,
    /// If true, a failed refund also sends `REFUND_STATUS_WEBHOOK`.
    pub refund_failed_event: bool,
    /// If true, a successful refund lowers `link_amount_paid`.
    pub refund_lowers_amount_paid: bool,
    /// Standing faults: each hits every call of its operation until it is removed.
    pub faults: BTreeMap<ApiOperation, ApiFault>,
    /// Random faults, if enabled.
    pub chaos: Option<ChaosProfile>,
}

/// The sending of webhooks: delays, timeouts, and deliberate flaws.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[allow(clippy::struct_excessive_bools)] // independent switches
pub struct WebhookSettings {
    /// Record deliveries, but send none.
    pub drop: bool,
    /// Send each delivery twice, as two identical requests.
    pub duplicate: bool,
    /// Hold the webhooks of one change back until those of the next change are sent.
    pub reorder: bool,
    /// Maximum time that `reorder` waits for the next change, in milliseconds.
    pub reorder_hold_ms: u64,
    /// Delay of the first attempt, in milliseconds.
    pub delay_ms: u64,
    /// Sign with a key that belongs to no merchant.
    pub wrong_signature: bool,
    /// Age of the timestamps, in seconds. The signature is valid for the timestamp.
    pub timestamp_age_seconds: u64,
    /// Time that a receiver may take to respond, in milliseconds.
    pub timeout_ms: u64,
    /// Give each further attempt a new timestamp and signature instead of repeating the first ones.
    pub fresh_timestamp_on_retry: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            webhooks: WebhookSettings {
                reorder_hold_ms: 1000,
                timeout_ms: 10_000,
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
            published_rate_limits: true,
            enforce_rate_limit: false,
            enabled_currencies: vec!["INR".to_owned()],
            link_id_allows_dots: false,
            link_event_without_null_order: false,
            expired_event_delay_ms: 0,
            link_amount_minimum: Paise::new(1),
            link_amount_maximum: Paise::ZERO,
            payment_charges_event: false,
            order_not_found_status: 404,
            refund_success_after_ms: 2000,
            refunds_stay_pending: false,
            instant_refunds: false,
            refund_failed_event: false,
            refund_lowers_amount_paid: false,
            faults: BTreeMap::new(),
            chaos: None,
        }
    }
}
