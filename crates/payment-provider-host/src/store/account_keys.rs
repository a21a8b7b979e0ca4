use payment_provider_core::{
    DedupKey, Event, EventKind, OrderId, Payment, PaymentId, Refund, RefundId,
};

use crate::accounting::{Answer, Portion, TargetName, success_key};

/// Returns the names by which some events find their checkouts, and the orders that they claim.
pub(crate) fn names_of(events: &[Event]) -> Vec<TargetName> {
    let mut names: Vec<TargetName> = events.iter().flat_map(TargetName::all_of).collect();
    names.extend(events.iter().filter_map(claimed_order));
    names
}

/// The order of a claimed payment, which may be another one than the event names.
fn claimed_order(event: &Event) -> Option<TargetName> {
    match &event.kind {
        EventKind::PaymentClaimed(claim) => {
            let order = claim.order_id.as_ref()?;
            Some(TargetName::Order(order.to_string()))
        }
        _ => None,
    }
}

/// The accounts to load, by everything that leads to one, and the payments that are needed of them. All
/// names and ids are those of one connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct AccountKeys<'a> {
    pub connection_pk: i64,
    pub payables: &'a [i64],
    pub checkouts: &'a [i64],
    /// Names of checkouts. The first payment of each order among these is loaded, and the payment that is
    /// posted under each id.
    pub names: &'a [TargetName],
    /// The gateway's ids of payments.
    pub payments: Vec<&'a str>,
    /// Reports that may have taken effect: the payments of which they are reports are loaded.
    pub reports: Vec<DedupKey>,
    /// Orders of which all payments are loaded. These lead to no account by themselves.
    pub claimed_orders: Vec<&'a str>,
    /// The gateway's ids of refunds.
    pub refunds: Vec<&'a str>,
    /// The gateway's ids of disputes.
    pub disputes: Vec<&'a str>,
    /// True if the history of refunds and disputes is needed.
    pub with_refund_history: bool,
    /// True if all payments are needed, for a view.
    pub with_all_payments: bool,
}

impl<'a> AccountKeys<'a> {
    /// Adds a reported payment.
    pub(crate) fn add_payment(&mut self, payment: &'a Payment) {
        self.add_payment_id(&payment.id);
        self.reports.push(payment.dedup_key());
    }

    /// Adds a payment of which only the id is reported.
    pub(crate) fn add_payment_id(&mut self, id: &'a PaymentId) {
        self.payments.push(id.as_str());
        self.reports.push(success_key(id));
    }

    /// Adds a refund with the payment that it gives back.
    pub(crate) fn add_refund(&mut self, refund: &'a Refund) {
        self.refunds.push(refund.id.as_str());
        self.with_refund_history = true;
        if let Some(payment) = &refund.payment_id {
            self.add_payment_id(payment);
        }
    }

    /// Adds what an event reports, but for its [names](names_of).
    pub(crate) fn add_event(&mut self, event: &'a Event) {
        match &event.kind {
            EventKind::Payment(payment) => self.add_payment(payment),
            EventKind::PaymentClaimed(claim) => match (&claim.payment_id, &claim.order_id) {
                (Some(id), _) => self.add_payment_id(id),
                (None, order) => self
                    .claimed_orders
                    .extend(order.as_ref().map(OrderId::as_str)),
            },
            EventKind::Refund(refund) => {
                self.refunds.push(refund.id.as_str());
                self.with_refund_history = true;
            }
            EventKind::RefundClaimed(claim) => {
                self.refunds.extend(claim.id.as_ref().map(RefundId::as_str));
            }
            EventKind::Dispute(dispute) => {
                self.disputes.push(dispute.id.as_str());
                self.with_refund_history = true;
            }
            _ => {}
        }
    }

    /// Adds the next portion of what was fetched, after the events for which it was.
    pub(crate) fn add_answer(&mut self, answer: &'a Answer) {
        self.add_portion(&answer.portion());
        // A listed payment of a claimed order may be posted on another account.
        for payment in &answer.payments {
            let order = payment.order_id.as_ref().map(OrderId::as_str);
            if order.is_some_and(|order| self.claimed_orders.contains(&order)) {
                self.add_payment(payment);
            }
        }
    }

    /// Adds the payments and refunds of a portion of a list.
    pub(crate) fn add_portion(&mut self, portion: &Portion<'a>) {
        for payment in portion.payments {
            self.add_payment(payment);
        }
        for refund in portion.refunds {
            self.add_refund(refund);
        }
    }

    /// Returns the number of keys by which rows are found.
    #[cfg(feature = "postgres")]
    pub(in crate::store) fn count(&self) -> usize {
        let rows = self.payables.len() + self.checkouts.len() + self.names.len();
        let named = self.payments.len() + self.reports.len() + self.claimed_orders.len();
        rows + named + self.refunds.len() + self.disputes.len()
    }

    /// Returns true if no payment is needed.
    pub(crate) fn needs_no_payments(&self) -> bool {
        let named =
            |name: &TargetName| matches!(name, TargetName::Order(_) | TargetName::Payment(_));
        !self.with_all_payments
            && self.payments.is_empty()
            && self.reports.is_empty()
            && self.claimed_orders.is_empty()
            && !self.names.iter().any(named)
    }
}
