//! The orders without a link on the page, newest first.

use jiff::Timestamp;

use super::links::PaymentRow;
use crate::money::Paise;
use crate::money_text;
use crate::state::{GatewayState, OrderSnapshot, OrderStatus};

/// Maximum number of orders on the page.
const MAX_ROWS: usize = 50;

/// The latest orders without a link, and the number of all of them.
pub(super) struct Orders {
    pub(super) rows: Vec<Row>,
    pub(super) total: usize,
}

/// An order on the page.
pub(super) struct Row {
    pub(super) order: OrderSnapshot,
}

impl Orders {
    pub(super) fn of(state: &GatewayState, now: Timestamp) -> Self {
        let own = || state.orders.iter().filter(|order| order.link.is_none());
        let rows = own().rev().take(MAX_ROWS).map(|order| Row {
            order: state.order_snapshot(order, now),
        });
        Self {
            rows: rows.collect(),
            total: own().count(),
        }
    }
}

impl Row {
    #[allow(clippy::trivially_copy_pass_by_ref)] // templates hand arguments over by reference
    pub(super) fn money(&self, amount: &Paise) -> String {
        money_text::format_amount(*amount, &self.order.currency)
    }

    pub(super) fn is_payable(&self) -> bool {
        self.order.status == OrderStatus::Active
    }

    /// Returns the payments, oldest first.
    pub(super) fn payments(&self) -> impl Iterator<Item = PaymentRow<'_>> {
        let (order, payments) = (&self.order, self.order.payments.iter());
        payments.map(move |payment| PaymentRow { order, payment })
    }
}
