use payment_provider_core::{Environment, Event, EventKind, EventTarget};
use secrecy::SecretString;

use super::checkout::FakeCheckout;
use super::delivery::FakeDelivery;
use super::envelope::{CUSTOM, PING};
use super::gateway::FakeGateway;
use super::settings::AccountKey;

/// One merchant's account at the gateway.
#[derive(Debug, Clone)]
pub struct FakeAccount {
    gateway: FakeGateway,
    key: AccountKey,
}

impl FakeAccount {
    pub(super) const fn new(gateway: FakeGateway, key: AccountKey) -> Self {
        Self { gateway, key }
    }

    /// The account of the same name for real money. It shares nothing with the one of the sandbox.
    pub fn in_production(mut self) -> Self {
        self.key.environment = Environment::Production;
        self
    }

    /// Its checkouts, in the order in which they were made.
    pub fn checkouts(&self) -> Vec<FakeCheckout> {
        self.gateway.checkouts_where(|key| *key == self.key)
    }

    /// Its checkout of this reference.
    ///
    /// # Panics
    /// There is none.
    #[track_caller]
    pub fn checkout(&self, reference: impl AsRef<str>) -> FakeCheckout {
        FakeGateway::only(self.checkouts(), reference.as_ref())
    }

    /// All its deliveries so far, in the order in which they happened.
    pub fn deliveries(&self) -> Vec<FakeDelivery> {
        self.gateway
            .deliveries_where(|delivery| delivery.account == self.key)
    }

    /// Signs its deliveries with this secret from now on, as after a change at the gateway.
    pub fn sign_with(&self, secret: impl Into<SecretString>) {
        self.gateway.state().account(&self.key).secret = Some(secret.into());
    }

    /// Accepts its credentials no longer.
    pub fn revoke_credentials(&self) {
        self.gateway.state().account(&self.key).revoked = true;
    }

    /// Accepts its credentials again.
    pub fn restore_credentials(&self) {
        self.gateway.state().account(&self.key).revoked = false;
    }

    /// A test delivery, as from a gateway's dashboard.
    pub fn ping(&self) -> FakeDelivery {
        self.record(
            PING,
            vec![Event::new(PING, EventTarget::none(), EventKind::Ping)],
        )
    }

    /// A delivery that says exactly this: a refund, a dispute, a settlement, news of what the
    /// gateway has never heard of.
    pub fn deliver(&self, events: Vec<Event>) -> FakeDelivery {
        self.record(CUSTOM, events)
    }

    fn record(&self, gateway_type: &str, events: Vec<Event>) -> FakeDelivery {
        let mut state = self.gateway.state();
        let delivery = state.tell(&self.key, gateway_type, events, None);
        drop(state);
        FakeDelivery::new(self.gateway.clone(), delivery)
    }
}
