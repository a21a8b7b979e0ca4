use std::collections::BTreeMap;

use serde::Serialize;

/// The body of `POST /payment_links`, in the order in which its fields are sent. Razorpay refuses
/// unknown fields and null values.
#[derive(Serialize)]
pub(super) struct LinkBody<'a> {
    /// In the currency's minor unit.
    pub(super) amount: i64,
    pub(super) currency: &'a str,
    pub(super) accept_partial: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) first_min_partial_amount: Option<i64>,
    /// Seconds since 1970.
    pub(super) expire_by: i64,
    pub(super) reference_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<&'a str>,
    #[serde(skip_serializing_if = "LinkCustomer::is_empty")]
    pub(super) customer: LinkCustomer<'a>,
    /// Both flags are always sent, because the defaults are not documented.
    pub(super) notify: LinkNotify,
    pub(super) reminder_enable: bool,
    pub(super) notes: BTreeMap<&'a str, &'a str>,
    #[serde(flatten)]
    pub(super) callback: Option<LinkCallback<'a>>,
}

#[derive(Serialize)]
pub(super) struct LinkCustomer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) contact: Option<&'a str>,
}

impl LinkCustomer<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.name.is_none() && self.email.is_none() && self.contact.is_none()
    }
}

#[derive(Serialize)]
pub(super) struct LinkNotify {
    pub(super) sms: bool,
    pub(super) email: bool,
}

#[derive(Serialize)]
pub(super) struct LinkCallback<'a> {
    pub(super) callback_url: &'a str,
    pub(super) callback_method: &'static str,
}
