use std::sync::Arc;

use payment_provider_core::{
    ConnectionSettings, PaymentProvider, ProviderDescriptor, ProviderFactory, Violations,
};

use super::gateway::FakeGateway;
use super::provider::FakeProvider;
use super::settings::Connection;

/// What a host registers: it connects accounts to one [`FakeGateway`].
#[derive(Debug, Clone)]
pub struct FakeFactory {
    gateway: FakeGateway,
}

impl FakeFactory {
    pub(super) const fn new(gateway: FakeGateway) -> Self {
        Self { gateway }
    }

    /// Connects, like [`connect`](ProviderFactory::connect), to the provider by its own type.
    ///
    /// # Errors
    /// All violations of the settings at once.
    pub fn open(&self, settings: &ConnectionSettings) -> Result<FakeProvider, Violations> {
        let schema = &self.descriptor().settings;
        let Connection { account, secrets } = Connection::read(schema, settings)?;
        // The merchant gives the host what the gateway gave them: the account's first connection
        // says what that was.
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
