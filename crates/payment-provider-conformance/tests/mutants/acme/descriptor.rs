//! The descriptor and the settings schema of Acme Pay.

use std::time::Duration;

use payment_provider_core::{
    Capabilities, CheckoutLimits, Currency, CurrencySupport, ProviderDescriptor, ProviderId,
    SettingChoice, SettingField, SettingKind, SettingsSchema,
};

use crate::flaw::{Flaw, Profile};

fn every_capability() -> Capabilities {
    Capabilities::default()
        .with_partial_payments()
        .with_notify_url()
        .with_remote_customers()
        .with_cancellation()
        .with_method_choice()
        .with_payer_notification()
        .with_reminders()
        .with_status_inquiry()
        .with_refund_inquiry()
        .with_signed_timestamps()
        .with_signed_returns()
}

pub(super) fn descriptor(profile: Profile) -> ProviderDescriptor {
    let id = ProviderId::new("acme-pay").expect("an id");
    let mut descriptor = ProviderDescriptor::new(id, "Acme Pay", schema(profile));
    if !profile.has(Flaw::NoWebhookSetup) {
        let text = "Enter the URL under Settings > Webhooks.";
        descriptor = descriptor.with_webhook_setup(text);
    }
    if profile.is_full() {
        descriptor.with_capabilities(every_capability())
    } else {
        let mut few = Capabilities::default();
        few.status_inquiry = !profile.is_in_process();
        let list = vec![Currency::INR, Currency::JPY, Currency::USD];
        let limits = CheckoutLimits::default()
            .with_reference_length(40)
            .with_life(Duration::from_mins(10), Duration::from_hours(24 * 30));
        descriptor
            .with_capabilities(few)
            .with_currencies(CurrencySupport::Only(list))
            .with_limits(limits)
    }
}

fn schema(profile: Profile) -> SettingsSchema {
    let modes = vec![
        SettingChoice::new("test", "Test mode"),
        SettingChoice::new("live", "Live mode"),
    ];
    let modes = SettingKind::Choice { choices: modes };
    let kind = if profile.has(Flaw::AddressAsTextBindsNoSecrets) {
        SettingKind::Text
    } else {
        SettingKind::Url
    };
    let mut address = SettingField::new("address", "Address of the API", kind).required();
    address.binds_secrets = !profile.has(Flaw::AddressBindsNoSecrets)
        && !profile.has(Flaw::AddressAsTextBindsNoSecrets);
    SettingsSchema::new([
        SettingField::new("api_key", "API key", SettingKind::Text)
            .required()
            .binds_secrets()
            .with_max_length(64),
        SettingField::new("api_secret", "API secret", SettingKind::Secret)
            .required()
            .with_max_length(64),
        SettingField::new(
            "webhook_secrets",
            "Webhook secrets",
            SettingKind::SecretList,
        )
        .required()
        .with_max_length(64),
        SettingField::new("mode", "Mode", modes)
            .required()
            .binds_secrets(),
        address,
    ])
}
