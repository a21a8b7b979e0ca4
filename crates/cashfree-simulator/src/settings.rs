//! What the simulator does where the real gateway's behaviour is undocumented, or misbehaves.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::api_faults::{ApiFault, ApiOperation};
use crate::chaos::ChaosProfile;
use crate::money::Paise;
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
    /// Whether operations for which the gateway publishes a limit have that one instead.
    pub published_rate_limits: bool,
    /// Whether calls above the limit are refused.
    pub enforce_rate_limit: bool,
    /// The currencies links may have.
    pub enabled_currencies: Vec<String>,
    /// Whether a `link_id` may hold dots, as the real gateway seems to allow.
    pub link_id_allows_dots: bool,
    /// Link events about which no payment can be told lack the field `order` instead of having a null there.
    pub link_event_without_null_order: bool,
    /// How long after a link has expired its event is sent, in milliseconds of the simulator's clock.
    pub expired_event_delay_ms: u64,
    /// The least amount of a link.
    pub link_amount_minimum: Paise,
    /// The greatest amount of a link; nothing means none.
    pub link_amount_maximum: Paise,
    /// A successful payment sends `PAYMENT_CHARGES_WEBHOOK` too, whose form can only be guessed.
    pub payment_charges_event: bool,
    /// Status of the answer for an unknown order, payment, refund or settlement.
    pub order_not_found_status: u16,
    /// How long after it was made a refund goes through, in milliseconds of the simulator's clock.
    pub refund_success_after_ms: u64,
    /// Refunds stay `PENDING` until they are ended by hand.
    pub refunds_stay_pending: bool,
    /// Refunds asked for as instant are accepted as such.
    pub instant_refunds: bool,
    /// A refund that fails sends `REFUND_STATUS_WEBHOOK` too.
    pub refund_failed_event: bool,
    /// A successful refund lowers `link_amount_paid`.
    pub refund_lowers_amount_paid: bool,
    /// Faults that hit every call of an operation until they are taken away.
    pub faults: BTreeMap<ApiOperation, ApiFault>,
    /// Faults by chance, if there are to be any.
    pub chaos: Option<ChaosProfile>,
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
    /// How old timestamps are made, in seconds. The signature is right for the timestamp.
    pub timestamp_age_seconds: u64,
    /// How long a receiver may take to answer, in milliseconds.
    pub timeout_ms: u64,
    /// Give each further attempt a new timestamp and signature instead of keeping the first one's.
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
