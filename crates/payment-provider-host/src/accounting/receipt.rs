//! The receipt of a delivery, as an entry in the history of each payable that it is about.

use std::collections::BTreeSet;

use payment_provider_core::TimestampCheck;

use super::decision::Draft;
use super::delivery_report::DeliveryReport;
use super::history::{AuditEvent, HistoryEntry};

impl Draft {
    /// Records the receipt of the delivery in every account that it is about, once.
    pub(super) fn record_receipt(
        &mut self,
        delivery: &DeliveryReport<'_>,
        received: &mut BTreeSet<usize>,
    ) {
        for event in delivery.events {
            let resolved = self.resolve(delivery.connection_pk, event);
            let Some(at) = resolved.checkout else {
                continue;
            };
            if received.insert(at.account) {
                self.push_history(HistoryEntry {
                    payable_pk: self.account(at.account).payable.pk,
                    at: delivery.received_at,
                    event: AuditEvent::DeliveryReceived,
                    detail: receipt_detail(delivery),
                    delivery_pk: Some(delivery.pk),
                });
            }
        }
    }
}

fn receipt_detail(delivery: &DeliveryReport<'_>) -> String {
    let mut types: Vec<&str> = Vec::new();
    for event in delivery.events {
        if !types.contains(&event.gateway_type.as_str()) {
            types.push(&event.gateway_type);
        }
    }
    let secret = match delivery.matched_secret {
        Some(label) => format!(" with secret {label}"),
        None => String::new(),
    };
    let time = match delivery.timestamp_check {
        TimestampCheck::Fresh => "timestamp fresh",
        TimestampCheck::Stale => {
            "timestamp too old, outside the acceptance window: \
             only taken as a hint to ask the gateway"
        }
        TimestampCheck::FromFuture => {
            "timestamp too far ahead, outside the acceptance window: \
             only taken as a hint to ask the gateway"
        }
    };
    format!(
        "{}, signature verified{secret}, {time}",
        types.join(" and ")
    )
}
