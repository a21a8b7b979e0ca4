//! What a payable's history says of the deliveries about it.

use payment_provider_core::{Event, TimestampCheck};

use crate::Host;
use crate::store::{DeliveryRow, HistoryKind, HistoryRow, StoreError, Transaction};

impl Host {
    /// Notes for every payable which this delivery is about, as far as they are known by now, that
    /// it was received. Once for each, however often the delivery is tried.
    pub(super) async fn note_received(
        &self,
        tx: &mut Transaction,
        delivery: &DeliveryRow,
    ) -> Result<(), StoreError> {
        for event in &delivery.events {
            let matched = self.match_event(tx, delivery.connection_pk, event).await?;
            let Some(checkout) = matched.checkout else {
                continue;
            };
            let row = HistoryRow {
                payable_pk: checkout.payable_pk,
                at: delivery.received_at,
                kind: HistoryKind::DeliveryReceived,
                detail: received_detail(delivery),
                delivery_pk: Some(delivery.pk),
            };
            tx.append_history(&row).await?;
        }
        Ok(())
    }
}

fn received_detail(delivery: &DeliveryRow) -> String {
    let types = types(&delivery.events);
    let secret = match &delivery.matched_secret {
        Some(label) => format!(" with secret {label}"),
        None => String::new(),
    };
    let time = match delivery.timestamp_check {
        TimestampCheck::Fresh => "time stamp fresh",
        TimestampCheck::Stale => {
            "time stamp too old, outside the acceptance window: \
             only taken as a hint to ask the gateway"
        }
        TimestampCheck::FromFuture => {
            "time stamp too far ahead, outside the acceptance window: \
             only taken as a hint to ask the gateway"
        }
    };
    format!("{types}, signature verified{secret}, {time}")
}

/// The gateway's words for the types of the events, each once.
fn types(events: &[Event]) -> String {
    let mut types: Vec<&str> = Vec::new();
    for event in events {
        if !types.contains(&event.gateway_type.as_str()) {
            types.push(&event.gateway_type);
        }
    }
    types.join(" and ")
}
