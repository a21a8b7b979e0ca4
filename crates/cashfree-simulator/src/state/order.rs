//! Orders, on which payments are made. A link creates its own orders; merchants can create others.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::value::RawValue;

use super::link::Customer;
use super::payment::{Payment, PaymentStatus};
use super::settlement::Settlement;
use crate::money::Paise;
use crate::wire_enum::wire_enum;

wire_enum! {
    /// The status of an order.
    OrderStatus, UnknownOrderStatus, "order status" {
        /// Not paid yet.
        Active = "ACTIVE",
        /// Paid by a successful payment.
        Paid = "PAID",
        /// The order expired without a successful payment.
        Expired = "EXPIRED",
        /// Terminated as soon as the pending payment ends.
        TerminationRequested = "TERMINATION_REQUESTED",
        /// Terminated by the merchant.
        Terminated = "TERMINATED",
    }
}

/// Addresses and options of an order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct OrderMeta {
    pub(crate) return_url: Option<String>,
    pub(crate) notify_url: Option<String>,
    pub(crate) payment_methods: Option<String>,
}

/// A request to create an order.
#[derive(Clone)]
pub(crate) struct NewOrder {
    pub(crate) order_id: Option<String>,
    pub(crate) amount: Paise,
    pub(crate) currency: String,
    pub(crate) customer_id: String,
    pub(crate) customer_uid: Option<String>,
    pub(crate) customer: Customer,
    pub(crate) meta: OrderMeta,
    pub(crate) note: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) splits: Option<Box<RawValue>>,
    pub(crate) expires_at: Option<Timestamp>,
}

/// The internal record of an order.
pub(crate) struct Order {
    pub(crate) merchant: String,
    /// Position of the link that it belongs to, if any.
    pub(crate) link: Option<usize>,
    pub(crate) order_id: String,
    pub(crate) cf_order_id: i64,
    pub(crate) request: NewOrder,
    pub(crate) session: String,
    pub(crate) hash: String,
    pub(crate) paid: bool,
    pub(crate) terminated: bool,
    pub(crate) created_at: Timestamp,
    pub(crate) visible_from: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) payments: Vec<Payment>,
    /// Positions of its refunds among all refunds, oldest first.
    pub(crate) refunds: Vec<usize>,
    pub(crate) settlement: Option<Settlement>,
}

impl Order {
    pub(crate) fn has_pending_payment(&self) -> bool {
        self.payments
            .iter()
            .any(|payment| payment.status == PaymentStatus::Pending)
    }

    pub(crate) fn status(&self, now: Timestamp) -> OrderStatus {
        if self.paid {
            OrderStatus::Paid
        } else if self.terminated && self.has_pending_payment() {
            OrderStatus::TerminationRequested
        } else if self.terminated {
            OrderStatus::Terminated
        } else if self.expires_at <= now {
            OrderStatus::Expired
        } else {
            OrderStatus::Active
        }
    }

    /// Returns the position of its first successful payment.
    pub(crate) fn successful_payment(&self) -> Option<usize> {
        self.payments
            .iter()
            .position(|payment| payment.status == PaymentStatus::Success)
    }
}
