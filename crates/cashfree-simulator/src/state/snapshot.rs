//! Links, orders, payments, refunds and disputes as the control interface shows them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::dispute::{DisputeStage, DisputeType};
use super::link::{Customer, LinkStatus};
use super::order::OrderStatus;
use super::payment::{Method, PaymentStatus};
use super::refund::{RefundStatus, RefundType};
use super::settlement::SettlementStatus;
use crate::money::Paise;
use crate::timestamp::{serialize_control, serialize_control_option};

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
    pub created_at: Timestamp,
    /// When it ends or ended.
    #[serde(serialize_with = "serialize_control")]
    pub expires_at: Timestamp,
    /// Its orders, oldest first.
    pub orders: Vec<OrderSnapshot>,
}

/// An order, of a link or on its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OrderSnapshot {
    /// Client id of the account the order belongs to.
    pub merchant: String,
    /// The link it belongs to, if it belongs to one.
    pub link_id: Option<String>,
    /// The order's id.
    pub order_id: String,
    /// The gateway's number of the order.
    pub cf_order_id: i64,
    /// The address of its payment page.
    pub payment_url: String,
    /// Where the order is in its life.
    pub status: OrderStatus,
    /// Its amount.
    pub amount: Paise,
    /// The currency.
    pub currency: String,
    /// How the payout to the merchant stands, if one was begun.
    pub settlement: Option<SettlementStatus>,
    /// When it was made.
    #[serde(serialize_with = "serialize_control")]
    pub created_at: Timestamp,
    /// Its payment attempts, oldest first.
    pub payments: Vec<PaymentSnapshot>,
    /// The refunds of its payments, oldest first.
    pub refunds: Vec<RefundSnapshot>,
}

/// One refund.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RefundSnapshot {
    /// The gateway's number of the refund, as text.
    pub cf_refund_id: String,
    /// The merchant's id of it.
    pub refund_id: String,
    /// The order that was paid.
    pub order_id: String,
    /// The payment that goes back.
    pub cf_payment_id: String,
    /// Who wanted it.
    #[serde(rename = "type")]
    pub kind: RefundType,
    /// How it stands, or how it ended.
    pub status: RefundStatus,
    /// Its amount.
    pub amount: Paise,
    /// When it was made.
    #[serde(serialize_with = "serialize_control")]
    pub created_at: Timestamp,
    /// When it ended, unless it has not.
    #[serde(serialize_with = "serialize_control_option")]
    pub processed_at: Option<Timestamp>,
}

/// One dispute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DisputeSnapshot {
    /// The gateway's number of the dispute, as text.
    pub dispute_id: String,
    /// The order that was paid.
    pub order_id: String,
    /// The payment it is about.
    pub cf_payment_id: String,
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: DisputeType,
    /// How far it has come.
    pub stage: DisputeStage,
    /// What is disputed.
    pub amount: Paise,
    /// When it was raised.
    #[serde(serialize_with = "serialize_control")]
    pub created_at: Timestamp,
}

/// One payment attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PaymentSnapshot {
    /// The gateway's number of the payment, as text.
    pub cf_payment_id: String,
    /// The order it was made on.
    pub order_id: String,
    /// The link the order belongs to, if it belongs to one.
    pub link_id: Option<String>,
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
    pub at: Timestamp,
    /// When it ended, unless it is still pending.
    #[serde(serialize_with = "serialize_control_option")]
    pub completed_at: Option<Timestamp>,
}
