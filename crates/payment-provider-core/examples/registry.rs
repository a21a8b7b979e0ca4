//! Looks up a gateway by its id, and connects a merchant account. Mocks stand in for the gateways:
//!
//! ```text
//! cargo run -p payment-provider-core --example registry --features mock
//! ```

use std::error::Error;
use std::sync::Arc;

use payment_provider_core::{
    ConnectionSettings, Environment, MockPaymentProvider, MockProviderFactory, ProviderDescriptor,
    ProviderId, ProviderRegistry, SettingField, SettingKind, SettingsReader, SettingsSchema,
};

/// Creates a gateway that accepts any key. A real one is a type that implements `ProviderFactory`.
fn gateway(id: &str, name: &str) -> Result<MockProviderFactory, Box<dyn Error>> {
    let key = SettingField::new("key", "API key", SettingKind::Secret).required();
    let schema = SettingsSchema::new([key]);
    let descriptor = ProviderDescriptor::new(ProviderId::new(id)?, name, schema.clone());
    let mut factory = MockProviderFactory::new();
    factory.expect_descriptor().return_const(descriptor);
    factory.expect_connect().returning(move |settings| {
        SettingsReader::new(&schema, settings).finish()?;
        let mut provider = MockPaymentProvider::new();
        let environment = provider.expect_environment();
        environment.return_const(Environment::Sandbox);
        Ok(Arc::new(provider))
    });
    Ok(factory)
}

fn main() -> Result<(), Box<dyn Error>> {
    // At startup the host registers each gateway once. The rest of its code names none.
    let mut registry = ProviderRegistry::new();
    registry.register(gateway("examplepay", "Example Pay")?)?;
    registry.register(gateway("acme", "Acme Payments")?)?;
    if let Err(error) = registry.register(gateway("acme", "Another Acme")?) {
        println!("{error}");
    }
    for factory in registry.iter() {
        let descriptor = factory.descriptor();
        println!("offered: {} ({})", descriptor.display_name, descriptor.id);
    }

    // A stored connection names its provider by the id.
    let factory = registry.get(&ProviderId::new("acme")?)?;
    if let Err(violations) = factory.connect(&ConnectionSettings::new()) {
        println!("not connected: {violations}");
    }
    let provider = factory.connect(&ConnectionSettings::new().with("key", "a secret"))?;
    println!("connected in {}", provider.environment());
    if let Err(error) = registry.get(&ProviderId::new("unknown")?) {
        println!("{error}");
    }
    Ok(())
}
