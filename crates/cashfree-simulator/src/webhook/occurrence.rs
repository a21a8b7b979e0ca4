//! What merchants are told about: its type, whose it is, and its body.

use jiff::Timestamp;

use super::{dispute_event, link_event, payment_event, refund_event, settlement_event};
use crate::endpoint::EventType;
use crate::version::WebhookVersion;
use crate::world::{DisputeStage, Place, RefundStatus, SettlementStatus, World};

/// Something a merchant is told about. What is only a number is a position in the state.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Occurrence {
    /// A link changed, by a payment or without one.
    Link(usize, Option<Place>),
    /// A payment attempt ended.
    Payment(Place),
    /// What a successful payment costs is known.
    Charges(Place),
    /// A refund a merchant asked for ended.
    Refund(usize),
    /// A refund of the gateway's own was begun or ended.
    AutoRefund(usize),
    /// The payout of an order changed.
    Settlement(usize),
    /// A dispute changed.
    Dispute(usize),
}

/// Whose an occurrence is.
pub(super) struct Subject {
    pub(super) merchant: String,
    pub(super) link_id: Option<String>,
    pub(super) order_id: Option<String>,
    pub(super) notify_url: Option<String>,
}

impl World {
    /// The type of an occurrence, unless nobody is told about it.
    pub(super) fn type_of(&self, occurrence: Occurrence) -> Option<EventType> {
        match occurrence {
            Occurrence::Link(..) => Some(EventType::PaymentLink),
            Occurrence::Payment(place) => payment_event::event_type(self.at(place)?.1.status),
            Occurrence::Charges(_) => Some(EventType::PaymentCharges),
            Occurrence::Refund(refund) => match self.refunds.get(refund)?.status {
                RefundStatus::Success | RefundStatus::Cancelled => Some(EventType::RefundStatus),
                RefundStatus::Failed if self.settings.refund_failed_event => {
                    Some(EventType::RefundStatus)
                }
                _ => None,
            },
            Occurrence::AutoRefund(refund) => match self.refunds.get(refund)?.status {
                RefundStatus::Success | RefundStatus::Pending => Some(EventType::AutoRefundStatus),
                _ => None,
            },
            Occurrence::Settlement(order) => {
                let settlement = self.orders.get(order)?.settlement.as_ref()?;
                Some(match settlement.status {
                    SettlementStatus::Initiated => EventType::SettlementInitiated,
                    SettlementStatus::Success => EventType::SettlementSuccess,
                    SettlementStatus::Failed => EventType::SettlementFailed,
                    SettlementStatus::Reversed => EventType::SettlementReversed,
                })
            }
            Occurrence::Dispute(dispute) => Some(match self.disputes.get(dispute)?.stage {
                DisputeStage::Created => EventType::DisputeCreated,
                stage if stage.is_end() => EventType::DisputeClosed,
                _ => EventType::DisputeUpdated,
            }),
        }
    }

    /// Whose an occurrence is.
    pub(super) fn subject(&self, occurrence: Occurrence) -> Option<Subject> {
        let order = match occurrence {
            Occurrence::Link(link, _) => {
                let link = self.links.get(link)?;
                return Some(Subject {
                    merchant: link.merchant.clone(),
                    link_id: Some(link.link_id.clone()),
                    order_id: None,
                    notify_url: link.asked.meta.notify_url.clone(),
                });
            }
            Occurrence::Payment(place) | Occurrence::Charges(place) => place.order,
            Occurrence::Refund(refund) | Occurrence::AutoRefund(refund) => {
                self.refunds.get(refund)?.place.order
            }
            Occurrence::Settlement(order) => order,
            Occurrence::Dispute(dispute) => self.disputes.get(dispute)?.place.order,
        };
        let order = self.orders.get(order)?;
        Some(Subject {
            merchant: order.merchant.clone(),
            link_id: self.link_id_behind(order),
            order_id: Some(order.order_id.clone()),
            notify_url: order.asked.meta.notify_url.clone(),
        })
    }

    /// The body that tells about an occurrence.
    pub(super) fn body_of(
        &self,
        occurrence: Occurrence,
        event_type: EventType,
        version: WebhookVersion,
        now: Timestamp,
    ) -> Option<serde_json::Result<String>> {
        match occurrence {
            Occurrence::Link(link, cause) => link_event::body(self, link, cause, now),
            Occurrence::Payment(place) | Occurrence::Charges(place) => {
                payment_event::body(self, place, event_type, version, now)
            }
            Occurrence::Refund(refund) => refund_event::body(self, refund, version, now),
            Occurrence::AutoRefund(refund) => refund_event::auto_body(self, refund, now),
            Occurrence::Settlement(order) => {
                settlement_event::body(self, order, event_type, version, now)
            }
            Occurrence::Dispute(dispute) => dispute_event::body(self, dispute, event_type, now),
        }
    }
}
