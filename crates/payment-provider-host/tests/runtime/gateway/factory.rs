//! The factory that a host registers.

use std::sync::Arc;

use payment_provider_core::reexport::secrecy::ExposeSecret;
use payment_provider_core::*;

use super::Gateway;
use super::provider::Memory;

#[derive(Debug)]
pub(crate) struct MemoryFactory {
    descriptor: ProviderDescriptor,
    gateway: Gateway,
}

impl MemoryFactory {
    pub(crate) fn new(gateway: Gateway) -> Self {
        let settings = SettingsSchema::new([
            SettingField::new("key", "Key", SettingKind::SecretList).required(),
            SettingField::new("page", "Page", SettingKind::Url),
            SettingField::new("live", "Live", SettingKind::Flag),
            SettingField::new("pin", "Pin", SettingKind::Secret),
            SettingField::new("spare", "Spare", SettingKind::SecretList),
            SettingField::new("base_url", "Address", SettingKind::Url)
                .with_default("https://gateway.example/v1")
                .binds_secrets(),
        ]);
        let capabilities = Capabilities::default()
            .with_cancellation()
            .with_status_inquiry();
        let id = ProviderId::new("memory").unwrap();
        let descriptor =
            ProviderDescriptor::new(id, "In memory", settings).with_capabilities(capabilities);
        Self {
            descriptor,
            gateway,
        }
    }
}

impl ProviderFactory for MemoryFactory {
    fn descriptor(&self) -> &ProviderDescriptor {
        &self.descriptor
    }

    fn connect(
        &self,
        settings: &ConnectionSettings,
    ) -> Result<Arc<dyn PaymentProvider>, Violations> {
        let read = SettingsReader::new(&self.descriptor.settings, settings);
        let keys = read
            .secrets("key")
            .iter()
            .map(|key| key.expose_secret().to_owned())
            .collect();
        let live = read.flag("live");
        read.finish()?;
        let environment = if live {
            Environment::Production
        } else {
            Environment::Sandbox
        };
        let mut descriptor = self.descriptor.clone();
        descriptor.capabilities.status_inquiry = !self.gateway.state().unaskable;
        descriptor.capabilities.refund_inquiry = self.gateway.state().refunds.is_some();
        descriptor.limits = self.gateway.state().limits;
        Ok(Arc::new(Memory {
            descriptor,
            gateway: self.gateway.clone(),
            keys,
            environment,
        }))
    }
}
