use payment_provider_core::{DedupKey, Payment, PaymentId, Refund};

use crate::accounting::{Portion, TargetName, success_key};

/// The accounts to load, by everything that leads to one, and the payments that are needed of them. All
/// names and ids are those of one connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct AccountKeys<'a> {
    pub connection_pk: i64,
    pub payables: &'a [i64],
    pub checkouts: &'a [i64],
    /// Of each order among these, the first payment is loaded; of each payment, the one posted under it.
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
    pub(in crate::store) fn needs_no_payments(&self) -> bool {
        let named =
            |name: &TargetName| matches!(name, TargetName::Order(_) | TargetName::Payment(_));
        !self.with_all_payments
            && self.payments.is_empty()
            && self.reports.is_empty()
            && self.claimed_orders.is_empty()
            && !self.names.iter().any(named)
    }
}
