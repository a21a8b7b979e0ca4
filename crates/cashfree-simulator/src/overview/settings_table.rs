//! Labels and help texts of the settings.

/// The kind of a setting's field.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Flag,
    Whole,
    Text,
    Version,
    Wholes,
    Texts,
}

/// A setting: its name in the control API, its label and its help text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) help: &'static str,
    pub(super) kind: Kind,
}

const fn setting(
    name: &'static str,
    kind: Kind,
    label: &'static str,
    help: &'static str,
) -> Setting {
    Setting {
        name,
        label,
        help,
        kind,
    }
}

#[rustfmt::skip] // one line each
pub(super) const GROUPS: [(&str, &[Setting]); 5] = [
    ("Webhooks", &[
        setting("webhooks.drop", Kind::Flag, "Drop", "Record webhooks but send none."),
        setting("webhooks.duplicate", Kind::Flag, "Duplicate", "Send each webhook twice."),
        setting("webhooks.reorder", Kind::Flag, "Reorder", "Hold the webhooks of one change back until those of the next change are sent."),
        setting("webhooks.reorder_hold_ms", Kind::Whole, "Reorder: maximum hold in milliseconds", "Maximum wait for the next change."),
        setting("webhooks.delay_ms", Kind::Whole, "Delay in milliseconds", "Delay of the first attempt."),
        setting("webhooks.wrong_signature", Kind::Flag, "Wrong signature", "Sign with a key that belongs to no merchant."),
        setting("webhooks.timestamp_age_seconds", Kind::Whole, "Age of timestamps in seconds", "Send old timestamps with valid signatures."),
        setting("webhooks.timeout_ms", Kind::Whole, "Timeout in milliseconds", "Time that a receiver may take to respond."),
        setting("webhooks.fresh_timestamp_on_retry", Kind::Flag, "Fresh timestamp", "Give each further attempt a new timestamp and signature."),
        setting("retry_scale", Kind::Text, "Retry scale", "Factor on the waits between attempts; 0.001 makes two minutes 120 ms."),
        setting("retry_delays_seconds", Kind::Wholes, "Retry waits in seconds", "Waits before scaling, separated by commas; at most ten."),
        setting("notify_url_version", Kind::Version, "Version for notify_url", "Version of webhooks to the notify_url of a link or an order."),
    ]),
    ("Contents of events", &[
        setting("transaction_id_unlike_payment_id", Kind::Flag, "Other transaction id", "Link events carry a transaction_id that differs from the payment's id."),
        setting("paid_with_null_order", Kind::Flag, "Null order", "Link events of a payment carry order: null."),
        setting("payment_event_without_link_id", Kind::Flag, "No link id", "Payment events carry only the gateway's number of the link."),
        setting("link_event_without_null_order", Kind::Flag, "Absent order", "Link events without a payment lack the field order instead of having null."),
        setting("expired_event_delay_ms", Kind::Whole, "Expiry: delay of the event in milliseconds", "Delay between the expiry of a link and its event."),
        setting("payment_charges_event", Kind::Flag, "Charges", "A successful payment also sends PAYMENT_CHARGES_WEBHOOK."),
        setting("refund_failed_event", Kind::Flag, "Failed refunds", "A failed refund also sends REFUND_STATUS_WEBHOOK."),
    ]),
    ("Payments and links", &[
        setting("fail_payments", Kind::Flag, "Fail payments", "Every payment that would succeed fails."),
        setting("paid_status_on_partial", Kind::Flag, "Paid by a part", "Every link accepts a smaller payment and becomes PAID by it."),
        setting("read_after_write_lag_ms", Kind::Whole, "Lag in milliseconds", "Time for which a new link, order or refund is not found."),
        setting("link_amount_minimum", Kind::Text, "Minimum amount", "Minimum amount of a link."),
        setting("link_amount_maximum", Kind::Text, "Maximum amount", "Maximum amount of a link; 0 means no limit."),
        setting("enabled_currencies", Kind::Texts, "Currencies", "Currency codes that links may have, separated by commas."),
        setting("link_id_allows_dots", Kind::Flag, "Dots in link ids", "Accept link ids with dots."),
    ]),
    ("Refunds", &[
        setting("refund_success_after_ms", Kind::Whole, "Success after milliseconds", "Time after which a refund succeeds."),
        setting("refunds_stay_pending", Kind::Flag, "Stay pending", "Refunds stay pending until they are completed here or through the control API."),
        setting("instant_refunds", Kind::Flag, "Instant", "Accept requests for instant refunds as instant."),
        setting("refund_lowers_amount_paid", Kind::Flag, "Lower the link", "A successful refund lowers the paid amount of its link."),
    ]),
    ("Refusals and limits", &[
        setting("duplicate_link_status", Kind::Whole, "Duplicate link: status", "Response to a second link with the same id."),
        setting("duplicate_link_code", Kind::Text, "Duplicate link: code", "Error code of that response."),
        setting("cancel_refused_status", Kind::Whole, "Cancel refused: status", "Response to cancelling a link that has ended."),
        setting("cancel_refused_code", Kind::Text, "Cancel refused: code", "Error code of that response."),
        setting("not_found_status", Kind::Whole, "Unknown link: status", "Response for an unknown link."),
        setting("not_found_code", Kind::Text, "Unknown link: code", "Error code of that response."),
        setting("order_not_found_status", Kind::Whole, "Unknown order: status", "Response for an unknown order, payment or refund."),
        setting("unknown_address_status", Kind::Whole, "Unknown address: status", "Response to an unknown address under /pg."),
        setting("rate_limit_per_minute", Kind::Whole, "Rate limit", "Calls per minute for each operation and account."),
        setting("published_rate_limits", Kind::Flag, "Published limits", "Use the gateway's published limits for orders, payments and refunds."),
        setting("enforce_rate_limit", Kind::Flag, "Enforce the rate limit", "Refuse calls beyond the limit."),
    ]),
];
