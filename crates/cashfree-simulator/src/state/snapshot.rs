//! Snapshots of links, orders, payments, refunds and disputes, in the form of the control API.

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

/// A link with all its orders and payments at one moment. Serializes amounts as decimal strings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LinkSnapshot {
    /// Client id of the merchant.
    pub merchant: String,
    /// The merchant's id of the link.
    pub link_id: String,
    /// The gateway's number of the link.
    pub cf_link_id: i64,
    /// The code in the address of the payment page.
    pub code: String,
    /// The address of the payment page.
    pub link_url: String,
    /// The status of the link.
    pub status: LinkStatus,
    /// The currency.
    pub currency: String,
    /// The requested amount.
    pub amount: Paise,
    /// The amount paid.
    pub amount_paid: Paise,
    /// True if instalments are accepted.
    pub partial_payments: bool,
    /// The minimum amount of the first instalment.
    pub minimum_partial_amount: Option<Paise>,
    /// The purpose of the payment.
    pub purpose: String,
    /// The merchant's notes.
    pub notes: BTreeMap<String, String>,
    /// The customer who is asked to pay.
    pub customer: Customer,
    /// The webhook address of the link.
    pub notify_url: Option<String>,
    /// The address that the payer returns to.
    pub return_url: Option<String>,
    /// Time of creation.
    #[serde(serialize_with = "serialize_control")]
    pub created_at: Timestamp,
    /// Time of expiry.
    #[serde(serialize_with = "serialize_control")]
    pub expires_at: Timestamp,
    /// Its orders, oldest first.
    pub orders: Vec<OrderSnapshot>,
}

/// An order, with or without a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OrderSnapshot {
    /// Client id of the merchant.
    pub merchant: String,
    /// The link that it belongs to, if any.
    pub link_id: Option<String>,
    /// The order's id.
    pub order_id: String,
    /// The gateway's number of the order.
    pub cf_order_id: i64,
    /// The address of its payment page.
    pub payment_url: String,
    /// The status of the order.
    pub status: OrderStatus,
    /// The amount.
    pub amount: Paise,
    /// The currency.
    pub currency: String,
    /// The status of the settlement, if it was initiated.
    pub settlement: Option<SettlementStatus>,
    /// Time of creation.
    #[serde(serialize_with = "serialize_control")]
    pub created_at: Timestamp,
    /// Its payment attempts, oldest first.
    pub payments: Vec<PaymentSnapshot>,
    /// The refunds of its payments, oldest first.
    pub refunds: Vec<RefundSnapshot>,
}

/// A refund.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RefundSnapshot {
    /// The gateway's number of the refund, as text.
    pub cf_refund_id: String,
    /// The merchant's id of the refund.
    pub refund_id: String,
    /// The order of the payment.
    pub order_id: String,
    /// The payment that is refunded.
    pub cf_payment_id: String,
    /// The origin of the refund.
    #[serde(rename = "type")]
    pub kind: RefundType,
    /// The status of the refund.
    pub status: RefundStatus,
    /// The amount.
    pub amount: Paise,
    /// Time of creation.
    #[serde(serialize_with = "serialize_control")]
    pub created_at: Timestamp,
    /// Time of completion; none while it is open.
    #[serde(serialize_with = "serialize_control_option")]
    pub processed_at: Option<Timestamp>,
}

/// A dispute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DisputeSnapshot {
    /// The gateway's number of the dispute, as text.
    pub dispute_id: String,
    /// The order of the payment.
    pub order_id: String,
    /// The disputed payment.
    pub cf_payment_id: String,
    /// The type of the dispute.
    #[serde(rename = "type")]
    pub kind: DisputeType,
    /// The stage of the dispute.
    pub stage: DisputeStage,
    /// The disputed amount.
    pub amount: Paise,
    /// Time of creation.
    #[serde(serialize_with = "serialize_control")]
    pub created_at: Timestamp,
}

/// A payment attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PaymentSnapshot {
    /// The gateway's number of the payment, as text.
    pub cf_payment_id: String,
    /// The order of the payment.
    pub order_id: String,
    /// The link of the order, if any.
    pub link_id: Option<String>,
    /// The status of the payment.
    pub status: PaymentStatus,
    /// The amount.
    pub amount: Paise,
    /// The payment method.
    pub method: Method,
    /// The gateway's message.
    pub message: String,
    /// The bank's reference of a successful payment.
    pub bank_reference: Option<String>,
    /// Time of creation.
    #[serde(serialize_with = "serialize_control")]
    pub at: Timestamp,
    /// Time of completion; none while it is pending.
    #[serde(serialize_with = "serialize_control_option")]
    pub completed_at: Option<Timestamp>,
}
