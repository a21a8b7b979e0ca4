//! The orders a link's payments are made on.

use time::OffsetDateTime;

use super::payment::{Payment, PaymentStatus};
use crate::faults::wire_names;
use crate::money::Paise;

wire_names! {
    /// Where an order is in its life.
    OrderStatus, UnknownOrderStatus, "order status" {
        /// Not paid yet.
        Active = "ACTIVE",
        /// Paid by one successful payment.
        Paid = "PAID",
        /// Its time passed without a successful payment.
        Expired = "EXPIRED",
    }
}

/// One visit's or instalment's order.
pub(crate) struct Order {
    pub(crate) order_id: String,
    pub(crate) cf_order_id: i64,
    pub(crate) amount: Paise,
    pub(crate) session: String,
    pub(crate) hash: String,
    pub(crate) customer_number: String,
    pub(crate) paid: bool,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) expires_at: OffsetDateTime,
    pub(crate) payments: Vec<Payment>,
}

impl Order {
    pub(crate) fn has_pending_payment(&self) -> bool {
        self.payments
            .iter()
            .any(|payment| payment.status == PaymentStatus::Pending)
    }

    pub(crate) fn status(&self, now: OffsetDateTime) -> OrderStatus {
        if self.paid {
            OrderStatus::Paid
        } else if self.expires_at <= now {
            OrderStatus::Expired
        } else {
            OrderStatus::Active
        }
    }
}
