//! The settings that a connection accepts.

mod fake;
mod support;

use std::time::Duration;

use payment_provider_core::{
    ConnectionSettings, Environment, ProviderFactory, ProviderRegistry, SettingKind, Violations,
};
use provider_razorpay::{RazorpayConfig, RazorpayFactory, RetryTuning};
use secrecy::SecretString;
use support::*;

const LIVE_KEY: &str = "rzp_live_AbCdEf01234567";

fn good() -> ConnectionSettings {
    ConnectionSettings::new()
        .with("key_id", KEY_ID)
        .with("key_secret", KEY_SECRET)
        .with("webhook_secrets", WEBHOOK_SECRET)
        .with("environment", "sandbox")
}

fn live() -> ConnectionSettings {
    good()
        .with("key_id", LIVE_KEY)
        .with("environment", "production")
}

fn secrets<const N: usize>(texts: [&str; N]) -> Vec<SecretString> {
    texts.into_iter().map(SecretString::from).collect()
}

fn refused(settings: &ConnectionSettings) -> Violations {
    let factory = RazorpayFactory::new().unwrap();
    let Err(violations) = factory.connect(settings) else {
        panic!("accepted: {settings:?}");
    };
    violations
}

#[test]
fn minimal_and_complete_settings_are_accepted() {
    let factory = RazorpayFactory::new().unwrap();
    let least = factory.connect(&good()).unwrap();
    assert_eq!(least.environment(), Environment::Sandbox);
    let most = live()
        .with("key_secret", secrets(["a", "b"]))
        .with("webhook_secrets", secrets(["c", "d"]))
        .with("return_url", "https://shop.example/thanks?a=b")
        .with("customers", "local")
        .with("unfit_customer_details", "refuse");
    let most = factory.connect(&most).unwrap();
    assert_eq!(most.environment(), Environment::Production);
}

#[test]
fn all_violations_are_reported_together_without_values() {
    let canary = "canary canary";
    let settings = ConnectionSettings::new()
        .with("key_id", canary)
        .with("key_secret", canary)
        .with("webhook_secrets", canary)
        .with("environment", canary)
        .with("return_url", "http://canary.example/")
        .with("customers", canary)
        .with("unfit_customer_details", canary)
        .with("base_url", "http://canary.example/v1")
        .with("canary-canary-canary-canary-canary", canary);
    let violations = refused(&settings);
    for field in [
        "key_id",
        "key_secret",
        "webhook_secrets",
        "environment",
        "return_url",
        "customers",
        "unfit_customer_details",
        "base_url",
        "(unknown field)",
    ] {
        assert!(violations.names(field), "{field} is not among {violations}");
    }
    let shown = format!("{violations} {violations:?}");
    assert!(!shown.contains("canary"), "{shown}");
}

#[test]
fn missing_required_settings_are_reported() {
    let violations = refused(&ConnectionSettings::new());
    let fields: Vec<_> = violations.iter().map(|v| v.field.as_ref()).collect();
    assert_eq!(
        fields,
        ["key_id", "key_secret", "environment", "webhook_secrets"]
    );
}

#[test]
fn each_setting_is_checked() {
    for (field, value) in [
        ("key_id", "rzp_test_short"),
        ("key_id", "rzp_other_AbCdEf012345"),
        ("key_id", "rzp_test_AbCdEf0123456-"),
        ("key_secret", "with blank"),
        ("key_secret", "secret\u{a0}x"),
        ("environment", "test"),
        ("environment", "Sandbox"),
        ("webhook_secrets", "  "),
        ("webhook_secrets", KEY_SECRET),
        ("return_url", "http://shop.example/"),
        ("return_url", "https://a@shop.example/"),
        ("return_url", "javascript:alert(1)"),
        ("customers", "both"),
        ("unfit_customer_details", "invent"),
        ("base_url", "api.razorpay.com/v1"),
        ("base_url", "http://api.razorpay.com/v1"),
        ("base_url", "https://id:secret@gateway.example/v1"),
        ("base_url", "https://gateway.example/v1?a=b"),
        ("base_url", "unix:/run/gateway"),
    ] {
        let violations = refused(&good().with(field, value));
        assert_eq!(
            violations.iter().count(),
            1,
            "{field} {value}: {violations}"
        );
        assert!(violations.names(field), "{field} {value}: {violations}");
    }
}

#[test]
fn the_key_mode_must_match_the_environment() {
    assert!(refused(&good().with("environment", "production")).names("environment"));
    assert!(refused(&good().with("key_id", LIVE_KEY)).names("environment"));
}

#[test]
fn a_key_secret_is_refused_as_webhook_secret() {
    let both = good()
        .with("key_secret", secrets(["new", "old"]))
        .with("webhook_secrets", secrets(["hook", "old"]));
    assert!(refused(&both).names("webhook_secrets"));
    // A person chooses the webhook secret and may use spaces.
    let blanks = good().with("webhook_secrets", "a secret of my own");
    assert!(RazorpayFactory::new().unwrap().connect(&blanks).is_ok());
}

