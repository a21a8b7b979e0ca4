use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use payment_provider_core::{CheckoutReference, Operation};
use secrecy::SecretString;

use super::call::FakeCall;
use super::config::Config;
use super::scripted_response::ScriptedResponse;
use super::settings::AccountKey;
use super::state::GatewayState;

/// Shared access to the configuration and the state of one gateway.
#[derive(Clone)]
pub(super) struct GatewayHandle {
    config: Arc<Config>,
    state: Arc<Mutex<GatewayState>>,
}

impl GatewayHandle {
    pub(super) fn new(config: Config) -> Self {
        let config = Arc::new(config);
        let state = Arc::new(Mutex::new(GatewayState::new(Arc::clone(&config))));
        Self { config, state }
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    pub(super) fn now(&self) -> Timestamp {
        self.config.clock.now()
    }

    /// Locks the state after advancing it to the current time.
    pub(super) fn state(&self) -> MutexGuard<'_, GatewayState> {
        let now = self.now();
        // A test may panic while it holds the lock. Every change leaves the state consistent.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.advance_to(now);
        state
    }

    /// Returns the secret that signs the deliveries of an account.
    #[track_caller]
    pub(super) fn secret_of(&self, account: &AccountKey) -> SecretString {
        let secret = self.state().account(account).secret.clone();
        secret.unwrap_or_else(|| panic!("the account `{}` is not connected", account.name))
    }

    /// Records a call, and returns its response with a request id.
    pub(super) fn record_call(
        &self,
        operation: Operation,
        account: &AccountKey,
        reference: Option<&CheckoutReference>,
    ) -> (ScriptedResponse, String) {
        let mut state = self.state();
        state.calls.push(FakeCall {
            operation,
            reference: reference.cloned(),
            account: account.name.clone(),
            environment: account.environment,
        });
        let request_id = format!("req_{}", state.calls.len());
        (state.script.take(operation), request_id)
    }

    /// Returns the response to an operation that makes no call to the gateway.
    pub(super) fn take_response(&self, operation: Operation) -> ScriptedResponse {
        self.state().script.take(operation)
    }
}

impl fmt::Debug for GatewayHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeGateway")
            .field("provider", &self.config.descriptor.id)
            .finish_non_exhaustive()
    }
}
