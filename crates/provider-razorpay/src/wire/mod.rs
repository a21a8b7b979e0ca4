//! Razorpay's wire formats beyond those common to all gateways: notes and maps in four forms, order
//! ids with and without their prefix, and status values.

mod notes;
mod status;

pub(crate) use notes::note;
pub(crate) use status::{
    checkout_status, dispute_stage, dispute_status, payment_status, refund_status,
    settlement_status,
};

use payment_provider_core::{CheckoutReference, CheckoutStatus, GatewayCheckoutId, OrderId};
use payment_provider_http::json::{self, Raw};

const ORDER: &str = "order_";
const LINK: &str = "plink_";

/// Number of characters after the prefix of an id.
const ID_LENGTH: usize = 14;

/// Reads an order id and adds the prefix if it is missing, as in some deliveries.
pub(crate) fn order_id(raw: Raw<'_>) -> Option<OrderId> {
    let id: OrderId = json::gateway_identifier(raw)?;
    if id.as_str().starts_with(ORDER) {
        return Some(id);
    }
    OrderId::new([ORDER, id.as_str()].concat()).ok()
}

/// Reads the host's reference. A link that the host did not create may have any text here, which is
/// not a reference.
pub(crate) fn reference(raw: Raw<'_>) -> Option<CheckoutReference> {
    json::identifier(raw)
}

/// Reads the link that a payment's description names: `#` and the link's id without its prefix.
/// Orders created by other software in the account may have such a description too, so it is a
/// reason to fetch, and no proof.
pub(crate) fn described_link(description: Raw<'_>) -> Option<GatewayCheckoutId> {
    let text = json::optional_text(description)?;
    let id = text.strip_prefix('#')?;
    let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if id.len() != ID_LENGTH || !plain {
        return None;
    }
    GatewayCheckoutId::new([LINK, id].concat()).ok()
}

/// Returns the first bank reference that is stated. A reference with a replacement character is not
/// the bank's.
pub(crate) fn bank_reference<'a>(fields: impl IntoIterator<Item = Raw<'a>>) -> Option<String> {
    let whole = |text: &String| !text.contains(char::REPLACEMENT_CHARACTER);
    let mut stated = fields.into_iter().filter_map(json::stated);
    stated.find(whole)
}

/// Returns true if a link with this status can be paid in several payments.
pub(crate) fn takes_instalments(status: &CheckoutStatus, accept_partial: Raw<'_>) -> bool {
    let accepts = accept_partial.is_some_and(|raw| matches!(raw.get(), "true" | "\"true\""));
    accepts || *status == CheckoutStatus::PartiallyPaid
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    fn raw(json: &str) -> Raw<'_> {
        serde_json::from_str::<Option<&RawValue>>(json).unwrap()
    }

    #[test]
    fn an_order_id_always_has_its_prefix() {
        for (json, expected) in [
            ("\"order_QflczVVaNJciLq\"", Some("order_QflczVVaNJciLq")),
            ("\"QflczVVaNJciLq\"", Some("order_QflczVVaNJciLq")),
            ("\"\"", None),
            ("null", None),
            ("[]", None),
        ] {
            let read = order_id(raw(json));
            assert_eq!(read.as_ref().map(OrderId::as_str), expected, "{json}");
        }
    }

    #[test]
    fn only_the_documented_form_of_a_description_names_a_link() {
        for (json, expected) in [
            ("\"#QflcnnZqCekuvL\"", Some("plink_QflcnnZqCekuvL")),
            ("\"#plink_QflcnnZqCekuvL\"", None),
            ("\"QflcnnZqCekuvL\"", None),
            ("\"#QflcnnZqCekuv\"", None),
            ("\"#QflcnnZqCekuvLx\"", None),
            ("\"#Qflcnn/../kuvL\"", None),
            ("\"Invoice #17\"", None),
            ("null", None),
            ("{}", None),
        ] {
            let read = described_link(raw(json));
            let read = read.as_ref().map(GatewayCheckoutId::as_str);
            assert_eq!(read, expected, "{json}");
        }
    }
}
