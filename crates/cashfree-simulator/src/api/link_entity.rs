//! Links in the form of the API.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::money::AmountNumber;
use crate::state::{Customer, GatewayState, Link, LinkNotify, LinkStatus};
use crate::timestamp::ist;
use crate::version::ApiVersion;
use crate::wire_id::WireId;

/// One white pixel. The simulator has no code to scan.
const QR_CODE: &str = "data:image/png;base64,\
    iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTj2FAAAAABJRU5ErkJggg==";

#[derive(Serialize)]
pub(super) struct LinkEntity<'a> {
    cf_link_id: WireId,
    link_id: &'a str,
    link_status: LinkStatus,
    link_currency: &'a str,
    link_amount: AmountNumber,
    link_amount_paid: AmountNumber,
    link_partial_payments: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    link_minimum_partial_amount: Option<AmountNumber>,
    link_purpose: &'a str,
    link_created_at: String,
    customer_details: &'a Customer,
    link_meta: MetaEntity<'a>,
    link_url: String,
    link_expiry_time: String,
    link_notes: &'a BTreeMap<String, String>,
    link_auto_reminders: bool,
    link_notify: LinkNotify,
    #[serde(skip_serializing_if = "Option::is_none")]
    link_qrcode: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_splits: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subscription: Option<&'a RawValue>,
}

#[derive(Serialize)]
struct MetaEntity<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    notify_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    return_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upi_intent: Option<UpiIntent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_methods: Option<&'a str>,
}

/// A boolean in old versions, `"true"` or `"false"` in new ones.
#[derive(Serialize)]
#[serde(untagged)]
enum UpiIntent {
    Flag(bool),
    Text(&'static str),
}

/// Returns a link in the form of an API version.
pub(super) fn link<'a>(
    state: &GatewayState,
    link: &'a Link,
    version: ApiVersion,
) -> LinkEntity<'a> {
    let request = &link.request;
    let new_forms = version.ids_are_strings();
    let splits = request.order_splits.as_deref();
    LinkEntity {
        cf_link_id: WireId::new(link.cf_link_id, new_forms),
        link_id: &link.link_id,
        link_status: link.status,
        link_currency: &request.currency,
        link_amount: AmountNumber(request.amount),
        link_amount_paid: AmountNumber(link.amount_paid),
        link_partial_payments: request.partial_payments,
        link_minimum_partial_amount: request.minimum_partial_amount.map(AmountNumber),
        link_purpose: &request.purpose,
        link_created_at: ist(link.created_at),
        customer_details: &request.customer,
        link_meta: MetaEntity {
            notify_url: request.meta.notify_url.as_deref(),
            return_url: request.meta.return_url.as_deref(),
            upi_intent: request
                .meta
                .upi_intent
                .map(|intent| match (new_forms, intent) {
                    (false, intent) => UpiIntent::Flag(intent),
                    (true, true) => UpiIntent::Text("true"),
                    (true, false) => UpiIntent::Text("false"),
                }),
            payment_methods: request.meta.payment_methods.as_deref(),
        },
        link_url: state.link_url(link),
        link_expiry_time: ist(link.expires_at),
        link_notes: &request.notes,
        link_auto_reminders: request.auto_reminders,
        link_notify: request.notify,
        link_qrcode: new_forms.then_some(QR_CODE),
        order_splits: splits.filter(|_| new_forms),
        subscription: request.subscription.as_deref(),
    }
}
