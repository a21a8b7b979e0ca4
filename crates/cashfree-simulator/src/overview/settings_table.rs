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
        setting("webhooks.reorder", Kind::Flag, "Reorder", "Hold the webhooks of one change back until those of the next are sent."),
        setting("webhooks.reorder_hold_ms", Kind::Whole, "Reorder: longest hold in milliseconds", "How long a next change is waited for."),
        setting("webhooks.delay_ms", Kind::Whole, "Delay in milliseconds", "Wait before the first attempt."),
        setting("webhooks.wrong_signature", Kind::Flag, "Wrong signature", "Sign with a key nobody has."),
        setting("webhooks.timestamp_age_seconds", Kind::Whole, "Age of timestamps in seconds", "Stamp webhooks as if they were so old; the signature is right."),
        setting("webhooks.timeout_ms", Kind::Whole, "Timeout in milliseconds", "How long a receiver may take to answer."),
        setting("webhooks.fresh_timestamp_on_retry", Kind::Flag, "Fresh timestamp", "Stamp and sign each further attempt anew."),
        setting("retry_scale", Kind::Text, "Retry scale", "Factor on the waits between attempts; 0.001 makes two minutes 120 ms."),
        setting("retry_delays_seconds", Kind::Wholes, "Retry waits in seconds", "Before scaling, with commas; at most ten."),
        setting("notify_url_version", Kind::Version, "Version for notify_url", "The form of webhooks to a link's own address."),
    ]),
    ("Contents of events", &[
        setting("transaction_id_unlike_payment_id", Kind::Flag, "Other transaction id", "Link events carry a transaction_id that is not the payment's id."),
        setting("paid_with_null_order", Kind::Flag, "Null order", "Link events of a payment carry order: null."),
        setting("payment_event_without_link_id", Kind::Flag, "No link id", "Payment events carry only the gateway's number of the link."),
        setting("link_event_without_null_order", Kind::Flag, "Absent order", "Link events without a payment lack order instead of having null there."),
        setting("expired_event_delay_ms", Kind::Whole, "Expiry: delay of the event in milliseconds", "How long after a link has expired that is told."),
        setting("payment_charges_event", Kind::Flag, "Charges", "A successful payment sends PAYMENT_CHARGES_WEBHOOK too."),
        setting("refund_failed_event", Kind::Flag, "Failed refunds", "A refund that fails sends REFUND_STATUS_WEBHOOK too."),
    ]),
    ("Payments and links", &[
        setting("fail_payments", Kind::Flag, "Fail payments", "Every payment that would succeed fails."),
        setting("paid_status_on_partial", Kind::Flag, "Paid by a part", "A smaller payment is taken on every link and turns it PAID."),
        setting("read_after_write_lag_ms", Kind::Whole, "Lag in milliseconds", "How long a new link is not found yet."),
        setting("link_amount_minimum", Kind::Text, "Least amount", "What a link must come to at least."),
        setting("link_amount_maximum", Kind::Text, "Greatest amount", "What a link may come to at most; 0 is no limit."),
        setting("enabled_currencies", Kind::Texts, "Currencies", "Codes that links may have, with commas."),
        setting("link_id_allows_dots", Kind::Flag, "Dots in link ids", "Take link ids with dots."),
    ]),
    ("Refunds", &[
        setting("refund_success_after_ms", Kind::Whole, "Success after milliseconds", "When a refund goes through by itself."),
        setting("refunds_stay_pending", Kind::Flag, "Stay pending", "Refunds wait until they are ended by hand."),
        setting("instant_refunds", Kind::Flag, "Instant", "Refunds asked for as instant are accepted as such."),
        setting("refund_lowers_amount_paid", Kind::Flag, "Lower the link", "A successful refund lowers what is paid of its link."),
    ]),
    ("Refusals and limits", &[
        setting("duplicate_link_status", Kind::Whole, "Duplicate link: status", "Answer to a second link with the same id."),
        setting("duplicate_link_code", Kind::Text, "Duplicate link: code", "The code in that answer."),
        setting("cancel_refused_status", Kind::Whole, "Cancel refused: status", "Answer to a cancel that comes too late."),
        setting("cancel_refused_code", Kind::Text, "Cancel refused: code", "The code in that answer."),
        setting("not_found_status", Kind::Whole, "Unknown link: status", "Answer for a link that is not there."),
        setting("not_found_code", Kind::Text, "Unknown link: code", "The code in that answer."),
        setting("order_not_found_status", Kind::Whole, "Unknown order: status", "Answer for an order, payment or refund that is not there."),
        setting("unknown_address_status", Kind::Whole, "Unknown address: status", "Answer for an address that is none of the API's."),
        setting("rate_limit_per_minute", Kind::Whole, "Rate limit", "Calls per minute, operation and account."),
        setting("published_rate_limits", Kind::Flag, "Published limits", "Orders, payments and refunds have the gateway's own limits instead."),
        setting("enforce_rate_limit", Kind::Flag, "Enforce the rate limit", "Refuse calls above it."),
    ]),
];
