//! Webhooks: where they go, and those that went.

use std::sync::PoisonError;

use super::Simulator;
use crate::control_error::ControlError;
use crate::endpoint::{Endpoint, EndpointSnapshot};
use crate::webhook::{DeliverySnapshot, DeliveryState};

impl Simulator {
    /// The webhook deliveries that are remembered, oldest first: the latest 10 000, and those still under way.
    pub fn deliveries(&self) -> Vec<DeliverySnapshot> {
        self.core.with(|world, _| {
            world
                .deliveries
                .iter()
                .map(DeliverySnapshot::from)
                .collect()
        })
    }

    /// Forgets the deliveries of which nothing more will happen by itself, and says how many.
    pub fn forget_deliveries(&self) -> usize {
        self.core.with(|world, _| {
            let before = world.deliveries.len();
            world
                .deliveries
                .retain(|delivery| !delivery.state.is_settled());
            before - world.deliveries.len()
        })
    }

    /// Sends a delivery's bytes once more.
    pub fn resend(&self, id: u64) -> Result<DeliverySnapshot, ControlError> {
        let snapshot = self.core.with(|world, _| {
            let delivery = world
                .delivery_mut(id)
                .ok_or_else(|| ControlError::not_found("id"))?;
            if delivery.state.is_settled() {
                delivery.state = DeliveryState::Pending;
            }
            Ok(DeliverySnapshot::from(&*delivery))
        })?;
        self.core.resend(id);
        Ok(snapshot)
    }

    /// Waits until `ready` holds of the deliveries. Looks once at first and then after every change.
    pub async fn wait_for_deliveries<F>(&self, mut ready: F)
    where
        F: FnMut(&[DeliverySnapshot]) -> bool,
    {
        let mut changed = self.core.changed.subscribe();
        loop {
            let deliveries: Vec<_> = {
                let world = self
                    .core
                    .world
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                world
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

    /// Waits until every delivery was accepted, given up or dropped. Scheduled repeats count as unfinished.
    pub async fn deliveries_idle(&self) {
        self.wait_for_deliveries(|deliveries| {
            deliveries
                .iter()
                .all(|delivery| delivery.state.is_settled())
        })
        .await;
    }

    /// Registers an address for webhooks.
    pub fn add_endpoint(&self, endpoint: Endpoint) -> Result<EndpointSnapshot, ControlError> {
        self.core.with(|world, _| world.add_endpoint(endpoint))
    }

    /// Sends an address the event it is tried out with, whatever events it is for.
    pub fn ping(&self, endpoint: u64) -> Result<DeliverySnapshot, ControlError> {
        self.core.with(|world, now| {
            let delivery = world.ping(endpoint, now)?;
            world
                .delivery_mut(delivery)
                .map(|delivery| DeliverySnapshot::from(&*delivery))
                .ok_or_else(|| ControlError::not_found("id"))
        })
    }

    /// The registered addresses.
    pub fn endpoints(&self) -> Vec<EndpointSnapshot> {
        self.core.with(|world, _| world.endpoints.clone())
    }

    /// Takes an address away and says whether it was there.
    pub fn remove_endpoint(&self, id: u64) -> bool {
        self.core.with(|world, _| {
            let before = world.endpoints.len();
            world.endpoints.retain(|endpoint| endpoint.id != id);
            world.endpoints.len() < before
        })
    }
}
