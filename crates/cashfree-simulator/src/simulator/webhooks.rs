//! Webhook endpoints and deliveries.

use std::sync::PoisonError;

use super::Simulator;
use crate::control_error::ControlError;
use crate::endpoint::{Endpoint, EndpointSnapshot};
use crate::state::{DeliverySnapshot, WebhookDeliveryState};

impl Simulator {
    /// Returns the recorded deliveries, oldest first: the latest 10 000, and those still in progress.
    pub fn deliveries(&self) -> Vec<DeliverySnapshot> {
        self.shared.with(|state, _| {
            state
                .deliveries
                .iter()
                .map(DeliverySnapshot::from)
                .collect()
        })
    }

    /// Removes the deliveries that are final, and returns their number.
    pub fn clear_deliveries(&self) -> usize {
        self.shared.with(|state, _| {
            let before = state.deliveries.len();
            state
                .deliveries
                .retain(|delivery| !delivery.state.is_final());
            before - state.deliveries.len()
        })
    }

    /// Sends the bytes of a delivery once more.
    pub fn resend(&self, id: u64) -> Result<DeliverySnapshot, ControlError> {
        let snapshot = self.shared.with(|state, _| {
            let delivery = state
                .delivery_mut(id)
                .ok_or_else(|| ControlError::not_found("id"))?;
            if delivery.state.is_final() {
                delivery.state = WebhookDeliveryState::Pending;
            }
            Ok(DeliverySnapshot::from(&*delivery))
        })?;
        self.shared.resend(id);
        Ok(snapshot)
    }

    /// Waits until `ready` returns true for the deliveries. It is called at once and after every change.
    pub async fn wait_for_deliveries<F>(&self, mut ready: F)
    where
        F: FnMut(&[DeliverySnapshot]) -> bool,
    {
        let mut changed = self.shared.changed.subscribe();
        loop {
            let deliveries: Vec<_> = {
                let state = self
                    .shared
                    .state
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                state
                    .deliveries
                    .iter()
                    .map(DeliverySnapshot::from)
                    .collect()
            };
            if ready(&deliveries) || changed.changed().await.is_err() {
                return;
            }
        }
    }

    /// Waits until every delivery was accepted, given up or dropped. Scheduled retries count as unfinished.
    pub async fn deliveries_idle(&self) {
        self.wait_for_deliveries(|deliveries| {
            deliveries.iter().all(|delivery| delivery.state.is_final())
        })
        .await;
    }

    /// Registers a webhook endpoint.
    pub fn add_endpoint(&self, endpoint: Endpoint) -> Result<EndpointSnapshot, ControlError> {
        self.shared.with(|state, _| state.add_endpoint(endpoint))
    }

    /// Sends the test event to an endpoint, whatever events it subscribes to.
    pub fn ping(&self, endpoint: u64) -> Result<DeliverySnapshot, ControlError> {
        self.shared.with(|state, now| {
            let delivery = state.ping(endpoint, now)?;
            state
                .delivery_mut(delivery)
                .map(|delivery| DeliverySnapshot::from(&*delivery))
                .ok_or_else(|| ControlError::not_found("id"))
        })
    }

    /// Returns the registered endpoints.
    pub fn endpoints(&self) -> Vec<EndpointSnapshot> {
        self.shared.with(|state, _| state.endpoints.clone())
    }

    /// Removes an endpoint. Returns true if it existed.
    pub fn remove_endpoint(&self, id: u64) -> bool {
        self.shared.with(|state, _| {
            let before = state.endpoints.len();
            state.endpoints.retain(|endpoint| endpoint.id != id);
            state.endpoints.len() < before
        })
    }
}
