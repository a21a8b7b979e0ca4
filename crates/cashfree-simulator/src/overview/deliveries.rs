//! The webhook deliveries on the page, newest first.

use super::pretty_json;
use crate::state::DeliverySnapshot;
use crate::state::GatewayState;

/// Maximum number of deliveries on the page.
const MAX_ROWS: usize = 50;

/// The latest deliveries, and the number of all recorded ones.
pub(super) struct Deliveries {
    pub(super) rows: Vec<Row>,
    pub(super) total: usize,
}

/// A delivery on the page.
pub(super) struct Row {
    pub(super) delivery: DeliverySnapshot,
}

impl Deliveries {
    pub(super) fn of(state: &GatewayState) -> Self {
        let rows = state
            .deliveries
            .iter()
            .rev()
            .take(MAX_ROWS)
            .map(|delivery| Row {
                delivery: DeliverySnapshot::from(delivery),
            });
        Self {
            rows: rows.collect(),
            total: state.deliveries.len(),
        }
    }
}

impl Row {
    pub(super) fn pretty_body(&self) -> String {
        pretty_json::pretty(&self.delivery.body)
    }

    /// Describes the object of the event.
    pub(super) fn about(&self) -> String {
        match (&self.delivery.link_id, &self.delivery.order_id) {
            (Some(link_id), _) => format!("link {link_id}"),
            (None, Some(order_id)) => format!("order {order_id}"),
            (None, None) => "a test of the endpoint".to_owned(),
        }
    }

    /// Summarizes the attempts.
    pub(super) fn attempts(&self) -> String {
        let made = self.delivery.attempts.len();
        let plural = if made == 1 { "" } else { "s" };
        match self.delivery.attempts.last() {
            Some(latest) => format!("{made} attempt{plural}, {}", latest.outcome()),
            None => "no attempt yet".to_owned(),
        }
    }
}
