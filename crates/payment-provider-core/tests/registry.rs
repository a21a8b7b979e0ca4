//! Registering gateways at startup.
#![cfg(feature = "mock")]

use payment_provider_core::{
    MockProviderFactory, ProviderDescriptor, ProviderId, ProviderRegistry, SettingsSchema,
};

fn factory(id: &str) -> MockProviderFactory {
    let id = ProviderId::new(id).unwrap();
    let descriptor = ProviderDescriptor::new(id, "A gateway", SettingsSchema::default());
    let mut factory = MockProviderFactory::new();
    factory.expect_descriptor().return_const(descriptor);
    factory
}

#[test]
fn a_second_registration_of_an_id_is_an_error_and_changes_nothing() {
    let mut registry = ProviderRegistry::new();
    registry.register(factory("one")).unwrap();
    registry.register(factory("two")).unwrap();
    let error = registry.register(factory("one")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a provider with id `one` is already registered"
    );
    assert_eq!(registry.iter().count(), 2);
}

#[test]
fn an_unknown_id_is_answered_with_the_known_ones() {
    let mut registry = ProviderRegistry::new();
    let unknown = ProviderId::new("three").unwrap();
    let error = registry.get(&unknown).unwrap_err();
    assert_eq!(error.to_string(), "no provider `three`; none is registered");
    registry.register(factory("two")).unwrap();
    registry.register(factory("one")).unwrap();
    let error = registry.get(&unknown).unwrap_err();
    assert_eq!(error.to_string(), "no provider `three`; known: one, two");
}

#[test]
fn registries_share_nothing() {
    let mut first = ProviderRegistry::new();
    first.register(factory("one")).unwrap();
    assert_eq!(ProviderRegistry::new().iter().count(), 0);
    let mut copy = first.clone();
    copy.register(factory("two")).unwrap();
    assert_eq!(first.iter().count(), 1);
}
