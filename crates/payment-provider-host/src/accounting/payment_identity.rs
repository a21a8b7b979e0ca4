//! Identity of payments: a payment that an operator recorded under a key of their own may be one that
//! the gateway reports later under its id.

use payment_provider_core::Payment;

use super::account::CheckoutAt;
use super::decision::{Draft, PaymentAt};
use super::history::AuditEvent;
use super::manual_payment::MANUAL_ID_PREFIX;

impl Draft {
    /// Takes a reported payment for one that an operator recorded under a key: the same amount on the
    /// same checkout, where both together would exceed the amount that the gateway reports as paid and
    /// that is not written off.
    ///
    /// The record takes the gateway's id, and takes over the reports of an attempt that is known under
    /// that id. Returns true if a payment was matched.
    pub(super) fn match_manual_payment(
        &mut self,
        at: CheckoutAt,
        attempt: Option<PaymentAt>,
        report: &Payment,
    ) -> bool {
        let checkout = self.checkout(at);
        let with_it = checkout.posted.saturating_add(report.amount.minor_units());
        if with_it <= checkout.gateway_paid.saturating_sub(checkout.written_off) {
            return false;
        }
        let checkout_pk = checkout.pk;
        let found = self.account(at.account).payments.iter().position(|row| {
            row.checkout_pk == checkout_pk
                && row.is_posted()
                && row.payment.id.as_str().starts_with(MANUAL_ID_PREFIX)
                && row.payment.amount == report.amount
        });
        let Some(payment) = found else {
            return false;
        };
        let mut place = PaymentAt {
            account: at.account,
            payment,
        };
        let manual_id = self.payment(place).payment.id.clone();
        if let Some(attempt) = attempt {
            place = self.merge_payments(attempt, place);
        }
        self.edit_payment(place).payment = report.clone();
        self.reindex();
        self.add_dedup_key(place, report.dedup_key());
        self.add_payment_names(place);
        let detail = format!(
            "payment {} of {} is the one that was recorded manually as {manual_id}: counted once",
            report.id, report.amount
        );
        self.record_history(at.account, AuditEvent::ManualPayment, detail);
        true
    }

    /// Tries deliveries again that waited for a name of this payment.
    pub(super) fn add_payment_names(&mut self, place: PaymentAt) {
        let payment = self.payment(place);
        let (connection_pk, names) = (payment.connection_pk, payment.names());
        self.add_names(connection_pk, names);
    }
}
