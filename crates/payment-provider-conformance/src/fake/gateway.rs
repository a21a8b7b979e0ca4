use payment_provider_core::{ConnectionSettings, Environment, Operation};

use super::account::FakeAccount;
use super::call::FakeCall;
use super::checkout::FakeCheckout;
use super::config::Config;
use super::delivery::FakeDelivery;
use super::factory::FakeFactory;
use super::handle::GatewayHandle;
use super::provider::FakeProvider;
use super::settings::{ACCOUNT, AccountKey, SECRETS};

/// An in-memory gateway, as a test observes and controls it. Clones share the gateway. See the
/// [module](super) for an introduction.
///
/// # Examples
/// ```
/// use payment_provider_conformance::fake::FakeGateway;
/// use payment_provider_core::PaymentProvider;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let gateway = FakeGateway::new();
/// let provider = gateway.connect("main");
/// assert!(provider.check_connection().await?.is_usable());
///
/// gateway.account("main").revoke_credentials();
/// assert!(!provider.check_connection().await?.is_usable());
/// assert_eq!(gateway.calls(), ["check_connection", "check_connection"]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct FakeGateway(GatewayHandle);

impl FakeGateway {
    pub(super) fn with_config(config: Config) -> Self {
        Self(GatewayHandle::new(config))
    }

    pub(super) fn handle(&self) -> &GatewayHandle {
        &self.0
    }

    /// Returns the factory that a host registers.
    pub fn factory(&self) -> FakeFactory {
        FakeFactory::new(self.0.clone())
    }

    /// Returns settings that connect the sandbox account with this name, for hosts that store
    /// settings.
    pub fn settings(&self, account: &str) -> ConnectionSettings {
        let known = self.0.state().account(&sandbox(account)).secret.clone();
        let secret = known.unwrap_or_else(|| format!("the webhook secret of {account}").into());
        ConnectionSettings::new()
            .with(ACCOUNT, account)
            .with(SECRETS, secret)
    }

    /// Connects the sandbox account with this name. Use [`FakeFactory::open`] for other settings.
    ///
    /// # Panics
    /// If the name is blank or longer than 64 characters.
    #[track_caller]
    pub fn connect(&self, account: &str) -> FakeProvider {
        let opened = self.factory().open(&self.settings(account));
        opened.unwrap_or_else(|violations| panic!("invalid account name: {violations}"))
    }

    /// Returns the sandbox account with this name.
    pub fn account(&self, name: &str) -> FakeAccount {
        FakeAccount::new(self.0.clone(), sandbox(name))
    }

    /// Returns all calls so far, of all accounts, in order. Preparing checkouts and verifying
    /// webhooks and return URLs makes no call.
    pub fn calls(&self) -> Vec<FakeCall> {
        self.0.state().calls.clone()
    }

    /// Returns the number of calls of this operation so far.
    pub fn call_count(&self, operation: Operation) -> usize {
        let state = self.0.state();
        let calls = state.calls.iter();
        calls.filter(|call| call.operation == operation).count()
    }

    /// Returns the checkouts of all accounts.
    pub fn checkouts(&self) -> Vec<FakeCheckout> {
        FakeCheckout::of_accounts(&self.0, |_| true)
    }

    /// Returns the checkout with this reference.
    ///
    /// # Panics
    /// If there is none, or if several accounts have one. Use
    /// [`FakeAccount::checkout`] in that case.
    #[track_caller]
    pub fn checkout(&self, reference: impl AsRef<str>) -> FakeCheckout {
        FakeCheckout::only(self.checkouts(), reference.as_ref())
    }

    /// Returns all deliveries so far, in the order in which they occurred.
    pub fn deliveries(&self) -> Vec<FakeDelivery> {
        FakeDelivery::matching(&self.0, |_| true)
    }

    /// Returns the deliveries since the last call of this method, in the order in which they
    /// occurred. A test can shuffle, repeat, change or drop them.
    pub fn take_deliveries(&self) -> Vec<FakeDelivery> {
        let mut state = self.0.state();
        let waiting = state
            .deliveries
            .iter_mut()
            .filter(|delivery| !delivery.taken);
        let taken = waiting.map(|delivery| {
            delivery.taken = true;
            FakeDelivery::new(self.0.clone(), delivery.clone())
        });
        taken.collect()
    }
}

fn sandbox(name: &str) -> AccountKey {
    AccountKey {
        name: name.to_owned(),
        environment: Environment::Sandbox,
    }
}
