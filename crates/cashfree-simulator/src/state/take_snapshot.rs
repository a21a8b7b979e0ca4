//! Builds snapshots from the state.

use jiff::Timestamp;

use super::snapshot::{
    DisputeSnapshot, LinkSnapshot, OrderSnapshot, PaymentSnapshot, RefundSnapshot,
};
use super::{Dispute, GatewayState, Link, Order, Payment, PaymentIndex, Refund};

impl GatewayState {
    pub(crate) fn snapshot(&self, link: &Link, now: Timestamp) -> LinkSnapshot {
        LinkSnapshot {
            merchant: link.merchant.clone(),
            link_id: link.link_id.clone(),
            cf_link_id: link.cf_link_id,
            code: link.code.clone(),
            link_url: self.link_url(link),
            status: link.status,
            currency: link.request.currency.clone(),
            amount: link.request.amount,
            amount_paid: link.amount_paid,
            partial_payments: link.request.partial_payments,
            minimum_partial_amount: link.request.minimum_partial_amount,
            purpose: link.request.purpose.clone(),
            notes: link.request.notes.clone(),
            customer: link.request.customer.clone(),
            notify_url: link.request.meta.notify_url.clone(),
            return_url: link.request.meta.return_url.clone(),
            created_at: link.created_at,
            expires_at: link.expires_at,
            orders: self
                .orders_of(link)
                .map(|order| self.order_snapshot(order, now))
                .collect(),
        }
    }

    pub(crate) fn order_snapshot(&self, order: &Order, now: Timestamp) -> OrderSnapshot {
        OrderSnapshot {
            merchant: order.merchant.clone(),
            link_id: self.link_id_of_order(order),
            order_id: order.order_id.clone(),
            cf_order_id: order.cf_order_id,
            payment_url: self.order_url(order),
            status: order.status(now),
            amount: order.request.amount,
            currency: order.request.currency.clone(),
            settlement: order
                .settlement
                .as_ref()
                .map(|settlement| settlement.status),
            created_at: order.created_at,
            payments: order
                .payments
                .iter()
                .map(|payment| self.snapshot_of_payment(order, payment))
                .collect(),
            refunds: self
                .refunds_of(order)
                .map(|refund| self.refund_snapshot(refund))
                .collect(),
        }
    }

    pub(crate) fn payment_snapshot(&self, index: PaymentIndex) -> Option<PaymentSnapshot> {
        self.payment_at(index)
            .map(|(order, payment)| self.snapshot_of_payment(order, payment))
    }

    fn snapshot_of_payment(&self, order: &Order, payment: &Payment) -> PaymentSnapshot {
        PaymentSnapshot {
            cf_payment_id: payment.cf_payment_id.to_string(),
            order_id: order.order_id.clone(),
            link_id: self.link_id_of_order(order),
            status: payment.status,
            amount: payment.amount,
            method: payment.instrument.method(),
            message: payment.message.clone(),
            bank_reference: payment.bank_reference.clone(),
            at: payment.at,
            completed_at: payment.completed_at,
        }
    }

    pub(crate) fn refund_snapshot(&self, refund: &Refund) -> RefundSnapshot {
        let (order_id, cf_payment_id) = self.names(refund.payment);
        RefundSnapshot {
            cf_refund_id: refund.cf_refund_id.to_string(),
            refund_id: refund.refund_id.clone(),
            order_id,
            cf_payment_id,
            kind: refund.kind,
            status: refund.status,
            amount: refund.amount,
            created_at: refund.created_at,
            processed_at: refund.processed_at,
        }
    }

    pub(crate) fn dispute_snapshot(&self, dispute: &Dispute) -> DisputeSnapshot {
        let (order_id, cf_payment_id) = self.names(dispute.payment);
        DisputeSnapshot {
            dispute_id: dispute.dispute_id.to_string(),
            order_id,
            cf_payment_id,
            kind: dispute.kind,
            stage: dispute.stage,
            amount: dispute.amount,
            created_at: dispute.created_at,
        }
    }

    fn names(&self, index: PaymentIndex) -> (String, String) {
        self.payment_at(index)
            .map_or_else(Default::default, |(order, payment)| {
                (order.order_id.clone(), payment.cf_payment_id.to_string())
            })
    }

    pub(crate) fn link_id_of_order(&self, order: &Order) -> Option<String> {
        self.link_of_order(order).map(|link| link.link_id.clone())
    }
}
