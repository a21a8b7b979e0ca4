//! The log of webhook deliveries.

use super::{Delivery, GatewayState};

/// Maximum number of recorded deliveries, not counting those in progress.
const MAX_DELIVERIES: usize = 10_000;

impl GatewayState {
    /// Records a delivery under the next number, and returns the number.
    pub(crate) fn add_delivery(&mut self, delivery: Delivery) -> u64 {
        let id = self.next_delivery;
        self.next_delivery = id.saturating_add(1);
        self.deliveries.push_back(Delivery { id, ..delivery });
        self.trim_deliveries(MAX_DELIVERIES);
        id
    }

    /// Removes the oldest final deliveries while there are more than `max`.
    fn trim_deliveries(&mut self, max: usize) {
        while self.deliveries.len() > max {
            let mut all = self.deliveries.iter();
            let Some(oldest) = all.position(|delivery| delivery.state.is_final()) else {
                return;
            };
            self.deliveries.remove(oldest);
        }
    }

    /// Returns the delivery with a number.
    pub(crate) fn delivery_mut(&mut self, id: u64) -> Option<&mut Delivery> {
        let index = self
            .deliveries
            .binary_search_by_key(&id, |delivery| delivery.id);
        self.deliveries.get_mut(index.ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::EventType;
    use crate::merchant::Merchant;
    use crate::settings::Settings;
    use crate::state::WebhookDeliveryState;
    use crate::version::WebhookVersion;

    #[test]
    fn the_oldest_final_deliveries_are_removed_first() {
        let mut state = GatewayState::new(
            Settings::default(),
            vec![Merchant::default()],
            "http://127.0.0.1:3001".to_owned(),
            1,
        );
        let now = "2026-01-15T10:00:00Z".parse().unwrap();
        for id in 1..=5 {
            let mut delivery = Delivery {
                id,
                event_type: EventType::PaymentLink,
                link_id: None,
                order_id: None,
                merchant: String::new(),
                url: "http://127.0.0.1/".parse().unwrap(),
                version: WebhookVersion::default(),
                state: WebhookDeliveryState::Delivered,
                attempts: Vec::new(),
                attempts_started: 0,
                duplicate: false,
                wrong_signature: false,
                timestamp_age: std::time::Duration::ZERO,
                body: String::new(),
                timestamp: String::new(),
                signature: String::new(),
                event_key: String::new(),
            };
            if id == 1 {
                delivery.state = WebhookDeliveryState::Retrying;
            }
            delivery.sign_body("key", now);
            state.deliveries.push_back(delivery);
        }
        state.trim_deliveries(3);
        let left: Vec<u64> = state.deliveries.iter().map(|left| left.id).collect();
        assert_eq!(left, [1, 4, 5]);
        assert_eq!(state.delivery_mut(4).map(|found| found.id), Some(4));
        assert!(state.delivery_mut(2).is_none());
    }
}
