use std::sync::Arc;

use payment_provider_core::{
    ConnectionSettings, PaymentProvider, ProviderDescriptor, ProviderFactory, Violations,
};

use super::handle::GatewayHandle;
use super::provider::FakeProvider;
use super::settings::Connection;

/// The factory that a host registers. It connects accounts to one
/// [`FakeGateway`](super::FakeGateway).
#[derive(Debug, Clone)]
pub struct FakeFactory {
    gateway: GatewayHandle,
}

impl FakeFactory {
    pub(super) const fn new(gateway: GatewayHandle) -> Self {
        Self { gateway }
    }

    /// Connects an account like [`connect`](ProviderFactory::connect), but returns the concrete
    /// type.
    ///
    /// # Errors
    /// All violations of the settings at once.
    pub fn open(&self, settings: &ConnectionSettings) -> Result<FakeProvider, Violations> {
        let schema = &self.descriptor().settings;
        let Connection { account, secrets } = Connection::read(schema, settings)?;
        // A merchant copies the secret from the gateway to the host. The first connection of an
        // account therefore determines the secret that the gateway uses.
        let mut state = self.gateway.state();
        let known = state.account(&account);
        if known.secret.is_none() {
            known.secret = secrets.first().cloned();
        }
        drop(state);
        Ok(FakeProvider::new(self.gateway.clone(), account, &secrets))
    }
}

impl ProviderFactory for FakeFactory {
    fn descriptor(&self) -> &ProviderDescriptor {
        &self.gateway.config().descriptor
    }

    fn connect(
        &self,
        settings: &ConnectionSettings,
    ) -> Result<Arc<dyn PaymentProvider>, Violations> {
        Ok(Arc::new(self.open(settings)?))
    }
}
