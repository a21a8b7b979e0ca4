use std::borrow::Cow;

use jiff::Timestamp;
use payment_provider_core::{
    Checkout, CheckoutReference, CheckoutStatus, Environment, Fingerprint, GatewayCheckoutId,
    Money, NextAction, OrderId,
};
use payment_provider_http::json::{self, Raw, Unreadable};
use payment_provider_http::reexport::RawValue;
use payment_provider_http::url_rules;
use serde::Deserialize;
use url::Url;

use super::FINGERPRINT_NOTE;
use crate::wire;

/// A payment link as the gateway returns it.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) id: GatewayCheckoutId,
    pub(crate) status: CheckoutStatus,
    pub(crate) amount: Money,
    pub(crate) amount_paid: Money,
    /// The link can be paid in several payments.
    pub(crate) instalments: bool,
    pub(crate) url: Option<Url>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) fingerprint: Option<Fingerprint>,
    /// The single order of all payments of the link; `None` before the first attempt to pay.
    pub(crate) order_id: Option<OrderId>,
}

#[derive(Deserialize)]
struct Entity<'a> {
    #[serde(borrow, default)]
    id: Raw<'a>,
    #[serde(borrow, default)]
    reference_id: Raw<'a>,
    #[serde(borrow, default)]
    status: Raw<'a>,
    #[serde(borrow, default)]
    currency: Raw<'a>,
    #[serde(borrow, default)]
    amount: Raw<'a>,
    #[serde(borrow, default)]
    amount_paid: Raw<'a>,
    #[serde(borrow, default)]
    accept_partial: Raw<'a>,
    #[serde(borrow, default)]
    short_url: Raw<'a>,
    #[serde(borrow, default)]
    expire_by: Raw<'a>,
    #[serde(borrow, default)]
    notes: Raw<'a>,
    #[serde(borrow, default)]
    order_id: Raw<'a>,
}

/// A list of links, in each of its forms.
#[derive(Deserialize)]
struct List<'a> {
    #[serde(borrow, default)]
    payment_links: Raw<'a>,
    #[serde(borrow, default)]
    items: Raw<'a>,
    #[serde(borrow, default)]
    id: Raw<'a>,
}

/// Returns the links of a list. They are in `payment_links`; `items`, the name in all other lists,
/// and a single bare link are also read. A response without a list is not an empty list.
pub(crate) fn entities(body: &[u8]) -> Result<Vec<&RawValue>, Unreadable> {
    let list: List<'_> = json::body(body)?;
    if list.payment_links.is_some() {
        return json::array("payment_links", list.payment_links);
    }
    if list.items.is_some() {
        return json::array("items", list.items);
    }
    let bare = list.id.is_some().then(|| serde_json::from_slice(body).ok());
    match bare.flatten() {
        Some(link) => Ok(vec![link]),
        None => Err(Unreadable("payment_links")),
    }
}

impl Link {
    /// Returns the reference of any link.
    pub(super) fn reference_of(raw: &RawValue) -> Option<String> {
        let entity: Entity<'_> = json::optional_object(Some(raw))?;
        json::optional_text(entity.reference_id).map(Cow::into_owned)
    }

    /// Reads the link with this reference from the body of a response.
    pub(crate) fn read(
        body: &[u8],
        asked: &CheckoutReference,
        environment: Environment,
    ) -> Result<Self, Unreadable> {
        let raw: &RawValue = serde_json::from_slice(body).map_err(|_| Unreadable("body"))?;
        Self::of(raw, asked, environment)
    }

    /// Reads the link with this reference. A link with another reference is unreadable.
    pub(super) fn of(
        raw: &RawValue,
        asked: &CheckoutReference,
        environment: Environment,
    ) -> Result<Self, Unreadable> {
        let entity: Entity<'_> = json::object("body", Some(raw))?;
        if json::text("reference_id", entity.reference_id)? != asked.as_str() {
            return Err(Unreadable("reference_id of the requested link"));
        }
        let status = wire::checkout_status(&json::word("status", entity.status)?);
        let currency = json::currency("currency", entity.currency)?;
        let url = json::optional_text(entity.short_url)
            .and_then(|text| text.parse::<Url>().ok())
            .filter(|url| url_rules::defect(url, environment).is_none());
        let open = matches!(status, CheckoutStatus::Open | CheckoutStatus::PartiallyPaid);
        if open && url.is_none() {
            return Err(Unreadable("short_url"));
        }
        let fingerprint = wire::note(entity.notes, FINGERPRINT_NOTE);
        Ok(Self {
            id: json::gateway_identifier(entity.id).ok_or(Unreadable("id"))?,
            amount: json::minor_units("amount", entity.amount, currency)?,
            amount_paid: json::minor_units("amount_paid", entity.amount_paid, currency)?,
            instalments: wire::takes_instalments(&status, entity.accept_partial),
            url,
            // 0 means six months, not "never"; links created by this provider always have an
            // expiry.
            expires_at: json::unix_seconds(entity.expire_by),
            fingerprint: fingerprint.and_then(|text| Fingerprint::new(text).ok()),
            order_id: wire::order_id(entity.order_id),
            status,
        })
    }

    /// Returns true if the link is new: nothing has been paid, and it has not ended.
    pub(super) fn is_untouched(&self) -> bool {
        let new = matches!(
            self.status,
            CheckoutStatus::Open | CheckoutStatus::Unknown(_)
        );
        new && self.amount_paid.is_zero()
    }

    /// Returns true if the status is final.
    pub(super) fn has_ended(&self) -> bool {
        matches!(
            self.status,
            CheckoutStatus::Cancelled | CheckoutStatus::Expired | CheckoutStatus::Paid
        )
    }

    pub(super) fn into_checkout(self, reference: CheckoutReference) -> Checkout {
        let next = match self.url {
            Some(url) if self.status.is_payable() => NextAction::Redirect(url),
            _ => NextAction::None,
        };
        let mut checkout = Checkout::new(reference, self.status, self.amount, next);
        checkout.gateway_id = Some(self.id);
        checkout.amount_paid = self.amount_paid;
        checkout.expires_at = self.expires_at;
        checkout.fingerprint = self.fingerprint;
        checkout.order_id = self.order_id;
        checkout
    }
}

#[cfg(test)]
mod tests;
