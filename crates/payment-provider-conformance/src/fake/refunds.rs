//! The refunds of the gateway.

use payment_provider_core::{CheckoutReference, Event, EventKind, Refund, RefundId, RefundStatus};

use super::envelope::REFUND;
use super::settings::AccountKey;
use super::state::{GatewayState, Subject};

impl GatewayState {
    /// Adds a refund of a payment of this checkout.
    pub(super) fn add_refund(
        &mut self,
        key: &AccountKey,
        reference: &CheckoutReference,
        mut refund: Refund,
    ) {
        let now = self.now;
        if let Some(record) = self.find(key, reference.as_str()) {
            refund.order_id = Some(record.order_id.clone());
            refund.created_at = Some(now);
            let id = refund.id.clone();
            record.refunds.push(refund);
            self.report_refund(key, reference, &id);
        }
    }

    /// Changes the status of a refund.
    pub(super) fn set_refund_status(
        &mut self,
        key: &AccountKey,
        reference: &CheckoutReference,
        id: &RefundId,
        status: RefundStatus,
    ) {
        let record = self.find(key, reference.as_str());
        let known = record.and_then(|record| record.refunds.iter_mut().find(|one| one.id == *id));
        if let Some(refund) = known {
            refund.status = status;
            self.report_refund(key, reference, id);
        }
    }

    /// Reports a refund in a delivery.
    fn report_refund(&mut self, key: &AccountKey, reference: &CheckoutReference, id: &RefundId) {
        let Some(record) = self.find(key, reference.as_str()) else {
            return;
        };
        let Some(refund) = record.refunds.iter().find(|refund| refund.id == *id) else {
            return;
        };
        let kind = EventKind::Refund(refund.clone());
        let event = Event::new(REFUND, record.target(), kind);
        let subject = Subject::Refund(id.clone());
        self.record_delivery(key, REFUND, vec![event], Some(subject));
    }
}
