//! Snapshots of a checkout: a total that is posted already, or that a fetch has to explain.

use payment_provider_core::{CheckoutSnapshot, CheckoutStatus};

use super::account::{CheckoutAt, CheckoutRecord};
use super::decision::Draft;
use super::delivery_report::{DeliveryReport, EventOutcome, WaitReason};
use super::fetched::Fetched;

impl Draft {
    /// Decides a snapshot. `asked` is what was fetched of its checkout; `not_askable` is true if nothing
    /// can be fetched.
    pub(super) fn snapshot_event(
        &mut self,
        delivery: &DeliveryReport<'_>,
        at: CheckoutAt,
        snapshot: &CheckoutSnapshot,
        asked: Option<&Fetched>,
        not_askable: bool,
    ) -> EventOutcome {
        let checkout = self.checkout(at);
        match asked {
            None if !not_askable && reports_more(checkout, snapshot) => {
                if let Some(wait) = self.expects_payment_event(delivery) {
                    // Until then no payer is asked to pay again.
                    self.record_status(at, snapshot);
                    return wait;
                }
                return EventOutcome::Fetch(at);
            }
            Some(fetched) if is_behind(fetched, checkout, snapshot) => {
                self.record_status(at, snapshot);
                return EventOutcome::Wait(WaitReason::NotListed);
            }
            _ => {}
        }
        self.record_status(at, snapshot);
        EventOutcome::Applied
    }
}

/// Returns true if a snapshot reports money that is neither posted nor written off.
fn reports_more(checkout: &CheckoutRecord, snapshot: &CheckoutSnapshot) -> bool {
    let explained = checkout.explained();
    let other_currency = snapshot.amount_paid.currency() != checkout.amount.currency();
    let paid = snapshot.status == CheckoutStatus::Paid && explained < checkout.amount.minor_units();
    other_currency || paid || snapshot.amount_paid.minor_units() > explained
}

/// Returns true if the fetched state is older than the snapshot. An amount that is written off was
/// reported once, and need never be listed.
fn is_behind(fetched: &Fetched, checkout: &CheckoutRecord, snapshot: &CheckoutSnapshot) -> bool {
    let (found, reported) = (fetched.checkout.amount_paid, snapshot.amount_paid);
    let most = found.minor_units().saturating_add(checkout.written_off);
    let less = found.currency() == reported.currency() && most < reported.minor_units();
    let unpaid = snapshot.status == CheckoutStatus::Paid && fetched.checkout.status.is_payable();
    less || (unpaid && checkout.written_off == 0)
}