#[test]
fn the_gateway_address_is_at_a_host_of_razorpay_or_of_the_configuration() {
    let violation = |factory: &RazorpayFactory, address: &str| {
        let violations = factory.connect(&good().with("base_url", address)).err()?;
        Some(violations.to_string())
    };
    let plain = RazorpayFactory::new().unwrap();
    for own in [
        "https://api.razorpay.com/v1",
        "https://API.razorpay.com./v1/",
    ] {
        assert_eq!(violation(&plain, own), None, "{own}");
    }
    let hosts = "base_url: must be at an allowed host: api.razorpay.com";
    for elsewhere in [
        "https://stand-in.example/v1",
        "http://127.0.0.1:3002/v1",
        "https://localhost/v1",
    ] {
        assert_eq!(violation(&plain, elsewhere).unwrap(), hosts, "{elsewhere}");
    }
    let config = RazorpayConfig::new().with_allowed_hosts(["stand-in.example"]);
    let more = RazorpayFactory::with_config(config).unwrap();
    assert_eq!(violation(&more, "https://stand-in.example/v1"), None);
    assert!(violation(&more, "https://other.example/v1").is_some());
}

#[test]
fn secrets_are_bound_to_the_address_the_environment_and_the_key() {
    let factory = RazorpayFactory::new().unwrap();
    let schema = &factory.descriptor().settings;
    let binding = |settings: &ConnectionSettings| schema.secret_binding(settings);
    let bound = binding(&good());
    for (field, value) in [
        ("key_id", LIVE_KEY),
        ("environment", "production"),
        ("base_url", "https://stand-in.example/v1"),
        // The default, written out.
        ("base_url", "https://api.razorpay.com/v1"),
    ] {
        let changed = binding(&good().with(field, value));
        assert_eq!(changed.differences(&bound), [field]);
    }
    for (field, value) in [
        ("return_url", "https://shop.example/"),
        ("customers", "local"),
        ("webhook_secrets", "another"),
    ] {
        assert_eq!(binding(&good().with(field, value)), bound, "{field}");
    }
}

#[test]
fn a_base_address_is_only_accepted_in_sandbox() {
    let config = RazorpayConfig::new()
        .with_loopback(true)
        .with_allowed_hosts(["stand-in.example"]);
    let factory = RazorpayFactory::with_config(config).unwrap();
    for address in [
        "http://127.0.0.1:3002/v1",
        "http://[::1]:3002/v1",
        "http://localhost/v1",
        "https://stand-in.example/v1",
    ] {
        let sandbox = good().with("base_url", address);
        assert!(factory.connect(&sandbox).is_ok(), "{address}");
        let production = live().with("base_url", address);
        assert!(refused(&production).names("base_url"), "{address}");
    }
}

#[test]
fn later_secrets_are_checked_too() {
    let unfit = secrets(["good", "not good"]);
    assert!(refused(&good().with("key_secret", unfit)).names("key_secret"));
    for field in ["key_secret", "webhook_secrets"] {
        let none = Vec::<SecretString>::new();
        assert!(refused(&good().with(field, none)).names(field));
    }
}

#[test]
fn the_descriptor_describes_the_settings_form_and_the_limits() {
    let factory = RazorpayFactory::new().unwrap();
    let descriptor = factory.descriptor();
    assert_eq!(descriptor.id.as_str(), "razorpay");
    let offered = descriptor.capabilities;
    assert!(offered.partial_payments && offered.cancellation && offered.status_inquiry);
    assert!(offered.remote_customers && offered.payer_notification && offered.reminders);
    assert!(offered.signed_returns);
    assert!(!offered.notify_url && !offered.method_choice && !offered.signed_timestamps);
    let limits = descriptor.limits;
    assert_eq!(limits.reference_length, 40);
    assert_eq!(limits.shortest_life, Some(Duration::from_mins(16)));
    assert_eq!(limits.longest_life, Some(Duration::from_hours(180 * 24)));
    assert!(descriptor.webhook_setup.contains("payment_link.paid"));
    for (name, kind) in [
        ("key_id", SettingKind::Text),
        ("key_secret", SettingKind::SecretList),
        ("webhook_secrets", SettingKind::SecretList),
    ] {
        assert_eq!(descriptor.settings.field(name).unwrap().kind, kind);
    }
    let fields = descriptor.settings.fields().iter();
    assert_eq!(fields.filter(|field| field.is_secret()).count(), 2);
    for field in descriptor.settings.fields() {
        if let (SettingKind::Choice { choices }, Some(default)) = (&field.kind, field.default) {
            assert!(choices.iter().any(|choice| choice.value == default));
        }
    }
}

#[test]
fn the_factory_can_be_registered() {
    let mut registry = ProviderRegistry::new();
    registry.register(RazorpayFactory::new().unwrap()).unwrap();
    assert_eq!(registry.iter().count(), 1);
}

#[test]
fn a_configuration_out_of_range_is_refused() {
    let long = Duration::from_hours(25);
    let retry = RetryTuning::new();
    let base = RazorpayConfig::new;
    for (part, config) in [
        (
            "connect_timeout",
            base().with_connect_timeout(Duration::ZERO),
        ),
        ("request_timeout", base().with_request_timeout(long)),
        (
            "operation_deadline",
            base().with_operation_deadline(Duration::MAX),
        ),
        ("retry", base().with_retry(retry.with_max_attempts(0))),
    ] {
        let error = RazorpayFactory::with_config(config).unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
    }
}
