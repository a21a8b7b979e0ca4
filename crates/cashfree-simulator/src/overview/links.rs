//! The links on the page, newest first.

use jiff::Timestamp;

use crate::money::Paise;
use crate::money_text;
use crate::state::{
    GatewayState, LinkSnapshot, LinkStatus, OrderSnapshot, PaymentSnapshot, PaymentStatus,
    RefundSnapshot,
};
use crate::timestamp;

/// Maximum number of links on the page.
const MAX_ROWS: usize = 50;

/// The latest links, and the number of all links.
pub(super) struct Links {
    pub(super) rows: Vec<Row>,
    pub(super) total: usize,
}

/// A link on the page.
pub(super) struct Row {
    pub(super) link: LinkSnapshot,
    pub(super) merchant_name: String,
}

impl Links {
    pub(super) fn of(state: &GatewayState, now: Timestamp) -> Self {
        let rows = state.links.iter().rev().take(MAX_ROWS).map(|link| Row {
            merchant_name: state
                .merchant(&link.merchant)
                .map_or(link.merchant.as_str(), |merchant| merchant.name())
                .to_owned(),
            link: state.snapshot(link, now),
        });
        Self {
            rows: rows.collect(),
            total: state.links.len(),
        }
    }
}

impl Row {
    #[allow(clippy::trivially_copy_pass_by_ref)] // templates hand arguments over by reference
    pub(super) fn money(&self, amount: &Paise) -> String {
        money_text::format_amount(*amount, &self.link.currency)
    }

    /// Returns the amount paid beyond the amount of the link.
    pub(super) fn overpaid(&self) -> Option<String> {
        let overpaid = self.link.amount_paid.saturating_sub(self.link.amount);
        overpaid.is_positive().then(|| self.money(&overpaid))
    }

    /// Returns true if the link has ended unpaid. Only a late payment can still arrive then.
    pub(super) fn is_over_unpaid(&self) -> bool {
        !self.link.status.is_payable() && self.link.amount_paid < self.link.amount
    }

    pub(super) fn is_expired(&self) -> bool {
        self.link.status == LinkStatus::Expired
    }

    pub(super) fn expires(&self) -> String {
        timestamp::readable(self.link.expires_at)
    }

    pub(super) fn expires_exactly(&self) -> String {
        timestamp::ist(self.link.expires_at)
    }

    /// Returns the payments with their orders, oldest first.
    pub(super) fn payments(&self) -> impl Iterator<Item = PaymentRow<'_>> {
        self.link.orders.iter().flat_map(|order| {
            let payments = order.payments.iter();
            payments.map(move |payment| PaymentRow { order, payment })
        })
    }
}

impl Row {
    /// Returns the refunds of all payments, oldest first within each order.
    pub(super) fn refunds(&self) -> impl Iterator<Item = &RefundSnapshot> {
        self.link.orders.iter().flat_map(|order| &order.refunds)
    }
}

/// A payment and its order.
pub(super) struct PaymentRow<'a> {
    pub(super) order: &'a OrderSnapshot,
    pub(super) payment: &'a PaymentSnapshot,
}

impl PaymentRow<'_> {
    pub(super) fn is_pending(&self) -> bool {
        self.payment.status == PaymentStatus::Pending
    }

    pub(super) fn succeeded(&self) -> bool {
        self.payment.status == PaymentStatus::Success
    }

    pub(super) fn at(&self) -> String {
        timestamp::readable(self.payment.at)
    }

    pub(super) fn exactly(&self) -> String {
        timestamp::ist(self.payment.at)
    }
}
