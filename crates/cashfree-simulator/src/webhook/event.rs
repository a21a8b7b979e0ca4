//! Events: their types, objects and bodies.

use jiff::Timestamp;

use super::{dispute_event, link_event, payment_event, refund_event, settlement_event};
use crate::endpoint::EventType;
use crate::state::{DisputeStage, GatewayState, PaymentIndex, RefundStatus, SettlementStatus};
use crate::version::WebhookVersion;

/// An event that merchants are notified of. Numbers are positions in the state.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event {
    /// A link changed, with the payment that caused it, if one did.
    Link(usize, Option<PaymentIndex>),
    /// A payment attempt ended.
    Payment(PaymentIndex),
    /// The charges of a successful payment are known.
    Charges(PaymentIndex),
    /// A refund requested by the merchant was completed.
    Refund(usize),
    /// A refund of the gateway's own was initiated or completed.
    AutoRefund(usize),
    /// The settlement of an order changed.
    Settlement(usize),
    /// A dispute changed.
    Dispute(usize),
}

/// The object of an event, and its merchant.
pub(super) struct EventObject {
    pub(super) merchant: String,
    pub(super) link_id: Option<String>,
    pub(super) order_id: Option<String>,
    pub(super) notify_url: Option<String>,
}

impl GatewayState {
    /// Returns the type of an event, or `None` if nothing is sent for it.
    pub(super) fn event_type(&self, event: Event) -> Option<EventType> {
        match event {
            Event::Link(..) => Some(EventType::PaymentLink),
            Event::Payment(index) => payment_event::event_type(self.payment_at(index)?.1.status),
            Event::Charges(_) => Some(EventType::PaymentCharges),
            Event::Refund(refund) => match self.refunds.get(refund)?.status {
                RefundStatus::Success | RefundStatus::Cancelled => Some(EventType::RefundStatus),
                RefundStatus::Failed if self.settings.refund_failed_event => {
                    Some(EventType::RefundStatus)
                }
                _ => None,
            },
            Event::AutoRefund(refund) => match self.refunds.get(refund)?.status {
                RefundStatus::Success | RefundStatus::Pending => Some(EventType::AutoRefundStatus),
                _ => None,
            },
            Event::Settlement(order) => {
                let settlement = self.orders.get(order)?.settlement.as_ref()?;
                Some(match settlement.status {
                    SettlementStatus::Initiated => EventType::SettlementInitiated,
                    SettlementStatus::Success => EventType::SettlementSuccess,
                    SettlementStatus::Failed => EventType::SettlementFailed,
                    SettlementStatus::Reversed => EventType::SettlementReversed,
                })
            }
            Event::Dispute(dispute) => Some(match self.disputes.get(dispute)?.stage {
                DisputeStage::Created => EventType::DisputeCreated,
                stage if stage.is_closed() => EventType::DisputeClosed,
                _ => EventType::DisputeUpdated,
            }),
        }
    }

    /// Returns the object of an event.
    pub(super) fn event_object(&self, event: Event) -> Option<EventObject> {
        let order = match event {
            Event::Link(link, _) => {
                let link = self.links.get(link)?;
                return Some(EventObject {
                    merchant: link.merchant.clone(),
                    link_id: Some(link.link_id.clone()),
                    order_id: None,
                    notify_url: link.request.meta.notify_url.clone(),
                });
            }
            Event::Payment(index) | Event::Charges(index) => index.order,
            Event::Refund(refund) | Event::AutoRefund(refund) => {
                self.refunds.get(refund)?.payment.order
            }
            Event::Settlement(order) => order,
            Event::Dispute(dispute) => self.disputes.get(dispute)?.payment.order,
        };
        let order = self.orders.get(order)?;
        Some(EventObject {
            merchant: order.merchant.clone(),
            link_id: self.link_id_of_order(order),
            order_id: Some(order.order_id.clone()),
            notify_url: order.request.meta.notify_url.clone(),
        })
    }

    /// Returns the body of an event.
    pub(super) fn event_body(
        &self,
        event: Event,
        event_type: EventType,
        version: WebhookVersion,
        now: Timestamp,
    ) -> Option<serde_json::Result<String>> {
        match event {
            Event::Link(link, cause) => link_event::body(self, link, cause, now),
            Event::Payment(index) | Event::Charges(index) => {
                payment_event::body(self, index, event_type, version, now)
            }
            Event::Refund(refund) => refund_event::body(self, refund, version, now),
            Event::AutoRefund(refund) => refund_event::auto_body(self, refund, now),
            Event::Settlement(order) => {
                settlement_event::body(self, order, event_type, version, now)
            }
            Event::Dispute(dispute) => dispute_event::body(self, dispute, event_type, now),
        }
    }
}
