use payment_provider_core::{Environment, Event, EventKind, EventTarget};
use secrecy::SecretString;

use super::checkout::FakeCheckout;
use super::delivery::FakeDelivery;
use super::envelope::{CUSTOM, PING};
use super::handle::GatewayHandle;
use super::settings::AccountKey;

/// One merchant account at a [`FakeGateway`](super::FakeGateway).
#[derive(Debug, Clone)]
pub struct FakeAccount {
    gateway: GatewayHandle,
    key: AccountKey,
}

impl FakeAccount {
    pub(super) const fn new(gateway: GatewayHandle, key: AccountKey) -> Self {
        Self { gateway, key }
    }

    /// Returns the production account with the same name. It shares nothing with the sandbox
    /// account.
    pub fn in_production(mut self) -> Self {
        self.key.environment = Environment::Production;
        self
    }

    /// Returns the checkouts of the account, in the order of their creation.
    pub fn checkouts(&self) -> Vec<FakeCheckout> {
        FakeCheckout::of_accounts(&self.gateway, |key| *key == self.key)
    }

    /// Returns the account's checkout with this reference.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn checkout(&self, reference: impl AsRef<str>) -> FakeCheckout {
        FakeCheckout::only(self.checkouts(), reference.as_ref())
    }

    /// Returns all deliveries of the account so far, in the order in which they occurred.
    pub fn deliveries(&self) -> Vec<FakeDelivery> {
        FakeDelivery::matching(&self.gateway, |delivery| delivery.account == self.key)
    }

    /// Signs the account's deliveries with this secret from now on, as after a rotation.
    pub fn sign_with(&self, secret: impl Into<SecretString>) {
        self.gateway.state().account(&self.key).secret = Some(secret.into());
    }

    /// Rejects the account's credentials from now on.
    pub fn revoke_credentials(&self) {
        self.gateway.state().account(&self.key).revoked = true;
    }

    /// Accepts the account's credentials again.
    pub fn restore_credentials(&self) {
        self.gateway.state().account(&self.key).revoked = false;
    }

    /// Creates a test delivery, as a merchant does in a gateway's dashboard.
    pub fn ping(&self) -> FakeDelivery {
        self.record(
            PING,
            vec![Event::new(PING, EventTarget::none(), EventKind::Ping)],
        )
    }

    /// Creates a delivery with exactly these events, such as a dispute or a settlement. They do not
    /// have to match the state of the gateway.
    pub fn deliver(&self, events: Vec<Event>) -> FakeDelivery {
        self.record(CUSTOM, events)
    }

    fn record(&self, gateway_type: &str, events: Vec<Event>) -> FakeDelivery {
        let mut state = self.gateway.state();
        let delivery = state.record_delivery(&self.key, gateway_type, events, None);
        drop(state);
        FakeDelivery::new(self.gateway.clone(), delivery)
    }
}
