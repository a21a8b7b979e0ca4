//! Links, orders and payments as the control interface shows them.

use std::collections::BTreeMap;

use serde::Serialize;
use time::OffsetDateTime;

use super::link::{Customer, Link, LinkStatus};
use super::order::{Order, OrderStatus};
use super::payment::{Method, Payment, PaymentStatus};
use super::{Place, World};
use crate::money::Paise;
use crate::stamp::{serialize_control, serialize_control_option};

/// A link with all its orders and payments, at one moment. Serialises with amounts as decimal strings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LinkSnapshot {
    /// Client id of the account the link belongs to.
    pub merchant: String,
    /// The merchant's id of the link.
    pub link_id: String,
    /// The gateway's number of the link.
    pub cf_link_id: i64,
    /// The code in the payment page's address.
    pub code: String,
    /// The payment page's address.
    pub link_url: String,
    /// Where the link is in its life.
    pub status: LinkStatus,
    /// The currency.
    pub currency: String,
    /// The amount asked for.
    pub amount: Paise,
    /// The amount paid.
    pub amount_paid: Paise,
    /// Whether instalments are taken.
    pub partial_payments: bool,
    /// The least first instalment.
    pub minimum_partial_amount: Option<Paise>,
    /// What is paid for.
    pub purpose: String,
    /// The merchant's notes.
    pub notes: BTreeMap<String, String>,
    /// Who is asked to pay.
    pub customer: Customer,
    /// The link's own webhook address.
    pub notify_url: Option<String>,
    /// Where the payer goes afterwards.
    pub return_url: Option<String>,
    /// When it was made.
    #[serde(serialize_with = "serialize_control")]
    pub created_at: OffsetDateTime,
    /// When it ends or ended.
    #[serde(serialize_with = "serialize_control")]
    pub expires_at: OffsetDateTime,
    /// Its orders, oldest first.
    pub orders: Vec<OrderSnapshot>,
}

/// One order of a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OrderSnapshot {
    /// The order's id.
    pub order_id: String,
    /// The gateway's number of the order.
    pub cf_order_id: i64,
    /// Where the order is in its life.
    pub status: OrderStatus,
    /// Its amount.
    pub amount: Paise,
    /// When it was made.
    #[serde(serialize_with = "serialize_control")]
    pub created_at: OffsetDateTime,
    /// Its payment attempts, oldest first.
    pub payments: Vec<PaymentSnapshot>,
}

/// One payment attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PaymentSnapshot {
    /// The gateway's number of the payment, as text.
    pub cf_payment_id: String,
    /// The order it was made on.
    pub order_id: String,
    /// The link the order belongs to.
    pub link_id: String,
    /// How it stands, or how it ended.
    pub status: PaymentStatus,
    /// Its amount.
    pub amount: Paise,
    /// What it was made with.
    pub method: Method,
    /// The gateway's message about it.
    pub message: String,
    /// The bank's reference, of a successful payment.
    pub bank_reference: Option<String>,
    /// When it was made.
    #[serde(serialize_with = "serialize_control")]
    pub at: OffsetDateTime,
    /// When it ended, unless it is still pending.
    #[serde(serialize_with = "serialize_control_option")]
    pub completed_at: Option<OffsetDateTime>,
}

impl World {
    pub(crate) fn snapshot(&self, link: &Link, now: OffsetDateTime) -> LinkSnapshot {
        LinkSnapshot {
            merchant: link.merchant.clone(),
            link_id: link.link_id.clone(),
            cf_link_id: link.cf_link_id,
            code: link.code.clone(),
            link_url: self.link_url(link),
            status: link.status,
            currency: link.asked.currency.clone(),
            amount: link.asked.amount,
            amount_paid: link.amount_paid,
            partial_payments: link.asked.partial_payments,
            minimum_partial_amount: link.asked.minimum_partial_amount,
            purpose: link.asked.purpose.clone(),
            notes: link.asked.notes.clone(),
            customer: link.asked.customer.clone(),
            notify_url: link.asked.meta.notify_url.clone(),
            return_url: link.asked.meta.return_url.clone(),
            created_at: link.created_at,
            expires_at: link.expires_at,
            orders: link
                .orders
                .iter()
                .map(|order| order_snapshot(link, order, now))
                .collect(),
        }
    }

    pub(crate) fn payment_snapshot(&self, place: Place) -> Option<PaymentSnapshot> {
        self.at(place)
            .map(|(link, order, payment)| payment_snapshot(link, order, payment))
    }
}

fn order_snapshot(link: &Link, order: &Order, now: OffsetDateTime) -> OrderSnapshot {
    OrderSnapshot {
        order_id: order.order_id.clone(),
        cf_order_id: order.cf_order_id,
        status: order.status(now),
        amount: order.amount,
        created_at: order.created_at,
        payments: order
            .payments
            .iter()
            .map(|payment| payment_snapshot(link, order, payment))
            .collect(),
    }
}

fn payment_snapshot(link: &Link, order: &Order, payment: &Payment) -> PaymentSnapshot {
    PaymentSnapshot {
        cf_payment_id: payment.cf_payment_id.to_string(),
        order_id: order.order_id.clone(),
        link_id: link.link_id.clone(),
        status: payment.status,
        amount: payment.amount,
        method: payment.instrument.method(),
        message: payment.message.clone(),
        bank_reference: payment.bank_reference.clone(),
        at: payment.at,
        completed_at: payment.completed_at,
    }
}
