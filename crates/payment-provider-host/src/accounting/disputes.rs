//! Reports of disputes: each dispute is kept in its latest state, beside the payment that it contests.

use payment_provider_core::{Dispute, Event};

use super::account::{CheckoutAt, DisputeRecord, Tracked};
use super::decision::Draft;
use super::dispute_state::is_later;

impl Draft {
    /// Records a report of a dispute on a checkout. An earlier state than the known one changes nothing.
    ///
    /// A dispute that was first reported for another payable moves here if this report stands.
    pub(super) fn record_dispute(&mut self, at: CheckoutAt, event: &Event, report: &Dispute) {
        let mut report = report.clone();
        report.updated_at = report.updated_at.or(event.occurred_at);
        let (checkout_pk, connection_pk) = {
            let checkout = self.checkout(at);
            (checkout.pk, checkout.connection_pk)
        };
        let Some((owner, position)) = self.find_dispute(connection_pk, &report) else {
            let record = DisputeRecord {
                pk: 0,
                checkout_pk,
                connection_pk,
                dispute: report,
                seen_at: self.now(),
            };
            let disputes = &mut self.account_mut(at.account).disputes;
            disputes.push(Tracked::added(record));
            return;
        };
        if !is_later(&report, &self.account(owner).disputes[position].dispute) {
            return;
        }
        let mut record = self.account_mut(owner).disputes.remove(position);
        let edited = record.edit();
        edited.dispute = report;
        edited.checkout_pk = checkout_pk;
        self.account_mut(at.account).disputes.push(record);
    }
}
