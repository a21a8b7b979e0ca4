use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use payment_provider_core::{Capabilities, ConnectionSettings, Environment, Operation};
use secrecy::SecretString;

use super::account::FakeAccount;
use super::builder::{Config, FakeGatewayBuilder};
use super::call::FakeCall;
use super::checkout::FakeCheckout;
use super::delivery::FakeDelivery;
use super::factory::FakeFactory;
use super::provider::FakeProvider;
use super::settings::{ACCOUNT, AccountKey, SECRETS};
use super::state::{GatewayState, RecordedDelivery};

/// A gateway in memory, as a test sees and steers it. Clones are the same gateway.
///
/// See the [module](super) for what it is for.
#[derive(Clone)]
pub struct FakeGateway {
    config: Arc<Config>,
    state: Arc<Mutex<GatewayState>>,
}

impl FakeGateway {
    /// The gateway `fake`, with every capability, in any currency and by the machine's clock.
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Says what the gateway can do, beginning with everything.
    pub fn builder() -> FakeGatewayBuilder {
        FakeGatewayBuilder::new()
    }

    pub(super) fn with_config(config: Config) -> Self {
        let config = Arc::new(config);
        let state = Arc::new(Mutex::new(GatewayState::new(Arc::clone(&config))));
        Self { config, state }
    }

    /// All that the contract can declare.
    pub fn every_capability() -> Capabilities {
        Capabilities::default()
            .with_partial_payments()
            .with_notify_url()
            .with_remote_customers()
            .with_cancellation()
            .with_method_choice()
            .with_payer_notification()
            .with_reminders()
            .with_status_inquiry()
            .with_signed_timestamps()
            .with_signed_returns()
    }

    /// What a host registers.
    pub fn factory(&self) -> FakeFactory {
        FakeFactory::new(self.clone())
    }

    /// Settings that connect the sandbox account of this name, for hosts that keep settings.
    pub fn settings(&self, account: &str) -> ConnectionSettings {
        let known = self.state().account(&sandbox(account)).secret.clone();
        let secret = known.unwrap_or_else(|| format!("the webhook secret of {account}").into());
        ConnectionSettings::new()
            .with(ACCOUNT, account)
            .with(SECRETS, secret)
    }

    /// Connects the sandbox account of this name. For other settings there is
    /// [`FakeFactory::open`].
    ///
    /// # Panics
    /// The name is blank or longer than 64 characters.
    #[track_caller]
    pub fn connect(&self, account: &str) -> FakeProvider {
        let opened = self.factory().open(&self.settings(account));
        opened.unwrap_or_else(|violations| panic!("no name of an account: {violations}"))
    }

    /// The sandbox account of this name.
    pub fn account(&self, name: &str) -> FakeAccount {
        FakeAccount::new(self.clone(), sandbox(name))
    }

    /// All calls so far, of all accounts, in the order in which they came. Preflight, webhooks and
    /// return addresses ask the gateway nothing.
    pub fn calls(&self) -> Vec<FakeCall> {
        self.state().calls.clone()
    }

    /// How many calls of this operation came so far.
    pub fn count(&self, operation: Operation) -> usize {
        let state = self.state();
        let calls = state.calls.iter();
        calls.filter(|call| call.operation == operation).count()
    }

    /// The checkouts of all accounts.
    pub fn checkouts(&self) -> Vec<FakeCheckout> {
        self.checkouts_where(|_| true)
    }

    /// The checkout of this reference.
    ///
    /// # Panics
    /// There is none, or several accounts have one: ask the [`account`](Self::account) then.
    #[track_caller]
    pub fn checkout(&self, reference: impl AsRef<str>) -> FakeCheckout {
        Self::only(self.checkouts(), reference.as_ref())
    }

    /// All deliveries so far, taken or not, in the order in which they happened.
    pub fn deliveries(&self) -> Vec<FakeDelivery> {
        self.deliveries_where(|_| true)
    }

    /// The deliveries that were not taken by this yet, in the order in which they happened. Shuffle
    /// them, hand one over twice, change one first, or leave one away.
    pub fn take_deliveries(&self) -> Vec<FakeDelivery> {
        let mut state = self.state();
        let waiting = state
            .deliveries
            .iter_mut()
            .filter(|delivery| !delivery.taken);
        let taken = waiting.map(|delivery| {
            delivery.taken = true;
            FakeDelivery::new(self.clone(), delivery.clone())
        });
        taken.collect()
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    pub(super) fn now(&self) -> Timestamp {
        self.config.clock.now()
    }

    /// All that there is, as it is now.
    pub(super) fn state(&self) -> MutexGuard<'_, GatewayState> {
        let now = self.now();
        // Tests panic; what is here is whole after each of them.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.advance_to(now);
        state
    }

    #[track_caller]
    pub(super) fn secret_of(&self, account: &AccountKey) -> SecretString {
        let secret = self.state().account(account).secret.clone();
        secret.unwrap_or_else(|| panic!("nobody has connected the account `{}`", account.name))
    }

    pub(super) fn checkouts_where(
        &self,
        wanted: impl Fn(&AccountKey) -> bool,
    ) -> Vec<FakeCheckout> {
        let state = self.state();
        let accounts = state.accounts.iter().filter(|(key, _)| wanted(key));
        let checkouts = accounts.flat_map(|(key, account)| {
            let records = account.checkouts.iter();
            records.map(|record| (key.clone(), record.reference().clone()))
        });
        checkouts
            .map(|(key, reference)| FakeCheckout::new(self.clone(), key, reference))
            .collect()
    }

    pub(super) fn deliveries_where(
        &self,
        wanted: impl Fn(&RecordedDelivery) -> bool,
    ) -> Vec<FakeDelivery> {
        let state = self.state();
        let deliveries = state.deliveries.iter().filter(|delivery| wanted(delivery));
        deliveries
            .map(|delivery| FakeDelivery::new(self.clone(), delivery.clone()))
            .collect()
    }

    #[track_caller]
    pub(super) fn only(checkouts: Vec<FakeCheckout>, reference: &str) -> FakeCheckout {
        let mut found = checkouts
            .into_iter()
            .filter(|checkout| checkout.reference().as_str() == reference);
        match (found.next(), found.next()) {
            (Some(checkout), None) => checkout,
            (None, _) => panic!("there is no checkout `{reference}`"),
            _ => panic!("several accounts have a checkout `{reference}`"),
        }
    }
}

impl Default for FakeGateway {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for FakeGateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeGateway")
            .field("provider", &self.config.descriptor.id)
            .finish_non_exhaustive()
    }
}

fn sandbox(name: &str) -> AccountKey {
    AccountKey {
        name: name.to_owned(),
        environment: Environment::Sandbox,
    }
}
