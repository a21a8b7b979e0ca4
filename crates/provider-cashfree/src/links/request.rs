use std::collections::BTreeMap;

use payment_provider_core::Money;
use serde::Serialize;
use serde_json::value::RawValue;

/// The body of `POST /links`, in the order in which its fields are sent.
#[derive(Serialize)]
pub(super) struct LinkBody<'a> {
    pub(super) link_id: &'a str,
    pub(super) link_amount: Box<RawValue>,
    pub(super) link_currency: &'a str,
    pub(super) link_purpose: &'a str,
    pub(super) customer_details: CustomerDetails<'a>,
    pub(super) link_partial_payments: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) link_minimum_partial_amount: Option<Box<RawValue>>,
    pub(super) link_expiry_time: &'a str,
    /// Both flags are always sent, because the gateway's default for SMS is not reliable.
    pub(super) link_notify: LinkNotify,
    pub(super) link_auto_reminders: bool,
    pub(super) link_notes: BTreeMap<&'a str, &'a str>,
    pub(super) link_meta: LinkMeta<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) order_splits: Option<Box<RawValue>>,
}

#[derive(Serialize)]
pub(super) struct CustomerDetails<'a> {
    #[serde(flatten)]
    pub(super) contact: Contact<'a>,
    #[serde(flatten)]
    pub(super) bank: BTreeMap<&'static str, Box<RawValue>>,
}

/// The name and addresses of the customer.
#[derive(Serialize)]
pub(super) struct Contact<'a> {
    pub(super) customer_phone: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) customer_email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) customer_name: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct LinkNotify {
    pub(super) send_sms: bool,
    pub(super) send_email: bool,
}

#[derive(Serialize)]
pub(super) struct LinkMeta<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) notify_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) return_url: Option<&'a str>,
    pub(super) upi_intent: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) payment_methods: Option<String>,
}

/// Writes an amount as a JSON number in major units, from its decimal text. Returns `None` if the
/// amount has more than the two decimals that Cashfree accepts.
pub(super) fn json_number(amount: Money) -> Option<Box<RawValue>> {
    const MAX_DECIMALS: usize = 2;
    let mut text = amount.decimal().to_string();
    if let Some(point) = text.find('.') {
        let kept = (point + 1 + MAX_DECIMALS).min(text.len());
        if text.get(kept..)?.bytes().any(|digit| digit != b'0') {
            return None;
        }
        text.truncate(kept);
    }
    RawValue::from_string(text).ok()
}

#[cfg(test)]
mod tests {
    use payment_provider_core::Currency;

    use super::*;

    #[test]
    fn amounts_are_written_exactly_with_at_most_two_decimals() {
        let clf = "CLF".parse::<Currency>().unwrap();
        for (units, currency, expected) in [
            (20_012, Currency::INR, Some("200.12")),
            (20_000, Currency::INR, Some("200.00")),
            (5, Currency::INR, Some("0.05")),
            (i64::MAX, Currency::INR, Some("92233720368547758.07")),
            (200, Currency::JPY, Some("200")),
            (1_230, Currency::KWD, Some("1.23")),
            (1_234, Currency::KWD, None),
            (12_300, clf, Some("1.23")),
            (12_345, clf, None),
        ] {
            let written = json_number(Money::from_minor_units(units, currency));
            let written = written.as_ref().map(|raw| raw.get());
            assert_eq!(written, expected, "{units} {currency}");
        }
    }
}
